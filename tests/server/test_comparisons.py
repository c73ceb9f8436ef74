"""One experiment beside others over seeds, against the trainer itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.checking import as_run
from core.experiment import Experiment, differences
from core.questions import frozen_in_turn, merged
from core.questions.t_test import verdict
from core.server import Compared, Runs, compare_over_seeds, freeze_in_turn, in_which_they_differ
from core.server.visitors import Visitor
from core.text import LANGUAGES, say
from tests.conftest import Make
from tests.server.test_runs import BAD, TWO, accuracy

ME = Visitor("me")


def accuracies(experiment: Experiment, seeds: range) -> list[float]:
    return [accuracy(replace(experiment, seed=seed)) for seed in seeds]


def test_the_verdict_is_on_the_accuracies_that_train_gives(make: Make) -> None:
    a, b = make(*TWO, seed=4), make({"name": "all", "params": "*", "lr": 0.01}, epochs=2, seed=1)
    *waiting, answer = compare_over_seeds(Runs(), ME, "en", a.to_dict(), lambda _: b, 3)
    ours, theirs = accuracies(a, range(4, 7)), accuracies(b, range(4, 7))
    assert isinstance(answer, Compared)
    assert (answer.status, answer.progress) == (say("asked_done"), None)
    assert answer.sentences == [verdict(ours, theirs).sentence("en")]
    (pair,) = answer.pairs
    assert ([end.accuracy for end in pair.a], [end.accuracy for end in pair.b]) == (ours, theirs)
    assert answer.differences == differences(a, replace(b, seed=4))
    assert all(part.progress is not None and 0 <= part.progress <= 1 and part.sentences == [] for part in waiting)


def test_one_seed_gives_both_numbers_and_says_that_they_tell_nothing(make: Make) -> None:
    *_, answer = compare_over_seeds(Runs(), ME, "en", make(*TWO).to_dict(), merged, 1)
    assert answer.status == say("asked_done")
    assert answer.sentences[0].startswith("1 seed: A ") and "One seed cannot tell" in answer.sentences[0]


def test_a_stop_leaves_the_verdict_on_the_seeds_that_were_whole(make: Make) -> None:
    runs, experiment = Runs(), make(*TWO, epochs=2)
    for answer in compare_over_seeds(runs, ME, "en", experiment.to_dict(), merged, 10):
        assert isinstance(answer, Compared)
        if answer.pairs and len(answer.pairs[0].b) == 2:
            runs.stop(ME)
    (pair,) = answer.pairs
    assert answer.status == say("asked_stopped")
    assert answer.sentences == [verdict(*zip(*pair.accuracies, strict=True)).sentence("en")]
    assert 2 <= len(pair.accuracies) < 10
    assert len(runs) == 0


def test_a_run_that_diverges_leaves_no_verdict(make: Make) -> None:
    wild = make({"name": "all", "params": "*", "optimizer": "SGD", "lr": 1000}, epochs=5)
    *_, answer = compare_over_seeds(Runs(), ME, "en", make(*TWO).to_dict(), lambda _: wild, 2)
    assert answer.status == say("asked_non_finite")
    assert answer.sentences == [say("compare_diverged", count=2)]


@pytest.mark.parametrize(("count", "word"), [(0, "0 is out of bounds"), ("many", "“many” is not a whole number")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_count_of_seeds_that_cannot_be_is_named(make: Make, count: Any, word: str, language: str) -> None:
    raw = make(*TWO).to_dict()
    for answers in (
        compare_over_seeds(Runs(), ME, language, raw, merged, count),
        freeze_in_turn(Runs(), ME, language, raw, count),
    ):
        (answer,) = answers
        assert not isinstance(answer, Compared)
        assert answer.status.startswith(f"Seeds: {word}") or (language == "zh" and answer.status.startswith("种子数"))


def test_what_cannot_run_is_refused_in_words(make: Make) -> None:
    muon = make({"name": "a", "params": "*", "role": "weight", "optimizer": "Muon"}, {"name": "b", "params": "*"})
    (answer,) = compare_over_seeds(Runs(), ME, "en", muon.to_dict(), merged, 3)
    assert "all groups cannot become one by Muon" in answer.status
    (answer,) = compare_over_seeds(Runs(), ME, "en", BAD, merged, 3)
    assert answer.status == say("fix_first")
    (answer,) = freeze_in_turn(Runs(), ME, "en", make().to_dict(), 3)
    assert "all cannot be frozen" in answer.status


def test_frozen_in_turn_each_group_stands_beside_the_same_runs(make: Make) -> None:
    experiment = make(*TWO)
    *waiting, answer = freeze_in_turn(Runs(), ME, "zh", experiment.to_dict(), 2)
    assert isinstance(answer, Compared)
    assert answer.groups == ("conv", "fc")
    base = accuracies(experiment, range(2))
    for variant, pair in zip(frozen_in_turn(experiment).values(), answer.pairs, strict=True):
        assert pair.verdict == verdict(base, accuracies(variant, range(2)))
    words = [
        f"{group}：{pair.sentence_if_frozen('zh')}" for group, pair in zip(answer.groups, answer.pairs, strict=True)
    ]
    assert answer.sentences == [*words, say("frozen_by_chance", "zh")]
    assert len({len(part.pairs[0].a) for part in waiting if isinstance(part, Compared) and part.pairs}) > 1, (
        "as they end"
    )


def test_layer_decay_is_told_as_it_takes_fewer_words(make: Make) -> None:
    typed = make({"name": "all", "params": "*", "layer_decay": 0.5})
    assert in_which_they_differ(typed, as_run(typed)) == []
    assert in_which_they_differ(typed, make(seed=5)) == [
        ("all: layer decay 0.5 → none", "all：层间学习率衰减（layer decay） 0.5 → 无")
    ]

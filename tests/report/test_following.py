"""A recording that grows, is cut off, replaced, broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.events import Finished, Started, Step, TensorStep
from core.report import Followed, following
from tests.report.test_recording import LINES, text_of, unfrozen


def test_what_is_written_is_read_once_whole_lines_of_it(tmp_path: Path) -> None:
    followed = Followed(tmp_path / "run.jsonl")
    followed.look()
    assert (followed.events, followed.turn, followed.problem) == ([], 0, None)
    text = text_of(LINES)
    seen = []
    with open(followed.path, "w", encoding="utf-8") as file:
        for start in range(0, len(text), 97):
            file.write(text[start : start + 97])
            file.flush()
            followed.look()
            seen.append(len(followed.events))
    assert seen == sorted(seen) and seen[-1] == len(LINES) and followed.turn == 1
    assert [type(event) for event in followed.events] == [Started, Step, TensorStep, Step, Finished]
    followed.look()
    assert len(followed.events) == len(LINES)


def test_a_group_that_is_unfrozen_while_it_is_followed_begins_a_turn(tmp_path: Path) -> None:
    followed, (first, still, trains, end) = Followed(tmp_path / "run.jsonl"), unfrozen()
    kinds, turns = [], []
    for line in (first, still, trains, trains | {"step": 12}, end):
        with open(followed.path, "a", encoding="utf-8") as file:
            file.write(text_of([line]))
        followed.look()
        started = followed.events[0]
        assert isinstance(started, Started)
        kinds.append(started.groups[1].optimizer)
        turns.append(followed.turn)
    assert kinds == ["frozen", "frozen", "AdamW", "AdamW", "AdamW"]
    assert turns == [1, 1, 2, 2, 2] and len(followed.events) == 5


def test_a_new_file_begins_anew(tmp_path: Path) -> None:
    followed = Followed(tmp_path / "run.jsonl")
    followed.path.write_text(text_of(LINES), encoding="utf-8")
    followed.look()
    followed.path.write_text(text_of(LINES[:2]), encoding="utf-8")
    followed.look()
    assert followed.turn == 2 and [type(event) for event in followed.events] == [Started, Step]


def test_what_is_wrong_is_told_and_a_new_file_is_read_again(tmp_path: Path) -> None:
    followed = Followed(tmp_path / "run.jsonl")
    followed.path.write_text(text_of([*LINES[:2], {"event": "Step"}, LINES[3]]), encoding="utf-8")
    followed.look()
    assert followed.problem is not None and "line 3" in followed.problem.sentence
    assert len(followed.events) == 2
    followed.path.write_text(text_of(LINES[:1]), encoding="utf-8")
    followed.look()
    assert followed.problem is None and len(followed.events) == 1
    followed.path.unlink()
    followed.look()
    assert len(followed.events) == 1


def test_a_file_is_read_up_to_a_bound_a_part_at_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "AT_ONCE", 1000)
    monkeypatch.setattr(following, "MOST_BYTES", 4000)
    steps = [json.dumps(LINES[1] | {"step": step}) for step in range(1, 1000)]
    followed = Followed(tmp_path / "run.jsonl")
    followed.path.write_text(text_of(LINES[:1]) + "\n".join(steps), encoding="utf-8")
    counts = []
    for _ in range(8):
        followed.look()
        counts.append(len(followed.events))
    assert counts[0] < counts[3] == counts[-1] < 30
    assert followed.problem is not None and followed.problem.problems[0].key == "recording_large"


def test_a_run_that_is_written_anew_and_longer_already_begins_anew(tmp_path: Path) -> None:
    followed = Followed(tmp_path / "run.jsonl")
    followed.path.write_text("no recording\n")
    followed.look()
    assert followed.problem is not None
    followed.path.write_text(text_of(LINES[:2]), encoding="utf-8")
    followed.look()
    assert followed.problem is None and len(followed.events) == 2
    again = [LINES[1] | {"step": step, "loss": 0.5} for step in (1, 2, 3)]
    with open(followed.path, "w", encoding="utf-8") as file:
        file.write(text_of([LINES[0], *again]))
    followed.look()
    losses = [event.loss for event in followed.events if isinstance(event, Step)]
    assert (followed.turn, losses) == (3, [0.5, 0.5, 0.5])


def test_what_cannot_be_opened_is_told_until_it_can(tmp_path: Path) -> None:
    followed = Followed(tmp_path / "run.jsonl")
    followed.path.mkdir()
    (followed.path / "a").touch()
    followed.look()
    assert followed.problem is not None and "cannot be read: Is a directory" in followed.problem.sentence
    (followed.path / "a").unlink()
    followed.path.rmdir()
    followed.path.write_text(text_of(LINES), encoding="utf-8")
    followed.look()
    assert followed.problem is None and len(followed.events) == len(LINES)

"""What the longer questions answer, as the API's values."""

from __future__ import annotations

from core import lab
from core.server.api_values import AblationAnswer, SeedRun, SeedsAnswer, VerdictValues
from core.server.comparisons import Compared

LANGUAGE = "en"  # of what the API says


def comparison_values(answer: Compared) -> SeedsAnswer:
    """Of two experiments; their runs once all are over."""
    pair = answer.pairs[0] if answer.pairs and answer.progress is None else lab.Paired((), ())
    return {
        "status": answer.status,
        "progress": answer.progress,
        "groups": [_seed_run(end) for end in pair.a],
        "one_group": [_seed_run(end) for end in pair.b],
        "differences": [sentence.en for sentence in answer.differences],
        "verdict": _verdict(pair),
        "sentence": pair.sentence(LANGUAGE),
    }


def ablation_values(answer: Compared) -> AblationAnswer:
    """Of an experiment with each group frozen in turn; its runs as far as they have come."""
    return {
        "status": answer.status,
        "progress": answer.progress,
        "as_it_is": [_seed_run(end) for end in answer.pairs[0].a] if answer.pairs else [],
        "frozen": [
            {
                "group": group,
                "runs": [_seed_run(end) for end in pair.b],
                "verdict": _verdict(pair),
                "sentence": pair.sentence_if_frozen(LANGUAGE),
            }
            for group, pair in zip(answer.groups, answer.pairs, strict=False)
        ],
    }


def _seed_run(end: lab.Repeated) -> SeedRun:
    return {"seed": end.experiment.seed, "accuracy": end.accuracy, "reason": end.reason}


def _verdict(pair: lab.Paired) -> VerdictValues | None:
    if (found := pair.verdict) is None:
        return None
    low, high = found.interval or (None, None)
    return {
        "count": found.count,
        "groups_mean": found.mean_a,
        "groups_spread": found.spread_a,
        "one_group_mean": found.mean_b,
        "one_group_spread": found.spread_b,
        "difference": found.difference,
        "margin": found.margin,
        "low": low,
        "high": high,
        "detectable": found.detectable,
        "has_spread": found.has_spread,
        "is_larger_than_noise": found.is_larger_than_noise,
        "sentence": found.sentence(LANGUAGE),
    }

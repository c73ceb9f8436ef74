"""What is worth saying about a run: whether it learned, the likeliest causes if not, and what else stands out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from core.events import Evaluated, Event, Finished, Silent, Started, Step
from core.report import causes, oddities
from core.report.evidence import Evidence, Finding, evidence_of
from core.report.learning import Learning

Look = Callable[[Evidence], Iterator[Finding]]

# What is asked of every run: first whether it learned, then what may be why, the likeliest first. A sign error comes
# before the blow-up that it leads to, and a blow-up before the units that it kills and the gradients that these stop.
LOOKS: tuple[Look, ...] = (
    *(causes.nothing_learned, causes.ascent, oddities.not_finite, causes.leap, causes.spike, causes.dead_units),
    *(causes.decay, causes.penalty, causes.clipped, causes.too_near, causes.few_trained, causes.gradient_gone),
    *(oddities.exploding, oddities.dead, oddities.mostly_still, oddities.one_moves_all, oddities.drifting),
    oddities.shrunk_by_another,
)


# A finding that says no more of a group than these do.
SAID_BY = {"finding_mostly_still": ("finding_barely_moved", "finding_started_late", "finding_froze_early")}


def find(
    steps: Sequence[Step],
    finished: Finished,
    learning: Learning | None = None,
    silences: Sequence[Silent] = (),
    group_of: Mapping[str, str] | None = None,
) -> list[Finding]:
    """All findings of a run from its `Step`s and its end; empty when all is well or no step was taken.

    The others are as `Evidence` has them; what is not known is not judged.
    """
    return judge(Evidence(steps, finished, learning, silences, group_of or {}))


def judge(run: Evidence) -> list[Finding]:
    """All findings of a run, the gravest first, each thing once; empty when all is well or no step was taken."""
    found = [finding for look in LOOKS for finding in look(run)] if run.steps else []
    said = {(finding.group, finding.key) for finding in found}
    return [f for f in found if not any((f.group, key) in said for key in SAID_BY.get(f.key, ()))]


def find_in(events: Iterable[Event]) -> list[Finding]:
    """All findings of a whole run from its events; none of one that ended before it had `Started`."""
    kept = list(events)
    started = next((event for event in kept if isinstance(event, Started)), None)
    if started is None:
        return []
    (finished,) = (event for event in kept if isinstance(event, Finished))
    steps = [event for event in kept if isinstance(event, Step)]
    evaluations = [event for event in kept if isinstance(event, Evaluated)]
    silences = [event for event in kept if isinstance(event, Silent)]
    return judge(evidence_of(started, steps, evaluations, silences, finished))

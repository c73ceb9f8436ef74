"""The API: plain functions of JSON values, described for those who call them, people or language models.

Gradio reads the hints as they stand, so they are not postponed (no `from __future__ import annotations`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Literal

from core import lab
from core.events import Event, Finished, to_json
from core.experiment import Choice, Experiment, ExperimentError, Problem, Wrong
from core.experiment.errors import unknown_name
from core.report import find_in
from core.server.answers import answers_on_rates, answers_over_seeds
from core.server.api_values import (
    AssignedParameter,
    ExperimentFields,
    ExperimentOrName,
    RatesAnswer,
    SeedRun,
    SeedsAnswer,
    VerdictValues,
)
from core.server.runs import Runs

LANGUAGE = "en"  # of what the API says


class Api:
    """The endpoints, over one server's runs and presets; they raise the FAILURES of `core.server.runs`."""

    def __init__(self, runs: Runs, presets: Mapping[str, Experiment]) -> None:
        self._runs, self._presets = runs, presets

    @property
    def endpoints(self) -> tuple[Callable[..., Any], ...]:
        """Every public function, under its own name."""
        return self.presets, self.assign, self.train, self.suggest, self.compare, self.export

    def presets(self) -> dict[str, ExperimentFields]:
        """List the presets: ready-made experiments by name, to pass to the other endpoints as they are or changed.

        An experiment is a network, a dataset, sizes, a seed and an ordered list of param groups with their optimizer
        settings. Only `groups` is required, and in each group its `name` and `params` (globs over parameter names such
        as "conv1.*"); the first group that fits a parameter takes it.
        """
        return {name: preset.to_dict() for name, preset in self._presets.items()}

    def assign(self, experiment: ExperimentOrName) -> list[AssignedParameter]:
        """Show which param group takes each parameter of the network, and by which rule; nothing is trained.

        Parameters:
            experiment: an experiment as /presets gives it (fields left out have their defaults), or a preset's name
        """
        return self._assignment(experiment).table()  # type: ignore[return-value]

    def train(self, experiment: ExperimentOrName) -> Iterator[list[dict[str, Any]]]:
        """Train an experiment and measure what every step does to each param group; this takes seconds to minutes.

        Streams lists of events, several a second, each with its kind as "event": Started; Step (loss, and per group lr,
        gradient_norm, weight_norm, update_norm, update_ratio, direction ...); TensorStep; Evaluated (loss and accuracy,
        0 to 1, on the test images); Silent (per layer the share of ReLU outputs that are zero, before training and at
        the end); Progress; FrozenPart (whether the network's frozen beginning is computed once, and from which epoch);
        Finished (why the run ended, and how far each group went); Findings (whether the run learned, the likeliest
        causes if it did not, and what else stands out, the gravest first: each has the `group` at fault or None, a
        `key` for its kind, a `sentence` and the `values` in it; none when all is well). The last list ends with the
        last Evaluated, Silent where the network has ReLUs, Finished and Findings. One run computes at a time; one that
        waits gets Progress whose `doing` is "waiting".

        Parameters:
            experiment: an experiment as /presets gives it (fields left out have their defaults), or a preset's name
        """
        events: list[Event] = []
        for burst in self._runs.stream(self._read(experiment)):
            events += burst
            told = [to_json(event) for event in burst]
            yield [*told, _findings(events)] if isinstance(burst[-1], Finished) else told

    def suggest(self, experiment: ExperimentOrName, target: float = 1e-3) -> Iterator[RatesAnswer]:
        """Match an update size: find the learning rates that bring every group's updates to a share of its weights.

        It matches a size, by short probe runs, and says nothing of how well a run with these rates learns: that can be
        much worse. Streams its progress; the last answer holds one suggestion per group, or why there is none, and the
        experiment with the rates that match.

        Parameters:
            experiment: an experiment as /presets gives it (fields left out have their defaults), or a preset's name
            target: the median of update norm / weight norm per step to aim at, 1e-6 to 0.1
        """
        asked = self._read(experiment)
        for answer in answers_on_rates(self._runs, None, LANGUAGE, asked, target):
            found = answer.suggestions
            yield {
                "status": answer.status,
                "progress": answer.progress,
                "suggestions": [_rate(suggestion) for suggestion in found.groups] if found else [],
                "experiment": lab.apply(asked, found).to_dict() if found and found.groups else None,
            }

    def compare(self, experiment: ExperimentOrName, seeds: int = 3) -> Iterator[SeedsAnswer]:
        """Compare the param groups with one group for everything, over several seeds: is the difference just noise?

        Streams its progress; the last answer holds every run's final accuracy and the verdict of a
        paired t test at 95 %.

        Parameters:
            experiment: an experiment as /presets gives it (fields left out have their defaults), or a preset's name
            seeds: how many seeds, 3 to 10: the experiment's own and those after it
        """
        for answer in answers_over_seeds(self._runs, None, LANGUAGE, self._read(experiment), seeds):
            half = len(answer.ends) // 2
            yield {
                "status": answer.status,
                "progress": answer.progress,
                "groups": [_seed_run(end) for end in answer.ends[:half]],
                "one_group": [_seed_run(end) for end in answer.ends[half:]],
                "verdict": _verdict(lab.conclude(answer.ends)) if answer.ends else None,
            }

    def export(self, experiment: ExperimentOrName, form: Literal["script", "optimizers"] = "script") -> str:
        """Write the experiment as Python code that needs torch and torchvision only, to run or paste elsewhere.

        Parameters:
            experiment: an experiment as /presets gives it (fields left out have their defaults), or a preset's name
            form: "script" for a whole training script, "optimizers" for a function build_optimizers(model)
        """
        try:
            write = lab.FORMS[Choice(tuple(lab.FORMS)).read(form)]
        except Wrong as wrong:
            raise ExperimentError([Problem(None, "form", wrong.key, wrong.values)]) from None
        return write(self._assignment(experiment))

    def _assignment(self, raw: object) -> "lab.Assignment":
        assignment = self._check(raw).assignment
        assert assignment is not None, "no problem was found"
        return assignment

    def _read(self, raw: object) -> Experiment:
        experiment = self._check(raw).experiment
        assert experiment is not None, "no problem was found"
        return experiment

    def _check(self, raw: object) -> "lab.Checked":
        """Raises ExperimentError unless it is an experiment that can run, or a preset's name."""
        checked = lab.check_experiment(self._preset(raw)) if isinstance(raw, str) else lab.check(raw)
        if checked.problems:
            raise ExperimentError(checked.problems)
        return checked

    def _preset(self, name: str) -> Experiment:
        if name in self._presets:
            return self._presets[name]
        raise ExperimentError([unknown_name("experiment", name, list(self._presets), most=len(self._presets))])


def _findings(events: list[Event]) -> dict[str, Any]:
    """What is to be said of a run that is over, as the page says it."""
    return {"event": "Findings", "findings": [finding.to_json(LANGUAGE) for finding in find_in(events)]}


def _rate(suggestion: "lab.Suggestion") -> Any:
    values = asdict(suggestion)
    is_refused = values.pop("refusal_key") is not None
    return values | {"is_refused": is_refused, "sentence": suggestion.sentence(LANGUAGE)}


def _seed_run(end: "lab.Repeated") -> SeedRun:
    return {"seed": end.experiment.seed, "accuracy": end.accuracy, "reason": end.reason}


def _verdict(found: "lab.Verdict | None") -> VerdictValues | None:
    if found is None:
        return None
    return {
        "groups_mean": found.mean_a,
        "groups_spread": found.spread_a,
        "one_group_mean": found.mean_b,
        "one_group_spread": found.spread_b,
        "difference": found.difference,
        "margin": found.margin,
        "has_spread": found.has_spread,
        "is_larger_than_noise": found.is_larger_than_noise,
        "sentence": found.sentence(LANGUAGE),
    }

"""The API: plain functions of JSON values, described for those who call them, people or language models.

Gradio reads the hints as they stand, so they are not postponed (no `from __future__ import annotations`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from core import lab
from core.events import Event, Finished, to_json
from core.experiment import ONLY_NO_RUN, Choice, Experiment, ExperimentError, Problem, Wrong
from core.experiment.errors import unknown_name
from core.experiment.link import read_link_or_file
from core.report import find_in
from core.server.answers import answers_on_size
from core.server.api_answers import LANGUAGE, ablation_values, comparison_values
from core.server.api_values import (
    AblationAnswer,
    AssignedParameter,
    ExperimentFields,
    ExperimentOrName,
    SeedsAnswer,
)
from core.server.comparisons import answers_in_turn, answers_over_seeds
from core.server.rate_answers import map_answers, range_answers, suggest_answers
from core.server.rate_values import (
    MapAnswer,
    MatchAnswer,
    RangeAnswer,
    SuggestAnswer,
    map_values,
    match_values,
    range_values,
    suggest_values,
)
from core.server.runs import Runs, of_other
from core.server.visitors import Visitor


class Api:
    """The endpoints, over one server's runs and presets; they raise the FAILURES of `core.server.runs`.

    Those that compute are told their `visitor`, which is no argument of the API.
    """

    def __init__(self, runs: Runs, presets: Mapping[str, Experiment]) -> None:
        self._runs, self._presets = runs, presets

    @property
    def endpoints(self) -> tuple[Callable[..., Any], ...]:
        """Every public function, under its own name."""
        of_rates = (self.map, self.suggest, self.range_test, self.match_size)
        return self.presets, self.assign, self.train, *of_rates, self.compare, self.ablate, self.export

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
            experiment: as /presets gives it (fields left out have defaults), a preset's name, a link or a file's text
        """
        assignment = self._assignment(experiment, *ONLY_NO_RUN, "no_optimizer_known")
        return assignment.table()  # type: ignore[return-value]

    def train(self, experiment: ExperimentOrName, visitor: Visitor | None = None) -> Iterator[list[dict[str, Any]]]:
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
            experiment: as /presets gives it (fields left out have defaults), a preset's name, a link or a file's text
        """
        events: list[Event] = []
        for burst in self._runs.stream(self._read(experiment), visitor):
            events += burst
            told = [to_json(event) for event in burst]
            yield [*told, _findings(events)] if isinstance(burst[-1], Finished) else told

    def map(
        self,
        experiment: ExperimentOrName,
        factors: list[float] | str = "1/30 1/10 1/3 3 10 30",
        seeds: int = 2,
        seconds: float = 60.0,
        visitor: Visitor | None = None,
    ) -> Iterator[MapAnswer]:
        """Map which learning rate matters: each group's rate, and all together, times some factors, a short run each.

        All runs of a seed start alike and see the same batches; the loss is that on training images that none trains
        on. Streams its plan, then its cells; the last answer says what the map shows: which rate would gain, how far
        it can go before it gets worse, which shows nothing beyond the noise, each with its numbers.

        Parameters:
            experiment: as /presets gives it (fields left out have defaults), a preset's name, a link or a file's text
            factors: what the rates are multiplied by, 1e-6 to 1e6, at most 12: a list, or a text with fractions
            seeds: how many seeds, 1 to 5; with one, the noise is that of the images alone
            seconds: how long it may take, 10 to 600; that decides how many steps each run has
        """
        for answer in map_answers(self._runs, visitor, LANGUAGE, self._read(experiment), factors, seeds, seconds):
            yield map_values(answer)

    def suggest(
        self, experiment: ExperimentOrName, seconds: float = 90.0, visitor: Visitor | None = None
    ) -> Iterator[SuggestAnswer]:
        """Suggest learning rates that were seen to do better: a search by short runs, for all groups, then for each.

        It chooses by the loss on training images that no run trains on, tries the result again with other seeds, and
        proposes nothing that was not run. Streams its progress; the last answer holds the experiment with the rates
        (the same one where nothing better was found), the gain, and its noise.

        Parameters:
            experiment: as /presets gives it (fields left out have defaults), a preset's name, a link or a file's text
            seconds: how long it may take, 20 to 600
        """
        asked = self._read(experiment)
        for answer in suggest_answers(self._runs, visitor, LANGUAGE, asked, seconds):
            yield suggest_values(asked, answer)

    def range_test(self, experiment: ExperimentOrName, visitor: Visitor | None = None) -> Iterator[RangeAnswer]:
        """Run a learning-rate range test (lr_find) of every param group: its rate rises while the others stay.

        First, where there are several groups, of all together, by a factor on their rates. Streams its progress; each
        test has its losses, the rate where the loss falls most steeply, and a tenth of the rate where it is lowest.

        Parameters:
            experiment: as /presets gives it (fields left out have defaults), a preset's name, a link or a file's text
        """
        for answer in range_answers(self._runs, visitor, LANGUAGE, self._read(experiment)):
            yield range_values(answer)

    def match_size(
        self, experiment: ExperimentOrName, target: float, visitor: Visitor | None = None
    ) -> Iterator[MatchAnswer]:
        """Match an update size: find the learning rates that bring every group's updates to a share of its weights.

        It matches a size, by short probe runs, and says nothing of how well a run with these rates learns: that can be
        much worse. Streams its progress; the last answer holds one suggestion per group, or why there is none, and the
        experiment with the rates that match.

        Parameters:
            experiment: as /presets gives it (fields left out have defaults), a preset's name, a link or a file's text
            target: the median of update norm / weight norm per step to aim at, 1e-6 to 0.1
        """
        asked = self._read(experiment)
        for answer in answers_on_size(self._runs, visitor, LANGUAGE, asked, target):
            yield match_values(asked, answer)

    def compare(
        self,
        experiment: ExperimentOrName,
        seeds: int = 3,
        other: ExperimentOrName | None = None,
        visitor: Visitor | None = None,
    ) -> Iterator[SeedsAnswer]:
        """Compare two experiments over several seeds, or the param groups with one group: is the difference just noise?

        Streams its progress; the last answer holds every run's final accuracy, what differs between both in words, and
        the verdict of a paired t test at 95 %, with the interval and what so few seeds could have found at all.

        Parameters:
            experiment: as /presets gives it (fields left out have defaults), a preset's name, a link or a file's text
            seeds: how many seeds, 1 to 10: the experiment's own and those after it, for both; 1 gives no verdict
            other: what to compare with, as `experiment`; left out, the same with one group for everything
        """
        ours = self._read(experiment)
        theirs = lab.merged(ours) if other is None else self._read_other(other)
        for answer in answers_over_seeds(self._runs, visitor, LANGUAGE, ours, theirs, seeds):
            yield comparison_values(answer)

    def ablate(
        self, experiment: ExperimentOrName, seeds: int = 3, visitor: Visitor | None = None
    ) -> Iterator[AblationAnswer]:
        """Freeze each param group in turn, over several seeds: which groups earn their training?

        Streams its progress, and the runs as they end; the last answer has for each trained group the accuracies with
        it frozen as it starts, and the verdict of a paired t test at 95 % beside the experiment as it is.

        Parameters:
            experiment: as /presets gives it (fields left out have defaults), a preset's name, a link or a file's text
            seeds: how many seeds, 1 to 10: the experiment's own and those after it; 1 gives no verdict
        """
        for answer in answers_in_turn(self._runs, visitor, LANGUAGE, self._read(experiment), seeds):
            yield ablation_values(answer)

    def export(self, experiment: ExperimentOrName, form: Literal["script", "optimizers"] = "script") -> str:
        """Write the experiment as Python code that needs torch and torchvision only, to run or paste elsewhere.

        Parameters:
            experiment: as /presets gives it (fields left out have defaults), a preset's name, a link or a file's text
            form: "script" for a whole training script, "optimizers" for a function build_optimizers(model)
        """
        try:
            write = lab.FORMS[Choice(tuple(lab.FORMS)).read(form)]
        except Wrong as wrong:
            raise ExperimentError([Problem(None, "form", wrong.key, wrong.values)]) from None
        return write(self._assignment(experiment, *(ONLY_NO_RUN if form == "optimizers" else ())))

    def _assignment(self, raw: object, *passed: str) -> "lab.Assignment":
        assignment = self._check(raw, *passed).assignment
        assert assignment is not None, "no problem was found"
        return assignment

    def _read(self, raw: object) -> Experiment:
        experiment = self._check(raw).experiment
        assert experiment is not None, "no problem was found"
        return experiment

    def _read_other(self, raw: object) -> Experiment:
        try:
            return self._read(raw)
        except ExperimentError as error:
            raise of_other(error.problems) from None

    def _check(self, raw: object, *passed: str) -> "lab.Checked":
        """Raises ExperimentError unless it can run; problems of the keys `passed` are none."""
        checked = lab.check_experiment(self._named(raw)) if isinstance(raw, str) else lab.check(raw)
        if problems := checked.problems_but(*passed):
            raise ExperimentError(problems)
        return checked

    def _named(self, text: str) -> Experiment:
        """A preset by its name, or the experiment of a link or of a file's text, which no name looks like."""
        if text in self._presets:
            return self._presets[text]
        if "=" in text or text.lstrip().startswith("{"):
            return Experiment.from_dict(read_link_or_file(text))
        raise ExperimentError([unknown_name("experiment", text, list(self._presets), most=len(self._presets))])


def _findings(events: list[Event]) -> dict[str, Any]:
    """What is to be said of a run that is over, as the page says it."""
    return {"event": "Findings", "findings": [finding.to_json(LANGUAGE) for finding in find_in(events)]}

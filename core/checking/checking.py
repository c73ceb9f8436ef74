"""The one validator: whatever comes from the page, the API or a file passes here before it runs."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from core.assignment import Assignment, preview
from core.checking.cautions import cautions
from core.checking.memory import memory_problems
from core.data import dataset_problems
from core.experiment import ONLY_NO_RUN, Experiment, ExperimentError, Problem, not_an_experiment
from core.models import meta_model, model_problems
from core.optimizers import ResolvedGroup, optimizer_problems, optimizers_of, resolve


@dataclass(frozen=True)
class Checked:
    """What was read, as far as it could be, and what is wrong with it.

    `experiment` is None when a value is outside its rule; `assignment` lies over a model on
    the meta device, None if that cannot be built; its own experiment has the groups that layer
    decay makes. The experiment can run if `problems` is empty; then `groups` tells what torch will
    use. `cautions` name what may not have been meant, and never keep it from running.
    """

    experiment: Experiment | None
    assignment: Assignment | None
    problems: tuple[Problem, ...]
    groups: tuple[ResolvedGroup, ...] = ()
    cautions: tuple[Problem, ...] = ()

    def problems_but(self, *keys: str) -> tuple[Problem, ...]:
        """The problems of other keys: those of `ONLY_NO_RUN` and "no_optimizer_known" only keep it from being run."""
        return tuple(problem for problem in self.problems if problem.key not in keys)

    @property
    def as_run(self) -> Experiment | None:
        """The experiment with the groups that will really be run, or None where they cannot be known."""
        return None if self.assignment is None else self.assignment.experiment


def as_run(experiment: Experiment) -> Experiment:
    """The experiment with the groups that layer decay makes over its network."""
    return preview(experiment, meta_model(experiment)).experiment


def check(raw: object) -> Checked:
    """Read an experiment from plain values, then `check_experiment`."""
    try:
        experiment = Experiment.from_dict(raw)
    except ExperimentError as error:
        return Checked(None, None, error.problems)
    return check_experiment(experiment)


def check_network(experiment: Experiment, network: nn.Module) -> Checked:
    """As `check_experiment`, over the network at hand, whatever model the experiment names; nothing is trained.

    No problem is told of images or memory.
    """
    assignment = preview(experiment, network)
    problems = assignment.problems
    groups: tuple[ResolvedGroup, ...] = ()
    if not problems and not (problems := optimizer_problems(assignment)):
        groups = tuple(resolve(assignment, optimizers_of(assignment)))
    return Checked(experiment, assignment, problems, groups, tuple(cautions(assignment)))


def check_experiment(experiment: Experiment) -> Checked:
    """See who is where, and let torch judge network and settings; nothing is trained, no weight is made.

    Raises ExperimentError for what is no experiment.
    """
    if not isinstance(experiment, Experiment):
        raise not_an_experiment(experiment)
    problems = (*model_problems(experiment), *dataset_problems(experiment))
    try:
        assignment = preview(experiment, meta_model(experiment))
    except (ExperimentError, AssertionError):  # that of a ViT whose images are no whole number of patches
        return Checked(experiment, None, problems)
    problems += assignment.problems
    groups: tuple[ResolvedGroup, ...] = ()
    if all(problem.key in ONLY_NO_RUN for problem in problems):
        try:
            groups = tuple(resolve(assignment, optimizers_of(assignment)))
            problems = problems or tuple(memory_problems(assignment, groups))
        except ExperimentError as error:
            problems += error.problems
    return Checked(experiment, assignment, problems, groups, tuple(cautions(assignment)))

"""Which networks there are, and what decides their shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torchvision
from torch import nn

from core.data import class_count
from core.experiment import UNKNOWN, Experiment, ExperimentError, Problem
from core.experiment.errors import unknown_name
from core.experiment.notation import parts_of
from core.models.simple_cnn import SimpleModel
from core.models.small_vit import SmallViT
from core.resources.custom import own_model
from core.resources.weights import weights_of
from core.structures import lines_of, load_structure, read_structure, structure_names

MOST_LOOKS = 200_000  # patterns x tensors of a structure: a second, whatever both are
DEPTHS = 10  # patterns that a group with layer decay counts for besides its own

NARROW = 16  # numbers of a token of small_vit_narrow, a quarter of small_vit's
HOUSE_NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "simple_cnn": SimpleModel,
    "small_vit": SmallViT,
    "small_vit_narrow": lambda classes: SmallViT(classes, NARROW),
}


def model_names() -> list[str]:
    """Every network that an experiment can name: the house's, the starter's own, torchvision's classifiers."""
    own = own_model()
    return [*HOUSE_NETWORKS, *([own] if own else []), *torchvision.models.list_models(module=torchvision.models)]


class Form(NamedTuple):
    """All that the shapes of a network depend on; `pretrained` asks for those that the weights fit."""

    model: str
    classes: int
    image_size: int
    pretrained: bool


def form_of(experiment: Experiment) -> Form:
    """What decides the shapes of the experiment's network."""
    classes = class_count(experiment.dataset)
    return Form(experiment.model, classes, experiment.image_size, experiment.pretrained)


def name_problems(experiment: Experiment) -> Iterator[Problem]:
    """An unknown network, one without pre-trained weights where they are asked for, or one that is a structure.

    That ("structure_not_trained") only keeps it from being run.
    """
    name, known = experiment.model, model_names()
    if lines_of(experiment) is not None:
        yield from _structure_problems(experiment)
        yield Problem(None, "model", "structure_not_trained", {"value": name})
    elif name == UNKNOWN:
        yield Problem(None, "model", "model_unknown")
    elif name not in known:
        yield unknown_name("model", name, [*known, *structure_names()])
    elif experiment.pretrained and weights_of(name) is None:
        yield Problem(None, "pretrained", "not_pretrained", {"model": name})


def _structure_problems(experiment: Experiment) -> Iterator[Problem]:
    try:
        structure = read_structure(experiment.structure) if experiment.structure else load_structure(experiment.model)
        count = len(structure.tensors)
        asked = sum(
            sum(map(len, map(parts_of, group.params))) + (group.layer_decay is not None) * DEPTHS
            for group in experiment.groups
        )
        if asked * count > MOST_LOOKS:
            values = {"value": asked, "count": count, "most": max(MOST_LOOKS // count, 1)}
            yield Problem(None, "structure", "structure_too_many_patterns", values)
    except ExperimentError as error:
        yield from error.problems
    if experiment.pretrained:
        yield Problem(None, "pretrained", "not_pretrained", {"model": experiment.model})

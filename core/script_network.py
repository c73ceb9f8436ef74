"""An experiment's network and images as code: torchvision's by name, the house's own by their source."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

from core import script_parts, shapes
from core.data import CIFAR10_MEAN, CIFAR10_STD
from core.experiment import Experiment
from core.literals import literal
from core.models import WEIGHTS, SimpleModel

IMAGE_PIXELS = shapes.SIZE  # pixels a side, of CIFAR-10 too
BUILD = "def build_model() -> nn.Module:\n"


def network_code(experiment: Experiment) -> str:
    """The function that builds the network, after the classes that it needs."""
    if experiment.model == "simple_cnn":
        return f"{inspect.getsource(SimpleModel).rstrip()}\n\n\n{BUILD}    return SimpleModel()"
    weights = "weights=ResNet18_Weights.IMAGENET1K_V1" if experiment.pretrained else ""
    docstring = '"""torchvision\'s network with a new last layer."""'
    lines = [docstring, f"model = resnet18({weights})", "model.fc = nn.Linear(512, CLASSES)", "return model"]
    return BUILD + "\n".join(f"    {line}" for line in lines)


def images_code(experiment: Experiment) -> str:
    """The function that loads the images, after those that it needs."""
    if experiment.dataset == "shapes":
        return "\n\n\n".join([body_of(shapes), script_parts.SHAPES, script_parts.NORMALISE])
    return f"{script_parts.CIFAR10}\n\n\n{script_parts.NORMALISE}"


def statistics_code(experiment: Experiment) -> str:
    """The channels' mean and standard deviation that images are normalised with."""
    mean, std = CIFAR10_MEAN, CIFAR10_STD
    if experiment.pretrained:
        preprocessing = WEIGHTS[experiment.model].transforms()
        mean, std = tuple(preprocessing.mean), tuple(preprocessing.std)
    return f"MEAN = {literal(mean)}  # of each channel, in [0, 1]\nSTD = {literal(std)}"


def body_of(module: ModuleType) -> str:
    """The source of a module from its first statement after the imports."""
    source = inspect.getsource(module)
    statements = ast.parse(source).body
    last_import = max(i for i, node in enumerate(statements) if isinstance(node, (ast.Import, ast.ImportFrom)))
    return "\n".join(source.splitlines()[statements[last_import + 1].lineno - 1 :])

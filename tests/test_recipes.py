"""The recipes treat every parameter as their sources say: against plain torch code, name by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from timm.optim import param_groups_layer_decay, param_groups_weight_decay
from torch import nn, optim

from core.assignment import Assignment, assign
from core.experiment import load_presets
from core.models import build_model
from core.optimizers import MatrixMuon, build_optimizers

FOLDER = Path(__file__).parent.parent / "presets"
PRESETS = load_presets(FOLDER)
RECIPES = sorted(path.stem for kind in ("recipes", "pitfalls") for path in FOLDER.glob(f"{kind}/*.toml"))


class Treatment(NamedTuple):
    """How one parameter is trained; frozen ones have none."""

    algorithm: type
    lr: float
    weight_decay: float = 0.0
    momentum: float | None = None
    betas: tuple[float, float] | None = None
    start: int = 0  # epochs
    end: int | None = None  # epochs, after which it is frozen


Treatments = dict[str, Treatment]


def of_lab(assignment: Assignment) -> Treatments:
    """What the built torch optimizers hold for every parameter."""
    spans = {group.name: (group.start_epoch, group.end_epoch) for group in assignment.experiment.groups}
    return {
        name: Treatment(
            type(optimizer), g["lr"], g["weight_decay"], g.get("momentum"), g.get("betas"), *spans[g["name"]]
        )
        for optimizer in build_optimizers(assignment)
        for g in optimizer.param_groups
        for name in g["param_names"]
    }


def by_prefix(model: nn.Module, **treatments: Treatment) -> Treatments:
    names = [name for name, _ in model.named_parameters()]
    return {n: t for prefix, t in treatments.items() for n in names if n.startswith(prefix + ".")}


def adam(lr: float, start: int = 0) -> Treatment:
    return Treatment(optim.Adam, lr, betas=(0.9, 0.999), start=start)


def sgd(lr: float, weight_decay: float = 0.0, start: int = 0) -> Treatment:
    return Treatment(optim.SGD, lr, weight_decay, momentum=0.9, start=start)


def adamw(lr: float, weight_decay: float = 0.0, betas: tuple[float, float] = (0.9, 0.999)) -> Treatment:
    return Treatment(optim.AdamW, lr, weight_decay, betas=betas)


def backbone_tenth(model: nn.Module) -> Treatments:
    """facebookresearch/detr#95: head 1e-4, backbone 1e-5, first block frozen; ten times these here."""
    blocks = ("layer1.1", "layer2", "layer3", "layer4")
    return by_prefix(model, fc=adamw(1e-3), **dict.fromkeys(blocks[1:], adamw(1e-4)))


def two_phases(model: nn.Module) -> Treatments:
    """fastai's fine_tune: one frozen epoch at 2e-3, then lr/100, lr/10 and lr over three slices."""
    early = dict.fromkeys(("conv1", "bn1", "layer1", "layer2"), adam(1e-5, start=1))
    return by_prefix(model, fc=adam(2e-3), **early, layer3=adam(1e-4, start=1), layer4=adam(1e-4, start=1))


def gradual_unfreezing(model: nn.Module) -> Treatments:
    """ULMFiT: from the top, one more per epoch, each lr 2.6 times smaller than the one above."""
    rates = [1e-3 / 2.6**k for k in range(4)]
    stages = ("fc", "layer4", "layer3", "layer2")
    return by_prefix(model, **{s: adam(float(f"{r:.3g}"), start=i) for i, (s, r) in enumerate(zip(stages, rates))})  # noqa: B905


def probe_then_finetune(model: nn.Module) -> Treatments:
    """LP-FT: the head alone, then all."""
    backbone = dict.fromkeys(("conv1", "bn1", "layer1", "layer2", "layer3", "layer4"), sgd(1e-3, start=2))
    return by_prefix(model, fc=sgd(1e-2), **backbone)


def surgical(model: nn.Module) -> Treatments:
    return by_prefix(model, fc=adam(1e-3), layer1=adam(1e-3))


def width_rates(model: nn.Module) -> Treatments:
    """arXiv:2203.03466, table 3, Adam: rates of hidden and output weights by 1 / width, here 64 for 16."""
    behind = {n for n, p in model.named_parameters() if p.ndim == 2 and n.startswith(("blocks.", "head."))}
    return {n: adam(4e-3 * 16 / 64 if n in behind else 4e-3) for n, _ in model.named_parameters()}


def warmup_stable_decay(model: nn.Module) -> Treatments:
    return {name: sgd(0.1) for name, _ in model.named_parameters()}


def late_batchnorm(model: nn.Module) -> Treatments:
    """torchvision's references/classification/train_quantization.py freezes statistics; here the layers as a whole."""
    norms = {f"{name}." for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}
    is_norm = {n: any(n.startswith(norm) for norm in norms) for n, _ in model.named_parameters()}
    return {n: sgd(0.002)._replace(end=2 if is_norm[n] else None) for n in is_norm}


def clipped_spike(model: nn.Module) -> Treatments:
    return {name: sgd(0.2) for name, _ in model.named_parameters()}


def drifting_batchnorm(model: nn.Module) -> Treatments:
    return by_prefix(model, fc=adam(1e-2))


def no_decay_norms(model: nn.Module) -> Treatments:
    """The sets of timm's param_groups_weight_decay."""
    names = {p: n for n, p in model.named_parameters()}
    groups: list[dict[str, Any]] = param_groups_weight_decay(model, weight_decay=5e-4)
    return {names[p]: sgd(0.05, g["weight_decay"]) for g in groups for p in g["params"]}


def layer_decay(model: nn.Module) -> Treatments:
    """timm's param_groups_layer_decay, told the order of the blocks as it tells its own vision transformers."""
    model.group_matcher = lambda coarse: {  # type: ignore[assignment]
        "stem": r"^cls_token|pos_embed|patch_embed",
        "blocks": [(r"^blocks\.(\d+)", None), (r"^norm", (99999,))],
    }
    names = {p: n for n, p in model.named_parameters()}
    groups: list[dict[str, Any]] = param_groups_layer_decay(model, weight_decay=0.0, layer_decay=0.75)
    return {names[p]: adamw(1e-3 * g["lr_scale"], g["weight_decay"]) for g in groups for p in g["params"]}


def muon_adamw(model: nn.Module) -> Treatments:
    """KellerJordan/Muon, README: hidden matrices by Muon; embeddings, head, gains and biases by AdamW."""
    hidden = {n for n, p in model.named_parameters() if n.startswith("blocks.") and p.ndim >= 2}
    rest = dict.fromkeys((n for n, _ in model.named_parameters()), adamw(3e-4, betas=(0.9, 0.95)))
    return rest | dict.fromkeys(hidden, Treatment(MatrixMuon, 0.02, momentum=0.95))


SOURCES: dict[str, Callable[[nn.Module], Treatments]] = {
    f.__name__: f
    for f in (
        backbone_tenth,
        two_phases,
        gradual_unfreezing,
        probe_then_finetune,
        surgical,
        drifting_batchnorm,
        clipped_spike,
    )
} | {f.__name__: f for f in (no_decay_norms, layer_decay, muon_adamw, width_rates, warmup_stable_decay, late_batchnorm)}


def test_every_recipe_has_a_source_here() -> None:
    assert set(SOURCES) == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_every_parameter_is_treated_as_the_source_says(name: str) -> None:
    model = build_model(PRESETS[name], "meta")
    assert of_lab(assign(PRESETS[name], model)) == SOURCES[name](model)


@pytest.mark.parametrize("name", RECIPES)
def test_a_summary_tells_the_source_and_the_source_values(name: str) -> None:
    summary = PRESETS[name].summary
    assert "ource" in summary.en
    assert "来源" in summary.zh

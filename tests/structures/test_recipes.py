"""Presets over structures, on the networks themselves: what the page shows, what its code gives, what sources write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn, optim
from torch.optim import Optimizer

from core.checking import check_experiment
from core.experiment import Experiment, load_presets, load_things_to_try
from core.export import to_optimizers
from core.structures import lines_of, load_structure, read_structure, runnable
from tests.structures.networks import on_meta, structure_of

FOLDER = Path(__file__).parents[2] / "presets"
EVERY = load_presets(FOLDER)
PRESETS = {name: preset for name, preset in EVERY.items() if name not in runnable(EVERY)}
THINGS = load_things_to_try(FOLDER / "things_to_try.toml", EVERY)
every_preset = pytest.mark.parametrize("name", PRESETS)


class Treatment(NamedTuple):
    """How one parameter is trained: the class by its name, and what it is told."""

    optimizer: str
    lr: float
    weight_decay: float
    momentum: float | None
    betas: tuple[float, float] | None


def network(name: str) -> nn.Module:
    """The one that a preset is over, as its package makes it."""
    try:
        return lora() if name == "bert_lora_plus" else on_meta(PRESETS[name].model)
    except ImportError as error:
        pytest.skip(f"needs {error.name}")


def lora() -> nn.Module:
    """A fresh BERT that peft has wrapped, as the first line of the preset's structure says."""
    import peft

    with torch.device("meta"):
        config = peft.LoraConfig(task_type="SEQ_CLS", r=8)
        return peft.get_peft_model(on_meta("bert-base"), config)  # type: ignore[no-any-return, arg-type]


def digits(value: float) -> float:
    """Twelve: one rate comes from a power, the other from a loop."""
    return float(f"{value:.12g}")


def treatments(optimizers: list[Optimizer], model: nn.Module) -> dict[str, Treatment]:
    """What torch holds for each parameter by its name."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {
        names[parameter]: Treatment(
            type(optimizer).__name__, digits(g["lr"]), g["weight_decay"], g.get("momentum"), g.get("betas")
        )
        for optimizer in optimizers
        for g in optimizer.param_groups
        for parameter in g["params"]
    }


def shown(experiment: Experiment) -> dict[str, Treatment]:
    """What the page shows of each parameter that trains: its group, and what torch uses for that."""
    checked = check_experiment(experiment)
    assert [problem.key for problem in checked.problems] == ["structure_not_trained"]
    assert checked.assignment is not None
    told = {}
    for row in checked.assignment.rows:
        assert row.group is not None
        of = checked.groups[row.group]
        if of.lr is not None:
            assert of.weight_decay is not None
            told[row.name] = Treatment(of.optimizer, digits(of.lr), of.weight_decay, of.momentum, of.betas)
    return told


def exported(experiment: Experiment, model: nn.Module) -> dict[str, Treatment]:
    """What the page's code makes of a network."""
    names: dict[str, Any] = {}
    exec(to_optimizers(experiment), names)
    return treatments(names["build_optimizers"](model), model)


def spared(model: nn.Module, no_decay: list[str], lr: float, decay: float = 0.01) -> list[dict[str, Any]]:
    """The two groups that the examples of Transformers make, run_glue_no_trainer.py and run_clm_no_trainer.py."""
    named = list(model.named_parameters())
    return [
        {"params": [p for n, p in named if not any(nd in n for nd in no_decay)], "weight_decay": decay, "lr": lr},
        {"params": [p for n, p in named if any(nd in n for nd in no_decay)], "weight_decay": 0.0, "lr": lr},
    ]


LIST = ["bias", "LayerNorm.weight"]


def bert_no_decay(model: nn.Module) -> Optimizer:
    return optim.AdamW(spared(model, LIST, lr=2e-5))


def gpt2_no_decay(model: nn.Module) -> Optimizer:
    return optim.AdamW(spared(model, LIST, lr=5e-5))


def bert_llrd(model: Any) -> Optimizer:
    """As asappresearch/revisit-bert-finetuning loops over the layers from the top."""
    lr, head = 2e-5, [*model.classifier.parameters(), *model.bert.pooler.parameters()]
    groups: list[dict[str, Any]] = [{"params": head, "weight_decay": 0.0, "lr": lr}]
    for layer in [*reversed(model.bert.encoder.layer), model.bert.embeddings]:
        lr *= 0.95
        groups += spared(layer, LIST, lr)
    return optim.AdamW(groups)


def bert_two_rates(model: Any) -> Optimizer:
    """As lonePatient/BERT-NER-Pytorch, run_ner_crf.py, but for the CRF."""
    return optim.AdamW([*spared(model.bert, LIST, 3e-5), *spared(model.classifier, LIST, 1e-3)])


def gpt2_muon(model: nn.Module) -> Iterator[Optimizer]:
    """As KellerJordan/Muon, README: told apart by name, then by dimensions."""
    outside = ("transformer.wte.weight", "transformer.wpe.weight", "lm_head.weight")
    hidden = {n: p for n, p in model.named_parameters() if n not in outside and p.ndim >= 2}
    rest = [p for n, p in model.named_parameters() if n not in hidden]
    yield optim.Muon(hidden.values(), lr=0.02, momentum=0.95, weight_decay=0.01)
    yield optim.AdamW(rest, lr=3e-4, betas=(0.9, 0.95), weight_decay=0.01)


def bert_lora_plus(model: Any) -> Optimizer:
    from peft.optimizers import create_loraplus_optimizer

    return create_loraplus_optimizer(model, optim.AdamW, lr=1e-4, loraplus_lr_ratio=16)


SOURCES: dict[str, Callable[[Any], Any]] = {
    f.__name__: f for f in (bert_no_decay, gpt2_no_decay, bert_llrd, bert_two_rates, gpt2_muon, bert_lora_plus)
}


def test_every_preset_has_a_source_here_and_lies_in_their_folder() -> None:
    assert set(SOURCES) == set(PRESETS) == {path.stem for path in (FOLDER / "structures").glob("*.toml")}
    for name in PRESETS:
        assert "Source value" in PRESETS[name].summary.en
        assert "来源数值" in PRESETS[name].summary.zh


@every_preset
def test_its_structure_is_the_network(name: str) -> None:
    lines = lines_of(PRESETS[name])
    assert lines is not None
    structure = read_structure(PRESETS[name].structure) if PRESETS[name].structure else load_structure(lines)
    assert set(structure.tensors) == set(structure_of(network(name)).tensors)


@every_preset
def test_the_code_gives_the_network_the_groups_that_the_page_showed(name: str) -> None:
    model = network(name)
    told = shown(PRESETS[name])
    assert exported(PRESETS[name], model) == told
    assert {n for n, p in model.named_parameters() if p.requires_grad} == set(told)


@every_preset
def test_every_parameter_is_treated_as_the_source_treats_it(name: str) -> None:
    model = network(name)
    made = SOURCES[name](model)
    assert shown(PRESETS[name]) == treatments([made] if isinstance(made, Optimizer) else [*made], model)


@every_preset
def test_what_there_is_to_try_gives_the_network_the_groups_that_the_page_shows(name: str) -> None:
    """But for what the network's own code switched off, as peft does: names and shapes do not tell that."""
    experiment, model = THINGS[name].experiment, network(name)
    off = {own for own, parameter in model.named_parameters() if not parameter.requires_grad}
    told = shown(experiment)
    assert exported(experiment, model) == {own: treatment for own, treatment in told.items() if own not in off}


def test_no_list_of_the_examples_finds_the_norms_of_gpt2() -> None:
    model = network("gpt2_no_decay")
    newer = optim.AdamW(spared(model, ["bias", "layer_norm.weight"], lr=5e-5))
    assert treatments([newer], model) == treatments([gpt2_no_decay(model)], model)


@pytest.mark.parametrize(("model", "missed"), [("gpt2", 25), ("llama-3.2-1b", 33), ("t5-small", 32), ("bert-base", 0)])
def test_the_norms_that_the_list_misses_are_as_many_as_is_told(model: str, missed: int) -> None:
    """Patterns that match nothing are left out of the list, as they may not stand in the table."""
    groups = PRESETS["gpt2_no_decay"].to_dict()["groups"]
    names = [tensor.name for tensor in load_structure(model).tensors]
    groups[0]["params"] = [f"*{part}*" for part in LIST if any(part in name for name in names)]
    listed = Experiment.from_dict({"model": model, "groups": groups if groups[0]["params"] else groups[1:]})
    assert [c.values["count"] for c in check_experiment(listed).cautions] == ([missed] if missed else [])
    if missed:
        assert str(missed) in PRESETS["gpt2_no_decay"].look_for.en
        assert str(missed) in PRESETS["gpt2_no_decay"].look_for.zh
    by_role = replace(THINGS["gpt2_no_decay"].experiment, model=model)
    assert not check_experiment(by_role).cautions
    assert all(of.weight_decay == 0 for name, of in shown(by_role).items() if "norm" in name.lower() or "ln_" in name)


NUMBERS = [
    ("bert_no_decay", {"weight_decay": 0.0}, ("124 of the 201", "张量中有 124 个")),
    ("gpt2_muon", {"optimizer": "Muon"}, ("48 matrices", "48 个矩阵")),
]


@pytest.mark.parametrize(("name", "of", "words"), NUMBERS)
def test_the_numbers_to_look_for_are_those_of_the_page(
    name: str, of: dict[str, object], words: tuple[str, str]
) -> None:
    found = [each for each in shown(PRESETS[name]).values() if of.items() <= each._asdict().items()]
    assert all(part in look_for for part, look_for in zip(words, PRESETS[name].look_for, strict=True))
    assert all(str(len(found)) in part for part in words)


def test_muon_makes_larger_steps_along_tall_matrices_only() -> None:
    """Which of two transposed layers is tall, Conv1D and Linear see otherwise."""
    steps = []
    for shape in ((48, 12), (12, 48)):
        parameter = nn.Parameter(torch.zeros(shape))
        parameter.grad = torch.randn(48, 12, generator=torch.Generator().manual_seed(0)).reshape(shape)
        optim.Muon([parameter], lr=1.0, weight_decay=0.0).step()
        steps.append(parameter.norm().item())
    assert steps[0] / steps[1] == pytest.approx(2, rel=0.1)

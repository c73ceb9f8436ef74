"""The memory a step needs, counted on the meta device, against what a real step holds."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

import core.checking.memory
from core.assignment import assign
from core.checking import check
from core.checking.memory import memory_need, saved_bytes
from core.data import load_dataset
from core.experiment import Experiment
from core.models import build_model, form_of
from core.models.passing import Saved
from core.optimizers import build_optimizers, resolve
from core.resources.device import free_bytes
from core.training import train
from tests.conftest import Make

ADAM = {"name": "all", "params": ["*"], "optimizer": "Adam"}


def saved_in_a_real_step(experiment: Experiment) -> int:
    """Bytes of the distinct storages that autograd saves for backward, parameters and buffers left out."""
    model = build_model(experiment)
    build_optimizers(assign(experiment, model))
    images = torch.randn(experiment.batch_size, 3, experiment.image_size, experiment.image_size)
    known = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    storages: dict[int, Any] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if (place := tensor.untyped_storage().data_ptr()) not in known:
            storages[place] = tensor.untyped_storage()
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        cross_entropy(model(images), torch.zeros(experiment.batch_size, dtype=torch.int64))
    return sum(storage.nbytes() for storage in storages.values())


@pytest.mark.parametrize("batch_size", [8, 32])
@pytest.mark.parametrize("model", ["simple_cnn", "resnet18", "mobilenet_v3_small", "squeezenet1_1", "swin_t"])
def test_what_backward_keeps_is_what_a_real_step_keeps(make: Make, model: str, batch_size: int) -> None:
    experiment = make(model=model, batch_size=batch_size)
    counted = batch_size * saved_bytes(form_of(experiment), frozenset())
    assert counted == pytest.approx(saved_in_a_real_step(experiment), rel=0.05)


def test_attention_is_counted_with_its_weights(make: Make) -> None:
    """Fused kernels, which the CPU has, do not keep them."""
    experiment = make(model="small_vit")
    counted, real = 16 * saved_bytes(form_of(experiment), frozenset()), saved_in_a_real_step(experiment)
    assert 1.0 <= counted / real < 1.4


def test_what_is_frozen_keeps_less(make: Make) -> None:
    groups = ({"name": "head", "params": ["fc.*"]}, {"name": "rest", "params": ["*"], "optimizer": "frozen"})
    experiment = make(*groups, model="resnet18")
    names = frozenset(name for name, _ in build_model(experiment, "meta").named_parameters() if name[:3] != "fc.")
    counted = 16 * saved_bytes(form_of(experiment), names)
    assert counted == pytest.approx(saved_in_a_real_step(experiment), rel=0.05)
    assert counted < 16 * saved_bytes(form_of(experiment), frozenset()) / 50


def test_the_rest_is_counted_tensor_by_tensor(make: Make) -> None:
    groups = (ADAM | {"params": ["fc*"]}, {"name": "rest", "params": ["*"], "optimizer": "frozen"})
    experiment = make(*groups)
    assignment = assign(experiment, build_model(experiment))
    optimizers = build_optimizers(assignment)
    need = memory_need(assignment, resolve(assignment, optimizers))
    data = load_dataset(experiment)
    cross_entropy(assignment.model(data.train.images), data.train.labels).backward()
    optimizers[0].step()
    parameters = list(assignment.model.parameters())
    gradients = sum(p.grad.nbytes for p in parameters if p.grad is not None)
    expected = 3 * sum(p.nbytes for p in parameters) + 3 * gradients
    expected += sum(v.nbytes for state in optimizers[0].state.values() for v in state.values())
    expected += data.train.images.nbytes + data.test.images.nbytes
    assert need.fixed == expected
    assert need.of(7) == expected + 7 * need.per_image


def test_a_storage_counts_once_and_a_known_one_not_at_all() -> None:
    weight = torch.randn(4, 4, requires_grad=True)
    x = torch.randn(8, 4)
    with (saved := Saved([weight])):
        y = x @ weight
        y.exp() * y.t().exp().t()
    kept = {t.untyped_storage().data_ptr() for t in (x,)}
    assert kept and saved.bytes == x.nbytes + 2 * y.nbytes


def problems_with(free: int, experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    monkeypatch.setattr(core.checking.memory, "free_bytes", lambda device: free)
    checked = check(experiment.to_dict())
    assert checked.assignment is not None
    for problem in checked.problems:
        for language in ("en", "zh"):
            assert f"{problem.values['need']:.1f} GB" in problem.sentence(language)
    return [(problem.field, problem.key) for problem in checked.problems]


def test_a_batch_that_does_not_fit_is_refused_and_a_smaller_one_named(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make(ADAM, model="resnet18", batch_size=64)
    assignment = assign(experiment, build_model(experiment, "meta"))
    need = memory_need(assignment, resolve(assignment, build_optimizers(assignment)))
    free = need.of(40)
    assert problems_with(free, experiment, monkeypatch) == [("batch_size", "batch_over_memory")]
    (problem,) = check(experiment.to_dict()).problems
    assert problem.values == {"value": 64, "most": 40, "need": need.of(64) / 1e9, "free": free / 1e9}
    assert problems_with(free, make(ADAM, model="resnet18", batch_size=40), monkeypatch) == []
    assert problems_with(need.of(2), experiment, monkeypatch) == [("batch_size", "batch_over_memory")]
    assert problems_with(need.of(1), experiment, monkeypatch) == [("model", "model_over_memory")]
    (problem,) = check(experiment.to_dict()).problems
    assert problem.values == {"model": "resnet18", "need": need.of(2) / 1e9, "free": need.of(1) / 1e9}


def test_images_count_at_the_size_they_are_kept_in(make: Make) -> None:
    """The house's at 32 pixels, whatever the size that they are resized to; buffers on top."""
    small, large = make(ADAM, model="resnet18"), make(ADAM, model="resnet18", image_size=64)
    fixed = []
    for experiment in (small, large):
        assignment = assign(experiment, build_model(experiment, "meta"))
        fixed.append(memory_need(assignment, resolve(assignment, build_optimizers(assignment))).fixed)
    model = build_model(small, "meta")
    weights, buffers = (sum(t.nbytes for t in tensors) for tensors in (model.parameters(), model.buffers()))
    images, scalars = 4 * 3 * 32**2 * (small.train_size + small.test_size), 4 * len(list(model.parameters()))
    assert fixed == [8 * weights + buffers + images + scalars] * 2


def test_the_free_memory_is_a_part_of_the_machines() -> None:
    with open("/proc/meminfo") as file:
        total = int(file.readline().split()[1]) * 1024
    assert 0 < free_bytes("cpu") < total


def test_a_containers_limit_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    files = [tmp_path / name for name in ("max", "current", "stat")]
    for file, content in zip(files, ["5000\n", "3000\n", "anon 100\ninactive_file 400\n"], strict=True):
        file.write_text(content)
    monkeypatch.setattr(core.resources.device, "CGROUPS", (tuple(files),))
    assert free_bytes("cpu") == 5000 - 3000 + 400
    files[0].write_text("max\n")
    assert free_bytes("cpu") > 10**6


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpus_peak_is_at_least_what_was_counted(make: Make) -> None:
    experiment = make(ADAM, model="resnet18", image_size=64, batch_size=64)
    assignment = assign(experiment, build_model(experiment, "meta"))
    need = memory_need(assignment, resolve(assignment, build_optimizers(assignment)))
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    list(train(experiment, "cuda"))
    peak = torch.cuda.max_memory_allocated() - before
    assert need.of(64) <= 1.1 * peak and peak <= 2 * need.of(64)

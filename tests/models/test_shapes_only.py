"""Networks without values beside real ones: where they start as zero, what passes through them, what it costs."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from torch import nn

from core.models import Form, QuickNorms, build, build_model, is_zero, passed_through, zeros_of
from core.models.build import copy_of_shapes
from core.resources.weights import load_weights
from tests.conftest import Make

ROOT = Path(__file__).parents[2]
NETWORKS = ["simple_cnn", "small_vit", "resnet18", "googlenet", "densenet121", "squeezenet1_1", "swin_t"]
NETWORKS += ["convnext_tiny", "mobilenet_v3_small", "efficientnet_b0", "regnet_y_400mf"]
# In a process of its own: torch's helpers are threads, and each thread that computes has some.
HELPERS = """
import os, sys, threading
import app
from core import lab
from core.models import build_model
torch_is_there = lab.check
counts = []
def look():
    for preset in app.PRESETS.values():
        lab.check(preset.to_dict() | {"pretrained": False})
    for model in ("vit_b_16", "swin_t", "resnet50"):
        lab.check(app.PRESETS["no_decay_bias"].to_dict() | {"model": model, "image_size": 224})
    counts.append(len(os.listdir("/proc/self/task")))
before = len(os.listdir("/proc/self/task")) + 1
thread = threading.Thread(target=look)
thread.start()
thread.join()
print(counts[0] - before)
"""


@pytest.mark.parametrize("model", NETWORKS)
def test_what_starts_as_zero_is_what_a_real_network_starts_with(make: Make, model: str) -> None:
    form = Form(model, 10, 32, False)
    real = build_model(make(model=model, image_size=32))
    assert zeros_of(form) == {name for name, parameter in real.named_parameters() if not parameter.any()}


def test_of_a_large_network_what_no_initialiser_made_zero_is_left_out(make: Make) -> None:
    found = zeros_of(Form("vit_b_16", 10, 64, False))
    assert "class_token" not in found and "conv_proj.bias" in found


def test_pre_trained_weights_are_read_once_and_of_a_large_network_not_at_all(
    weights_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def load(model: str) -> dict[str, torch.Tensor]:
        read.append(model)
        return load_weights(model)

    monkeypatch.setattr(build, "load_weights", load)
    build._zeros_of_weights.cache_clear()
    form = Form("resnet18", 10, 32, True)
    assert zeros_of(form) == zeros_of(form) and read == ["resnet18"]
    monkeypatch.setattr(build, "MOST_WEIGHTS", 1000)
    assert zeros_of(form) == frozenset() and read == ["resnet18"]


@pytest.mark.parametrize("place", [0, 2**14 - 1, 2**14, 40_000])
def test_one_number_is_enough_not_to_be_zero(place: int) -> None:
    values = torch.zeros(50_000)
    assert is_zero(values)
    values[place] = 1e-30
    assert not is_zero(values.view(100, 500).t())


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_a_check_starts_no_helpers_of_torchs() -> None:
    """Beside those of a run they would be more than there are cores, and libgomp's then wait asleep: it would take half
    as long again."""
    command = [sys.executable, "-W", "ignore", "-c", HELPERS]
    two = os.environ | {"OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, cwd=ROOT, env=two, capture_output=True, text=True)
    assert done.stdout.split()[-1:] == ["0"], done.stderr


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("model", ["resnet18", "swin_t", "convnext_tiny", "densenet121", "efficientnet_b0"])
def test_quick_norms_keep_for_backward_what_torchs_own_do(
    model: str, frozen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Form(model, 10, 64, False)
    names = [name for name, _ in copy_of_shapes(form).named_parameters()]
    some = frozenset(names[: len(names) // 2]) if frozen else frozenset()
    passed_through.cache_clear()
    quick = passed_through(form, some)
    passed_through.cache_clear()
    monkeypatch.setattr(QuickNorms, "__torch_function__", plainly)
    assert passed_through(form, some) == quick
    assert quick.saved_bytes > 0
    passed_through.cache_clear()


def plainly(self: object, func: object, types: object, args: tuple[object, ...] = (), kwargs: object = None) -> object:
    return func(*args, **(kwargs or {}))  # type: ignore[operator, arg-type]


def test_quick_norms_refuse_what_torchs_own_do() -> None:
    one = torch.empty(1, 4, 1, 1, device="meta")
    with torch.device("meta"):
        batch, layer = nn.BatchNorm2d(4), nn.LayerNorm(5)
    with QuickNorms():
        with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
            batch(one)
        with pytest.raises(RuntimeError, match="normalized_shape"):
            layer(one)
        assert batch.eval()(one).shape == one.shape
        assert nn.LayerNorm(4)(torch.ones(4)).tolist() == [0.0] * 4, "with values it is torch's own"


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.BatchNorm2d(8), (2, 4, 3, 3)),
        (nn.BatchNorm2d(8).eval(), (2, 4, 3, 3)),
        (nn.BatchNorm2d(8, affine=False), (2, 4, 3, 3)),
        (nn.BatchNorm2d(4).double(), (2, 4, 3, 3)),
        (nn.LayerNorm(5).double(), (2, 5)),
        (nn.LayerNorm((2, 5)), (3, 5)),
    ],
)
def test_a_norm_that_does_not_fit_is_refused_in_torchs_own_words(layer: nn.Module, shape: tuple[int, ...]) -> None:
    said = []
    for mode in (nullcontext, QuickNorms):
        with mode(), torch.device("meta"):
            try:
                copy.deepcopy(layer).to("meta")(torch.ones(shape))
            except (RuntimeError, ValueError) as error:
                said.append(str(error))
            else:
                said.append("")
    assert said[0] == said[1]


def test_norms_that_are_called_by_the_names_of_their_arguments_are_torchs_own() -> None:
    values = torch.ones(2, 4, device="meta")
    with QuickNorms():
        assert nn.functional.layer_norm(input=values, normalized_shape=(4,)).shape == (2, 4)
        assert nn.functional.batch_norm(input=values, running_mean=None, running_var=None, training=True).shape == (
            2,
            4,
        )

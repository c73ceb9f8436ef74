"""The small vision transformer against timm's, weight for weight."""

from __future__ import annotations

import pytest
import torch

from core.models.catalogue import HOUSE_NETWORKS, NARROW
from core.models.small_vit import DEPTH, HEADS, PATCH, SIZE, WIDTH, SmallViT


@pytest.mark.parametrize(("name", "width"), [("small_vit", WIDTH), ("small_vit_narrow", NARROW)])
def test_it_computes_what_timms_does_with_the_same_names_and_weights(name: str, width: int) -> None:
    timm = pytest.importorskip("timm")
    options = {"img_size": SIZE, "patch_size": PATCH, "embed_dim": width, "depth": DEPTH, "num_heads": HEADS}
    theirs = timm.models.VisionTransformer(**options, mlp_ratio=2, num_classes=10)
    torch.manual_seed(0)
    ours = HOUSE_NETWORKS[name](10)
    assert isinstance(ours, SmallViT)
    assert [name for name, _ in theirs.named_parameters()] != []
    theirs.load_state_dict(ours.state_dict(), strict=True)
    images = torch.randn(3, 3, 32, 32)
    norm = ours.norm.eps, theirs.norm.eps
    for module in theirs.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = norm[0]
    torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-5)


def test_it_is_small_and_has_as_many_outputs_as_asked_for() -> None:
    network = SmallViT(7)
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 7)
    assert 100_000 < sum(p.numel() for p in network.parameters()) < 500_000
    assert {f"blocks.{n}.attn.qkv.weight" for n in range(6)} <= set(network.state_dict())


def test_tokens_start_small_and_are_cut_off_at_two_standard_deviations() -> None:
    torch.manual_seed(0)
    positions = SmallViT(10).pos_embed
    assert positions.std().item() == pytest.approx(0.02, rel=0.1)
    assert not torch.equal(SmallViT(10).cls_token, torch.zeros(1, 1, WIDTH))

"""A small vision transformer for 32x32 images, short enough to be read as an example."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

SIZE, PATCH = 32, 4  # pixels a side
WIDTH, HEADS, DEPTH = 64, 4, 6


class SmallViT(nn.Module):
    """Patches as tokens, six pre-norm transformer blocks, a class token read by a linear head.

    Input (N, 3, 32, 32), output (N, classes); tokens have `width` numbers. Parameters are named as
    timm names those of its VisionTransformer (github.com/huggingface/pytorch-image-models,
    timm/models/vision_transformer.py), so patterns for one fit the other.
    """

    def __init__(self, classes: int, width: int = WIDTH) -> None:
        super().__init__()
        self.patch_embed = PatchEmbed(width)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + (SIZE // PATCH) ** 2, width))
        self.blocks = nn.ModuleList(Block(width) for _ in range(DEPTH))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)
        nn.init.trunc_normal_(self.cls_token, std=0.02)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patch_embed(images)
        class_tokens = self.cls_token.expand(images.shape[0], -1, -1)
        tokens = torch.cat([class_tokens, patches], dim=1) + self.pos_embed
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(self.norm(tokens)[:, 0])


class PatchEmbed(nn.Module):
    """Images (N, 3, 32, 32) as one token per patch, (N, 64, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, stride=PATCH)

    def forward(self, images: Tensor) -> Tensor:
        return self.proj(images).flatten(2).transpose(1, 2)


class Block(nn.Module):
    """Attention, then two fully connected layers, each on normalised tokens and added to them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = Attention(width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.attn(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class Attention(nn.Module):
    """Every token attends to every other; `qkv` computes queries, keys and values of all heads at once."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        # (N, tokens, 3 * width) -> three of (N, HEADS, tokens, width / HEADS)
        parts = self.qkv(tokens).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts
        attended = scaled_dot_product_attention(queries, keys, values)
        return self.proj(attended.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    """Two fully connected layers, twice as wide between them, with a GELU there."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 2 * width)
        self.fc2 = nn.Linear(2 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(gelu(self.fc1(tokens)))

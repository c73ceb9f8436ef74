"""The networks that the menu's structures say, as their packages build them, on the meta device.

`python -m tests.structures.networks` writes the files of `core/structures` anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

import core.structures
from core.structures import Structure, Tensor

LLAMA = {"vocab_size": 128256, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16}
LLAMA_HEADS = {"num_attention_heads": 32, "num_key_value_heads": 8, "tie_word_embeddings": True}
UNET = {"block_out_channels": (320, 640, 1280, 1280), "cross_attention_dim": 768, "attention_head_dim": 8}


def _of_transformers(network: str, config: str, **fields: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import transformers

        return getattr(transformers, network)(getattr(transformers, config)(**fields))  # type: ignore[no-any-return]

    return make


def _unet() -> nn.Module:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(**UNET)  # type: ignore[no-any-return]


# Each with what it is, for people, and the function that makes it.
NETWORKS: dict[str, tuple[str, Callable[[], nn.Module]]] = {
    "bert-base": (
        "bert-base-uncased as a sequence classifier: transformers.BertForSequenceClassification",
        _of_transformers("BertForSequenceClassification", "BertConfig"),
    ),
    "gpt2": (
        "openai-community/gpt2, 124 million parameters: transformers.GPT2LMHeadModel; the head is tied to wte",
        _of_transformers("GPT2LMHeadModel", "GPT2Config"),
    ),
    "llama-3.2-1b": (
        "meta-llama/Llama-3.2-1B: transformers.LlamaForCausalLM; the head is tied to embed_tokens",
        _of_transformers("LlamaForCausalLM", "LlamaConfig", **LLAMA, **LLAMA_HEADS),
    ),
    "t5-small": (
        "google-t5/t5-small: transformers.T5ForConditionalGeneration; the head is tied to shared",
        _of_transformers("T5ForConditionalGeneration", "T5Config"),
    ),
    "vit-base": (
        "google/vit-base-patch16-224: transformers.ViTForImageClassification",
        _of_transformers("ViTForImageClassification", "ViTConfig", num_labels=1000),
    ),
    "unet-sd15": (
        "the U-Net of Stable Diffusion 1.5: diffusers.UNet2DConditionModel",
        _unet,
    ),
}


def on_meta(name: str) -> nn.Module:
    """One of the networks, without values. Raises ImportError where its package is not here."""
    with torch.device("meta"):
        return NETWORKS[name][1]()


def structure_of(network: nn.Module, with_kinds: bool = True) -> Structure:
    """What a network is, by its names, shapes and, if asked, classes; buffers as far as its state holds them."""
    return Structure(tuple(_tensors(network, with_kinds)))


def _tensors(network: nn.Module, with_kinds: bool) -> Iterator[Tensor]:
    kept = network.state_dict().keys()
    parameters = [(name, tensor, False) for name, tensor in network.named_parameters()]
    buffers = [(name, tensor, True) for name, tensor in network.named_buffers() if name in kept]
    for name, tensor, is_buffer in (*parameters, *buffers):
        kind = type(network.get_submodule(name.rpartition(".")[0])).__name__ if with_kinds else ""
        yield Tensor(name, tuple(tensor.shape), kind, is_buffer)


def main() -> None:
    """Write the files."""
    for name, (what, _) in NETWORKS.items():
        path = core.structures.library.FOLDER / f"{name}.txt"
        path.write_text(f"# {what}\n{structure_of(on_meta(name)).text()}", encoding="utf-8")
        print(path.name)


if __name__ == "__main__":
    main()

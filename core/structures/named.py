"""What the names of a state tell: which tensors are buffers, and what wrapping has put into all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from core.experiment.wrappers import MODULE, without_inserted
from core.structures.structure import Tensor

# Names that modules of PyTorch, Transformers, timm, Diffusers and PEFT give the buffers that their states keep.
BUFFERS = re.compile(
    r"(.*\.)?(running_mean|running_var|num_batches_tracked|(original_)?inv_freq|freqs_cis|(\w*_)?position_ids"
    r"|masked_bias|relative_position_index|relative_coords_table|attn_mask|e_score_correction_bias|final_logits_bias"
    r"|positional_encoding_gaussian_matrix|shared_(image_)?embedding\.positional_embedding|pos_embed\.(pos_embed|pe)"
    r"|parametrizations\.\w+\.\d+\._[uv]|weight_u|(vera|vblora)_[AB]\.\w+"
    r"|codebook\.(cluster_size|embed|embed_avg|inited)|betas|(\w+_)?alphas_cumprod(_\w+)?|posterior_\w+|n_averaged)"
)
MASK = re.compile(r"(.*\.)?(attn|attention|self_attention)\.(bias|mask)")  # GPT-2's and its kin's: (1, 1, n, n)
NORMS = re.compile(r"(?i).*norm.*|.*(bn|ln)[\d_]*|ln_\w+")  # modules whose weight is a vector


def is_buffer(name: str, shape: Sequence[int]) -> bool:
    """Whether a tensor of a state is one that no optimizer is given, as far as its name and shape tell."""
    is_mask = len(shape) == 4 and tuple(shape[:2]) == (1, 1) and shape[2] == shape[3] and bool(MASK.fullmatch(name))
    return is_mask or bool(BUFFERS.fullmatch(name))


def counted_weight(tensors: Sequence[Tensor]) -> Tensor | None:
    """The first weight whose one size is rather its number of elements, as `print(n, p.numel())` gives it; else None.

    Only where no tensor has two dimensions. A norm's weight is as long as its bias, or its name or class says so.
    """
    if any(len(tensor.shape) > 1 for tensor in tensors):
        return None
    shapes = {tensor.name: tensor.shape for tensor in tensors}
    for tensor in tensors:
        module, _, name = tensor.name.rpartition(".")
        bias = shapes.get(f"{module}.bias")
        is_vector = NORMS.fullmatch(module.rpartition(".")[2]) if bias is None else bias == tensor.shape
        is_told = tensor.kind not in ("", "True", "False")  # these are requires_grad, printed too
        if name == "weight" and tensor.shape and not (is_vector or is_told):
            return tensor
    return None


def unwrapped(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """With the names that they have inside the wrappers, which is what patterns and exported code go by."""
    names = [without_inserted(tensor.name) for tensor in tensors]
    while names and all(name.startswith(MODULE) for name in names):
        names = [name.removeprefix(MODULE) for name in names]
    return tuple(t if t.name == name else replace(t, name=name) for t, name in zip(tensors, names, strict=True))

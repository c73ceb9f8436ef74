"""How long real networks take to who-is-where by names and shapes alone, and how well their roles are inferred.

`python -m tests.benchmarks.structures` makes ten networks of Transformers, Diffusers, timm and peft on the meta device,
prints each as people do, and reads that as the page does.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from core.assignment import roles_of
from core.checking import check
from core.models.structure import build_network, network_of
from core.structures import read_network, read_structure
from tests.structures.networks import NETWORKS, on_meta

ROUNDS = 3
MOST = 300  # ms for 1,000 parameters
GROUPS = [{"name": "decay", "params": "*", "role": "weight", "optimizer": "AdamW", "weight_decay": 0.01}]
GROUPS += [{"name": "no decay", "params": "*", "optimizer": "AdamW"}]


def of_transformers(network: str, config: str, **fields: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import transformers

        return getattr(transformers, network)(getattr(transformers, config)(**fields))  # type: ignore[no-any-return]

    return make


def of_timm(name: str) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import timm

        return timm.create_model(name)  # type: ignore[no-any-return]

    return make


def with_lora(name: str, **fields: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import peft

        return peft.get_peft_model(on_meta(name), peft.LoraConfig(**fields))  # type: ignore[no-any-return, arg-type]

    return make


LARGE: dict[str, Callable[[], nn.Module]] = {
    "bert-base (transformers)": NETWORKS["bert-base"][1],
    "gpt2 (transformers)": NETWORKS["gpt2"][1],
    "llama-3.2-1b (transformers)": NETWORKS["llama-3.2-1b"][1],
    "t5-small (transformers)": NETWORKS["t5-small"][1],
    "whisper-small (transformers)": of_transformers("WhisperForConditionalGeneration", "WhisperConfig"),
    "unet-sd15 (diffusers)": NETWORKS["unet-sd15"][1],
    "convnext_base (timm)": of_timm("convnext_base"),
    "swin_base (timm)": of_timm("swin_base_patch4_window7_224"),
    "resnet50 (timm)": of_timm("resnet50"),
    "llama-3.2-1b with LoRA (peft)": with_lora("llama-3.2-1b", task_type="CAUSAL_LM", target_modules="all-linear"),
}


def seconds_to_see(text: str) -> float:
    """From the text to who is where, with nothing of it seen before: computing, the median of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        network_of.cache_clear()
        read_structure.cache_clear()
        began = time.process_time()
        structure = read_network(text)
        checked = check({"model": "my network", "structure": structure.text(), "groups": GROUPS})
        taken.append(time.process_time() - began)
        assert checked.assignment is not None and checked.groups, checked.problems
    return statistics.median(taken)


def disagreements(network: nn.Module, text: str) -> list[tuple[str, str, str, str]]:
    """Name, module's class, its role and the inferred one, where these differ."""
    inferred = build_network(read_network(text))
    names = {parameter: name for name, parameter in inferred.named_parameters()}
    guessed = {names[parameter]: role for parameter, role in roles_of(inferred).items()}
    roles = roles_of(network)
    return [
        (name, type(network.get_submodule(name.rpartition(".")[0])).__name__, roles[parameter], guessed[name])
        for name, parameter in network.named_parameters()
        if guessed[name] != roles[parameter]
    ]


def main() -> None:
    """A row for each network; then what does not agree."""
    warnings.simplefilter("ignore")
    print("| network | parameters | ms to who-is-where | ms per 1,000 | roles that agree |\n|---|---|---|---|---|")
    told: list[str] = []
    agree, count, slowest = 0, 0, 0.0
    for name, make in LARGE.items():
        with torch.device("meta"):
            network = make()
        printed = "\n".join(f"{own} {tuple(p.shape)}" for own, p in network.named_parameters())
        seconds, tensors = seconds_to_see(printed), len(list(network.parameters()))
        wrong = disagreements(network, printed)
        per = 1e6 * seconds / tensors
        share = f"{tensors - len(wrong)} of {tensors}"
        print(f"| {name} | {tensors:,} | {1e3 * seconds:.0f} | {per:.0f} | {share} |", flush=True)
        agree, count, slowest = agree + tensors - len(wrong), count + tensors, max(slowest, per)
        kinds = Counter((kind, role, guess) for _, kind, role, guess in wrong)
        for (kind, role, guess), times in kinds.items():
            first = next(own for own, *rest in wrong if tuple(rest) == (kind, role, guess))
            told.append(f"{name}: {times} of {kind} are {role}, inferred {guess}: {first}")
    print(f"\n{100 * agree / count:.1f} % of {count:,} roles agree; {slowest:.0f} ms per 1,000 at most, of {MOST}.")
    print(*told, sep="\n")


if __name__ == "__main__":
    main()

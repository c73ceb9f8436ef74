"""The import statements that a piece of Python code needs."""

from __future__ import annotations

import ast

from core.literals import WIDTH, block

# Sections of (module, names); no names: the module itself.
KNOWN: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...] = (
    (
        ("argparse", ()),
        ("math", ()),
        ("os", ()),
        ("collections.abc", ("Callable", "Iterable", "MutableMapping")),
        ("fnmatch", ("fnmatchcase",)),
        ("functools", ("partial",)),
        ("typing", ("Any",)),
    ),
    (
        ("torch", ()),
        ("torchvision", ()),
        ("PIL", ("Image",)),
        ("torch", ("Tensor", "distributed", "nn", "optim")),
        ("torch.nn.functional", ("cross_entropy", "gelu", "interpolate", "scaled_dot_product_attention")),
        ("torch.nn.parallel", ("DistributedDataParallel",)),
        ("torch.optim", ("Optimizer",)),
        (
            "torch.optim.lr_scheduler",
            ("CosineAnnealingLR", "LinearLR", "LRScheduler", "OneCycleLR", "SequentialLR", "StepLR"),
        ),
        ("torchvision.datasets", ("CIFAR10", "ImageFolder")),
        ("torchvision.transforms", ("functional",)),
    ),
)


def with_imports(code: str) -> str:
    """The code after the statements for all names of `KNOWN` that it uses, the standard library's first."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    sections = [[_statement(module, names, used) for module, names in section] for section in KNOWN]
    texts = ["\n".join(filter(None, section)) for section in sections]
    blank = "\n\n\n" if code.startswith(("class ", "def ", "@")) else "\n\n"
    return "\n\n".join(filter(None, ["from __future__ import annotations", *texts])) + blank + code


def _statement(module: str, names: tuple[str, ...], used: set[str]) -> str:
    if not names:
        return f"import {module}" if module in used else ""
    wanted = [name for name in names if name in used]
    line = f"from {module} import {', '.join(wanted)}"
    if len(line) > WIDTH:
        return f"from {module} import {block('(', wanted, ')')}"
    return line if wanted else ""

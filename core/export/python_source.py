"""Plain values, functions and modules as Python source, laid out as ruff and black lay it out by default."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType

WIDTH = 88  # columns: ruff's and black's default


class Source(str):
    """Source code already, of this project's making, to be taken as it is."""


def literal(value: object) -> str:
    """A value on one line: `ast.literal_eval` gives an equal one back. Texts never end the line or the quotes.

    Infinity is `math.inf`. Raises TypeError for what is not a plain value.
    """
    if isinstance(value, Source):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + (",)" if len(value) == 1 else ")")
    if value == math.inf:
        return "math.inf"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    raise TypeError(f"not a plain value: {value}")


def comment(text: str) -> Source:
    """A text of one line as a comment."""
    return Source(f"# {text}")


def one_per_line(value: Sequence[object] | dict[str, object], indent: int = 0) -> Source:
    """A list or dict with one item a line, each on one line where that fits; the last line has `indent`."""
    items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return block(opened, [_item(key, item, indent + 4) for key, item in items], closed, indent)


def block(opened: str, items: Iterable[str], closed: str, indent: int = 0) -> Source:
    """One item a line between two brackets, each with a comma, which keeps them on lines of their own."""
    inner = " " * (indent + 4)
    return Source(f"{opened}\n" + "".join(f"{inner}{item},\n" for item in items) + " " * indent + closed)


def _item(key: str | None, value: object, indent: int) -> str:
    start = "" if key is None else f"{literal(key)}: "
    line = f"{start}{literal(value)}"
    # Letters may take two columns where they are not ASCII: those lines are always one_per_line.
    fits = line.isascii() and indent + len(line) + len(",") <= WIDTH
    if fits or not isinstance(value, (list, dict)) or not value:
        return line
    return start + one_per_line(value, indent)


def _text(value: str) -> str:
    """In double quotes, unless single ones need fewer backslashes."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    body = repr('"' + value)[2:-1].replace("\\'", "'")  # a double quote in it makes repr take single ones
    return quote + body.replace(quote, "\\" + quote) + quote


def source_of(*codes: ModuleType | Callable[..., object]) -> Source:
    """The source of functions and classes as it stands; of a module, from below its imports on."""
    return Source("\n\n\n".join(map(_body, codes)))


def _body(code: ModuleType | Callable[..., object]) -> str:
    source = inspect.getsource(code)
    if isinstance(code, ModuleType):
        imports = [node for node in ast.parse(source).body if isinstance(node, (ast.Import, ast.ImportFrom))]
        source = "\n".join(source.splitlines()[imports[-1].end_lineno :])
    return source.strip("\n")


# Sections of (module, names); no names: the module itself.
KNOWN: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...] = (
    (
        ("argparse", ()),
        ("math", ()),
        ("os", ()),
        ("collections.abc", ("Callable", "Iterable", "Iterator", "MutableMapping", "Sequence")),
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
        ("torch.nn.utils", ("clip_grad_norm_", "clip_grad_value_")),
        ("torch.optim", ("Optimizer",)),
        (
            "torch.optim.lr_scheduler",
            (
                *("CosineAnnealingLR", "ExponentialLR", "LambdaLR", "LinearLR", "LRScheduler", "MultiStepLR"),
                *("OneCycleLR", "SequentialLR", "StepLR"),
            ),
        ),
        ("torchvision.datasets", ("CIFAR10", "ImageFolder")),
        ("torchvision.transforms", ("functional",)),
    ),
)
IMPORTED = {name for section in KNOWN for _, names in section for name in names}  # from modules, each by its own name


def with_imports(code: str) -> str:
    """A module with imports of the names of `KNOWN` that it uses below its docstring, the standard library's first."""
    module = ast.parse(code)
    used = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    sections = [[_statement(name, names, used) for name, names in section] for section in KNOWN]
    imports = filter(None, ("\n".join(filter(None, section)) for section in sections))
    lines, end = code.split("\n"), module.body[0].end_lineno
    docstring, rest = "\n".join(lines[:end]), "\n".join(lines[end:]).lstrip("\n")
    space = "\n" if rest.startswith(("class ", "def ", "@")) else ""
    return "\n\n".join([docstring, "from __future__ import annotations", *imports, space + rest])


def _statement(module: str, names: tuple[str, ...], used: set[str]) -> str:
    if not names:
        return f"import {module}" if module in used else ""
    wanted = [name for name in names if name in used]
    line = f"from {module} import {', '.join(wanted)}"
    if len(line) > WIDTH:
        return f"from {module} import {block('(', wanted, ')')}"
    return line if wanted else ""

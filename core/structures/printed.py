"""Names and shapes as people print them: alone, in tuples, dicts and tables, behind numbers and prefixes of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.structures.structure import LONGEST_NAME, MOST_TENSORS, wrong

START = 4096  # characters in which a text shows what it is
LONGEST_BEFORE = 1000  # characters of a line in front of a shape
MOST_HEADING = 100  # lines in which a print begins
SHAPE = re.compile(r"(?:torch\.Size\()?(?:\(([\d,\s]*)\)|\[([\d,\s]*)\])")
THOUSANDS = re.compile(r"\d{1,3}(\s\d{3})+")  # 128 256, as Hugging Face's pages write it
WORD = re.compile(r"[^\s'\"`,;|(){}\[\]=]+")
# Marks as Chinese keyboards have them; a bracket of theirs stands apart.
CHINESE = str.maketrans({"：": ":", "，": ",", "；": ";", "（": " (", "）": ")", "［": " [", "］": "]"})
# What may stand between a name and its shape, or before the name: arrows, numbers, types, the shape's own name.
FILLER = re.compile(
    r"(?i)[-=:>→]+|#?\d[\d,.]*[:.]?|torch\.\w+|b?float\d*|b?f\d+|int\d+|true|false|(shape|size|dtype):?"
    r"|cpu|cuda(:\d)?|tensor|parameter"
)
# Lines that say nothing of the network: prompts with what was typed, fences, comments, rules of tables.
ASIDE = re.compile(r">>>.*|In ?\[\d+\]:.*|Out ?\[\d+\]:|\.\.\.: .*|```.*|#.*|[|+:=─━-][\s|+:=─━-]*|[\])},;]+")
OUT = re.compile(r"Out ?\[\d+\]:")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?![\w.])")
SETTING = re.compile(r"\[\[groups\]\]|\w+\s*=(?![=>])")  # of an experiment, as TOML has it

Lines = list[tuple[int, str]]  # each with its number
Pair = tuple[str, str]  # a name, and what stands in the brackets of its shape


def lines_of(text: str) -> Lines:
    """The lines that hold something, counted from 1."""
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def start_of(text: str) -> str:
    """The beginning of a text, up to where a shape may end."""
    return text if len(text) <= START else text[: text.rfind(")", 0, START) + 1] or text[:START]


def has_pairs(lines: Lines) -> bool:
    """Whether a text begins as a print of names and shapes, perhaps behind a heading, and not as an experiment."""
    first = [line for _, line in lines[:MOST_HEADING] if not ASIDE.fullmatch(line)]
    return not any(SETTING.match(line) for line in first) and any(map(pairs_of, first))


def is_printed_whole(text: str) -> bool:
    """Whether a text that begins with a bracket is Python's print, of a list or a dict to its end, rather than JSON."""
    opened, start = text.strip(), start_of(text.strip())
    is_whole = not re.match(r"[\[{]\s*[\"'(]", start) or opened[-1] == {"{": "}", "[": "]"}[opened[0]]
    return is_whole and '"' not in start and has_pairs(lines_of(start))


def read_printed(lines: Lines) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of numbered lines, no more than one beyond what is allowed.

    A heading is passed over, which has no numbers, and so are prompts. Any other line without a name and a shape is an
    error: a network with a hole is another one.
    """
    count = 0
    for number, line in lines:
        if ASIDE.fullmatch(line):
            continue
        pairs = pairs_of(line)
        if not pairs and (count or NUMBER.search(line)):
            raise wrong("structure_line", line=number, value=line[:100])
        for name, inside in pairs or ():
            shape = shape_of(inside)
            if shape is None:
                raise wrong("structure_line", line=number, value=line[:100])
            count += 1
            yield name, shape
            if count > MOST_TENSORS:
                return


def pairs_of(line: str) -> list[Pair] | None:
    """Every name of a line with its shape; None where anything in it is not understood."""
    line, end, found = OUT.sub("", line).translate(CHINESE), 0, list[Pair]()
    for shape in SHAPE.finditer(line):
        name = _name(line[end : shape.start()], is_first=not found)
        if name is None:
            return None
        if name:
            found.append((name, shape[1] or shape[2] or ""))
        elif found:
            return None
        end = shape.end()
        if len(found) > MOST_TENSORS:
            return found
    rest = line[end:]
    is_cut = any(rest.rfind(opening) > rest.rfind(closing) for opening, closing in ("()", "[]"))
    return found if found and not is_cut and not re.search(r"[(\[]\s*-?\d", rest) else None


def shape_of(inside: str) -> tuple[int, ...] | None:
    """The sizes between brackets; a shape of a million dimensions is none."""
    if len(inside) > LONGEST_NAME:
        return None
    sizes = [size.strip() for size in inside.split(",")]
    plain = ["".join(size.split()) if THOUSANDS.fullmatch(size) else size for size in sizes if size]
    return tuple(map(int, plain)) if all(size.isdecimal() for size in plain) else None


def _name(before: str, is_first: bool) -> str | None:
    """The name in front of a shape: "" where nothing but marks stands there, None for what is no such place."""
    if len(before) > LONGEST_BEFORE:
        return None
    # Branches are of torchinfo's table, whose shapes are those of activations.
    before = before.replace("shape=", "shape ").replace("size=", "size ").replace("=>", "->")
    words = [*WORD.finditer(before)]
    if not words:
        return ""
    named = [word for word in words if not FILLER.fullmatch(word[0])]
    last = named[-1] if named else words[-1]
    is_apart = not (before[-1].isalnum() or before[-1] in "_=")
    between = before[: last.start()].rstrip()
    if not is_apart or "=" in before or "─" in before or (between and between[-1].islower()):
        return None
    if not is_first and (len(named) > 1 or not re.search(r"[,;]", between)):
        return None
    name = last[0].rstrip(":")
    return name if name.rpartition(":")[2].isdecimal() else name.rpartition(":")[2]  # behind INFO:root:

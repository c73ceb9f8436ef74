"""Few globs for many names of parameters."""

from __future__ import annotations

import glob
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate

from core.experiment.notation import LONGEST_GLOB, MOST_STARS


def few_globs(own: Sequence[str], later: Sequence[str], earlier: Sequence[str]) -> list[str]:
    """Few globs that match every name of `own` and none of `later`; those of `earlier` are taken already.

    Raises ValueError with a name that no glob tells from the later ones.
    """
    matches: dict[str, set[str]] = {}
    for candidate in dict.fromkeys(candidate for name in own for candidate in _candidates(name)):
        fits = _matcher(candidate)
        if not any(map(fits, later)):
            matches[candidate] = set(filter(fits, own))
    shadowed = {candidate: sum(map(bool, map(_matcher(candidate), earlier))) for candidate in matches}
    chosen, missing = [], dict.fromkeys(own)
    while missing:
        best = max(
            matches, key=lambda c: (len(matches[c] & missing.keys()), -shadowed[c], -c.count("*"), -len(c)), default=""
        )
        if not (taken := matches.get(best, set()) & missing.keys()):
            raise ValueError(next(iter(missing)))
        chosen.append(best)
        missing = dict.fromkeys(name for name in missing if name not in taken)
    return chosen


def _matcher(pattern: str) -> Callable[[str], object]:
    """As `fnmatch.fnmatchcase`; most patterns have stars only, and there are thousands to compare with every name."""
    if "[" in pattern or "?" in pattern:
        return re.compile(translate(pattern)).match
    start, *pieces = pattern.split("*")
    if not pieces:
        return pattern.__eq__
    end = pieces.pop()

    def fits(name: str) -> bool:
        place, last = len(start), len(name) - len(end)
        if not (name.startswith(start) and name.endswith(end)):
            return False
        for piece in pieces:
            place = name.find(piece, place, last) + len(piece)
            if place < len(piece):
                return False
        return place <= last

    return fits


def _written(letter: str) -> str:
    """`?` for what parts globs from each other, and for what `core.experiment.fields.Text` refuses."""
    return "?" if letter.isspace() or letter == "," or unicodedata.category(letter).startswith("C") else letter


def _candidates(name: str) -> Iterator[str]:
    """The name itself, shortened if it is long, and globs that leave out some parts of it, or any number in them."""
    parts = ["".join(map(_written, glob.escape(part))) for part in name.split(".")]
    whole, half = ".".join(parts), LONGEST_GLOB // 2 - 1
    found = [whole, f"{whole[:half]}*{whole[-half:]}"]
    for start in range(len(parts)):
        for end in range(start, len(parts)):
            pattern = ".".join([*parts[:start], "*", *parts[end + 1 :]])
            found += [pattern, re.sub(r"\d+", "*", pattern)]
    return (each for each in found if len(each) <= LONGEST_GLOB and each.count("*") <= MOST_STARS)

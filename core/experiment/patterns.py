"""Few globs for many names of parameters."""

from __future__ import annotations

import glob
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from fnmatch import translate

from core.experiment.notation import LONGEST_GLOB, MOST_STARS

MOST_COMPARISONS = 20_000_000  # of globs with names: some seconds


def few_globs(
    own: Sequence[str], later: Sequence[str], earlier: Sequence[str], most: int = MOST_COMPARISONS
) -> list[str]:
    """Few globs that match every name of `own` and none of `later`; those of `earlier` are taken already.

    Of more globs than `most` comparisons with names allow those that fewest names suggest are left out: there are
    more globs then. Raises ValueError with a name that no glob tells from the later ones.
    """
    others, before = set(later), set(earlier)
    matches: dict[str, set[str]] = {}
    shadowed: dict[str, int] = {}
    exact = {glob.escape(name): name for name in own}  # a glob that is a name matches no other: none is compared
    for candidate in _worth_comparing(own, exact, most // (len(own) + len(later) + len(earlier) + 1)):
        if candidate in exact:
            found, hidden = {exact[candidate]} - others, int(exact[candidate] in before)
        else:
            fits = _matcher(candidate)
            found = set() if any(map(fits, later)) else set(filter(fits, own))
            hidden = sum(map(bool, map(fits, earlier))) if found else 0
        if found:
            matches[candidate], shadowed[candidate] = found, hidden

    def place(candidate: str, count: int) -> tuple[int, int, int, int]:
        return count, -shadowed[candidate], -candidate.count("*"), -len(candidate)

    chosen, missing = list[str](), dict.fromkeys(own)
    while missing:
        matches = {c: rest for c, found in matches.items() if (rest := found & missing.keys())}
        if not matches:
            raise ValueError(next(iter(missing)))
        best = max(matches, key=lambda c: place(c, len(matches[c])))
        if len(matches[best]) == 1:  # so has each of the others: what is best for one name leaves the next one's
            ordered = sorted(matches, key=lambda c: place(c, 1), reverse=True)
            alone = {name: c for c in reversed(ordered) for name in matches[c]}
            if unmatched := next((name for name in missing if name not in alone), None):
                raise ValueError(unmatched)
            return [*chosen, *(c for c in ordered if alone[next(iter(matches[c]))] == c)]
        chosen.append(best)
        missing = dict.fromkeys(name for name in missing if name not in matches[best])
    return chosen


def _worth_comparing(own: Sequence[str], exact: Container[str], most: int) -> list[str]:
    """Each name itself, and up to `most` globs that several of the names suggest: those that most of them do."""
    suggested: Counter[str] = Counter()
    themselves = set[str]()
    for name in own:
        candidates = list(dict.fromkeys(_candidates(name)))
        themselves |= {*candidates[:1]}
        suggested.update(candidates)
    useful = [c for c, count in suggested.items() if c not in exact and (count > 1 or c in themselves)]
    if len(useful) > most:
        useful = sorted(useful, key=lambda c: -suggested[c])[:most]
    compared = {*useful}
    return [c for c in suggested if c in exact or c in compared]


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
    found = [whole if len(whole) <= LONGEST_GLOB else f"{whole[:half]}*{whole[-half:]}"]
    for start in range(len(parts)):
        for end in range(start, len(parts)):
            pattern = ".".join([*parts[:start], "*", *parts[end + 1 :]])
            found += [pattern, re.sub(r"\d+", "*", pattern)]
    return (each for each in found if len(each) <= LONGEST_GLOB and each.count("*") <= MOST_STARS)

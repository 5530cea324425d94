"""One text into another as the smallest single edit, in the units in which a browser counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """Replace `start`..`end` (UTF-16 code units, end exclusive) by `text`."""

    start: int
    end: int
    text: str


def edit_between(old: str, new: str) -> Edit | None:
    """Return the edit that makes `new` of `old`, None if they are equal."""
    if old == new:
        return None
    before = _common(old, new)
    room = min(len(old), len(new)) - before
    behind = min(_common(old[::-1], new[::-1]), room)
    start = _units(old[:before])
    return Edit(start, start + _units(old[before : len(old) - behind]), new[before : len(new) - behind])


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike, found by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _units(text: str) -> int:
    """Return the length of a text in UTF-16: characters beyond the basic plane count twice."""
    return len(text.encode("utf-16-le")) // 2

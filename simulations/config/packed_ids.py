"""Payment ids out of DuckDB as numbers, eight bytes in each: texts take ten times the room."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = 8  # bytes
_LONGEST = 64
_BLOCK = 65_536
_GOOD = np.zeros(256, dtype=bool)
_GOOD[np.frombuffer((string.ascii_letters + string.digits + "_.:-").encode(), dtype=np.uint8)] = True
# Odd, so that ids of one word keep numbers of their own.
_MIX = np.uint64(0x9E3779B97F4A7C15)

Columns = dict[str, NDArray[Any]]


def words_of(length: int) -> int:
    """Return how many numbers hold an id of so many bytes."""
    return -(-min(length, _LONGEST) // _WORD)


def words_in(rows: Columns) -> int:
    """Return how many numbers hold the longest id there is."""
    lengths = rows.get("id_length")
    return 0 if lengths is None else words_of(int(lengths.max(initial=0)))


def dropped(rows: Columns) -> Columns:
    """Return the other columns."""
    return {name: values for name, values in rows.items() if not name.startswith("id_")}


def expressions(first: int, words: int) -> list[str]:
    """Return the SQL of an id's length in bytes, 0 = none, and of its numbers from `first` on."""
    length = f"least(coalesce(strlen(id), 0), {_LONGEST + 1})::UTINYINT AS id_length"
    return [length, *(_expression(word) for word in range(first, words))]


def _expression(word: int) -> str:
    """Return the SQL of a number; an id that is not ASCII may have none, which no good id has."""
    piece = f"encode(substring(id, {_WORD * word + 1}, {_WORD}))::BIT"
    number = f"CASE WHEN strlen(id) > {_WORD * word} THEN TRY_CAST({piece} AS UBIGINT) END"
    return f"coalesce({number}, 0)::UBIGINT AS id_word{word}"


def unpacked(rows: Columns) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the ids as one run of bytes with offsets."""
    lengths = np.minimum(rows["id_length"], _LONGEST)
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    text = np.empty(int(offsets[-1]), dtype=np.uint8)
    words = words_in(rows)
    places = np.arange(_WORD)
    for first in range(0, len(lengths) if words else 0, _BLOCK):
        block = slice(first, first + _BLOCK)
        numbers = np.column_stack([rows[f"id_word{word}"][block] for word in range(words)])
        # The bytes of a number that is not full are its last ones.
        held = lengths[block, None].astype(np.int16) - _WORD * np.arange(words)
        filled = places >= _WORD - held[:, :, None]
        part = numbers.astype(">u8").view(np.uint8).reshape(filled.shape)[filled]
        text[offsets[first] : offsets[first] + len(part)] = part
    return text, offsets


def may_be_bad(rows: Columns, text: NDArray[np.uint8]) -> bool:
    """Whether an id has a wrong character, is too long or seems to stand twice (a chance of one in 10^7)."""
    lengths = rows["id_length"]
    if lengths.max(initial=0) > _LONGEST or not _GOOD[text].all():
        return True
    mixed = np.zeros(len(lengths), dtype=np.uint64)
    for word in range(words_in(rows)):
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX + rows[f"id_word{word}"]
    given = mixed if lengths.all() else mixed[lengths > 0]
    if (given[1:] > given[:-1]).all():
        return False
    given = np.sort(given)
    return bool((given[1:] == given[:-1]).any())

"""The outside of a payment file: is it text, which layout does its header say, where are its lines.

Everything is bounded: a file is read in blocks, a line has at most 64 KB, at most 100 bad rows are told.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAX_LINE_BYTES = 65_536
MAX_ROWS_TOLD = 100
_BLOCK = 4 * 1024 * 1024

OURS_REQUIRED = ("sender", "receiver", "amount")
OURS_OPTIONAL = (
    "id",
    "arrival_tick",
    "time",
    "date",
    "day",
    "deadline_tick",
    "priority",
    "rail",
    "divisible",
)
RESEARCH = ("id", "date", "time", "value", "from", "to")


@dataclass(frozen=True)
class BadRow:
    """A line (from 1) that cannot be read, and why. Line 0 = the file as a whole."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


class PaymentFileRefused(ValueError):
    """A file of which nothing was taken: the first bad rows, and how many there are in all."""

    def __init__(self, rows: list[BadRow], total: int | None = None) -> None:
        self.rows = rows
        self.total = len(rows) if total is None else total
        more = f" (and {self.total - len(rows):,} more bad rows)" if self.total > len(rows) else ""
        super().__init__("; ".join(map(str, rows[:5])) + more)


@dataclass(frozen=True)
class Layout:
    """What the header says. `columns` are its names, in order; `skip` lines come before the rows."""

    dialect: str
    columns: tuple[str, ...]
    delimiter: str
    skip: int

    def has(self, name: str) -> bool:
        """Whether the file has this column."""
        return name in self.columns


def refuse(reason: str, line: int = 0) -> PaymentFileRefused:
    """Return the refusal of a whole file for one reason."""
    return PaymentFileRefused([BadRow(line, reason)])


def scan(path: Path) -> int:
    """Return the number of line ends, or raise `PaymentFileRefused` if it is not UTF-8 text in lines."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    lines, open_line, size = 0, 0, 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if size == 0 and block[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                raise refuse("the file is UTF-16; save it as UTF-8", 1)
            _check_text(block, decoder, lines)
            size += len(block)
            ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 10)
            if len(ends) == 0:
                open_line += len(block)
                longest, at = open_line, 0
            else:
                lengths = np.diff(ends, prepend=-1 - open_line)
                at = int(lengths.argmax())
                longest, open_line = int(lengths[at]), len(block) - 1 - int(ends[-1])
            if longest > MAX_LINE_BYTES or open_line > MAX_LINE_BYTES:
                line = lines + (at if longest > MAX_LINE_BYTES else len(ends)) + 1
                raise refuse(f"the line is longer than {MAX_LINE_BYTES:,} bytes", line)
            lines += len(ends)
    if size == 0:
        raise refuse("the file is empty")
    return lines


def _check_text(block: bytes, decoder: codecs.IncrementalDecoder, lines: int) -> None:
    zero = block.find(b"\0")
    if zero >= 0:
        raise refuse("a NUL byte: this is not a text file", lines + block.count(b"\n", 0, zero) + 1)
    if block.isascii() and decoder.getstate()[0] == b"":
        return
    try:
        decoder.decode(block)
    except UnicodeDecodeError as error:
        line = lines + block.count(b"\n", 0, error.start) + 1
        raise refuse("not UTF-8; save the file as UTF-8", line) from None


def read_layout(path: Path, required: tuple[str, ...] = ()) -> Layout:
    """Return the layout that the header names. `required` are the columns of another kind of file."""
    with path.open("r", encoding="utf-8-sig", newline="") as file:
        skip, line = next(((number, line) for number, line in enumerate(file, 1) if line.strip()), (0, ""))
    if not line:
        raise refuse("the file is empty")
    delimiter = ";" if line.count(";") > line.count(",") else ","
    names = next(csv.reader([line.strip("\r\n")], delimiter=delimiter), [])
    columns = tuple(name.strip().lower() for name in names)
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise refuse(f"the header names {', '.join(repeated)} twice", skip)
    dialect = "participants" if required else _dialect(columns, skip)
    known = required or (RESEARCH if dialect == "research" else OURS_REQUIRED + OURS_OPTIONAL)
    unknown = [name or "(no name)" for name in columns if name not in known]
    missing = [name for name in required if name not in columns]
    if missing:
        raise refuse(f"the header has no column {', '.join(missing)}", skip)
    if unknown:
        raise refuse(f"unknown column {', '.join(unknown)}; known are {', '.join(known)}", skip)
    return Layout(dialect, columns, delimiter, skip)


def _dialect(columns: tuple[str, ...], skip: int) -> str:
    missing_research = [name for name in RESEARCH if name not in columns]
    missing_ours = [name for name in OURS_REQUIRED if name not in columns]
    if not missing_research:
        return "research"
    if missing_ours and len(missing_research) < len(RESEARCH) - 2:
        raise refuse(f"the header has no column {', '.join(missing_research)}", skip)
    if missing_ours:
        raise refuse(f"the header has no column {', '.join(missing_ours)}", skip)
    if ("arrival_tick" in columns) == ("time" in columns):
        raise refuse("the header must have arrival_tick or time, one of the two", skip)
    dated = [name for name in ("date", "day") if name in columns]
    if dated and "time" not in columns:
        raise refuse(
            f"{' and '.join(dated)} belongs to time; arrival_tick counts from the start of the run", skip
        )
    if len(dated) == 2:
        raise refuse("the header must have date or day, not both", skip)
    return "ours"


def records(path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields of each row that is not blank, as the CSV reader counts them."""
    with path.open("r", encoding="utf-8-sig", newline="") as file:
        for _ in range(layout.skip):
            next(file)
        reader = csv.reader(file, delimiter=layout.delimiter)
        before = 0
        try:
            for fields in reader:
                if fields:
                    yield layout.skip + before + 1, fields
                before = reader.line_num
        except csv.Error:
            return

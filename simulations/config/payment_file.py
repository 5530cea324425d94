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
_EMPTY = "the file is empty; it needs a header and a line for each payment"


@dataclass(frozen=True)
class BadRow:
    """A line (from 1) that cannot be read, and why. Line 0 = the file as a whole."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


class PaymentFileRefused(ValueError):
    """A file of which nothing was taken: the first bad rows, and how many there are in all.

    `whole`: its one row says what is wrong with the file as such; no row of it was looked at.
    """

    def __init__(self, rows: list[BadRow], total: int | None = None, *, whole: bool = False) -> None:
        self.rows = rows
        self.total = len(rows) if total is None else total
        self.whole = whole
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
    """Return the refusal of a whole file for one reason, which says what to do, too."""
    return PaymentFileRefused([BadRow(line, reason)], whole=True)


def scan(path: Path) -> int:
    """Return the number of line ends, or raise `PaymentFileRefused` if it is not UTF-8 text in lines."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    lines, open_line, size = 0, 0, 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if size == 0:
                _refuse_other_kinds(block)
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
                raise refuse(
                    f"the line is longer than {MAX_LINE_BYTES:,} bytes: a quote never closed, or line "
                    "breaks that are missing",
                    line,
                )
            lines += len(ends)
    if size == 0:
        raise refuse(_EMPTY)
    return lines


def _refuse_other_kinds(start: bytes) -> None:
    """Raise if a file begins as a workbook, an archive or text of another encoding does."""
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise refuse("the file is UTF-16; save it as UTF-8", 1)
    if start[:4] == b"PK\x03\x04":
        raise refuse("this is a workbook or a ZIP archive, not text; save the sheet as CSV (UTF-8)")
    if start[:2] == b"\x1f\x8b":
        raise refuse("the file is compressed; unpack it first")


def _check_text(block: bytes, decoder: codecs.IncrementalDecoder, lines: int) -> None:
    zero = block.find(b"\0")
    if zero >= 0:
        raise refuse(
            "a NUL byte: this is not a text file; choose a CSV file", lines + block.count(b"\n", 0, zero) + 1
        )
    if block.isascii() and decoder.getstate()[0] == b"":
        return
    try:
        decoder.decode(block)
    except UnicodeDecodeError as error:
        line = lines + block.count(b"\n", 0, error.start) + 1
        raise refuse('not UTF-8; save the file as UTF-8 (in Excel: "CSV UTF-8")', line) from None


def read_layout(path: Path, required: tuple[str, ...] = ()) -> Layout:
    """Return the layout that the header names. `required` are the columns of another kind of file."""
    with path.open("r", encoding="utf-8-sig", newline="") as file:
        skip, line = next(((number, line) for number, line in enumerate(file, 1) if line.strip()), (0, ""))
    if not line:
        raise refuse(_EMPTY)
    delimiter = ";" if line.count(";") > line.count(",") else ","
    names = next(csv.reader([line.strip("\r\n")], delimiter=delimiter), [])
    columns = tuple(name.strip().lower() for name in names)
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise refuse(
            f"the header names {', '.join(repeated)} twice; each column needs a name of its own", skip
        )
    dialect = "participants" if required else _dialect(columns, skip)
    known = required or (RESEARCH if dialect == "research" else OURS_REQUIRED + OURS_OPTIONAL)
    unknown = [name or "(no name)" for name in columns if name not in known]
    missing = [name for name in required if name not in columns]
    if missing:
        raise _lacking(missing, columns, ",".join(required), skip)
    if unknown:
        raise refuse(f"unknown column {', '.join(unknown)}; known are {', '.join(known)}", skip)
    return Layout(dialect, columns, delimiter, skip)


def _dialect(columns: tuple[str, ...], skip: int) -> str:
    missing_research = [name for name in RESEARCH if name not in columns]
    missing_ours = [name for name in OURS_REQUIRED if name not in columns]
    if not missing_research:
        return "research"
    if missing_ours and len(missing_research) < len(RESEARCH) - 2:
        raise _lacking(missing_research, columns, ",".join(RESEARCH), skip)
    if missing_ours:
        raise _lacking(missing_ours, columns, "sender,receiver,amount,arrival_tick (or time)", skip)
    if "arrival_tick" in columns and "time" in columns:
        raise refuse("the header has both arrival_tick and time; leave one of them out", skip)
    if "arrival_tick" not in columns and "time" not in columns:
        raise refuse("the header has neither arrival_tick nor time; add one of them", skip)
    dated = [name for name in ("date", "day") if name in columns]
    if dated and "time" not in columns:
        raise refuse(
            f"{' and '.join(dated)} belongs to time; arrival_tick counts from the start of the run", skip
        )
    if len(dated) == 2:
        raise refuse("the header has both date and day; leave one of them out", skip)
    return "ours"


def _lacking(missing: list[str], columns: tuple[str, ...], needed: str, line: int) -> PaymentFileRefused:
    """Return the refusal of a header that lacks columns; a first row of figures is taken for no header."""
    if any(name[:1].isdigit() for name in columns):
        return refuse(f"the first line is no header; put {needed} above the rows", line)
    found = ", ".join(name[:40] or "(no name)" for name in columns[:12])
    return refuse(f"the header has no column {', '.join(missing)}; it has {found}, and needs {needed}", line)


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

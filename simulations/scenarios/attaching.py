"""Payment files: taken whole or not at all, kept by content, and written into a document with their banks."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile

from simulations.config.document import Unreadable, parse_yaml
from simulations.config.importing import FileFacts, Participant, inspect, openings
from simulations.config.schema import AgentConfig, SimulationConfig
from simulations.models import PaymentFile
from simulations.scenarios.beginnings import ids_of, ticks_of
from simulations.scenarios.form import decimals_of
from simulations.scenarios.text import emitting
from simulations.scenarios.text.banks import put_banks
from simulations.scenarios.text.spans import set_value

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ORDER = list(SimulationConfig.model_fields)
OPENINGS = {
    "keep": "as they are; new banks open at zero",
    "zero": "all at zero",
    "upper": "all at their upper bound (UB): everything settles at once",
    "lower": "all at their lower bound (LB): everything can settle by the end",
    "between": "all in between LB and UB",
}


@dataclass(frozen=True)
class Opening:
    """With what the banks of a file open: a key of OPENINGS, and the share 0..1 of the way from LB to UB."""

    kind: str
    fraction: float = 0.0


class TooLarge(ValueError):
    """The upload is larger than the pages take."""


@contextmanager
def received(upload: UploadedFile[bytes]) -> Iterator[Path]:
    """Give an upload a path of its own for as long as it is looked at."""
    size, most = upload.size or 0, settings.MAX_UPLOAD_BYTES
    if size > most:
        raise TooLarge(
            f"The file has {size // 2**20} MB. The pages take {most // 2**20} MB; larger files run from "
            "the command line: simulate --payments FILE.csv."
        )
    if isinstance(upload, TemporaryUploadedFile):
        yield Path(upload.temporary_file_path())
        return
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".csv") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        yield Path(file.name)


def keep_file(user: User, path: Path, name: str, facts: FileFacts) -> PaymentFile:
    """Keep a payment file whose rows are all good; the same content is kept once."""
    with path.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        known = PaymentFile.objects.filter(pk=sha256).first()
        if known is not None:
            return known
        source.seek(0)
        file = PaymentFile(
            sha256=sha256,
            original_name=Path(name).name[:200] or "payments.csv",
            dialect=facts.dialect[:20],
            rows=facts.rows,
            bytes=path.stat().st_size,
            uploaded_by=user,
        )
        file.content.save(f"{sha256}.csv", File(source), save=False)
        file.save(force_insert=True)
    return file


def facts_of(file: PaymentFile, text: str) -> FileFacts:
    """Return what a kept file holds, read for the currency and the day of a document."""
    document = _document(text)
    return _facts(file.sha256, file.content.path, decimals_of(document), ticks_of(document))


@lru_cache(maxsize=8)
def _facts(_sha256: str, path: str, decimals: int, ticks_per_day: int) -> FileFacts:
    """Read a kept file once for looking at it and attaching it; its content never changes."""
    return inspect(Path(path), decimals=decimals, ticks_per_day=ticks_per_day)


def inspect_for(path: Path, text: str) -> FileFacts:
    """Return what an uploaded file holds, or raise PaymentFileRefused with its bad rows."""
    document = _document(text)
    return inspect(path, decimals=decimals_of(document), ticks_per_day=ticks_of(document))


def _document(text: str) -> dict[str, object]:
    try:
        document = parse_yaml(text)
    except Unreadable:
        return {}
    return document if isinstance(document, dict) else {}


def missing_banks(facts: FileFacts, text: str) -> list[str]:
    """Return the banks of a file that a document does not have."""
    there = set(ids_of(_document(text)))
    return [bank for bank in facts.banks if bank not in there]


def attach(text: str, file: PaymentFile, facts: FileFacts, opening: Opening) -> str:
    """Return the text with the payment file in it, its banks there, and their opening balances chosen."""
    document = _document(text)
    rows: list[dict[str, str | int]] = [{"id": bank, "balance": 0} for bank in missing_banks(facts, text)]
    if opening.kind != "keep":
        share = {"upper": 1.0, "lower": 0.0}.get(opening.kind, opening.fraction)
        amounts = dict.fromkeys(facts.banks, 0) if opening.kind == "zero" else openings(facts, share)
        rows = [{"id": bank, "balance": amounts[bank]} for bank in facts.banks]
    text = put_banks(text, rows, list(AgentConfig.model_fields))
    if facts.first_time is not None and not (document.get("day_start") and document.get("day_end")):
        text = set_value(text, ("day_start",), "00:00", ORDER)
        text = set_value(text, ("day_end",), "24:00", ORDER)
    days = document.get("num_days") or 1
    if isinstance(days, int) and days < facts.days:
        text = set_value(text, ("num_days",), facts.days, ORDER)
    return set_value(text, ("transactions_file",), file.sha256, ORDER)


def put_participants(text: str, participants: list[Participant]) -> str:
    """Return the text with the banks of a participants file added or set."""
    rows: list[dict[str, str | int]] = [
        {"id": each.id, "balance": each.balance, "credit_limit": each.credit_limit} for each in participants
    ]
    return put_banks(text, rows, list(AgentConfig.model_fields))


def scenario_of_file(name: str, facts: FileFacts, fraction: float) -> str:
    """Return the text of a new scenario for a payment file: a tick a minute, every bank of the file.

    Files with arrival ticks get a day as long as a clock day in minutes; the editor changes it.
    """
    opening = openings(facts, fraction)
    head = {"name": Path(name).stem[:100] or "Imported payments", "ticks_per_day": 1440, "seed": 1}
    lines = emitting.block(head, 0)
    if facts.first_time is not None:
        lines += ['day_start: "00:00"', 'day_end: "24:00"']
    if facts.days > 1:
        lines.append(f"num_days: {facts.days}")
    lines += [
        "agents:",
        *(f"  - {{id: {emitting.scalar(bank)}, balance: {opening[bank]}}}" for bank in facts.banks),
    ]
    return "\n".join([*lines, ""])

"""Checking a scenario text as the pages do: with the payment files that were attached here."""

from __future__ import annotations

import re
from pathlib import Path

from simulations.config.faults import Checked, check_text
from simulations.models import PaymentFile

SHA256 = re.compile(r"[0-9a-f]{64}")


def attached_file(name: str) -> PaymentFile | None:
    """Return the payment file a document names in `transactions_file`, by its sha256."""
    return PaymentFile.objects.filter(pk=name).first() if SHA256.fullmatch(name) else None


def payment_path(name: str) -> Path | None:
    """Return where the payment file of that name lies, None if none is attached."""
    file = attached_file(name)
    return Path(file.content.path) if file else None


def check(text: str) -> Checked:
    """Check a text; never raises on what a person typed."""
    return check_text(text, payments=payment_path)

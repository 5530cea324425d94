"""Money as it is typed: `1,234.56`, `1 234,56` or `1'234.56` for 123456 cents."""

from __future__ import annotations

import re
from decimal import Decimal

_SPACES = re.compile(r"[\s\u00a0\u202f'’_]")
_NUMBER = re.compile(r"[-+]?\d{1,20}(?:\.\d{1,20})?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+")


def show_amount(cents: int, decimals: int) -> str:
    """Return cents in units with thousands separators, as `read_amount` reads them."""
    whole, rest = divmod(abs(cents), 10**decimals)
    fraction = f".{rest:0{decimals}d}" if decimals else ""
    return f"{'-' if cents < 0 else ''}{whole:,}{fraction}"


def read_amount(text: str, decimals: int) -> int | None:
    """Return the cents of an amount in units, None if it is none or has more places than the currency.

    The last of `,` and `.` is the decimal sign; a single comma before three digits is a thousands separator.
    """
    plain = _SPACES.sub("", text).replace("−", "-")
    if _GROUPED.fullmatch(plain) or plain.rfind(",") < plain.rfind("."):
        plain = plain.replace(",", "")
    elif plain.count(",") == 1:
        plain = plain.replace(".", "").replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        return None
    cents = Decimal(plain).scaleb(decimals)
    return int(cents) if cents == cents.to_integral_value() else None

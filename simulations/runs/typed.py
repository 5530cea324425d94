"""Fields that people type money, shares and short lists into; what they give is what the engine takes."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

MOST_AMOUNT = 10**15
MOST_LINE = 9 * 10**18
MOST_LINES = 2_000
MOST_MONEY_CHARACTERS = 40
SHARE_PLACES = 9


class Money(forms.CharField):
    """Currency units with or without thousands separators, such as `1,234.56`; gives whole minor units."""

    decimals = 2

    def __init__(self, *, least: int = 0, most: int = MOST_LINE, **options: Any) -> None:
        self.least, self.most = least, most
        widget = forms.TextInput({"inputmode": "decimal", "class": "num", "autocomplete": "off"})
        super().__init__(widget=widget, max_length=MOST_MONEY_CHARACTERS, **options)

    def clean(self, value: Any) -> int | None:
        """Return minor units, None where nothing was typed."""
        text = super().clean(value)
        if text in self.empty_values:
            return None
        return minor_units(text, self.decimals, self.least, self.most)


def minor_units(text: str, decimals: int, least: int, most: int) -> int:
    """Return typed currency units as whole minor units. Raises ValidationError."""
    plain = text.replace(",", "").replace(" ", "").replace("\u2009", "")
    try:
        cents = Decimal(plain).scaleb(decimals)
    except InvalidOperation:
        raise ValidationError(f"“{text}” is not an amount; write it like 1,234.56.") from None
    if not cents.is_finite():
        raise ValidationError(f"“{text}” is not an amount; write it like 1,234.56.")
    if cents != cents.to_integral_value():
        raise ValidationError(f"An amount has at most {decimals} decimal places.")
    if not least <= cents <= most:
        bounds = [f"{Decimal(each).scaleb(-decimals):,f}" for each in (least, most)]
        raise ValidationError(f"Must be from {bounds[0]} to {bounds[1]}.")
    return int(cents)


class Lines(forms.CharField):
    """Pairs, one a line; `split` makes a first and a second text of a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea({"rows": 3, "spellcheck": "false"}), **options)

    def pairs(self, value: Any) -> list[tuple[int, str, str]]:
        """Return number, first word and rest of each line. Raises ValidationError."""
        text = super().clean(value) or ""
        lines = [
            (number, line.split(None, 1)) for number, line in enumerate(text.splitlines(), 1) if line.strip()
        ]
        if len(lines) > MOST_LINES:
            raise ValidationError(f"At most {MOST_LINES:,} lines.")
        for number, words in lines:
            if len(words) != 2:
                raise ValidationError(f"Line {number}: two things are needed, with a space between them.")
        return [(number, words[0].rstrip(":"), words[1].strip()) for number, words in lines]


class BankLimits(Lines):
    """A limit towards each of some banks, such as `BANK_B 9,000.00`; gives a dict of minor units."""

    decimals = 2

    def clean(self, value: Any) -> dict[str, int]:
        """Return the limits by bank."""
        limits: dict[str, int] = {}
        for number, bank, amount in self.pairs(value):
            name = bank.upper()
            if name in limits:
                raise ValidationError(f"Line {number}: {name} is listed twice.")
            try:
                limits[name] = minor_units(amount, self.decimals, 0, MOST_LINE)
            except ValidationError as problem:
                raise ValidationError(f"Line {number}: {problem.message}") from None
        return limits


class Targets(Lines):
    """Throughput targets, such as `40 50 %`; gives pairs of a tick of the day and a share."""

    def clean(self, value: Any) -> list[list[Any]]:
        """Return `[[tick, share], …]` as typed; the engine sees to their order."""
        targets = []
        for number, tick, share in self.pairs(value):
            if not tick.isdecimal() or len(tick) > 6:
                raise ValidationError(f"Line {number}: “{tick}” is not a tick of the day.")
            targets.append([int(tick), _share(number, share)])
        return targets


def _share(number: int, text: str) -> float:
    """Read `50 %` or `0.5`."""
    is_percent = text.endswith("%")
    try:
        share = Decimal(text.rstrip("% ")).scaleb(-2 if is_percent else 0)
    except InvalidOperation:
        raise ValidationError(f"Line {number}: “{text}” is not a share; write 50 % or 0.5.") from None
    if not (share.is_finite() and 0 <= share <= 1):
        raise ValidationError(f"Line {number}: a share is from 0 % to 100 %.")
    return float(round(share, SHARE_PLACES))

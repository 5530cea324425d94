"""Figures as people read them; static/js/format.js writes the same in the browser.

Plain functions, also used outside of templates. A missing figure is an en dash.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from django import template

register = template.Library()

NONE = "–"

# What a template may give: a figure, None, or the empty text in place of a key that is not there.
Whole = int | Literal[""] | None
Number = float | Literal[""] | None


class Clock(Protocol):
    """What names the instants of a run; a `Run` is one. Empty `day_start` means there are no clock times."""

    ticks_total: int
    ticks_per_day: int
    day_start: str
    day_end: str


@register.filter
def money(cents: Whole, currency: Mapping[str, object] | None = None) -> str:
    """Minor units to `1,234.56 EUR`. `currency` is `{"code", "decimals"}`; without one, two places."""
    if cents is None or cents == "":
        return NONE
    currency = currency or {}
    decimals = int(str(currency.get("decimals", 2)))
    whole, rest = divmod(abs(int(cents)), 10**decimals)
    fraction = f".{rest:0{decimals}d}" if decimals else ""
    code = f" {currency['code']}" if currency.get("code") else ""
    return f"{'-' if cents < 0 else ''}{whole:,}{fraction}{code}"


@register.filter
def count(value: Number) -> str:
    """A whole number with thousands separators."""
    return NONE if value is None or value == "" else f"{round(value):,}"


@register.filter
def decimal(value: Number, places: int = 2) -> str:
    """A measured number with `places` decimals and thousands separators."""
    return NONE if value is None or value == "" else f"{value:,.{places}f}"


@register.filter
def percent(share: Number, places: int = 1) -> str:
    """A share of 0..1 as `97.3 %`."""
    return NONE if share is None or share == "" else f"{share * 100:.{places}f} %"


@register.filter
def duration(seconds: Number) -> str:
    """Wall time in seconds as `340 ms`, `4.2 s`, `3 min 05 s` or `2 h 10 min`."""
    if seconds is None or seconds == "":
        return NONE
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _seconds(clock_time: str) -> int:
    hours, minutes, *rest = (int(part) for part in clock_time.split(":"))
    return hours * 3600 + minutes * 60 + (rest[0] if rest else 0)


@register.filter
def tick_clock(tick: Whole, clock: Clock) -> str:
    """The first whole second of a tick: `09:30`, `09:30:05`, or `tick 45` without clock times.

    Runs of several days put `day 1, ` before it; days count from 0, as in the engine and its files.
    """
    if tick is None or tick == "":
        return NONE
    day, in_day = divmod(tick, clock.ticks_per_day)
    prefix = f"day {day}, " if clock.ticks_total > clock.ticks_per_day else ""
    if not (clock.day_start and clock.day_end):
        return f"{prefix}tick {in_day:,}"
    start = _seconds(clock.day_start)
    length = _seconds(clock.day_end) - start
    at = start - (-in_day * length // clock.ticks_per_day)
    whole = f"{at // 3600:02d}:{at // 60 % 60:02d}"
    return prefix + (whole if length % (clock.ticks_per_day * 60) == 0 else f"{whole}:{at % 60:02d}")

"""Figures as people read them."""

from types import SimpleNamespace

import pytest

from simulations.templatetags import figures

EUR = {"code": "EUR", "decimals": 2}


@pytest.mark.parametrize(
    ("cents", "currency", "text"),
    [
        (123456, EUR, "1,234.56 EUR"),
        (0, EUR, "0.00 EUR"),
        (-5, EUR, "-0.05 EUR"),
        (-123456789, None, "-1,234,567.89"),
        (1500, {"code": "JPY", "decimals": 0}, "1,500 JPY"),
        (1234567, {"code": "KWD", "decimals": 3}, "1,234.567 KWD"),
        (9 * 10**18, {"code": "", "decimals": 2}, "90,000,000,000,000,000.00"),
        (None, EUR, "–"),
    ],
)
def test_money_is_exact_and_in_currency_units(cents, currency, text) -> None:
    assert figures.money(cents, currency) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.0004, "0 ms"),
        (0.34, "340 ms"),
        (4.2, "4.2 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_durations_have_a_fitting_unit(seconds, text) -> None:
    assert figures.duration(seconds) == text


def clock(ticks_per_day=100, days=1, start="", end=""):
    return SimpleNamespace(
        ticks_per_day=ticks_per_day, ticks_total=ticks_per_day * days, day_start=start, day_end=end
    )


@pytest.mark.parametrize(
    ("tick", "day", "text"),
    [
        (None, clock(), "–"),
        (45, clock(), "tick 45"),
        (145, clock(days=2), "day 1, tick 45"),
        (0, clock(60, start="08:00", end="18:00"), "08:00"),
        (9, clock(60, start="08:00", end="18:00"), "09:30"),
        (5405, clock(86_400, start="00:00", end="24:00"), "01:30:05"),
        (1, clock(1000, start="00:00", end="24:00"), "00:01:27"),
        (1, clock(600, start="08:00", end="18:00:00"), "08:01"),
    ],
)
def test_a_tick_is_named_by_its_first_whole_second(tick, day, text) -> None:
    assert figures.tick_clock(tick, day) == text


def test_counts_shares_and_decimals() -> None:
    assert figures.count(24753) == "24,753"
    assert figures.percent(0.9731) == "97.3 %"
    assert figures.percent(1, 0) == "100 %"
    assert figures.decimal(1234.5) == "1,234.50"


@pytest.mark.parametrize("filter_name", ["money", "count", "decimal", "percent", "duration"])
@pytest.mark.parametrize("missing", [None, ""])
def test_what_is_missing_is_a_dash(filter_name: str, missing) -> None:
    assert getattr(figures, filter_name)(missing) == "–"

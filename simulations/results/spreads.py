"""What a sweep says, as its page shows it: measures with their spread, and the histogram of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulations.models import Sweep
from simulations.results.catalogue import GROUPS, HEADLINE, MEASURES
from simulations.results.measures import Measure
from simulations.templatetags import figures

SPREAD = (
    ("mean", "Mean", "Arithmetic mean over the seeds in which the measure is not null."),
    ("standard_error", "Standard error", "Of the mean: standard deviation / √seeds."),
    ("minimum", "Smallest", ""),
    ("q05", "5 %", "5 % of the seeds lie below."),
    ("q25", "25 %", "A quarter of the seeds lies below."),
    ("q50", "Median", "Half of the seeds lie below."),
    ("q75", "75 %", "Three quarters of the seeds lie below."),
    ("q95", "95 %", "95 % of the seeds lie below."),
    ("maximum", "Largest", ""),
)
MOST_BINS = 30
WIDTH, HEIGHT = 600, 180


def column_of(measure: Measure) -> str:
    """Return the column of a sweep that holds a measure: `costs.delay` is `cost_delay` there."""
    part, dot, of = measure.key.partition(".")
    return f"{part.removesuffix('s')}_{of}" if dot else {"costs": "cost"}.get(part, part)


def shown(measure: Measure, value: float | None, currency: Mapping[str, object]) -> str:
    """Write a figure over many seeds: a mean of counts has decimals."""
    if value is not None and measure.unit == "count" and value % 1:
        return figures.decimal(value, 1)
    return measure.shown(value, currency)


def known(sweep: Sweep) -> list[Measure]:
    """Return the measures that some seed of a finished sweep has, without those that are details and zero."""
    return [measure for measure in MEASURES if _says_something(measure, _spread(sweep, measure))]


def groups(sweep: Sweep) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the measures of a finished sweep in their groups, each with its spread in words."""
    found = []
    for group in GROUPS:
        lines = [
            {"measure": measure, "values": _values(sweep, measure, [key for key, _, _ in SPREAD])}
            for measure in group.measures
            if _says_something(measure, _spread(sweep, measure))
        ]
        if lines:
            found.append((group.title, lines))
    return found


def headline(sweep: Sweep) -> list[dict[str, Any]]:
    """Return the measures that stand above all else: median and what 90 % of the seeds lie between."""
    return [
        {
            "measure": measure,
            "median": shown(measure, _spread(sweep, measure).get("q50"), sweep.currency),
            **dict(zip(("low", "high"), _values(sweep, measure, ["q05", "q95"]), strict=True)),
        }
        for measure in HEADLINE
        if _spread(sweep, measure)
    ]


def _spread(sweep: Sweep, measure: Measure) -> Mapping[str, float | None]:
    summary: Mapping[str, Mapping[str, float | None]] = sweep.summary or {}
    return summary.get(column_of(measure), {})


def _says_something(measure: Measure, spread: Mapping[str, float | None]) -> bool:
    return bool(spread.get("count")) and not (measure.is_detail and not spread["maximum"])


def _values(sweep: Sweep, measure: Measure, keys: Sequence[str]) -> list[str]:
    """Return figures without the currency's code, which stands once above them."""
    spread, units = _spread(sweep, measure), {**sweep.currency, "code": ""}
    return [shown(measure, spread.get(key), units) for key in keys]


@dataclass(frozen=True)
class Bar:
    """One bin: from a value, to a value (the last one inclusive), its seeds, and where it is drawn."""

    low: float
    high: float
    count: int
    x: float
    y: float
    width: float
    height: float


def histogram(values: Sequence[float]) -> list[Bar]:
    """Return the bins of a measure over the seeds: √seeds, at most 30; whole numbers are not cut apart."""
    if not values:
        return []
    low, high = min(values), max(values)
    bins = min(MOST_BINS, max(1, round(len(values) ** 0.5)))
    if all(float(value).is_integer() for value in values):
        bins = min(bins, round(high - low) + 1)
    width = (high - low) / bins or 1.0
    counts = [0] * bins
    for value in values:
        counts[min(int((value - low) / width), bins - 1)] += 1
    most = max(counts)
    step = WIDTH / bins
    return [
        Bar(
            low=low + at * width,
            high=low + (at + 1) * width if high > low else high,
            count=count,
            x=round(at * step + 1, 2),
            y=round(HEIGHT - HEIGHT * count / most, 2),
            width=round(max(1.0, step - 2), 2),
            height=round(HEIGHT * count / most, 2),
        )
        for at, count in enumerate(counts)
    ]


def place(value: float | None, bars: Sequence[Bar]) -> float | None:
    """Return where a value lies on the axis of a histogram, in its units of width."""
    if value is None or not bars or bars[-1].high == bars[0].low:
        return None
    return round(WIDTH * (value - bars[0].low) / (bars[-1].high - bars[0].low), 2)

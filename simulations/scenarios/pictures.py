"""Small pictures of a scenario, as coordinates for SVG: who pays whom, how amounts spread, how a day runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulations.config.schema import SimulationConfig
from simulations.config.summary import Summary, expected_per_day

MAP_BANKS_MAX = 20
MAP_FLOWS_MAX = 60
SIZE = 320
POINTS = 97


@dataclass(frozen=True)
class Spot:
    """A bank on the map; `index` is its place in the scenario, which gives its colour."""

    name: str
    index: int
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True)
class Flow:
    """Value from one bank to another, cents a day: a curve as an SVG path, and its width in pixels."""

    source: str
    target: str
    value: int
    curve: str
    width: float
    index: int


@dataclass(frozen=True)
class PaymentMap:
    """Banks on a circle, the greatest flows between them; `more` banks are not shown."""

    spots: list[Spot]
    flows: list[Flow]
    more: int


def payment_map(config: SimulationConfig, summary: Summary) -> PaymentMap:
    """Return the map of who pays whom: scripted value and expected value, the busiest banks only."""
    flows = dict(_alike(config))
    for source, target, value in summary.flows:
        flows[source, target] = flows.get((source, target), 0) + value
    ids = [agent.id for agent in config.agents]
    busy = dict.fromkeys(ids, 0)
    for (source, target), value in flows.items():
        busy[source] += value
        busy[target] += value
    chosen = set(sorted(ids, key=lambda name: -busy[name])[:MAP_BANKS_MAX])
    shown = [name for name in ids if name in chosen]
    spots = [_spot(name, ids.index(name), place, len(shown)) for place, name in enumerate(shown)]
    where = {spot.name: spot for spot in spots}
    inside = {pair: value for pair, value in flows.items() if value > 0 and chosen.issuperset(pair)}
    greatest = sorted(inside.items(), key=lambda item: -item[1])[:MAP_FLOWS_MAX]
    top = greatest[0][1] if greatest else 1
    drawn = [_flow(where[pair[0]], where[pair[1]], value, top) for pair, value in reversed(greatest)]
    return PaymentMap(spots, drawn, len(ids) - len(shown))


def _alike(config: SimulationConfig) -> list[tuple[tuple[str, str], int]]:
    """Return the expected value of banks that pay all others alike, where few enough to draw."""
    if len(config.agents) > MAP_BANKS_MAX:
        return []
    flows: list[tuple[tuple[str, str], int]] = []
    for agent in config.agents:
        arrivals = agent.arrival_config
        if arrivals is None or arrivals.counterparty_weights is not None:
            continue
        others = [other.id for other in config.agents if other.id != agent.id]
        each = expected_per_day(arrivals, config.ticks_per_day) * arrivals.amount_mean / len(others)
        flows.extend(((agent.id, other), round(each)) for other in others)
    return flows


def _spot(name: str, index: int, place: int, of: int) -> Spot:
    angle = 2 * math.pi * place / of - math.pi / 2
    x, y = math.cos(angle), math.sin(angle)
    centre, radius = SIZE / 2, SIZE / 2 - 52
    anchor = "middle" if abs(x) < 0.3 else "start" if x > 0 else "end"
    return Spot(
        name,
        index,
        round(centre + radius * x, 1),
        round(centre + radius * y, 1),
        round(centre + (radius + 12) * x, 1),
        round(centre + (radius + 14) * y + 4, 1),
        anchor,
    )


def _flow(source: Spot, target: Spot, value: int, top: int) -> Flow:
    """Return a curve that bends to its own right, so that both directions are seen."""
    middle = (source.x + target.x) / 2, (source.y + target.y) / 2
    across = target.y - source.y, source.x - target.x
    bend = middle[0] + across[0] * 0.16, middle[1] + across[1] * 0.16
    curve = f"M{source.x} {source.y}Q{bend[0]:.1f} {bend[1]:.1f} {target.x} {target.y}"
    return Flow(
        source.name, target.name, value, curve, round(0.6 + 5.4 * math.sqrt(value / top), 2), source.index
    )


@dataclass(frozen=True)
class Curve:
    """A line in a box of 300 by 90: SVG points, and what the ends of the axes say."""

    points: str
    left: float
    right: float
    top: float
    mean_x: float = 0.0


def amounts_curve(arrivals: dict[str, Any]) -> Curve | None:
    """Return the density of generated amounts over 0..mean + 4 sd, cents; None while it makes no sense."""
    mean, sd = _positive(arrivals.get("amount_mean")), _positive(arrivals.get("amount_std_dev"))
    density = _density(str(arrivals.get("distribution_type")), mean, sd)
    if density is None or mean is None:
        return None
    spread = sd or mean
    right = mean + 4 * spread if arrivals.get("distribution_type") != "uniform" else 2 * mean
    xs = [right * (i + 0.5) / POINTS for i in range(POINTS)]
    ys = [density(x) for x in xs]
    return _curve(ys, right, mean / right)


def _density(kind: str, mean: float | None, sd: float | None) -> Callable[[float], float] | None:
    """Return a density up to a factor; the model's section on arrivals defines the distributions."""
    if mean is None or (sd is None and kind in ("normal", "lognormal")):
        return None
    half = math.sqrt(3) * sd if sd else mean
    spread = sd or mean
    variance = math.log(1 + (spread / mean) ** 2)
    centre = math.log(mean) - variance / 2
    return {
        "exponential": lambda x: math.exp(-x / mean),
        "uniform": lambda x: float(mean - half <= x <= mean + half),
        "normal": lambda x: math.exp(-0.5 * ((x - mean) / spread) ** 2),
        "lognormal": lambda x: math.exp(-0.5 * (math.log(x) - centre) ** 2 / variance) / x,
    }.get(kind)


def profile_curve(arrivals: dict[str, Any], ticks_per_day: int) -> Curve | None:
    """Return the expected payments a tick over the day as a stepped line; None while it makes no sense."""
    rate = _positive(arrivals.get("rate_per_tick"))
    if rate is None:
        return None
    windows = [window for window in arrivals.get("time_windows") or [] if isinstance(window, dict)]
    ys = []
    for i in range(POINTS):
        tick = int(ticks_per_day * i / POINTS)
        factor = 1.0
        for window in windows:
            start, end, times = (
                _number(window.get(key)) for key in ("start_tick", "end_tick", "rate_multiplier")
            )
            if start is not None and end is not None and times is not None and start <= tick < end:
                factor *= times
        ys.append(rate * factor)
    return _curve(ys, ticks_per_day, 0.0)


def _curve(ys: list[float], right: float, mean_share: float) -> Curve | None:
    top = max(ys)
    if not math.isfinite(top) or top <= 0:
        return None
    points = [f"{300 * i / (len(ys) - 1):.1f},{90 - 84 * y / top:.1f}" for i, y in enumerate(ys)]
    return Curve(" ".join(points), 0, right, top, round(300 * mean_share, 1))


def _number(value: Any) -> float | None:
    try:
        number = (
            float(value) if not isinstance(value, bool) and isinstance(value, int | float | str) else None
        )
    except (ValueError, OverflowError):
        return None
    return number if number is not None and math.isfinite(number) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None

"""Section 10: generated payments, worked out anew for every tick."""

import math
from fractions import Fraction
from functools import cache
from typing import Any

from .events import arrive
from .floating import exp, ln, normal_quantile
from .scenario import Agent, decimal, given
from .state import State
from .streams import draws, stream_key

LARGEST_AMOUNT = 10**15
WEIGHT_UNITS = 10**9


def fraction_of(word: int) -> float:
    """A number strictly between 0 and 1."""
    return float((word >> 12) + 0.5) * 2.0**-52


def integer_below(word: int, n: int) -> int:
    """An integer of [0, n)."""
    return (word * n) >> 64


@cache
def candidates(
    key: bytes, day: int, layer: int, rate: float, ticks_per_day: int
) -> tuple[tuple[int, int], ...]:
    """A layer's candidates of a day: index and tick of the day of each."""
    found: list[tuple[int, int]] = []
    x, i = 0.0, 0
    while True:
        x += -ln(fraction_of(draws(key, day, layer, 0, i)[0])) / rate
        if x >= ticks_per_day:
            return tuple(found)
        found.append((i, math.floor(x)))
        i += 1


def multiplier(agent: Agent, tick_of_day: int) -> float:
    """The product of the windows that cover a tick, as listed, and of the current rate multiplier."""
    product = 1.0
    for window in (agent.arrival_config or {}).get("time_windows") or []:
        if window["start_tick"] <= tick_of_day < window["end_tick"]:
            product *= float(window["rate_multiplier"])
    return product * agent.rate_multiplier


def amount_of(config: dict[str, Any], key: bytes, day: int, layer: int, i: int) -> int:
    """Draw an amount, in cents."""
    mean = float(config["amount_mean"])
    sd = float(given(config, "amount_std_dev", 0))
    word = draws(key, day, layer, 0, i)[2]
    u = fraction_of(word)
    match config["distribution_type"]:
        case "lognormal":
            ratio = sd / mean
            s2 = ln(1.0 + ratio * ratio)
            x = exp(ln(mean) - s2 / 2.0 + math.sqrt(s2) * normal_quantile(u))
        case "normal":
            retry, x = 0, mean + sd * normal_quantile(u)
            while x < 1.0:
                retry += 1
                u = fraction_of(draws(key, day, layer, retry, i)[2])
                x = mean + sd * normal_quantile(u)
        case "exponential":
            x = -mean * ln(u)
        case "uniform" if sd == 0:
            return 1 + integer_below(word, 2 * config["amount_mean"] - 1)
        case _:
            low, high = mean - math.sqrt(3.0) * sd, mean + math.sqrt(3.0) * sd
            x = low + u * (high - low)
    return min(max(math.floor(x + 0.5), 1), LARGEST_AMOUNT)


def chosen(word: int, weighted: list[tuple[Any, Fraction]]) -> Any:
    """The first entry whose cumulative weight is above the draw."""
    units = [(entry, int(weight * WEIGHT_UNITS)) for entry, weight in weighted]
    draw = integer_below(word, sum(weight for _, weight in units))
    cumulative = 0
    for entry, weight in units:
        cumulative += weight
        if cumulative > draw:
            return entry
    raise AssertionError("a draw is below the sum of the weights")


def receiver_of(state: State, agent: Agent, config: dict[str, Any], word: int) -> str:
    """Draw whom it goes to."""
    weights = config.get("counterparty_weights")
    others = [other.id for other in state.agents if other is not agent]
    if weights is None:
        return str(chosen(word, [(other, Fraction(1)) for other in others]))
    return str(chosen(word, [(other, decimal(weights.get(other, 0))) for other in others]))


def priority_of(config: dict[str, Any], word: int) -> int:
    """Draw or read the priority."""
    priority = config.get("priority", 5)
    if isinstance(priority, dict):
        weighted = sorted((int(key), decimal(weight)) for key, weight in priority.items())
        return int(chosen(word, weighted))
    return 5 if priority is None else int(priority)


def deadline_of(state: State, config: dict[str, Any], word: int) -> int | None:
    """Draw a deadline, at most the last tick of the day."""
    span = config.get("deadline_ticks")
    if span is None:
        return None
    low, high = span
    return min(state.tick + int(low) + integer_below(word, high - low + 1), state.last_tick_of_day)


def generate(state: State, agent: Agent, config: dict[str, Any]) -> None:
    """Let one bank's generated payments of this tick arrive, by layer, then index."""
    scenario = state.scenario
    key = stream_key(scenario.seed, agent.id)
    rate = float(decimal(config["rate_per_tick"]))
    m = multiplier(agent, state.tick_of_day)
    for layer in range(math.ceil(m)):
        for i, tick in candidates(key, state.day, layer, rate, scenario.ticks_per_day):
            words = draws(key, state.day, layer, 0, i)
            if tick == state.tick_of_day and fraction_of(words[1]) < m - layer:
                entry = {
                    "sender": agent.id,
                    "receiver": receiver_of(state, agent, config, words[3]),
                    "amount": amount_of(config, key, state.day, layer, i),
                    "priority": priority_of(config, words[5]),
                    "deadline_tick": deadline_of(state, config, words[4]),
                    "divisible": config.get("divisible"),
                }
                arrive(state, entry, f"G{state.arrived + 1}")


def arrive_all(state: State) -> None:
    """Step 2: scripted payments in file order, then generated ones by agent."""
    for k, entry in enumerate(state.scenario.transactions, start=1):
        if entry["arrival_tick"] == state.tick:
            arrive(state, entry, entry.get("id") or f"T{k}")
    for agent in state.agents:
        if agent.arrival_config is not None:
            generate(state, agent, agent.arrival_config)

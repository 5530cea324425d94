"""Generated payments: their distributions at fixed seeds, and that they are common random numbers.

The thresholds were set before the first run. `SIGMAS` bounds every single figure: at four standard errors
one in 16,000 honest figures is refused. `KOLMOGOROV` and `CHI_SQUARE` are the 99.9 % points of the
Kolmogorov and of the chi-square distribution (by degrees of freedom).
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from payment_simulator_core_rs import Orchestrator

from .auditor.model.arrivals import arrive_all
from .auditor.model.scenario import read_scenario
from .auditor.model.state import State

SIGMAS = 4.0
KOLMOGOROV = 1.95
CHI_SQUARE = {2: 13.82, 3: 16.27, 6: 22.46, 9: 27.88}
MEAN, SD = 100_000, 30_000
BUSY: dict[str, Any] = {
    "rate_per_tick": 1.0,
    "distribution_type": "lognormal",
    "amount_mean": MEAN,
    "amount_std_dev": SD,
}
Document = dict[str, Any]
Drawn = tuple[str, str, int, int, int, int]


def document(ticks: int = 20_000, seed: int = 2026, **arrivals: Any) -> Document:
    """Four banks of which A generates payments; nothing ever waits for money."""
    agents: list[dict[str, Any]] = [{"id": name, "balance": 10**15} for name in "ABCD"]
    agents[0]["arrival_config"] = BUSY | arrivals
    return {"ticks_per_day": ticks, "seed": seed, "agents": agents}


def run(scenario: Document) -> dict[str, Any]:
    """Run a document to its end; returns the payment columns."""
    orchestrator = Orchestrator.new(scenario)
    orchestrator.advance(10**9)
    return orchestrator.payments()


def drawn(scenario: Document) -> Counter[Drawn]:
    """What was generated: sender, receiver, cents, arrival tick, deadline tick, priority."""
    columns = run(scenario)
    ids = columns["labels"]["sender"]
    names = ("sender", "receiver", "amount", "arrival_tick", "deadline_tick", "priority")
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return Counter((ids[row[0]], ids[row[1]], *row[2:]) for row in rows)


def chi_square(counts: list[int], expected: list[float]) -> float:
    """Pearson's statistic."""
    return sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))


def test_arrivals_are_poisson() -> None:
    ticks = 20_000
    per_tick = np.bincount(run(document(ticks))["arrival_tick"], minlength=ticks)
    assert abs(per_tick.mean() - 1) < SIGMAS * math.sqrt(1 / ticks)
    # The fourth central moment of Poisson(1) is 4: the variance of the sample variance is (4 - 1) / n.
    assert abs(per_tick.var(ddof=1) - 1) < SIGMAS * math.sqrt(3 / ticks)
    expected = [ticks * math.exp(-1) / math.factorial(k) for k in range(6)]
    seen = [int((per_tick == k).sum()) for k in range(6)]
    observed, means = [*seen, ticks - sum(seen)], [*expected, ticks - sum(expected)]
    assert chi_square(observed, means) < CHI_SQUARE[6]


LOG_SPREAD = math.log(1 + (SD / MEAN) ** 2)
LOGNORMAL = NormalDist(math.log(MEAN) - LOG_SPREAD / 2, math.sqrt(LOG_SPREAD))
HALF_WIDTH = math.sqrt(3) * SD
# Distribution, its keys, its standard deviation and its distribution function.
DISTRIBUTIONS: list[tuple[str, dict[str, Any], float, Callable[[float], float]]] = [
    ("lognormal", {}, SD, lambda x: LOGNORMAL.cdf(math.log(x))),
    ("normal", {}, SD, NormalDist(MEAN, SD).cdf),
    ("exponential", {"amount_std_dev": None}, MEAN, lambda x: 1 - math.exp(-x / MEAN)),
    ("uniform", {}, SD, lambda x: min(1.0, max(0.0, (x - MEAN + HALF_WIDTH) / (2 * HALF_WIDTH)))),
    ("uniform", {"amount_std_dev": None}, MEAN / math.sqrt(3), lambda x: x / (2 * MEAN - 1)),
]


@pytest.mark.parametrize(("kind", "keys", "sd", "share_below"), DISTRIBUTIONS)
def test_amounts_follow_their_distribution(
    kind: str, keys: dict[str, Any], sd: float, share_below: Callable[[float], float]
) -> None:
    amounts: NDArray[np.int64] = np.sort(run(document(distribution_type=kind, **keys))["amount"])
    n = len(amounts)
    assert n > 19_000
    centred = amounts - float(MEAN)
    assert abs(centred.mean()) < SIGMAS * sd / math.sqrt(n)
    error_of_variance = math.sqrt(((centred**2).var()) / n)
    assert abs((centred**2).mean() - sd**2) < SIGMAS * error_of_variance
    below = np.array([share_below(x) for x in amounts.tolist()])
    distance = max((np.arange(1, n + 1) / n - below).max(), (below - np.arange(n) / n).max())
    assert distance * math.sqrt(n) < KOLMOGOROV


def test_a_normal_amount_is_never_below_one_cent() -> None:
    amounts = run(document(distribution_type="normal", amount_mean=2, amount_std_dev=4))["amount"]
    assert amounts.min() == 1
    # Redrawn, not cut: one cent is no likelier than a truncated normal distribution has it.
    normal = NormalDist(2, 4)
    share = (normal.cdf(1.5) - normal.cdf(1)) / (1 - normal.cdf(1))
    n = len(amounts)
    assert abs((amounts == 1).mean() - share) < SIGMAS * math.sqrt(share * (1 - share) / n)


@pytest.mark.parametrize("weights", [{"B": 0.5, "C": 0.3, "D": 0.2}, {"B": 1, "C": 2, "D": 7}, None])
def test_counterparties_come_by_their_weights(weights: dict[str, float] | None) -> None:
    receivers = run(document(counterparty_weights=weights))["receiver"]
    shares = weights or dict.fromkeys("BCD", 1)
    expected = [len(receivers) * share / sum(shares.values()) for share in shares.values()]
    assert chi_square([int((receivers == i).sum()) for i in (1, 2, 3)], expected) < CHI_SQUARE[2]


def test_one_not_weighted_receives_nothing() -> None:
    receivers = run(document(counterparty_weights={"C": 1}))["receiver"]
    assert set(receivers.tolist()) == {2}


def test_priorities_and_deadlines_come_by_their_shares() -> None:
    columns = run(document(priority={1: 1, 5: 2, 9: 1}, deadline_ticks=[3, 12]))
    n = len(columns["amount"])
    seen = [int((columns["priority"] == priority).sum()) for priority in (1, 5, 9)]
    assert chi_square(seen, [n / 4, n / 2, n / 4]) < CHI_SQUARE[2]
    early = columns["arrival_tick"] < 20_000 - 12  # the others end with the day
    spans = (columns["deadline_tick"] - columns["arrival_tick"])[early]
    counts = [int((spans == span).sum()) for span in range(3, 13)]
    assert sum(counts) == len(spans)
    assert chi_square(counts, [len(spans) / 10] * 10) < CHI_SQUARE[9]


def test_the_day_has_the_profile_of_its_windows() -> None:
    windows = [(0, 4_000, 0.25), (4_000, 8_000, 3.0), (8_000, 12_000, 1.5), (10_000, 20_000, 0.5)]
    ticks = run(
        document(
            time_windows=[
                {"start_tick": start, "end_tick": end, "rate_multiplier": m} for start, end, m in windows
            ]
        )
    )["arrival_tick"]
    for start, end, rate in ((0, 4_000, 0.25), (4_000, 8_000, 3.0), (8_000, 10_000, 1.5),
                             (10_000, 12_000, 0.75), (12_000, 20_000, 0.5)):  # fmt: skip
        expected = (end - start) * rate
        count = int(((ticks >= start) & (ticks < end)).sum())
        assert abs(count - expected) < SIGMAS * math.sqrt(expected), (start, count, expected)


def test_the_same_rate_cut_finer_gives_the_same_mean() -> None:
    count = len(run(document(ticks=2_000, rate_per_tick=10.0))["amount"])
    assert abs(count - 20_000) < SIGMAS * math.sqrt(20_000)


# --- common random numbers


def four_busy_banks(**of_a: Any) -> Document:
    """Banks that all generate, with weights given; keys of A's arrivals may differ."""
    scenario = document(ticks=500)
    for agent in scenario["agents"]:
        others = {name: 1 for name in "ABCD" if name != agent["id"]}
        agent["arrival_config"] = BUSY | {"counterparty_weights": others, "priority": {5: 1, 9: 1}}
    scenario["agents"][0]["arrival_config"] |= of_a
    return scenario


def of_others(payments: Counter[Drawn]) -> Counter[Drawn]:
    """Without A's own."""
    return Counter({row: count for row, count in payments.items() if row[0] != "A"})


@pytest.mark.parametrize("at", [0, 2, 4])
def test_an_idle_bank_changes_nobodys_payments(at: int) -> None:
    more = four_busy_banks()
    more["agents"].insert(at, {"id": "IDLE", "balance": 0})
    assert drawn(more) == drawn(four_busy_banks())


def test_one_banks_rate_changes_only_its_own_payments() -> None:
    usual, faster = drawn(four_busy_banks()), drawn(four_busy_banks(rate_per_tick=2.5))
    assert of_others(faster) == of_others(usual)
    assert faster != usual


def test_one_banks_amounts_leave_ticks_and_receivers_alone() -> None:
    usual, larger = drawn(four_busy_banks()), drawn(four_busy_banks(amount_mean=2 * MEAN))
    without_amount = [Counter((row[:2] + row[3:]) for row in sample.elements()) for sample in (usual, larger)]
    assert without_amount[0] == without_amount[1]
    assert of_others(larger) == of_others(usual)


def test_a_multiplier_only_adds_or_removes() -> None:
    samples = [
        drawn(four_busy_banks(time_windows=[{"start_tick": 0, "end_tick": 500, "rate_multiplier": m}]))
        for m in (0.3, 1.0, 1.7, 4.0)
    ]
    assert samples[1] == drawn(four_busy_banks())
    for fewer, more in itertools.pairwise(samples):
        assert fewer < more


@pytest.mark.parametrize("multiplier", [0, 0.4, 2.75])
def test_a_rate_set_later_only_adds_or_removes_from_then_on(multiplier: float) -> None:
    changed = four_busy_banks()
    changed["events"] = [{"tick": 200, "type": "set_arrival_rate", "multiplier": multiplier}]
    before, after = drawn(four_busy_banks()), drawn(changed)
    assert {row for row in before if row[3] < 200} == {row for row in after if row[3] < 200}
    if multiplier < 1:
        assert after < before
    else:
        assert before < after
    assert multiplier or not any(row[3] >= 200 for row in after)


def test_another_seed_or_day_draws_other_payments() -> None:
    one, other = drawn(document(ticks=200, seed=1)), drawn(document(ticks=200, seed=2))
    assert not one & other
    two_days = document(ticks=200, seed=1) | {"num_days": 2}
    second = {(*row[:3], row[3] - 200) for row in drawn(two_days) if row[3] >= 200}
    assert not second & {row[:4] for row in one}


@pytest.mark.parametrize(
    "keys",
    [
        {"distribution_type": "lognormal"},
        {"distribution_type": "normal", "amount_std_dev": 90_000},
        {"distribution_type": "exponential", "amount_std_dev": None},
        {"distribution_type": "uniform", "amount_std_dev": 50_000},
        {"distribution_type": "uniform", "amount_std_dev": None},
        {"amount_mean": 10**14, "amount_std_dev": 10**15},
    ],
    ids=str,
)
def test_every_draw_is_the_published_one_to_the_last_bit(keys: dict[str, Any]) -> None:
    scenario = document(ticks=400, deadline_ticks=[1, 30], priority={2: 0.25, 7: 1.5}, **keys)
    scenario["agents"][0]["arrival_config"]["time_windows"] = [
        {"start_tick": 50, "end_tick": 150, "rate_multiplier": 2.3}
    ]
    scenario["num_days"] = 3
    state = State(read_scenario(scenario))
    for tick in range(1_200):
        state.tick = tick
        arrive_all(state)
    assert len(state.payments) > 1_000
    assert drawn(scenario) == Counter(
        (p.sender.id, p.receiver.id, p.amount, p.arrival_tick, p.deadline_tick, p.priority)
        for p in state.payments
    )

"""Two short days of four banks, for tests that run the engine itself."""

from collections.abc import Iterator
from typing import Any

from payment_simulator_core_rs import Orchestrator

TICKS = 60


def arrivals(**changes: Any) -> dict[str, Any]:
    """Return an arrival config of ten payments in twenty ticks."""
    return {
        "rate_per_tick": 0.5,
        "distribution_type": "lognormal",
        "amount_mean": 40_000,
        "amount_std_dev": 30_000,
        "deadline_ticks": [2, 20],
        "priority": {"5": 0.8, "9": 0.2},
        **changes,
    }


def scenario(**changes: Any) -> dict[str, Any]:
    """Return two short days of four banks, tight enough that payments wait."""
    return {
        "ticks_per_day": TICKS // 2,
        "num_days": 2,
        "seed": 7,
        "agents": [
            {"id": "A", "balance": 50_000, "credit_limit": 20_000, "arrival_config": arrivals()},
            {"id": "B", "balance": 30_000, "arrival_config": arrivals(rate_per_tick=0.8)},
            {"id": "C", "balance": 10_000, "arrival_config": arrivals(distribution_type="normal")},
            {"id": "D", "balance": 0},
        ],
        "costs": {
            "overdraft_rate": 0.001,
            "delay_penalty_per_tick": 3,
            "deadline_penalty": 500,
            "eod_penalty": 1_000,
        },
        "initial_transactions": [
            {"sender": "A", "receiver": "D", "amount": 7_000, "arrival_tick": 0, "id": "FIRST"},
            {"sender": "B", "receiver": "D", "amount": 9_000, "arrival_tick": 40, "deadline_tick": 45},
            {"sender": "D", "receiver": "A", "amount": 10_000_000, "arrival_tick": 0, "id": "HUGE"},
        ],
        **changes,
    }


def year() -> dict[str, Any]:
    """Return a year of seconds with some three million payments: far more than a moment's work."""
    long = scenario(ticks_per_day=86_400, num_days=366, initial_transactions=[])
    for agent in long["agents"]:
        agent.pop("arrival_config", None)
    long["agents"][0]["arrival_config"] = arrivals(rate_per_tick=0.1)
    return long


def finished(run: Orchestrator) -> Orchestrator:
    """Return the run at its end."""
    assert run.advance(10**9)["finished"]
    return run


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every number and text in a result with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item, f"{path}[]")
    else:
        yield path, value


def rows(columns: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return columns as rows."""
    names = [name for name in columns if name != "labels"]
    return list(zip(*(columns[name].tolist() for name in names), strict=True))

"""A small scenario as scripts send it, and the calls of a session client."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

ARRIVALS = {
    "rate_per_tick": 2.0,
    "distribution_type": "normal",
    "amount_mean": 100_000,
    "amount_std_dev": 30_000,
}


def two_banks(**changes: Any) -> dict[str, Any]:
    """Return a scenario of two banks with normal arrivals over 50 ticks."""
    return {
        "ticks_per_day": 50,
        "seed": 12345,
        "agents": [
            {"id": "BANK_A", "balance": 1_000_000, "credit_limit": 500_000, "arrival_config": ARRIVALS},
            {"id": "BANK_B", "balance": 1_500_000, "arrival_config": ARRIVALS},
        ],
        **changes,
    }


def make(client: Client, scenario: dict[str, Any] | None = None, query: str = "") -> str:
    """Make a simulation and return its address."""
    answer = client.post(
        f"/api/simulations{query}", json.dumps(scenario or two_banks()), content_type="application/json"
    )
    assert answer.status_code == 201, answer.content
    return f"/api/simulations/{answer.json()['simulation_id']}"

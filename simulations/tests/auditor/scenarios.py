"""Random scenarios: small, tight and full of ties, so that every rule of the model decides something.

A case is `{"scenario": document, "interventions": [[before_tick, event], …]}`: plain data, so that one that
differs can be kept as a file. The same seed and features give the same case on any machine.
"""

from typing import Any

from .drawing import FEATURES, Draw, random_limits, random_policy, random_saving, random_transaction
from .happenings import event_types, random_event

Case = dict[str, Any]

RATES = (0, 0.1, 0.25, 0.5, 0.333333333, "0.05", 1)


def random_arrivals(draw: Draw, agent: str) -> dict[str, Any]:
    """One of `arrival_config`."""
    mean = draw.number(1, draw.scale)
    config: dict[str, Any] = {"rate_per_tick": draw.one(0.1, 0.3, 0.7), "amount_mean": mean}
    config["distribution_type"] = kind = draw.one("normal", "lognormal", "uniform", "exponential")
    if kind in ("normal", "lognormal"):
        config["amount_std_dev"] = draw.number(1, mean)
    elif kind == "uniform" and mean >= 2 and draw.number(0, 1):
        config["amount_std_dev"] = max(1, mean // 2)
    others = [other for other in draw.ids if other != agent]
    if draw.number(0, 1):
        config["counterparty_weights"] = {other: draw.one(0.2, 1, 3.5) for other in others}
    if draw.number(0, 1):
        config["time_windows"] = [
            {"start_tick": 0, "end_tick": 1, "rate_multiplier": draw.one(0, 0.5, 2.5)},
            {"start_tick": 0, "end_tick": draw.ticks_per_day, "rate_multiplier": draw.one(0.5, 1.25)},
        ]
    if draw.has("deadlines"):
        low = draw.number(0, 2)
        config["deadline_ticks"] = [low, low + draw.number(0, 3)]
    if draw.has("priorities"):
        config["priority"] = draw.one(0, 9, {5: 0.7, 9: 0.3}, {2: 1, 8: 2, 10: 0.5})
    config["divisible"] = draw.one(True, False)
    return config


def random_agent(draw: Draw, agent: str) -> dict[str, Any]:
    """One of `agents`: often short of money."""
    entry: dict[str, Any] = {
        "id": agent,
        "balance": draw.one(0, draw.amount(), draw.amount(), 2 * draw.scale),
    }
    usual = 0.1 if draw.knotted else 0.5  # in a knot, fewer things keep payments apart
    deciding = 0.9 if draw.shape == "parts" else usual
    if draw.number(0, 3 if draw.knotted else 1) == 0:
        entry["credit_limit"] = draw.number(0, draw.scale)
    if draw.has("collateral", usual):
        entry["collateral"] = {"posted": draw.number(0, draw.scale), "haircut": draw.one(0, 0.1, 0.35, 1)}
    if draw.has("policies", deciding) or draw.has("splitting", deciding / 2):
        entry["policy"] = random_policy(draw)
    if draw.has("limits", usual):
        entry["limits"] = random_limits(draw, agent)
    if draw.has("reservations", usual):
        entry["reservations"] = {"urgent": draw.number(0, draw.scale)}
    if draw.has("generated", usual):
        entry["arrival_config"] = random_arrivals(draw, agent)
    return entry


def deferred_rail(draw: Draw, name: str) -> dict[str, Any]:
    """A deferred-net rail that settles once or more a day."""
    count = draw.number(1, min(3, draw.ticks_per_day))
    ticks = sorted(draw.random.sample(range(draw.ticks_per_day), count))
    return {"id": name, "settlement_type": "deferred_net", "settle_at_ticks": ticks}


def immediate_rail(draw: Draw, name: str) -> dict[str, Any]:
    """An immediate rail with whatever it may have."""
    rail: dict[str, Any] = {"id": name, "settlement_type": "immediate"}
    if draw.has("disciplines", 0.6):
        rail["queue"] = draw.one("fifo", "bypass", "priority_fifo")
    if draw.has("end_of_tick", 0.1 if draw.knotted else 0.25):
        rail["crediting"] = "end_of_tick"
    rail["liquidity_saving"] = random_saving(draw)
    if draw.has("lsm_every_ticks", 0.25):
        rail["lsm_every_ticks"] = draw.number(1, 4)
    return rail


def random_rails(draw: Draw) -> list[dict[str, Any]]:
    """One rail, or several of both types."""
    count = draw.one(2, 3, 3) if draw.shape == "knots" else draw.one(1, 1, 1, 2, 3)
    names = ["RTGS", "FAST", "ACH"][: count if draw.has("rails", 1) else 1]
    chances = {"RTGS": 0.05, "FAST": 0.3, "ACH": 0.9}
    rails = [
        deferred_rail(draw, name) if draw.has("deferred_net", chances[name]) else immediate_rail(draw, name)
        for name in names
    ]
    if len(rails) > 1 and draw.has("routing", 0.2 if draw.knotted else 0.6):
        bounded = draw.number(0, len(rails) - 1)
        rails[bounded]["max_amount"] = draw.amount()
    return rails


def random_costs(draw: Draw) -> dict[str, Any]:
    """Some of the keys of `costs`, with fractions that need rounding."""
    costs: dict[str, Any] = {}
    for key in ("overdraft", "collateral", "liquidity", "delay", "deadline", "eod", "drop"):
        name = f"{key}_rate_per_tick" if key == "delay" else f"{key}_rate"
        if draw.number(0, 2):
            costs[name] = draw.one(*RATES)
    for key in ("delay_penalty_per_tick", "deadline_penalty", "split_fee", "eod_penalty", "drop_penalty"):
        if draw.number(0, 2):
            costs[key] = draw.number(0, 9)
    if draw.number(0, 1):
        costs["priority_multipliers"] = {5: draw.one(0, 0.5, 1.25), 9: draw.one(2, 10)}
    if draw.number(0, 1):
        costs["overdue_multiplier"] = draw.one(0, 1.5, 5)
    return costs


def random_case(seed: int, features: frozenset[str] = FEATURES) -> Case:
    """Draw a case."""
    draw = Draw(seed, features)
    rails = random_rails(draw)
    names = [rail["id"] for rail in rails]
    transactions = []
    for k in range(1, draw.number(10 if draw.knotted else 2, 22) + 1):
        entry = random_transaction(draw, names)
        last = min(draw.ticks - 1, 1) if draw.knotted else draw.ticks - 1
        entry["arrival_tick"] = draw.one(0, draw.number(0, last), draw.number(0, last))
        if "deadline_tick" in entry:
            entry["deadline_tick"] = max(entry["deadline_tick"], entry["arrival_tick"])
        if draw.number(0, 3):
            entry["id"] = f"P{k}"
        transactions.append(entry)
    document: dict[str, Any] = {
        "ticks_per_day": draw.ticks_per_day,
        "num_days": draw.days,
        "seed": draw.number(0, 2**40),
        "agents": [random_agent(draw, agent) for agent in draw.ids],
        "rails": rails,
        "initial_transactions": transactions,
    }
    if draw.has("reject", 0.3):
        document["end_of_day"] = "reject"
    if draw.has("costs", 0.8):
        document["costs"] = random_costs(draw)
    return {"scenario": document, "interventions": happenings(draw, document)}


def happenings(draw: Draw, document: dict[str, Any]) -> list[list[Any]]:
    """Write events into the document; returns the interventions."""
    types = event_types(draw, document)
    types = draw.random.sample(types, draw.number(2, 5))  # few, so that they meet one another
    if draw.shape == "parts" and "policies" in draw.features:
        types.append("set_policy")
    if draw.has("events", 0.7):
        events = [random_event(draw, document, types) for _ in range(draw.number(1, 10))]
        document["events"] = [event | {"tick": draw.number(0, draw.ticks - 1)} for event in events]
        if draw.shape == "parts" or draw.number(0, 2) == 0:
            away, back = sorted((draw.number(0, draw.ticks - 1), draw.number(0, draw.ticks - 1)))
            splitting = [a["id"] for a in document["agents"] if "split_above" in a.get("policy", {})]
            agent = draw.one(*(splitting or draw.ids))
            document["events"].append({"type": "outage", "agent": agent, "tick": away})
            document["events"].append({"type": "recover", "agent": agent, "tick": back})
        for event in document["events"]:
            if "deadline_tick" in event:
                event["deadline_tick"] = max(event["deadline_tick"], event["tick"])
    interventions: list[list[Any]] = []
    if draw.has("interventions", 0.4):
        for before in sorted(draw.number(0, draw.ticks - 1) for _ in range(draw.number(1, 5))):
            event = random_event(draw, document, types)
            at = before
            if draw.number(0, 2) == 0:
                at = event["tick"] = draw.number(before, draw.ticks - 1)
            if "deadline_tick" in event:
                event["deadline_tick"] = max(event["deadline_tick"], at)
            interventions.append([before, event])
    return interventions

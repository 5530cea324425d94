"""Random events of every type, many of them aimed at something that exists."""

from typing import Any

from .drawing import Draw, random_limits, random_policy, random_saving, random_transaction

Event = dict[str, Any]


def event_types(draw: Draw, document: dict[str, Any]) -> list[str]:
    """The types that make sense with the features drawn from."""
    types = [
        "inject_payment", "transfer_liquidity", "set_credit_limit", "outage", "recover",
        "hold_payment", "release_payment", "cancel_payment", "reprioritise_payment",
    ]  # fmt: skip
    if "policies" in draw.features:
        types.append("set_policy")
    if "limits" in draw.features:
        types.append("set_limits")
    if any("liquidity_saving" in rail for rail in document["rails"]):
        types.append("set_liquidity_saving")
    if "generated" in draw.features:
        types.append("set_arrival_rate")
    return types


def some_payment(draw: Draw, document: dict[str, Any]) -> str:
    """The id of a scripted payment, or at times of a part of it or of one that may never exist."""
    k = draw.number(1, min(5, len(document["initial_transactions"])))  # few, so that events meet
    name = str(document["initial_transactions"][k - 1].get("id", f"T{k}"))
    return draw.one(name, name, name, name, f"{name}/1", f"{name}/2", f"X{k}")  # type: ignore[no-any-return]


def about_a_payment(draw: Draw, document: dict[str, Any], kind: str) -> Event:
    """An event on a payment that may be there."""
    if kind == "inject_payment":
        return random_transaction(draw, [rail["id"] for rail in document["rails"]])
    event: Event = {"payment": some_payment(draw, document)}
    if kind == "reprioritise_payment":
        event["priority"] = draw.one(0, 5, 7, 8, 10)
    return event


def about_saving(draw: Draw, document: dict[str, Any]) -> Event:
    """Other algorithms for an immediate rail."""
    rail = draw.one(*[rail for rail in document["rails"] if "liquidity_saving" in rail])
    event: Event = {"rail": rail["id"], "liquidity_saving": random_saving(draw)}
    if draw.has("lsm_every_ticks"):
        event["lsm_every_ticks"] = draw.number(1, 3)
    return event


def about_a_rate(draw: Draw) -> Event:
    """More or fewer arrivals, at one bank or at all."""
    event: Event = {"multiplier": draw.one(0, 0.5, 2, 3.25)}
    if draw.number(0, 2):
        event["agent"] = draw.one(*draw.ids)
    return event


def about_an_agent(draw: Draw, document: dict[str, Any], kind: str) -> Event:
    """An event on one bank."""
    event: Event = {"agent": draw.one(*draw.ids)}
    match kind:
        case "transfer_liquidity":
            event["amount"] = draw.one(draw.amount(), -draw.amount(), -1)
        case "set_credit_limit":
            lent = [agent["id"] for agent in document["agents"] if agent.get("credit_limit")]
            event["agent"] = draw.one(*(lent or draw.ids))
            event["credit_limit"] = draw.one(0, draw.number(0, draw.scale))
        case "set_policy":
            event["policy"] = random_policy(draw)
        case "set_limits":
            event["limits"] = random_limits(draw, event["agent"])
    return event


def random_event(draw: Draw, document: dict[str, Any], types: list[str]) -> Event:
    """An event without its tick."""
    kind = draw.one(*types)
    if kind == "set_liquidity_saving":
        return {"type": kind} | about_saving(draw, document)
    if kind == "set_arrival_rate":
        return {"type": kind} | about_a_rate(draw)
    if kind.endswith("_payment"):
        return {"type": kind} | about_a_payment(draw, document, kind)
    return {"type": kind} | about_an_agent(draw, document, kind)

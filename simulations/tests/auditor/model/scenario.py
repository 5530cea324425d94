"""What a scenario document says, with the defaults of section 2 filled in."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

COST_KINDS = ("overdraft", "collateral", "liquidity", "delay", "deadline", "split", "eod", "drop")


def decimal(value: int | float | str) -> Fraction:
    """Read a rate or multiplier: a float stands for its shortest decimal form (section 2)."""
    return Fraction(repr(value) if isinstance(value, float) else value)


@dataclass
class Policy:
    """How a bank decides about its own queue (section 7); keys its type does not have stay at nothing."""

    type: str = "release_all"
    due_ticks: int = 0
    keep: int = 0
    seed_amount: int = 0
    targets: list[tuple[int, Fraction]] = field(default_factory=list)
    split_amount: int | None = None
    split_parts: int = 1


@dataclass
class Limits:
    """Net outflow allowed a day, in cents: to one agent (by id) and to all; what is missing is unlimited."""

    bilateral: dict[str, int] = field(default_factory=dict)
    multilateral: int | None = None


@dataclass(eq=False)
class Agent:
    """A bank: what the document says, and the little that changes. Amounts in cents."""

    position: int
    id: str
    balance: int
    credit_limit: int
    posted: int
    haircut: Fraction
    policy: Policy
    limits: Limits
    reserved_urgent: int
    arrival_config: dict[str, Any] | None
    rate_multiplier: float = 1.0
    in_outage: bool = False
    in_flight: int = 0  # held back by `crediting: end_of_tick`
    costs: dict[str, Fraction] = field(default_factory=lambda: dict.fromkeys(COST_KINDS, Fraction(0)))


@dataclass(eq=False)
class Rail:
    """A settlement system (section 6)."""

    id: str
    deferred: bool
    queue: str
    credits_at_end_of_tick: bool
    saving: list[str]
    saving_every: int
    settle_at_ticks: list[int]
    max_amount: int | None


@dataclass
class Costs:
    """The rates of section 9, exact."""

    overdraft_rate: Fraction
    collateral_rate: Fraction
    liquidity_rate: Fraction
    delay_penalty_per_tick: Fraction
    delay_rate_per_tick: Fraction
    priority_multipliers: dict[int, Fraction]
    overdue_multiplier: Fraction
    deadline_penalty: Fraction
    deadline_rate: Fraction
    split_fee: Fraction
    eod_penalty: Fraction
    eod_rate: Fraction
    drop_penalty: Fraction
    drop_rate: Fraction


@dataclass
class Scenario:
    """A whole document, read."""

    ticks_per_day: int
    num_days: int
    seed: int
    rejects_at_end_of_day: bool
    agents: list[Agent]
    rails: list[Rail]
    costs: Costs
    transactions: list[dict[str, Any]]
    events: list[dict[str, Any]]


def given(entry: dict[str, Any], key: str, default: Any) -> Any:
    """Return what the document gives; `null` is the same as nothing."""
    value = entry.get(key)
    return default if value is None else value


def read_policy(entry: dict[str, Any]) -> Policy:
    """Read `{type: …}` with the keys of its type."""
    split = given(entry, "split_above", {})
    return Policy(
        type=entry["type"],
        due_ticks=given(entry, "due_ticks", 0),
        keep=given(entry, "keep", 0),
        seed_amount=given(entry, "seed_amount", 0),
        targets=[(tick, decimal(share)) for tick, share in given(entry, "targets", [])],
        split_amount=split.get("amount"),
        split_parts=split.get("parts", 1),
    )


def read_limits(entry: dict[str, Any]) -> Limits:
    """Read `{bilateral: {id: cents}, multilateral: cents}`, both optional."""
    return Limits(dict(given(entry, "bilateral", {})), entry.get("multilateral"))


def read_agent(position: int, entry: dict[str, Any]) -> Agent:
    """Read one of `agents`."""
    collateral = given(entry, "collateral", {})
    return Agent(
        position=position,
        id=entry["id"],
        balance=entry["balance"],
        credit_limit=given(entry, "credit_limit", 0),
        posted=given(collateral, "posted", 0),
        haircut=decimal(given(collateral, "haircut", 0)),
        policy=read_policy(given(entry, "policy", {"type": "release_all"})),
        limits=read_limits(given(entry, "limits", {})),
        reserved_urgent=given(given(entry, "reservations", {}), "urgent", 0),
        arrival_config=entry.get("arrival_config"),
    )


def read_rail(entry: dict[str, Any]) -> Rail:
    """Read one of `rails`."""
    return Rail(
        id=entry["id"],
        deferred=given(entry, "settlement_type", "immediate") == "deferred_net",
        queue=given(entry, "queue", "priority_fifo"),
        credits_at_end_of_tick=given(entry, "crediting", "immediate") == "end_of_tick",
        saving=list(given(entry, "liquidity_saving", [])),
        saving_every=given(entry, "lsm_every_ticks", 1),
        settle_at_ticks=list(given(entry, "settle_at_ticks", [])),
        max_amount=entry.get("max_amount"),
    )


def read_costs(entry: dict[str, Any]) -> Costs:
    """Read `costs`; a dropped payment costs what one left at the day's end costs unless said otherwise."""

    def rate(key: str, default: Fraction = Fraction(0)) -> Fraction:
        value = entry.get(key)
        return default if value is None else decimal(value)

    multipliers = given(entry, "priority_multipliers", {})
    eod_penalty, eod_rate = rate("eod_penalty"), rate("eod_rate")
    return Costs(
        overdraft_rate=rate("overdraft_rate"),
        collateral_rate=rate("collateral_rate"),
        liquidity_rate=rate("liquidity_rate"),
        delay_penalty_per_tick=rate("delay_penalty_per_tick"),
        delay_rate_per_tick=rate("delay_rate_per_tick"),
        priority_multipliers={int(key): decimal(value) for key, value in multipliers.items()},
        overdue_multiplier=rate("overdue_multiplier", Fraction(1)),
        deadline_penalty=rate("deadline_penalty"),
        deadline_rate=rate("deadline_rate"),
        split_fee=rate("split_fee"),
        eod_penalty=eod_penalty,
        eod_rate=eod_rate,
        drop_penalty=rate("drop_penalty", eod_penalty),
        drop_rate=rate("drop_rate", eod_rate),
    )


def read_scenario(document: dict[str, Any]) -> Scenario:
    """Read a valid scenario document (interfaces: scenario file)."""
    return Scenario(
        ticks_per_day=document["ticks_per_day"],
        num_days=given(document, "num_days", 1),
        seed=document["seed"],
        rejects_at_end_of_day=given(document, "end_of_day", "carry_over") == "reject",
        agents=[read_agent(position, entry) for position, entry in enumerate(document["agents"])],
        rails=[read_rail(entry) for entry in given(document, "rails", [{"id": "RTGS"}])],
        costs=read_costs(given(document, "costs", {})),
        transactions=list(given(document, "initial_transactions", [])),
        events=list(given(document, "events", [])),
    )

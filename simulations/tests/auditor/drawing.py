"""A seeded source of choices, and the pieces of a scenario that events need too."""

from random import Random
from typing import Any

# Everything the law knows. A feature taken out of the set handed to `random_case` is never drawn.
FEATURES = frozenset(
    {
        "disciplines", "rails", "deferred_net", "routing", "end_of_tick", "entry_offset", "bilateral",
        "multilateral", "lsm_every_ticks", "limits", "reservations", "collateral", "policies", "splitting",
        "events", "interventions", "costs", "deadlines", "priorities", "generated", "days", "reject",
    }
)  # fmt: skip


class Draw:
    """A seeded source of choices about one case."""

    def __init__(self, seed: int, features: frozenset[str] = FEATURES) -> None:
        self.random = Random(f"case/{seed}")
        self.features = features
        # Most cases are knots: few banks, next to no money, nearly everything in the first ticks; some of
        # these on several rails. Others are about parts: all can be split, banks drop out and come back.
        self.shape = self.random.choice(("wide", "knot", "knots", "knots", "parts"))
        self.knotted = self.shape in ("knot", "knots")
        self.ids = ["A", "B", "C", "D", "E", "F"][: self.number(3, 4) if self.knotted else self.number(2, 6)]
        self.days = self.number(2, 3) if self.has("days", 0.35) else 1
        self.ticks_per_day = self.number(1, 12 // self.days)
        self.ticks = self.ticks_per_day * self.days
        self.scale = self.random.choice((3, 3, 6) if self.knotted else (3, 6, 6, 20, 1000, 10**13))

    def has(self, feature: str, chance: float = 0.5) -> bool:
        """Decide whether to use a feature; drawn even when it is off, so that the rest stays as it was."""
        return self.random.random() < chance and feature in self.features

    def one(self, *choices: Any) -> Any:
        """Pick one."""
        return self.random.choice(choices)

    def number(self, low: int, high: int) -> int:
        """An integer of [low, high]."""
        return self.random.randint(low, high)

    def amount(self) -> int:
        """A payment's amount: small numbers, so that sums meet limits exactly."""
        return self.number(1, self.scale)

    def some(self, choices: list[str], feature: str) -> list[str]:
        """A random selection in random order, at times empty."""
        if not self.has(feature, 0.7):
            return []
        return self.random.sample(choices, self.number(1, len(choices)))


def random_targets(draw: Draw) -> list[list[Any]]:
    """Shares to have released by some ticks of the day."""
    count = draw.number(1, min(3, draw.ticks_per_day))
    ticks = sorted(draw.random.sample(range(draw.ticks_per_day), count))
    return [[tick, share] for tick, share in zip(ticks, (0.25, 0.5, 0.9), strict=False)]


def random_policy(draw: Draw) -> dict[str, Any]:
    """One of `policy`, with its keys, at times splitting."""
    policy: dict[str, Any] = {"type": "release_all"}
    if draw.has("policies", 0.7):
        policy = {
            "deadline": {"type": "deadline", "due_ticks": draw.number(0, 3)},
            "liquidity_aware": {
                "type": "liquidity_aware",
                "keep": draw.number(0, draw.scale // 2),
                "due_ticks": draw.number(0, 2),
            },
            "receipt_reactive": {"type": "receipt_reactive", "seed_amount": draw.number(0, draw.scale)},
            "throughput": {
                "type": "throughput",
                "targets": random_targets(draw),
                "keep": draw.number(0, draw.scale // 2),
                "due_ticks": draw.number(0, 1),
            },
        }[draw.one("deadline", "liquidity_aware", "receipt_reactive", "throughput")]
    if draw.has("splitting", 0.6 if draw.shape == "parts" else 0.2):
        parts = draw.number(2, 3)
        policy["split_above"] = {"amount": draw.number(parts, max(parts, draw.scale // 2)), "parts": parts}
    return policy


def random_limits(draw: Draw, agent: str) -> dict[str, Any]:
    """Bilateral limits to some, at times one to all; zero is a limit."""
    others = [other for other in draw.ids if other != agent]
    limits: dict[str, Any] = {
        "bilateral": {other: draw.one(0, draw.number(0, draw.scale)) for other in others if draw.number(0, 1)}
    }
    if draw.number(0, 1):
        limits["multilateral"] = draw.number(0, 2 * draw.scale)
    return limits


def random_saving(draw: Draw) -> list[str]:
    """The algorithms of an immediate rail, in some order."""
    algorithms: list[str] = ["entry_offset", "bilateral", "multilateral"]
    offered = [name for name in algorithms if name in draw.features]
    if draw.knotted and draw.number(0, 2):
        # Entry offset would undo most knots as they form.
        offered = [name for name in offered if name != "entry_offset"]
        return draw.random.sample(offered, len(offered))[draw.number(0, 1) :]
    return draw.random.sample(offered, draw.number(0, len(offered)))


def random_transaction(draw: Draw, rails: list[str]) -> dict[str, Any]:
    """One of `initial_transactions`, without id and arrival tick."""
    sender, receiver = draw.random.sample(draw.ids, 2)
    entry: dict[str, Any] = {"sender": sender, "receiver": receiver, "amount": draw.amount()}
    if draw.has("priorities", 0.6):
        entry["priority"] = draw.one(0, 4, 5, 6, 7, 8, 9, 10)
    if draw.has("splitting", 0.9 if draw.shape == "parts" else 0.4):
        entry["divisible"] = True
    if len(rails) > 1 and draw.has("rails", 0.6):
        entry["rail"] = draw.one(*rails)
    if draw.has("deadlines", 0.6):
        entry["deadline_tick"] = draw.number(
            0, 2 if draw.shape == "parts" else draw.ticks + 2
        )  # made later than its arrival by the caller
    return entry

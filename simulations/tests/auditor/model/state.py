"""Where a run stands: its payments and what follows from them. Nothing here is kept that can be added up."""

from dataclasses import dataclass, field
from typing import Any

from .scenario import Agent, Rail, Scenario


@dataclass(eq=False)
class Payment:
    """A payment, or one part of a split one: `part` counts from 1, 0 is whole. Cents and ticks."""

    id: str
    number: int
    part: int
    parent: str | None
    sender: Agent
    receiver: Agent
    amount: int
    priority: int
    rail_named: str | None
    arrival_tick: int
    deadline_tick: int | None
    divisible: bool
    rail: Rail | None = None  # from entry on
    status: str = "pending"
    held: bool = False
    ordered_out: bool = False  # by `release_payment`
    decided: bool = False  # its bank has looked at it once
    overdue: bool = False
    release_tick: int | None = None
    end_tick: int | None = None
    method: str | None = None
    rejected: bool = False  # dropped at a day's end


@dataclass
class State:
    """A run between or inside ticks."""

    scenario: Scenario
    tick: int = 0
    payments: list[Payment] = field(default_factory=list)
    arrived: int = 0  # the last arrival number given
    settlements: list[list[Payment]] = field(default_factory=list)  # the sets, in their order
    releases: list[tuple[int, Agent, int]] = field(default_factory=list)  # tick, bank, cents
    splits: list[tuple[int, Payment, int]] = field(default_factory=list)  # tick, parent, parts
    interventions: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # tick, event
    refusals: list[tuple[int, dict[str, Any], str]] = field(default_factory=list)  # tick, event, why

    @property
    def agents(self) -> list[Agent]:
        """The banks as listed."""
        return self.scenario.agents

    @property
    def rails(self) -> list[Rail]:
        """The rails as listed."""
        return self.scenario.rails

    @property
    def day(self) -> int:
        """The day of this tick, from 0."""
        return self.tick // self.scenario.ticks_per_day

    @property
    def tick_of_day(self) -> int:
        """This tick counted from the start of its day."""
        return self.tick % self.scenario.ticks_per_day

    @property
    def last_tick_of_day(self) -> int:
        """The last tick of this day, counted from the start of the run."""
        return (self.day + 1) * self.scenario.ticks_per_day - 1

    @property
    def finished(self) -> bool:
        """Whether every tick has been run."""
        return self.tick >= self.scenario.ticks_per_day * self.scenario.num_days

    def agent(self, name: str) -> Agent:
        """Find a bank by its id."""
        return next(agent for agent in self.agents if agent.id == name)

    def is_today(self, tick: int | None) -> bool:
        """Whether a tick belongs to the current day."""
        return tick is not None and tick // self.scenario.ticks_per_day == self.day

    def pending(self, agent: Agent | None = None) -> list[Payment]:
        """Queue 1, of one bank or of all, by arrival."""
        return [p for p in self.payments if p.status == "pending" and agent in (None, p.sender)]

    def queued(self, agent: Agent | None = None, rail: Rail | None = None) -> list[Payment]:
        """Queue 2, of one bank or of all, on one rail or on all, by arrival."""
        return [
            p
            for p in self.payments
            if p.status == "queued" and agent in (None, p.sender) and rail in (None, p.rail)
        ]

    def waiting(self) -> list[Payment]:
        """Whatever is in Queue 1 or Queue 2."""
        return [p for p in self.payments if p.status in ("pending", "queued")]

    def settled_today(self) -> list[Payment]:
        """Payments settled since the start of the day."""
        return [p for p in self.payments if p.status == "settled" and self.is_today(p.end_tick)]

    def released_today(self, agent: Agent) -> int:
        """Value the bank has released since the start of the day, in cents."""
        return sum(cents for tick, bank, cents in self.releases if bank is agent and self.is_today(tick))

    def received_today(self, agent: Agent) -> int:
        """Value of the payments the bank has received since the start of the day, in cents."""
        return sum(p.amount for p in self.settled_today() if p.receiver is agent)

    def collateral(self, agent: Agent) -> int:
        """What the bank's collateral is worth after its haircut, in cents."""
        worth = agent.posted * (1 - agent.haircut)
        return worth.numerator // worth.denominator

    def available(self, agent: Agent) -> int:
        """Balance, credit line and collateral, in cents (section 1, 3)."""
        return agent.balance + agent.credit_limit + self.collateral(agent)

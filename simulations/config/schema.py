"""The scenario file as types: every key, its bounds, its meaning. docs/model.md says what each one does.

Types and single values are checked here, for pages, API and the JSON Schema. What hangs together (ids that
must exist, ticks within the run, keys that make no sense for a type) is checked by the engine itself, called
from the last validator, so that there is one law and it is the engine's. Defaults are the engine's, too.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from simulations.config.events import Algorithm, Event, EveryTicks, Limits
from simulations.config.policies import Policy, ReleaseAll
from simulations.config.strict import Strict
from simulations.config.values import (
    AgentId,
    ArrivalRate,
    Balance,
    Cents,
    ClockTime,
    CostMultiplier,
    Date,
    DayTick,
    DeadlineTick,
    Line,
    PaymentId,
    PositiveCents,
    Priorities,
    Priority,
    RailId,
    Rate,
    RateMultiplier,
    TickNumber,
    Ticks,
    Weight,
    ZoneName,
)
from simulations.engine import core

Label = Annotated[StrictStr, Field(min_length=1, max_length=200)]


class Currency(Strict):
    """How cents are shown. The engine never sees it."""

    code: Annotated[StrictStr, Field(max_length=12)] = ""
    """Such as EUR."""
    decimals: Annotated[StrictInt, Field(ge=0, le=6)] = 2
    """Places of the minor unit: 2 shows 123456 as 1,234.56."""


class Collateral(Strict):
    """Collateral posted with the central bank."""

    posted: Line = 0
    """Value posted, in cents."""
    haircut: Rate = 0
    """Share of it that gives no liquidity, 0 to 1."""


class Reservations(Strict):
    """Liquidity kept back."""

    urgent: Line = 0
    """Kept for payments of priority 8 and above, in cents, each day anew."""


class TimeWindow(Strict):
    """A part of the day in which more, or fewer, payments arrive."""

    start_tick: DayTick
    """First tick of the day."""
    end_tick: Annotated[StrictInt, Field(ge=1, le=86_400)]
    """One past the last tick of the day."""
    rate_multiplier: RateMultiplier
    """Times the bank's rate; overlapping windows multiply."""


class ArrivalConfig(Strict):
    """Payments generated at random (Poisson), the same for the same seed."""

    agent_id: AgentId | None = None
    """If given, it is the bank's own id."""
    rate_per_tick: ArrivalRate
    """Mean number of payments a tick."""
    distribution_type: Literal["normal", "lognormal", "uniform", "exponential"]
    """Distribution of amounts."""
    amount_mean: PositiveCents
    """Mean amount, in cents."""
    amount_std_dev: PositiveCents | None = None
    """Standard deviation of the amount, in cents; normal and lognormal need it."""
    counterparty_weights: dict[AgentId, Weight] | None = None
    """Who is paid how often, relative to each other; absent: all others alike."""
    time_windows: list[TimeWindow] = Field(default_factory=list, max_length=1_440)
    """The profile of the day."""
    deadline_ticks: tuple[Ticks, Ticks] | None = None
    """Least and most ticks from arrival to deadline; absent: no deadline."""
    priority: Priorities = 5
    """0 to 10, or a map of priorities to weights."""
    divisible: StrictBool = False
    """Whether the bank may split them."""


class AgentConfig(Strict):
    """A bank with a settlement account."""

    id: AgentId
    """Capital letters, digits and underscores."""
    name: Label | None = None
    """What it is called on the pages."""
    balance: Balance
    """Opening balance, in cents."""
    credit_limit: Line = 0
    """Intraday credit, in cents."""
    collateral: Collateral = Field(default_factory=Collateral)
    policy: Policy = Field(default_factory=lambda: ReleaseAll(type="release_all"))
    """When it submits its payments."""
    limits: Limits = Field(default_factory=Limits)
    reservations: Reservations = Field(default_factory=Reservations)
    arrival_config: ArrivalConfig | None = None
    """Payments generated for it."""


OF_IMMEDIATE_RAILS = frozenset({"queue", "crediting", "liquidity_saving", "lsm_every_ticks"})


class RailConfig(Strict):
    """A settlement system."""

    id: RailId
    settlement_type: Literal["immediate", "deferred_net"] = "immediate"
    """Payment by payment, or net at set times."""
    queue: Literal["priority_fifo", "fifo", "bypass"] = "priority_fifo"
    """Order of a bank's waiting payments. priority_fifo: urgent ones first, then as they came, and the first
    blocks the others; fifo: as they came, the first blocks; bypass: as priority_fifo, but nothing blocks."""
    crediting: Literal["immediate", "end_of_tick"] = "immediate"
    """When the receiver may use what it receives: at once, or from the next tick on."""
    liquidity_saving: list[Algorithm] = Field(default_factory=list, max_length=3)
    """Algorithms, in the order in which they are tried. entry_offset: a payment that enters settles together
    with one coming back; bilateral: two banks' queues against each other; multilateral: gridlock resolution
    over the queues of all."""
    lsm_every_ticks: EveryTicks = 1
    """In every how many ticks the algorithms run; in the last tick of a day they always do."""
    settle_at_ticks: Annotated[list[DayTick], Field(min_length=1, max_length=86_400)] | None = None
    """Ticks of the day at which a deferred-net rail settles."""
    max_amount: PositiveCents | None = None
    """Larger payments go to the first rail without a maximum, in cents."""

    @model_serializer(mode="wrap")
    def _keys_of_its_type(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out defaults without sense on a deferred-net rail; what was written stays and is refused."""
        keys: dict[str, Any] = plain(self)
        if self.settlement_type == "deferred_net":
            for key in OF_IMMEDIATE_RAILS - self.model_fields_set:
                keys.pop(key, None)
        return keys


class CostConfig(Strict):
    """What liquidity and delay cost. Rates are shares (0.01 = 1 %), flat amounts are cents."""

    overdraft_rate: Rate = 0
    """Per day, on what is drawn."""
    collateral_rate: Rate = 0
    """Per day, on what is posted."""
    liquidity_rate: Rate = 0
    """Per day, on the balance with which a day opens and on what is transferred in."""
    delay_penalty_per_tick: Cents = 0
    """Per waiting payment and tick."""
    delay_rate_per_tick: Rate = 0
    """Of the amount, per waiting payment and tick."""
    priority_multipliers: dict[Annotated[StrictStr, Field(pattern="^([0-9]|10)$")], CostMultiplier] = Field(
        default_factory=dict
    )
    """Times the delay cost, by priority; 1 where not given."""
    overdue_multiplier: CostMultiplier = 1
    """Times the delay cost of payments past their deadline."""
    deadline_penalty: Cents = 0
    """Once, when a payment passes its deadline."""
    deadline_rate: Rate = 0
    """Of the amount, once, when a payment passes its deadline."""
    split_fee: Cents = 0
    """Per part beyond the first."""
    eod_penalty: Cents = 0
    """Per payment that waits at the end of a day."""
    eod_rate: Rate = 0
    """Of the amount, per payment that waits at the end of a day."""
    drop_penalty: Cents | None = None
    """Per cancelled payment; absent: as at the end of a day."""
    drop_rate: Rate | None = None
    """Of the amount of a cancelled payment; absent: as at the end of a day."""


class TransactionConfig(Strict):
    """A payment that arrives by script."""

    sender: AgentId
    receiver: AgentId
    amount: PositiveCents
    """Cents."""
    arrival_tick: TickNumber
    """From the start of the run."""
    deadline_tick: DeadlineTick | None = None
    """From the start of the run; absent: no deadline."""
    priority: Priority = 5
    """0 to 10; 8 and above is urgent."""
    divisible: StrictBool = False
    """Whether its bank may split it."""
    rail: RailId | None = None
    """Absent: the first rail."""
    id: PaymentId | None = None
    """Absent: T and its number in the list."""


class SimulationConfig(Strict):
    """A scenario: with a seed and the interventions made in a run it determines every event."""

    name: Label | None = None
    currency: Currency = Field(default_factory=Currency)
    start_date: Date | None = None
    """Date of the first day, a label."""
    timezone: ZoneName | None = None
    """Zone of the clock times, a label."""
    ticks_per_day: Annotated[StrictInt, Field(ge=1, le=86_400)]
    """Steps of time in a day."""
    num_days: Annotated[StrictInt, Field(ge=1, le=366)] = 1
    seed: Annotated[StrictInt, Field(ge=0, le=2**63 - 1)]
    """Start of all randomness."""
    day_start: ClockTime | None = None
    """Clock time of the first tick, quoted."""
    day_end: ClockTime | None = None
    """Clock time of the end of the last tick, quoted; may be "24:00"."""
    end_of_day: Literal["carry_over", "reject"] = "carry_over"
    """What becomes of payments that wait when a day ends."""
    agents: Annotated[list[AgentConfig], Field(min_length=2, max_length=10_000)]
    """The banks."""
    rails: Annotated[list[RailConfig], Field(min_length=1, max_length=64)] | None = None
    """Settlement systems; absent: one RTGS rail."""
    costs: CostConfig = Field(default_factory=CostConfig)
    initial_transactions: list[TransactionConfig] = Field(default_factory=list)
    """Payments that arrive by script."""
    transactions_file: StrictStr | None = None
    """In place of a long list of payments: an attached payment file."""
    events: list[Event] = Field(default_factory=list)
    """What happens by plan."""

    @model_validator(mode="after")
    def _the_engine_accepts_it(self, info: ValidationInfo) -> Self:
        if info.context and info.context.get("engine_has_checked"):
            return self
        faults = [fault for fault in core.validate(self.to_engine()) if fault["severity"] == "error"]
        if faults:
            raise PydanticCustomError(
                "scenario", "{first}", {"first": faults[0]["message"], "faults": faults}
            )
        return self

    def to_engine(self) -> dict[str, Any]:
        """Return what was written, as the engine takes it: plain values without nulls and the file's name."""
        plain: dict[str, Any] = self.model_dump(
            mode="python", exclude_unset=True, exclude_none=True, exclude={"transactions_file"}
        )
        return plain

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of the file, served to editors and scripts."""
        return cls.model_json_schema()

"""The measures: one table of what the engine's `metrics()` holds, in words, used wherever a measure is shown.

Definitions are those of the model; UB, LB, liquidity used and the delay indicator follow Koponen and Soramäki
(1998) and Leinonen and Soramäki (1999), the usage measures BCBS 248.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulations.templatetags import figures

Unit = Literal["count", "money", "share", "ticks", "number", "index"]
Better = Literal["higher", "lower", ""]


@dataclass(frozen=True)
class Measure:
    """One measure. `key` is its path in `metrics()`; `column` its column on the run's row, if it has one.

    `better` says which direction is good where one is.
    """

    key: str
    label: str
    unit: Unit
    explanation: str
    formula: str
    better: Better = ""
    column: str = ""

    @property
    def tip(self) -> str:
        """What it means and how it is computed."""
        return f"{self.explanation}\n{self.formula}"

    @property
    def is_detail(self) -> bool:
        """Whether it need not be shown where it is zero: a kind of cost nobody pays, a method nobody uses."""
        return "." in self.key

    def of(self, metrics: Mapping[str, Any]) -> float | None:
        """Return its value in metrics of a system, a day or an agent; None where there is none."""
        value: Any = metrics
        for step in self.key.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, Mapping):
            value = sum(value.values())
        return value if isinstance(value, (int, float)) else None

    def shown(self, value: float | None, currency: Mapping[str, object]) -> str:
        """Return a value as people read it."""
        if value is None:
            return figures.NONE
        if self.unit == "money":
            return figures.money(round(value), currency)
        if self.unit == "share":
            return figures.percent(value, 2)
        if self.unit == "count":
            return figures.count(value)
        if self.unit == "ticks":
            return f"{figures.decimal(value, 2)} ticks"
        return figures.decimal(value, 4 if self.unit == "index" else 2)

    def change(
        self, value: float | None, base: float | None, currency: Mapping[str, object]
    ) -> Change | None:
        """Return how a value differs from a baseline's; None where one of them is missing."""
        if value is None or base is None:
            return None
        by = value - base
        if not by:
            return Change("same", None, None)
        sign = "+" if by > 0 else "−"
        if self.unit == "share":
            text = f"{sign}{abs(by) * 100:.2f} pp"
        else:
            text = sign + self.shown(abs(by), {**currency, "code": ""})
        good = None if not self.better else (by > 0) == (self.better == "higher")
        share = by / abs(base) if base and self.unit != "share" else None
        return Change(text, share, good)


@dataclass(frozen=True)
class Change:
    """A difference in words, as a share of the baseline, and whether it is for the better (None: neither)."""

    text: str
    share: float | None
    good: bool | None

    @property
    def percent(self) -> str:
        """The share as `+3.1 %`, empty where there is none."""
        if self.share is None:
            return ""
        sign = "+" if self.share > 0 else "−"
        return f"{sign}{abs(self.share) * 100:.1f} %"


@dataclass(frozen=True)
class Group:
    """Measures that are read together."""

    title: str
    measures: tuple[Measure, ...]


def _cost(kind: str, what: str) -> Measure:
    return Measure(
        f"costs.{kind}", f"Cost: {kind}", "money", what, "Sum over banks, rounded half up.", "lower"
    )


GROUPS = (
    Group(
        "Payments",
        (
            Measure(
                "arrived_count",
                "Arrived",
                "count",
                "Payments that arrived at their banks; a split payment counts as its parts.",
                "Settled + dropped + waiting.",
                column="arrived_count",
            ),
            Measure(
                "arrived_value",
                "Arrived value",
                "money",
                "Value of the payments that arrived.",
                "Sum of amounts.",
                column="arrived_value",
            ),
            Measure(
                "settled_count",
                "Settled",
                "count",
                "Payments settled, at full value and final.",
                "Count of settlements.",
                "higher",
                "settled_count",
            ),
            Measure(
                "settled_value",
                "Settled value",
                "money",
                "Value that settled.",
                "Sum of settled amounts.",
                "higher",
                "settled_value",
            ),
            Measure(
                "settlement_rate_count",
                "Settlement rate, by count",
                "share",
                "Share of the arrived payments that settled.",
                "Settled / arrived.",
                "higher",
            ),
            Measure(
                "settlement_rate_value",
                "Settlement rate",
                "share",
                "Share of the arrived value that settled.",
                "Settled value / arrived value.",
                "higher",
                "settlement_rate",
            ),
            Measure(
                "pending_count",
                "Pending at the end",
                "count",
                "Payments still in their bank's own queue.",
                "Count in Queue 1.",
                "lower",
            ),
            Measure(
                "queued_count",
                "Queued at the end",
                "count",
                "Payments still in a rail's queue.",
                "Count in Queue 2.",
                "lower",
            ),
            Measure(
                "dropped_count",
                "Dropped",
                "count",
                "Payments cancelled, or rejected at the end of a day.",
                "Count.",
                "lower",
            ),
        ),
    ),
    Group(
        "Delay",
        (
            Measure(
                "average_delay",
                "Average delay",
                "ticks",
                "Ticks from arrival until a payment left; what still waits counts until now.",
                "Sum of delays / arrived payments.",
                "lower",
                "average_delay",
            ),
            Measure(
                "value_weighted_delay",
                "Value-weighted delay",
                "ticks",
                "As average delay, large payments counting more.",
                "Σ amount · delay / Σ amount.",
                "lower",
            ),
            Measure(
                "maximum_delay",
                "Longest delay",
                "ticks",
                "The longest that any payment waited.",
                "Maximum of delays.",
                "lower",
            ),
            Measure(
                "rho",
                "Delay indicator",
                "index",
                "Share of the possible waiting that happened: 0 = all at once, 1 = nothing ever settled.",
                "ρ = Σ v·(min(t,b) − max(s,a)) / Σ v·(b − max(s,a)), over the days from a to b.",
                "lower",
                "rho",
            ),
            Measure(
                "time_specific_count",
                "With a deadline",
                "count",
                "Payments with a deadline (BCBS 248 A(iv)).",
                "Count.",
            ),
            Measure(
                "time_specific_late_count",
                "Late",
                "count",
                "Payments that were still waiting at the end of their deadline's tick.",
                "Count.",
                "lower",
            ),
        ),
    ),
    Group(
        "Queue",
        (
            Measure(
                "queue_length_mean",
                "Waiting, mean",
                "number",
                "Payments waiting, pending or queued, sampled at the close of each tick.",
                "Mean over ticks.",
                "lower",
            ),
            Measure(
                "queue_length_max",
                "Waiting, most",
                "count",
                "The most payments that waited at the close of a tick.",
                "Maximum over ticks.",
                "lower",
            ),
            Measure(
                "queue_value_mean",
                "Waiting value, mean",
                "money",
                "Value waiting, sampled at the close of each tick.",
                "Mean over ticks; times the ticks it is Σ v · delay.",
                "lower",
            ),
            Measure(
                "queue_value_max",
                "Waiting value, most",
                "money",
                "The greatest value that waited at the close of a tick.",
                "Maximum over ticks.",
                "lower",
            ),
            Measure(
                "stuck_ticks",
                "Stuck ticks",
                "count",
                "Ticks in which something was queued on an immediate rail and nothing settled.",
                "Count of ticks.",
                "lower",
            ),
        ),
    ),
    Group(
        "Liquidity",
        (
            Measure(
                "liquidity_used_total",
                "Liquidity used",
                "money",
                "What the banks needed at their deepest point of a day, together.",
                "Σ banks of max(0, max over settlements of sent − received since the start of the day).",
                "lower",
                "liquidity_used",
            ),
            Measure(
                "ub_total",
                "Upper bound (UB)",
                "money",
                "Liquidity with which every payment settles on arrival.",
                "As liquidity used, if every payment settled on arrival.",
            ),
            Measure(
                "lb_total",
                "Lower bound (LB)",
                "money",
                "Least liquidity with which everything can settle by the end of the day.",
                "Σ banks of max(0, net debit of the day).",
            ),
            Measure(
                "turnover",
                "Turnover",
                "number",
                "How often the liquidity used was put to use.",
                "Settled value / liquidity used.",
                "higher",
            ),
        ),
    ),
    Group(
        "Intraday liquidity: CPMI",
        (
            Measure(
                "aggregate_average_net_position",
                "Aggregate average net position",
                "money",
                "Net debits of all banks over the day, earlier time weighing more.",
                "Σ banks of 2/T² · Σ ticks of max(0, sent − received) · (T − t − ½). CPMI working group.",
                "lower",
            ),
            Measure(
                "average_net_position",
                "Average net position",
                "money",
                "The same of one bank, or the mean over banks.",
                "2/T² · Σ ticks of max(0, sent − received) · (T − t − ½). CPMI working group.",
                "lower",
            ),
            Measure(
                "maximum_liquidity_provision",
                "Maximum liquidity provision",
                "money",
                "The most each bank had paid out net at one moment of a day, together.",
                "Σ banks of max(0, max over settlements of sent − received). CPMI working group.",
                "lower",
            ),
            Measure(
                "largest_simultaneous_provision",
                "Largest provision at one moment",
                "money",
                "The most that all banks together had paid out net at one moment of a day.",
                "Maximum over settlements of Σ banks of their net debit.",
                "lower",
            ),
            Measure(
                "aggregate_liquidity_provision_relative_to_usage",
                "Provision relative to usage",
                "share",
                "How much of all provision comes from banks that provide more than their share of payments.",
                "Σ banks of max(0, share of provision − share of value sent). CPMI working group.",
                "lower",
            ),
            Measure(
                "liquidity_provision_relative_to_usage",
                "Provision relative to usage, of this bank",
                "share",
                "Above 0: the bank provides more than its share of payments.",
                "Share of provision − share of value sent. CPMI working group.",
            ),
            Measure(
                "system_liquidity_efficiency",
                "System-wide liquidity efficiency",
                "number",
                "Value sent for each unit of liquidity provided.",
                "Value sent / Σ banks of their largest net debit. CPMI working group.",
                "higher",
            ),
            Measure(
                "gini_of_provision",
                "Gini of provision",
                "index",
                "How unevenly banks provide liquidity: 0 = all alike, near 1 = one bank provides all.",
                "Gini coefficient of the largest net debits over banks.",
                "lower",
            ),
            Measure(
                "gini_of_liquidity_cost",
                "Gini of liquidity cost",
                "index",
                "How unevenly banks provide liquidity for what they send.",
                "Gini coefficient of largest net debit / value sent, by payments sent. CPMI working group.",
                "lower",
            ),
            Measure(
                "average_payment_timing",
                "Average payment timing",
                "ticks",
                "Tick of the day at which the average unit of money settled.",
                "Σ amount · tick of the day / Σ amount. CPMI working group.",
                "lower",
            ),
        ),
    ),
    Group(
        "Monitoring tools: BCBS 248",
        (
            Measure(
                "largest_negative_net_position",
                "A(i) Largest net debit",
                "money",
                "The most it had paid out net within a day; of the system the sum over banks.",
                "Max over settlements of sent − received since the start of the day. BCBS 248 (2013).",
                "lower",
            ),
            Measure(
                "largest_positive_net_position",
                "A(i) Largest net credit",
                "money",
                "The most it had received net within a day; of the system the sum over banks.",
                "Max over settlements of received − sent since the start of the day. BCBS 248 (2013).",
            ),
            Measure(
                "available_at_start_of_day",
                "A(ii) Available at start of day",
                "money",
                "Balance, credit line and collateral at the start of the last day.",
                "Balance + credit limit + posted · (1 − haircut). BCBS 248 (2013).",
            ),
            Measure(
                "gross_sent", "A(iii) Gross sent", "money", "Value sent.", "Sum of amounts. BCBS 248 (2013)."
            ),
            Measure(
                "gross_received",
                "A(iii) Gross received",
                "money",
                "Value received.",
                "Sum of amounts. BCBS 248 (2013).",
            ),
            Measure(
                "time_specific_value",
                "A(iv) Time-specific obligations",
                "money",
                "Value of payments with a deadline; how many, and how many were late, stands under Delay.",
                "Sum of amounts. BCBS 248 (2013).",
            ),
        ),
    ),
    Group(
        "How it settled",
        tuple(
            Measure(f"shares.{method}", label, "share", text, "Payments settled so / all that settled.")
            for method, label, text in (
                ("gross", "Gross", "Settled one by one."),
                ("bilateral", "Bilateral offsetting", "Settled against a payment the other way."),
                ("multilateral", "Multilateral", "Settled in a set of several banks at once."),
                ("net", "Net settlement", "Settled at the time of a deferred-net rail."),
            )
        ),
    ),
    Group(
        "Costs",
        (
            Measure(
                "costs",
                "Costs",
                "money",
                "All kinds of cost of all banks.",
                "Sum of the kinds below.",
                "lower",
                "total_cost",
            ),
            _cost("overdraft", "For balances below zero, each tick."),
            _cost("collateral", "For posted collateral, each tick."),
            _cost("liquidity", "For money held at the start of a day or added."),
            _cost("delay", "For each payment that waits, each tick."),
            _cost("deadline", "When a payment becomes overdue."),
            _cost("split", "For splitting a payment."),
            _cost("eod", "For what still waits at the end of a day."),
            _cost("drop", "When a payment is dropped."),
        ),
    ),
)
MEASURES = tuple(measure for group in GROUPS for measure in group.measures)
BY_KEY = {measure.key: measure for measure in MEASURES}
IN_COLUMNS = tuple(measure for measure in MEASURES if measure.column)
HEADLINE = tuple(
    BY_KEY[key]
    for key in (
        "arrived_count",
        "settled_value",
        "settlement_rate_value",
        "average_delay",
        "rho",
        "queue_length_max",
        "liquidity_used_total",
        "costs",
    )
)

"""Every measure in its group: what the engine's `metrics()` holds, in words, wherever a measure is shown.

Definitions are those of the model; UB, LB, liquidity used and the delay indicator follow Koponen and Soramäki
(1998) and Leinonen and Soramäki (1999).
"""

from __future__ import annotations

from simulations.results import intraday
from simulations.results.measures import Group, Measure


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
            Measure(
                "dropped_value",
                "Dropped value",
                "money",
                "Value cancelled, or rejected at the end of a day.",
                "Sum of amounts.",
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
                "queue_length_end",
                "Waiting, at the end",
                "count",
                "Payments waiting, pending or queued, at the last close.",
                "Pending + queued.",
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
                "queue_value_end",
                "Waiting value, at the end",
                "money",
                "Value waiting, pending or queued, at the last close.",
                "Sum of amounts.",
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
    *intraday.GROUPS,
    Group(
        "How it settled",
        tuple(
            Measure(f"shares.{method}", label, "share", text, "Value settled so / value of all that settled.")
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
# The exact sums that ratios and means of the groups above are made of; in files, not on pages.
SUMS = (
    Measure(
        "rho_fraction.1",
        "Delay indicator, numerator",
        "sum",
        "The waiting that happened, in minor units of the currency times ticks.",
        "Σ v·(min(t,b) − max(s,a)), over the days from a to b.",
    ),
    Measure(
        "rho_fraction.2",
        "Delay indicator, denominator",
        "sum",
        "The waiting that was possible, in minor units of the currency times ticks.",
        "Σ v·(b − max(s,a)), over the days from a to b.",
    ),
    Measure(
        "queue_length_integral",
        "Waiting, over time",
        "sum",
        "Payments waiting, summed over ticks.",
        "Σ ticks of the payments waiting at the close.",
    ),
    Measure(
        "queue_value_integral",
        "Waiting value, over time",
        "sum",
        "Value waiting, summed over ticks, in minor units of the currency times ticks.",
        "Σ ticks of the value waiting at the close = Σ v · delay.",
    ),
)
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

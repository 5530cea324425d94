"""The sets of intraday liquidity measures that others publish: CPMI's and the BCBS 248 monitoring tools."""

from __future__ import annotations

from simulations.results.measures import Group, Measure

CPMI = Group(
    "Intraday liquidity: CPMI",
    (
        Measure(
            "aggregate_average_net_position",
            "Aggregate average net position",
            "money",
            "Net debits of all banks over the day, earlier time weighing more.",
            "Σ banks of 2/T² · Σ ticks of max(0, sent − received) · (T − t − ½).",
            "lower",
        ),
        Measure(
            "average_net_position",
            "Average net position",
            "money",
            "The same of one bank, or the mean over banks.",
            "2/T² · Σ ticks of max(0, sent − received) · (T − t − ½).",
            "lower",
        ),
        Measure(
            "average_net_credit_position",
            "Average net credit position",
            "money",
            "Net credits of one bank over the day, earlier time weighing more.",
            "2/T² · Σ ticks of max(0, received − sent) · (T − t − ½).",
        ),
        Measure(
            "maximum_liquidity_provision",
            "Maximum liquidity provision",
            "money",
            "The most each bank had paid out net at one moment of a day, together.",
            "Σ banks of max(0, max over settlements of sent − received).",
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
            "Σ banks of max(0, share of provision − share of value sent).",
            "lower",
        ),
        Measure(
            "liquidity_provision_relative_to_usage",
            "Provision relative to usage, of this bank",
            "share",
            "Above 0: the bank provides more than its share of payments.",
            "Share of provision − share of value sent.",
        ),
        Measure(
            "system_liquidity_efficiency",
            "System-wide liquidity efficiency",
            "number",
            "Value sent for each unit of liquidity provided.",
            "Value sent / Σ banks of their largest net debit.",
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
            "Gini coefficient of largest net debit / value sent, by payments sent.",
            "lower",
        ),
        Measure(
            "average_payment_timing",
            "Average payment timing",
            "ticks",
            "Tick of the day at which the average unit of money settled.",
            "Σ amount · tick of the day / Σ amount.",
            "lower",
        ),
        *(
            Measure(
                f"deciles.{tenth}",
                f"Time of {10 * tenth} % of the value",
                "ticks",
                f"Tick of the day by which {10 * tenth} % of the value that settled had done so.",
                f"First tick of the day by which {tenth} tenths of Σ amount, of all days, had settled.",
                "lower",
            )
            for tenth in range(1, 11)
        ),
    ),
    "Measures of the working group of the Committee on Payments and Market Infrastructures, as the Bank of "
    "Canada's R package CPMIstats 0.1.3 (D. Brito, 2018) defines them; beside them the "
    "largest provision at one moment and the Gini of provision.",
    "https://cran.r-project.org/package=CPMIstats",
)
BCBS_248 = Group(
    "Monitoring tools: BCBS 248",
    (
        Measure(
            "liquidity_used",
            "A(i) Largest net debit",
            "money",
            "The most it had paid out net within a day; of the system the sum over banks.",
            "Max over settlements of sent − received since the start of the day.",
            "lower",
        ),
        Measure(
            "largest_positive_net_position",
            "A(i) Largest net credit",
            "money",
            "The most it had received net within a day; of the system the sum over banks.",
            "Max over settlements of received − sent since the start of the day.",
        ),
        Measure(
            "available_at_start_of_day",
            "A(ii) Available at start of day",
            "money",
            "Balance, credit line and collateral at the start of the last day.",
            "Balance + credit limit + posted · (1 − haircut).",
        ),
        Measure("gross_sent", "A(iii) Gross sent", "money", "Value sent.", "Sum of amounts."),
        Measure(
            "gross_received",
            "A(iii) Gross received",
            "money",
            "Value received.",
            "Sum of amounts.",
        ),
        Measure(
            "time_specific_value",
            "A(iv) Time-specific obligations",
            "money",
            "Value of the payments with a deadline.",
            "Sum of amounts.",
        ),
        Measure(
            "time_specific_count", "A(iv) With a deadline", "count", "Payments with a deadline.", "Count."
        ),
        Measure(
            "time_specific_late_count",
            "A(iv) Late",
            "count",
            "Payments that were still waiting at the end of their deadline's tick.",
            "Count.",
            "lower",
        ),
    ),
    "Monitoring tools for intraday liquidity management, Basel Committee on Banking Supervision, April 2013.",
    "https://www.bis.org/publ/bcbs248.htm",
)
GROUPS = (CPMI, BCBS_248)
# By clock time, so that it is no figure of the tables above.
THROUGHPUT = Measure(
    "throughput_by_hour",
    "C(i) Throughput by hour",
    "share",
    "Share of the value sent that was sent by then, over all days.",
    "Value sent by the hour / value sent; a tick counts towards an hour if it begins before it.",
    "higher",
)

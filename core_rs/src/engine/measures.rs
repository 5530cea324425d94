//! The measures of a run, a day or an agent (model, section 11); ratios are `None` when their
//! denominator is 0.

/// Measures of the run so far, its days and its agents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// The whole run so far.
    pub run: Measures,
    /// Each day that has begun.
    pub days: Vec<Measures>,
    /// Each agent, in the order of the scenario.
    pub agents: Vec<AgentMeasures>,
}

/// Shares of the settled value by method.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// One by one.
    pub gross: f64,
    /// `bilateral` and `entry_offset`.
    pub bilateral: f64,
    /// Gridlock resolution on an immediate rail.
    pub multilateral: f64,
    /// Deferred-net rails.
    pub net: f64,
}

/// Measures of the system over the run or a day. Values are cents, delays are ticks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// Payments that arrived, over parts where split.
    pub arrived_count: u64,
    /// Their value.
    pub arrived_value: i64,
    /// Payments settled.
    pub settled_count: u64,
    /// Their value.
    pub settled_value: i64,
    /// Payments dropped.
    pub dropped_count: u64,
    /// Their value.
    pub dropped_value: i64,
    /// Queue 1 at the close.
    pub pending_count: u64,
    /// Queue 2 at the close.
    pub queued_count: u64,
    /// settled_count / arrived_count.
    pub settlement_rate_count: Option<f64>,
    /// settled_value / arrived_value.
    pub settlement_rate_value: Option<f64>,
    /// Ticks from arrival until it left or now, over all that arrived; run and agents only.
    pub average_delay: Option<f64>,
    /// The longest; run and agents only.
    pub maximum_delay: Option<u64>,
    /// Weighted by value; run and agents only.
    pub value_weighted_delay: Option<f64>,
    /// Numerator and denominator of the delay indicator, in cents × ticks.
    pub rho_fraction: (u128, u128),
    /// 0 = all at once, 1 = nothing ever settled.
    pub rho: Option<f64>,
    /// Waiting payments, mean over the ticks.
    pub queue_length_mean: Option<f64>,
    /// Largest sample.
    pub queue_length_max: u64,
    /// Sum over the ticks.
    pub queue_length_integral: u128,
    /// Waiting value, mean over the ticks.
    pub queue_value_mean: Option<f64>,
    /// Largest sample.
    pub queue_value_max: i64,
    /// Sum over the ticks.
    pub queue_value_integral: u128,
    /// Per agent: largest net debit over the settlements of a day.
    pub liquidity_used: Vec<i64>,
    /// Per agent: what would have settled everything on arrival.
    pub ub: Vec<i64>,
    /// Per agent: net debit of the day's payments.
    pub lb: Vec<i64>,
    /// Sum of `liquidity_used`.
    pub liquidity_used_total: i64,
    /// Sum of `ub`.
    pub ub_total: i64,
    /// Sum of `lb`.
    pub lb_total: i64,
    /// settled_value / liquidity_used_total.
    pub turnover: Option<f64>,
    /// Of the settled value; `None` when nothing settled.
    pub shares: Option<Shares>,
    /// Tick of the day by which k tenths of the settled value had settled, k = 1..=10; empty when
    /// nothing settled. For the run, over the ticks of the day of all days together.
    pub deciles: Vec<u32>,
    /// Ticks in which something was queued on an immediate rail and nothing settled.
    pub stuck_ticks: u64,
    /// Cents by kind, in the order of `results::COST_KINDS`.
    pub costs: [i64; 8],
    /// Payments with a deadline that arrived (BCBS 248 A(iv)).
    pub time_specific_count: u64,
    /// Their value.
    pub time_specific_value: i64,
    /// Those of them that became overdue.
    pub time_specific_late_count: u64,
    /// Mean over the agents of the time-average of |received - sent| since the start of a day.
    pub average_net_position: Option<f64>,
    /// Largest over the ticks' settlements of the sum of all agents' net debits.
    pub maximum_liquidity_provision: i64,
    /// Value sent / sum of `liquidity_used` (CPMI).
    pub system_liquidity_efficiency: Option<f64>,
    /// Gini coefficient of `liquidity_used` over the agents.
    pub gini_of_provision: Option<f64>,
}

/// Measures of one agent as sender over the run. Values are cents, delays are ticks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgentMeasures {
    /// Payments it had to send.
    pub arrived_count: u64,
    /// Their value.
    pub arrived_value: i64,
    /// Of these, settled.
    pub settled_count: u64,
    /// Their value.
    pub settled_value: i64,
    /// Of these, dropped.
    pub dropped_count: u64,
    /// Their value.
    pub dropped_value: i64,
    /// Queue 1 now.
    pub pending_count: u64,
    /// Queue 2 now.
    pub queued_count: u64,
    /// settled_count / arrived_count.
    pub settlement_rate_count: Option<f64>,
    /// settled_value / arrived_value.
    pub settlement_rate_value: Option<f64>,
    /// Over all its payments.
    pub average_delay: Option<f64>,
    /// The longest.
    pub maximum_delay: Option<u64>,
    /// Weighted by value.
    pub value_weighted_delay: Option<f64>,
    /// Delay indicator.
    pub rho: Option<f64>,
    /// Sum over the ticks of its waiting payments.
    pub queue_length_integral: u128,
    /// Sum over the ticks of its waiting value.
    pub queue_value_integral: u128,
    /// Largest sample of its waiting value.
    pub queue_value_max: i64,
    /// Maximum over the days.
    pub liquidity_used: i64,
    /// Maximum over the days.
    pub ub: i64,
    /// Maximum over the days.
    pub lb: i64,
    /// settled_value / liquidity_used.
    pub turnover: Option<f64>,
    /// Cents by kind.
    pub costs: [i64; 8],
    /// BCBS 248 A(i): largest received - sent since the start of a day.
    pub largest_positive_net_position: i64,
    /// BCBS 248 A(i): the same on the other side, as a positive number.
    pub largest_negative_net_position: i64,
    /// BCBS 248 A(ii): available at the start of the current day.
    pub available_at_start_of_day: i64,
    /// BCBS 248 A(iii).
    pub gross_sent: i64,
    /// BCBS 248 A(iii).
    pub gross_received: i64,
    /// BCBS 248 A(iv).
    pub time_specific_count: u64,
    /// BCBS 248 A(iv).
    pub time_specific_value: i64,
    /// BCBS 248 A(iv).
    pub time_specific_late_count: u64,
}

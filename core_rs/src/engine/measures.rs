//! The measures of a run, a day or an agent (model, section 11); ratios are `None` when their
//! denominator is 0.

use crate::engine::units::RailId;

/// Measures of the run so far, its days and its agents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// The whole run so far.
    pub run: Measures,
    /// Each day that has begun.
    pub days: Vec<Measures>,
    /// Each agent, in the order of the scenario.
    pub agents: Vec<AgentMeasures>,
    /// Immediate rails on which something is queued now.
    pub stuck: Vec<(RailId, Standstill)>,
}

/// Why nothing moves on a rail on which something is queued (Bech and Soramäki 2001).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standstill {
    /// Payments of several agents could settle together.
    Gridlock,
    /// No set of them may settle: only money from elsewhere helps.
    Deadlock,
}

/// Shares by mark of the day; each is `None` when nothing was sent.
pub type ByHour = Vec<Option<f64>>;

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

/// The value of one measure, for those who go through all of them.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// Payments or ticks.
    Count(u64),
    /// Ticks; `None` where nothing arrived.
    MaybeCount(Option<u64>),
    /// Money.
    Cents(i64),
    /// An exact sum over time.
    Integral(u128),
    /// A quotient; `None` where its denominator is 0.
    Ratio(Option<f64>),
    /// Numerator and denominator.
    Fraction((u128, u128)),
    /// Cents, agent by agent.
    ByAgent(&'a [i64]),
    /// Ticks of the day.
    Ticks(&'a [u32]),
    /// Shares by method.
    Shares(Option<Shares>),
    /// Cents by kind.
    Costs([i64; 8]),
    /// Shares by mark of the day.
    ByHour(&'a [Option<f64>]),
}

macro_rules! value_of {
    ($($type:ty => $kind:ident),* $(,)?) => {
        $(impl<'a> From<&'a $type> for Value<'a> {
            fn from(value: &'a $type) -> Self {
                Self::$kind(value.clone())
            }
        })*
    };
}
value_of! {
    u64 => Count, Option<u64> => MaybeCount, i64 => Cents, u128 => Integral, Option<f64> => Ratio,
    (u128, u128) => Fraction, Option<Shares> => Shares, [i64; 8] => Costs,
}

macro_rules! list_of {
    ($($type:ty => $kind:ident),* $(,)?) => {
        $(impl<'a> From<&'a Vec<$type>> for Value<'a> {
            fn from(values: &'a Vec<$type>) -> Self {
                Self::$kind(values)
            }
        })*
    };
}
list_of! { i64 => ByAgent, u32 => Ticks, Option<f64> => ByHour }

/// A struct whose fields are measures, each also under its name: the one list of them.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[$about])* pub $field: $type,)*
        }

        impl $name {
            /// Every measure by its name, in this order.
            #[must_use]
            pub fn by_name(&self) -> Vec<(&'static str, Value<'_>)> {
                vec![$((stringify!($field), Value::from(&self.$field)),)*]
            }
        }
    };
}

named! {
    /// Measures of the system over the run or a day. Values are cents, delays are ticks.
    Measures {
        /// Payments that arrived, over parts where split.
        arrived_count: u64,
        /// Their value.
        arrived_value: i64,
        /// Payments settled.
        settled_count: u64,
        /// Their value.
        settled_value: i64,
        /// Payments dropped.
        dropped_count: u64,
        /// Their value.
        dropped_value: i64,
        /// Queue 1 at the close.
        pending_count: u64,
        /// Queue 2 at the close.
        queued_count: u64,
        /// settled_count / arrived_count.
        settlement_rate_count: Option<f64>,
        /// settled_value / arrived_value.
        settlement_rate_value: Option<f64>,
        /// Ticks from arrival until it left or now, over all that arrived; of a day, ticks waited within
        /// it over all that waited or arrived in it.
        average_delay: Option<f64>,
        /// The longest.
        maximum_delay: Option<u64>,
        /// Weighted by value.
        value_weighted_delay: Option<f64>,
        /// 0 = all at once, 1 = nothing ever settled.
        rho: Option<f64>,
        /// Its numerator and denominator, in cents × ticks.
        rho_fraction: (u128, u128),
        /// Waiting payments, mean over the ticks.
        queue_length_mean: Option<f64>,
        /// Largest sample.
        queue_length_max: u64,
        /// What waits at the close.
        queue_length_end: u64,
        /// Sum over the ticks.
        queue_length_integral: u128,
        /// Waiting value, mean over the ticks.
        queue_value_mean: Option<f64>,
        /// Largest sample.
        queue_value_max: i64,
        /// What waits at the close.
        queue_value_end: i64,
        /// Sum over the ticks.
        queue_value_integral: u128,
        /// Per agent: largest net debit over the settlements of a day.
        liquidity_used: Vec<i64>,
        /// Per agent: what would have settled everything on arrival.
        ub: Vec<i64>,
        /// Per agent: net debit of the day's payments.
        lb: Vec<i64>,
        /// Sum of `liquidity_used`.
        liquidity_used_total: i64,
        /// Sum of `ub`.
        ub_total: i64,
        /// Sum of `lb`.
        lb_total: i64,
        /// settled_value / liquidity_used_total.
        turnover: Option<f64>,
        /// Of the settled value; `None` when nothing settled.
        shares: Option<Shares>,
        /// Tick of the day by which k tenths of the settled value had settled, k = 1..=10; empty when
        /// nothing settled. For the run, over the ticks of the day of all days together.
        deciles: Vec<u32>,
        /// Ticks in which something was queued on an immediate rail and nothing settled.
        stuck_ticks: u64,
        /// Cents by kind, in the order of `results::COST_KINDS`.
        costs: [i64; 8],
        /// BCBS 248 A(i): per agent, the largest received - sent of a day; of the run the maximum.
        largest_positive_net_position: Vec<i64>,
        /// BCBS 248 A(ii): per agent, available at the start of the day; of the run that of the last.
        available_at_start_of_day: Vec<i64>,
        /// BCBS 248 A(iii): per agent.
        gross_sent: Vec<i64>,
        /// BCBS 248 A(iii): per agent.
        gross_received: Vec<i64>,
        /// Payments with a deadline that arrived (BCBS 248 A(iv)).
        time_specific_count: u64,
        /// Their value.
        time_specific_value: i64,
        /// Those of them that became overdue.
        time_specific_late_count: u64,
        /// BCBS 248 C(i): share of the value sent that was sent by each mark of the day.
        throughput_by_hour: ByHour,
        /// CPMI: mean over the agents of their average net (debit) position.
        average_net_position: Option<f64>,
        /// CPMI: the sum over the agents, of debit as of credit positions.
        aggregate_average_net_position: Option<f64>,
        /// CPMI: sum over the agents of their largest net debit.
        maximum_liquidity_provision: i64,
        /// Largest sum of all agents' net debits at one moment.
        largest_simultaneous_provision: i64,
        /// CPMI: sum over the agents that provide more than their share of usage of what is more.
        aggregate_liquidity_provision_relative_to_usage: Option<f64>,
        /// CPMI: value sent / sum of the largest net debits.
        system_liquidity_efficiency: Option<f64>,
        /// Gini coefficient of the largest net debits over the agents.
        gini_of_provision: Option<f64>,
        /// CPMI: Gini coefficient of liquidity cost (largest net debit / value sent), agents weighted by
        /// the payments they sent.
        gini_of_liquidity_cost: Option<f64>,
        /// CPMI: mean tick of the day of settlement, weighted by value.
        average_payment_timing: Option<f64>,
    }
}

named! {
    /// Measures of one agent as sender over the run. Values are cents, delays are ticks.
    AgentMeasures {
        /// Payments it had to send.
        arrived_count: u64,
        /// Their value.
        arrived_value: i64,
        /// Of these, settled.
        settled_count: u64,
        /// Their value.
        settled_value: i64,
        /// Of these, dropped.
        dropped_count: u64,
        /// Their value.
        dropped_value: i64,
        /// Queue 1 now.
        pending_count: u64,
        /// Queue 2 now.
        queued_count: u64,
        /// settled_count / arrived_count.
        settlement_rate_count: Option<f64>,
        /// settled_value / arrived_value.
        settlement_rate_value: Option<f64>,
        /// Over all its payments.
        average_delay: Option<f64>,
        /// The longest.
        maximum_delay: Option<u64>,
        /// Weighted by value.
        value_weighted_delay: Option<f64>,
        /// Delay indicator.
        rho: Option<f64>,
        /// Its waiting payments, mean over the ticks.
        queue_length_mean: Option<f64>,
        /// Largest sample.
        queue_length_max: u64,
        /// What waits now.
        queue_length_end: u64,
        /// Sum over the ticks of its waiting payments.
        queue_length_integral: u128,
        /// Its waiting value, mean over the ticks.
        queue_value_mean: Option<f64>,
        /// Largest sample.
        queue_value_max: i64,
        /// What waits now.
        queue_value_end: i64,
        /// Sum over the ticks of its waiting value.
        queue_value_integral: u128,
        /// Maximum over the days.
        liquidity_used: i64,
        /// Maximum over the days.
        ub: i64,
        /// Maximum over the days.
        lb: i64,
        /// settled_value / liquidity_used.
        turnover: Option<f64>,
        /// Of the value it settled; `None` when nothing settled.
        shares: Option<Shares>,
        /// Cents by kind.
        costs: [i64; 8],
        /// BCBS 248 A(i): largest received - sent since the start of a day.
        largest_positive_net_position: i64,
        /// BCBS 248 A(i): the same on the other side, as a positive number.
        largest_negative_net_position: i64,
        /// BCBS 248 A(ii): available at the start of the current day.
        available_at_start_of_day: i64,
        /// BCBS 248 A(iii).
        gross_sent: i64,
        /// BCBS 248 A(iii).
        gross_received: i64,
        /// BCBS 248 A(iv).
        time_specific_count: u64,
        /// BCBS 248 A(iv).
        time_specific_value: i64,
        /// BCBS 248 A(iv).
        time_specific_late_count: u64,
        /// BCBS 248 C(i): share of the value it sent that was sent by each mark of the day.
        throughput_by_hour: ByHour,
        /// CPMI: mean over time of its net debit since the start of the day, earlier time weighing more.
        average_net_position: Option<f64>,
        /// CPMI: the same of its net credit.
        average_net_credit_position: Option<f64>,
        /// CPMI: its largest net debit of a day.
        maximum_liquidity_provision: i64,
        /// CPMI: its share of all provision less its share of all value sent.
        liquidity_provision_relative_to_usage: Option<f64>,
    }
}

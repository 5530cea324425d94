//! What the engine answers: plain numbers and columns, no text but ids.

pub use crate::engine::columns::{
    Drained, EventColumns, PaymentColumns, SeriesColumns, series_names,
};

use serde::{Deserialize, Serialize};

use crate::engine::units::{AgentId, Amount, RailId, Tick};

/// Kinds of cost in the order of [`Figures::costs`] (model, section 9).
pub const COST_KINDS: [&str; 8] = [
    "overdraft",
    "collateral",
    "liquidity",
    "delay",
    "deadline",
    "split",
    "eod",
    "drop",
];

/// Codes of [`EventColumns::kind`] (model, section 14).
pub const EVENT_TYPES: [&str; 13] = [
    "arrived",
    "split",
    "released",
    "held",
    "queued",
    "settled",
    "overdue",
    "dropped",
    "reprioritised",
    "intervened",
    "refused",
    "credited",
    "day_closed",
];

/// Codes of the `method` columns; -1 stands for none.
pub const METHODS: [&str; 4] = ["gross", "bilateral", "multilateral", "net"];

/// Codes of [`PaymentColumns::status`].
pub const STATUSES: [&str; 4] = ["pending", "queued", "settled", "dropped"];

/// Codes of the `reason` columns; -1 stands for none. The first nine say why a payment waits, then
/// why it was dropped, why an intervention was refused, and which intervention took effect.
pub const REASONS: [&str; 29] = [
    "held",
    "outage",
    "not_yet_released",
    "behind_head",
    "liquidity",
    "reservation",
    "bilateral_limit",
    "multilateral_limit",
    "awaiting_settlement",
    "cancelled",
    "end_of_day",
    "no_such_payment",
    "already_left",
    "nothing_to_do",
    "duplicate_id",
    "too_much",
    "inject_payment",
    "transfer_liquidity",
    "set_credit_limit",
    "set_arrival_rate",
    "outage",
    "recover",
    "set_policy",
    "set_limits",
    "set_liquidity_saving",
    "hold_payment",
    "release_payment",
    "cancel_payment",
    "reprioritise_payment",
];

/// The figures of one tick, or of several: flows are sums, standing figures are the last ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Payments that arrived, plus parts - 1 for each split.
    pub arrivals: u64,
    /// Payments settled.
    pub settlements: u64,
    /// Payments dropped.
    pub dropped: u64,
    /// Queue 2 of all rails at the close: count.
    pub queue_depth: u64,
    /// Queue 2 of all rails at the close: cents.
    pub queue_value: i64,
    /// Queue 1 of all agents at the close: count.
    pub pending: u64,
    /// Cents settled.
    pub settled_value: i64,
    /// Cents that arrived.
    pub arrived_value: i64,
    /// Payments settled by `bilateral` or `entry_offset`.
    pub lsm_bilateral: u64,
    /// Payments settled by `multilateral`.
    pub lsm_multilateral: u64,
    /// Payments settled by deferred-net rails.
    pub lsm_net: u64,
    /// Cents by kind, in the order of [`COST_KINDS`].
    pub costs: [i64; 8],
}

/// One agent in one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentTick {
    /// Index into the scenario's agents.
    pub agent: AgentId,
    /// At the close of the tick.
    pub balance: Amount,
    /// Value settled in this tick as sender.
    pub sent: Amount,
    /// Value settled in this tick as receiver.
    pub received: Amount,
    /// Payments in Queue 1 at the close.
    pub pending: u64,
    /// Payments in Queue 2 at the close.
    pub queued: u64,
    /// Cents of all kinds in this tick.
    pub cost: i64,
}

/// One tick, closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickResult {
    /// The tick that ran.
    pub tick: Tick,
    /// Its day, from 0.
    pub day: u32,
    /// Its figures.
    pub figures: Figures,
    /// One row per agent, in the order of the scenario.
    pub agents: Vec<AgentTick>,
}

/// Why `advance` returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// `max_ticks` were run.
    Done,
    /// The run is finished.
    Finished,
    /// The caller's `stop` said so.
    Asked,
    /// The undrained columns reached their bound: `drain` first.
    Full,
}

/// Several ticks, closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvanceResult {
    /// How many ran.
    pub ticks: u64,
    /// The last tick that is closed (of the run so far); `None` before the first.
    pub tick: Option<Tick>,
    /// Day of that tick.
    pub day: u32,
    /// Whether the run is over.
    pub finished: bool,
    /// Why it returned.
    pub stop: Stop,
    /// Sums and last values.
    pub figures: Figures,
}

/// One agent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentState {
    /// Index into the scenario's agents.
    pub agent: AgentId,
    /// Settlement balance.
    pub balance: Amount,
    /// Credit line in force.
    pub credit_limit: Amount,
    /// balance + credit_limit + value of collateral.
    pub available: Amount,
    /// What the posted collateral is worth after the haircut.
    pub collateral: Amount,
    /// Payments in Queue 1.
    pub pending: u64,
    /// Payments in Queue 2.
    pub queued: u64,
    /// Value settled as sender since the start of the run.
    pub sent: Amount,
    /// Value settled as receiver since the start of the run.
    pub received: Amount,
    /// Cents of all kinds since the start of the run.
    pub cost: i64,
    /// Whether the bank is in an outage.
    pub outage: bool,
}

/// A payment in a rail's queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedPayment {
    /// Its id.
    pub id: String,
    /// Who pays.
    pub sender: AgentId,
    /// Who is paid.
    pub receiver: AgentId,
    /// Cents.
    pub amount: Amount,
    /// 0..=10.
    pub priority: u8,
    /// When it arrived.
    pub arrival_tick: Tick,
    /// `None` = no deadline.
    pub deadline_tick: Option<Tick>,
}

/// Queue 2 of one rail: agents as listed, each in queue order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RailQueue {
    /// Index into the scenario's rails.
    pub rail: RailId,
    /// How many wait.
    pub total: u64,
    /// The first 1,000.
    pub payments: Vec<QueuedPayment>,
}

/// Counts and values of everything that arrived; the four states sum to `arrived`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Over parts where payments were split.
    pub arrived_count: u64,
    /// Cents.
    pub arrived_value: i64,
    /// Settled payments.
    pub settled_count: u64,
    /// Cents.
    pub settled_value: i64,
    /// Dropped payments.
    pub dropped_count: u64,
    /// Cents.
    pub dropped_value: i64,
    /// Queue 1.
    pub pending_count: u64,
    /// Cents.
    pub pending_value: i64,
    /// Queue 2.
    pub queued_count: u64,
    /// Cents.
    pub queued_value: i64,
    /// Cents by kind, in the order of [`COST_KINDS`].
    pub costs: [i64; 8],
}

impl Totals {
    /// Whether every sum is within what a run may hold.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let values = [
            self.arrived_value,
            self.settled_value,
            self.dropped_value,
            self.pending_value,
            self.queued_value,
        ];
        let counts = [
            self.arrived_count,
            self.settled_count,
            self.dropped_count,
            self.pending_count,
            self.queued_count,
        ];
        let most = 9_000_000_000_000_000_000;
        values.into_iter().all(|value| (0..=most).contains(&value))
            && counts.into_iter().all(|count| count < 1 << 40)
    }
}

/// The state between two ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The next tick to be run; `ticks_per_day * num_days` when finished.
    pub tick: Tick,
    /// Day of the next tick, at most the last day.
    pub day: u32,
    /// Whether the run is over.
    pub finished: bool,
    /// One row per agent.
    pub agents: Vec<AgentState>,
    /// One per rail.
    pub queues: Vec<RailQueue>,
    /// Since the start of the run.
    pub totals: Totals,
}

/// An accepted intervention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The tick in whose step 1 it takes effect.
    pub tick: Tick,
    /// Its number among the interventions of the run, from 0.
    pub sequence: u32,
}

/// A series that `frame` can draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesKey {
    /// Index into [`series_names`]: the figure of each tick.
    Figure(u8),
    /// Index into [`series_names`], flows only: the sum since the start of the run (`…_total`).
    Total(u8),
    /// Balance of an agent.
    Balance(AgentId),
    /// What an agent can still send.
    Available(AgentId),
    /// Value of an agent's payments in Queue 2.
    QueuedValue(AgentId),
}

/// Points of a chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Ticks, ascending.
    pub tick: Vec<f64>,
    /// One column per key asked for, as long as `tick`.
    pub columns: Vec<Vec<f64>>,
}

/// Why a payment waits (model, section 12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The payment's id.
    pub payment: String,
    /// Index into [`STATUSES`], or [`Explanation::SPLIT`].
    pub status: u8,
    /// Index into [`REASONS`]; `None` when it does not wait.
    pub reason: Option<u8>,
    /// Cents that are missing, for the reasons that are about money.
    pub missing: Option<Amount>,
    /// The payment at the head of the queue, for `behind_head`.
    pub head: Option<String>,
    /// Why the head waits, and what it misses.
    pub head_reason: Option<(u8, Option<Amount>)>,
    /// When a deferred-net rail settles next.
    pub settles_at: Option<Tick>,
    /// Whether `bilateral` would settle it now; `None` unless it is queued on an immediate rail.
    pub bilateral_would_settle: Option<bool>,
    /// Whether `multilateral` would settle it now; `None` unless it is queued.
    pub multilateral_would_settle: Option<bool>,
    /// Ids of the parts it was replaced by.
    pub parts: Vec<String>,
}

impl Explanation {
    /// Status of a payment that was replaced by its parts.
    pub const SPLIT: u8 = u8::MAX;
}

//! The scenario as the engine takes it: dense ids, checked numbers, no text on the way of a payment.
//!
//! A `Scenario` is only ever made by `document::parse` (which collects every fault first), so the
//! engine may rely on all bounds stated here. Text (ids, names) lives in [`Labels`] beside it.

use serde::{Deserialize, Serialize};

use std::sync::Arc;

use crate::engine::units::{AgentId, Amount, Hundredths, RailId, Rate, Tick};

/// What happens to payments that still wait at the end of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOfDay {
    /// They wait on, into the next day.
    CarryOver,
    /// They are dropped in step 9.
    Reject,
}

/// The scenario, complete: with a seed and interventions it determines every event of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// 1..=86_400.
    pub ticks_per_day: u32,
    /// 1..=366.
    pub num_days: u32,
    /// 0..2^63.
    pub seed: u64,
    /// Carry over or reject.
    pub end_of_day: EndOfDay,
    /// 2..=10_000, in the order of the document; `AgentId` is the index.
    pub agents: Vec<AgentSpec>,
    /// 1..=64, in the order of the document; `RailId` is the index.
    pub rails: Vec<RailSpec>,
    /// Prices of liquidity and delay.
    pub costs: CostSpec,
    /// Scripted payments in file order (not sorted by tick).
    pub payments: PaymentTable,
    /// Scheduled events in file order.
    pub events: Vec<ScheduledEvent>,
    /// Marks of the day by which throughput is told; none without clock times.
    pub hours: Vec<Hour>,
    /// Ids as text, for the edges.
    pub labels: Labels,
}

/// A clock time at which what was sent so far is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour {
    /// Seconds since midnight.
    pub clock: u32,
    /// Ticks of the day that begin before it.
    pub ticks: u32,
}

/// Ids as text; index = dense id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// Agent ids, `^[A-Z0-9_]{1,32}$`.
    pub agents: Vec<String>,
    /// Rail ids.
    pub rails: Vec<String>,
}

/// One bank.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSpec {
    /// Opening balance, may be negative.
    pub balance: Amount,
    /// At least 0.
    pub credit_limit: Amount,
    /// Posted collateral, at least 0.
    pub posted: Amount,
    /// Haircut, 0..=1.
    pub haircut: Rate,
    /// When the bank submits.
    pub policy: PolicySpec,
    /// Net sending limits.
    pub limits: Limits,
    /// `reservations.urgent`, at least 0.
    pub reservation_urgent: Amount,
    /// Generated arrivals.
    pub arrivals: Option<ArrivalSpec>,
}

/// Net sending limits of a bank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Sorted by counterparty; a limit of 0 is a limit.
    pub bilateral: Vec<(AgentId, Amount)>,
    /// To all others together.
    pub multilateral: Option<Amount>,
}

/// A policy with the splitting that goes with any of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicySpec {
    /// What decides about release.
    pub kind: PolicyKind,
    /// Splitting of divisible payments above an amount.
    pub split_above: Option<SplitSpec>,
}

/// `split_above {amount, parts}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitSpec {
    /// Payments of more than this are split.
    pub amount: Amount,
    /// 2 or more.
    pub parts: u32,
}

/// model.md section 7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PolicyKind {
    /// Everything at once.
    ReleaseAll,
    /// What is due.
    Deadline {
        /// Ticks before the deadline, or the last tick of the day, from which on it is due.
        due_ticks: u32,
    },
    /// What is due, else what leaves `keep`.
    LiquidityAware {
        /// Running liquidity to keep.
        keep: Amount,
        /// Ticks before the deadline, or the last tick of the day, from which on it is due.
        due_ticks: u32,
    },
    /// Sends what it received.
    ReceiptReactive {
        /// What may be released beyond receipts.
        seed_amount: Amount,
    },
    /// Keeps to a curve of shares; `targets` ascend in tick and do not fall in share.
    Throughput {
        /// (tick of the day, share of the value of the day); shared, as a desk takes its policy each time it looks.
        targets: Arc<[(u32, Rate)]>,
        /// Running liquidity to keep.
        keep: Amount,
        /// Ticks before the deadline, or the last tick of the day, from which on it is due.
        due_ticks: u32,
    },
}

/// model.md section 10.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrivalSpec {
    /// Poisson mean per tick, greater than 0.
    pub rate_per_tick: f64,
    /// Distribution of amounts.
    pub amounts: AmountSpec,
    /// (agent, weight ×10^9), ascending by agent, weights above 0, never oneself; at least one.
    /// `None`: all others equal.
    pub counterparty_weights: Option<Vec<(AgentId, u64)>>,
    /// Windows as listed; ticks of the day, end exclusive.
    pub windows: Vec<WindowSpec>,
    /// Inclusive range of ticks from arrival to deadline.
    pub deadline_ticks: Option<(u32, u32)>,
    /// (priority, weight ×10^9), ascending by priority; at least one.
    pub priorities: Vec<(u8, u64)>,
    /// May be split.
    pub divisible: bool,
}

/// Multiplier of the arrival rate in part of the day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowSpec {
    /// First tick of the day.
    pub start_tick: u32,
    /// One past the last.
    pub end_tick: u32,
    /// At least 0.
    pub rate_multiplier: f64,
}

/// Amounts in cents; `mean` and `sd` are of the amount itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountSpec {
    /// `sd` required.
    Normal {
        /// Mean.
        mean: Amount,
        /// Standard deviation.
        sd: Amount,
    },
    /// `sd` required.
    Lognormal {
        /// Mean.
        mean: Amount,
        /// Standard deviation.
        sd: Amount,
    },
    /// Without sd an integer from 1..=2·mean-1.
    Uniform {
        /// Mean.
        mean: Amount,
        /// Standard deviation.
        sd: Option<Amount>,
    },
    /// Mean only.
    Exponential {
        /// Mean.
        mean: Amount,
    },
}

/// `queue:` of an immediate rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// Priority 10..0, then arrival number; the head blocks.
    PriorityFifo,
    /// Arrival number; the head blocks.
    Fifo,
    /// As `PriorityFifo`, nothing blocks.
    Bypass,
}

/// Algorithms of `liquidity_saving:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saving {
    /// In step 4.
    EntryOffset,
    /// Pairs of prefixes.
    Bilateral,
    /// Gridlock resolution.
    Multilateral,
}

/// One settlement system.
#[derive(Clone, Debug, PartialEq)]
pub struct RailSpec {
    /// Immediate or deferred net.
    pub settlement: SettlementSpec,
    /// Payments above it go to the first rail listed without one.
    pub max_amount: Option<Amount>,
}

/// model.md section 6.
#[derive(Clone, Debug, PartialEq)]
pub enum SettlementSpec {
    /// RTGS.
    Immediate {
        /// Queue discipline.
        queue: Discipline,
        /// `crediting: end_of_tick`.
        credit_at_end_of_tick: bool,
        /// In the order of the document, no repeats.
        saving: Vec<Saving>,
        /// At least 1.
        lsm_every_ticks: u32,
    },
    /// Nets at these ticks of the day (ascending, distinct, at least one).
    DeferredNet {
        /// Ticks of the day.
        settle_at_ticks: Vec<u32>,
    },
}

/// model.md section 9.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CostSpec {
    /// Per day, on what is drawn.
    pub overdraft_rate: Rate,
    /// Per day, on what is posted.
    pub collateral_rate: Rate,
    /// Per day, on positive opening balances and on transfers in.
    pub liquidity_rate: Rate,
    /// Flat, per waiting payment and tick.
    pub delay_penalty_per_tick: Amount,
    /// Of the amount, per tick.
    pub delay_rate_per_tick: Rate,
    /// Per priority 0..=10; default 1.00 each.
    pub priority_multipliers: [Hundredths; 11],
    /// Once overdue; default 1.00.
    pub overdue_multiplier: Hundredths,
    /// Flat, once, when overdue.
    pub deadline_penalty: Amount,
    /// Of the amount, once, when overdue.
    pub deadline_rate: Rate,
    /// Per part beyond the first.
    pub split_fee: Amount,
    /// Flat, per waiting payment at the end of each day.
    pub eod_penalty: Amount,
    /// Of the amount, likewise.
    pub eod_rate: Rate,
    /// Flat, when cancelled; `None` = `eod_penalty`.
    pub drop_penalty: Option<Amount>,
    /// Of the amount, when cancelled; `None` = `eod_rate`.
    pub drop_rate: Option<Rate>,
}

/// Scripted payments as columns in file order. All columns have one length; `ids` may be empty (= `T<k>` for all).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PaymentTable {
    /// Indices into `agents`.
    pub sender: Vec<AgentId>,
    /// Indices into `agents`, never the sender.
    pub receiver: Vec<AgentId>,
    /// 1..=10^15.
    pub amount: Vec<Amount>,
    /// From the start of the run.
    pub arrival_tick: Vec<Tick>,
    /// `Tick::NEVER` = none.
    pub deadline_tick: Vec<Tick>,
    /// 0..=10.
    pub priority: Vec<u8>,
    /// `RailId::NONE` = the first rail listed.
    pub rail: Vec<RailId>,
    /// May be split.
    pub divisible: Vec<bool>,
    /// Given ids.
    pub ids: PaymentIds,
}

/// Payment ids as one blob: id k is `bytes[offsets[k]..offsets[k+1]]`; an empty slice = no id given (`T<k+1>`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentIds {
    /// UTF-8, all ids after one another.
    pub bytes: Vec<u8>,
    /// Length = payments + 1, or empty when no payment has an id.
    pub offsets: Vec<u32>,
}

/// An event of the file or an intervention, at a tick from the start of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduledEvent {
    /// When.
    pub tick: Tick,
    /// What.
    pub event: Event,
}

/// model.md section 8: one type, two origins. Payments are named by id text, because an event may
/// name one that does not exist yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Arrives in step 1.
    InjectPayment {
        /// Who pays.
        sender: AgentId,
        /// Who is paid.
        receiver: AgentId,
        /// Cents.
        amount: Amount,
        /// `None` = `X<arrival number>`.
        id: Option<String>,
        /// `None` = no deadline.
        deadline_tick: Option<Tick>,
        /// 0..=10.
        priority: u8,
        /// May be split.
        divisible: bool,
        /// Which rail; `None` = the first listed.
        rail: Option<RailId>,
    },
    /// Signed.
    TransferLiquidity {
        /// Whose.
        agent: AgentId,
        /// Cents.
        amount: Amount,
    },
    /// At least 0.
    SetCreditLimit {
        /// Whose.
        agent: AgentId,
        /// The new line.
        credit_limit: Amount,
    },
    /// `agent: None` = all.
    SetArrivalRate {
        /// Whose.
        agent: Option<AgentId>,
        /// Of the configured rate.
        multiplier: f64,
    },
    /// The bank submits nothing.
    Outage {
        /// Whose.
        agent: AgentId,
    },
    /// Ends an outage.
    Recover {
        /// Whose.
        agent: AgentId,
    },
    /// Replaces the policy.
    SetPolicy {
        /// Whose.
        agent: AgentId,
        /// The new one.
        policy: PolicySpec,
    },
    /// Replaces all limits.
    SetLimits {
        /// Whose.
        agent: AgentId,
        /// The new ones.
        limits: Limits,
    },
    /// Replaces the list of a rail.
    SetLiquiditySaving {
        /// Which rail.
        rail: RailId,
        /// The new algorithms.
        saving: Vec<Saving>,
        /// `None` = as before.
        lsm_every_ticks: Option<u32>,
    },
    /// Back to Queue 1 until released.
    HoldPayment {
        /// Id.
        payment: String,
    },
    /// In step 3 of this tick.
    ReleasePayment {
        /// Id.
        payment: String,
    },
    /// Drops it.
    CancelPayment {
        /// Id.
        payment: String,
    },
    /// At once.
    ReprioritisePayment {
        /// Id.
        payment: String,
        /// 0..=10.
        priority: u8,
    },
}

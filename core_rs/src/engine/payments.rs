//! Every payment of the run as columns, in order of creation.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::engine::scenario::PaymentTable;
use crate::engine::units::{AgentId, Amount, PaymentId, RailId, Tick};
use crate::engine::window::Window;

/// Where a payment is. Zero, so that untouched memory says it, is "not held here".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Left before the snapshot this run was restored from.
    Gone = 0,
    /// In its bank's queue, or on its way from there to a rail within step 4.
    Pending = 1,
    /// In a rail's queue.
    Queued = 2,
    /// Settled.
    Settled = 3,
    /// Dropped.
    Dropped = 4,
    /// Replaced by its parts.
    Split = 5,
}

/// What is remembered of a payment besides its status; bits of one byte.
pub mod mark {
    /// It may be split.
    pub const DIVISIBLE: u8 = 1;
    /// It was still waiting at the end of its deadline tick.
    pub const OVERDUE: u8 = 1 << 1;
    /// Held by an intervention.
    pub const HELD: u8 = 1 << 2;
    /// To be released by an intervention, whatever the policy.
    pub const COMMANDED: u8 = 1 << 3;
    /// Its bank has decided about it once.
    pub const DECIDED: u8 = 1 << 4;
    /// It is part of the sums of what waits.
    pub const WAITS: u8 = 1 << 5;
    /// Its deadline is watched.
    pub const WATCHED: u8 = 1 << 6;
}

/// What arrives.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Who pays.
    pub sender: AgentId,
    /// Who is paid.
    pub receiver: AgentId,
    /// Cents.
    pub amount: Amount,
    /// When it arrived.
    pub arrival: Tick,
    /// `Tick::NEVER` = none.
    pub deadline: Tick,
    /// 0..=10.
    pub priority: u8,
    /// Named rail, or `RailId::NONE`.
    pub rail: RailId,
    /// May be split.
    pub divisible: bool,
}

impl Order {
    /// A row of the table that arrives in `tick`.
    #[inline]
    #[must_use]
    pub fn of(table: &PaymentTable, row: usize, tick: u32) -> Self {
        Self {
            sender: table.sender[row],
            receiver: table.receiver[row],
            amount: table.amount[row],
            arrival: Tick(tick),
            deadline: table.deadline_tick[row],
            priority: table.priority[row],
            rail: table.rail[row],
            divisible: table.divisible[row],
        }
    }

    /// Rows of the table that arrive in `tick`, one after the other.
    pub fn all_of(
        table: &PaymentTable,
        rows: Range<usize>,
        tick: u32,
    ) -> impl Iterator<Item = Self> {
        let ends = (table.sender[rows.clone()].iter()).zip(&table.receiver[rows.clone()]);
        let terms = (table.amount[rows.clone()].iter()).zip(&table.deadline_tick[rows.clone()]);
        let ways = (table.priority[rows.clone()].iter()).zip(&table.rail[rows.clone()]);
        (ends.zip(terms).zip(ways).zip(&table.divisible[rows])).map(
            move |(((ends, terms), ways), &divisible)| Self {
                sender: *ends.0,
                receiver: *ends.1,
                amount: *terms.0,
                arrival: Tick(tick),
                deadline: *terms.1,
                priority: *ways.0,
                rail: *ways.1,
                divisible,
            },
        )
    }
}

/// A split: payments `first..first + parts` are the parts of `parent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// What was split.
    pub parent: PaymentId,
    /// First part.
    pub first: PaymentId,
    /// How many parts.
    pub parts: u32,
    /// Parts created up to and with this split.
    pub parts_so_far: u32,
}

/// Payments `first..first + count` are scripted arrivals `rank..rank + count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptedRun {
    pub(super) first: PaymentId,
    pub(super) rank: u32,
    pub(super) count: u32,
}

/// The columns: 32 bytes a payment, of which one stays when it is let go of.
#[derive(Clone, Debug, Default)]
pub struct Payments {
    pub(super) sender: Window<AgentId>,
    pub(super) receiver: Window<AgentId>,
    pub(super) amount: Window<i64>,
    pub(super) arrival: Window<u32>,
    pub(super) deadline: Window<u32>,
    pub(super) release: Window<u32>,
    pub(super) end: Window<u32>,
    pub(super) priority: Window<u8>,
    pub(super) rail: Window<RailId>,
    pub(super) marks: Window<u8>,
    /// `Status` in the low half, method or drop reason in the high half.
    pub(super) state: Vec<u8>,
    pub(super) splits: Vec<Split>,
    pub(super) scripted: Vec<ScriptedRun>,
    /// Injected payments, ascending, with the ids they were given.
    pub(super) injected: Vec<(PaymentId, Option<String>)>,
    /// How many rows there were after the last look for some to let go.
    pub(super) looked_at: usize,
}

impl Payments {
    /// Room for `capacity` payments, not yet touched.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            sender: Window::with_capacity(capacity),
            receiver: Window::with_capacity(capacity),
            amount: Window::with_capacity(capacity),
            arrival: Window::with_capacity(capacity),
            deadline: Window::with_capacity(capacity),
            release: Window::with_capacity(capacity),
            end: Window::with_capacity(capacity),
            priority: Window::with_capacity(capacity),
            rail: Window::with_capacity(capacity),
            marks: Window::with_capacity(capacity),
            state: Vec::with_capacity(capacity),
            ..Self::default()
        }
    }

    /// Forgets all payments; the room stays.
    pub fn begin_again(&mut self) {
        self.sender.clear();
        self.receiver.clear();
        self.amount.clear();
        self.arrival.clear();
        self.deadline.clear();
        self.release.clear();
        self.end.clear();
        self.priority.clear();
        self.rail.clear();
        self.marks.clear();
        self.state.clear();
        self.splits.clear();
        self.scripted.clear();
        self.injected.clear();
        self.looked_at = 0;
    }

    /// How many have been created.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.len()
    }

    /// Whether none has been created.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.is_empty()
    }

    /// Creates a payment in `Pending`.
    #[inline]
    pub fn push(&mut self, order: &Order) -> PaymentId {
        let payment = PaymentId(self.len() as u32);
        self.sender.push(order.sender);
        self.receiver.push(order.receiver);
        self.amount.push(order.amount.0);
        self.arrival.push(order.arrival.0);
        self.deadline.push(order.deadline.0);
        self.release.push(Tick::NEVER.0);
        self.end.push(Tick::NEVER.0);
        self.priority.push(order.priority);
        self.rail.push(order.rail);
        self.marks
            .push(if order.divisible { mark::DIVISIBLE } else { 0 });
        self.state.push(Status::Pending as u8);
        payment
    }

    /// Creates what [`push`](Self::push) would, row by row, of rows that arrive in `tick`.
    pub fn copy(&mut self, table: &PaymentTable, rows: Range<usize>, tick: u32) {
        let len = self.len() + rows.len();
        self.sender.extend_from_slice(&table.sender[rows.clone()]);
        (self.receiver).extend_from_slice(&table.receiver[rows.clone()]);
        let amounts = table.amount[rows.clone()].iter();
        self.amount.extend(amounts.map(|amount| amount.0));
        self.arrival.resize(len, tick);
        let deadlines = table.deadline_tick[rows.clone()].iter();
        self.deadline.extend(deadlines.map(|deadline| deadline.0));
        self.release.resize(len, Tick::NEVER.0);
        self.end.resize(len, Tick::NEVER.0);
        (self.priority).extend_from_slice(&table.priority[rows.clone()]);
        self.rail.extend_from_slice(&table.rail[rows.clone()]);
        let divisible = table.divisible[rows].iter();
        (self.marks).extend(divisible.map(|&divisible| u8::from(divisible) * mark::DIVISIBLE));
        self.state.resize(len, Status::Pending as u8);
    }

    /// Forgets all but the first `count` payments, none of the others split or injected.
    pub fn truncate(&mut self, count: usize) {
        self.sender.truncate(count);
        self.receiver.truncate(count);
        self.amount.truncate(count);
        self.arrival.truncate(count);
        self.deadline.truncate(count);
        self.release.truncate(count);
        self.end.truncate(count);
        self.priority.truncate(count);
        self.rail.truncate(count);
        self.marks.truncate(count);
        self.state.truncate(count);
    }

    /// Notes that `count` payments from `first` on are the scripted arrivals from `rank` (from 0) on.
    pub fn note_scripted(&mut self, first: PaymentId, rank: u32, count: u32) {
        match self.scripted.last_mut() {
            Some(run) if run.first.0 + run.count == first.0 && run.rank + run.count == rank => {
                run.count += count;
            }
            _ if count == 0 => {}
            _ => self.scripted.push(ScriptedRun { first, rank, count }),
        }
    }

    /// The payment as it arrived.
    #[must_use]
    pub fn order(&self, payment: PaymentId) -> Order {
        let at = payment.index();
        Order {
            sender: self.sender[at],
            receiver: self.receiver[at],
            amount: Amount(self.amount[at]),
            arrival: Tick(self.arrival[at]),
            deadline: Tick(self.deadline[at]),
            priority: self.priority[at],
            rail: self.rail[at],
            divisible: self.has(payment, mark::DIVISIBLE),
        }
    }

    /// Where it is.
    #[inline]
    #[must_use]
    pub fn status(&self, payment: PaymentId) -> Status {
        match self.state[payment.index()] & 0xf {
            1 => Status::Pending,
            2 => Status::Queued,
            3 => Status::Settled,
            4 => Status::Dropped,
            5 => Status::Split,
            _ => Status::Gone,
        }
    }

    /// The method it was settled by, or the code of why it was dropped.
    #[must_use]
    pub fn detail(&self, payment: PaymentId) -> u8 {
        self.state[payment.index()] >> 4
    }

    /// Moves it; `detail` is a method or a reason below 16.
    #[inline]
    pub fn set_status(&mut self, payment: PaymentId, status: Status, detail: u8) {
        self.state[payment.index()] = status as u8 | (detail << 4);
    }

    /// Whether it still waits.
    #[inline]
    #[must_use]
    pub fn waits(&self, payment: PaymentId) -> bool {
        matches!(self.status(payment), Status::Pending | Status::Queued)
    }

    /// Whether all of `marks` are set.
    #[inline]
    #[must_use]
    pub fn has(&self, payment: PaymentId, marks: u8) -> bool {
        self.marks[payment.index()] & marks == marks
    }

    /// Sets `marks`.
    #[inline]
    pub fn set(&mut self, payment: PaymentId, marks: u8) {
        self.marks[payment.index()] |= marks;
    }

    /// Clears `marks`.
    #[inline]
    pub fn clear(&mut self, payment: PaymentId, marks: u8) {
        self.marks[payment.index()] &= !marks;
    }

    /// The place in every queue: arrival number, then part number.
    #[inline(always)]
    #[must_use]
    pub fn rank(&self, payment: PaymentId) -> u64 {
        if self.splits.is_empty() {
            return (u64::from(payment.0) + 1) << 32;
        }
        self.rank_among_parts(payment)
    }

    fn rank_among_parts(&self, payment: PaymentId) -> u64 {
        match self.split_of(payment) {
            Some(split) => self.rank(split.parent) + u64::from(payment.0 - split.first.0 + 1),
            None => u64::from(payment.0 + 1 - self.parts_before(payment)) << 32,
        }
    }

    /// Arrival number of the next payment to arrive.
    #[must_use]
    pub fn next_arrival_number(&self) -> u64 {
        let parts = self.splits.last().map_or(0, |split| split.parts_so_far);
        self.len() as u64 + 1 - u64::from(parts)
    }

    /// The split that made `payment`, if it is a part.
    #[must_use]
    pub fn split_of(&self, payment: PaymentId) -> Option<Split> {
        let after = (self.splits).partition_point(|split| split.first <= payment);
        let split = *self.splits.get(after.checked_sub(1)?)?;
        (payment.0 < split.first.0 + split.parts).then_some(split)
    }

    fn parts_before(&self, payment: PaymentId) -> u32 {
        let after = (self.splits).partition_point(|split| split.first <= payment);
        (after.checked_sub(1)).map_or(0, |last| self.splits[last].parts_so_far)
    }

    /// The split of `payment`, if it was split.
    #[must_use]
    pub fn parts_of(&self, payment: PaymentId) -> Option<Split> {
        self.splits
            .iter()
            .find(|split| split.parent == payment)
            .copied()
    }

    /// The payment with arrival number `number`, if it has arrived.
    #[must_use]
    pub fn by_arrival_number(&self, number: u64) -> Option<PaymentId> {
        if number == 0 || number >= self.next_arrival_number() {
            return None;
        }
        // Parts only push later arrivals back, so the first candidate is found by bisection.
        let (mut low, mut high) = (0_u32, self.len() as u32 - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            let parts = self.parts_up_to(middle);
            if u64::from(middle + 1 - parts) < number {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(PaymentId(low))
    }

    /// Parts among the payments `0..=last`.
    fn parts_up_to(&self, last: u32) -> u32 {
        let after = (self.splits).partition_point(|split| split.first.0 <= last);
        let Some(split) = after.checked_sub(1).map(|at| self.splits[at]) else {
            return 0;
        };
        let beyond = (split.first.0 + split.parts).saturating_sub(last + 1);
        split.parts_so_far - beyond
    }

    /// Rank among the scripted arrivals, if `payment` is one.
    #[must_use]
    pub fn scripted_rank(&self, payment: PaymentId) -> Option<u32> {
        let after = (self.scripted).partition_point(|run| run.first <= payment);
        let run = self.scripted.get(after.checked_sub(1)?)?;
        let into = payment.0 - run.first.0;
        (into < run.count).then_some(run.rank + into)
    }

    /// The payment that is scripted arrival `rank`, if it has arrived.
    #[must_use]
    pub fn by_scripted_rank(&self, rank: u32) -> Option<PaymentId> {
        let after = (self.scripted).partition_point(|run| run.rank <= rank);
        let run = self.scripted.get(after.checked_sub(1)?)?;
        let into = rank - run.rank;
        (into < run.count).then_some(PaymentId(run.first.0 + into))
    }
}

/// Largest amount of a payment, in cents.
pub const MOST_AMOUNT: i64 = 1_000_000_000_000_000;

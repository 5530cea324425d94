//! The payments of a snapshot: those that wait, and what numbers all of them.

use serde::{Deserialize, Serialize};

use crate::engine::payments::{MOST_AMOUNT, Order, Payments, ScriptedRun, Split, Status};
use crate::engine::units::{AgentId, PaymentId, RailId, Tick};

/// A payment that still waits, as a snapshot keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its number.
    pub payment: PaymentId,
    order: Order,
    release: u32,
    status: u8,
    marks: u8,
}

/// What a snapshot keeps of the payments: those that wait, and what numbers all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaymentsSnapshot {
    /// How many there have been.
    pub count: u32,
    /// Those that wait, ascending.
    pub live: Vec<Live>,
    splits: Vec<Split>,
    scripted: Vec<ScriptedRun>,
    injected: Vec<(PaymentId, Option<String>)>,
}

impl Payments {
    /// What a snapshot keeps, given the payments that wait.
    #[must_use]
    pub fn snapshot(&self, mut waiting: Vec<PaymentId>) -> PaymentsSnapshot {
        waiting.sort_unstable();
        PaymentsSnapshot {
            count: self.len() as u32,
            live: (waiting.into_iter())
                .map(|payment| Live {
                    payment,
                    order: self.order(payment),
                    release: self.release[payment.index()],
                    status: self.state[payment.index()],
                    marks: self.marks[payment.index()],
                })
                .collect(),
            splits: self.splits.clone(),
            scripted: self.scripted.clone(),
            injected: self.injected.clone(),
        }
    }

    /// The payments of a snapshot; those that had left are `Gone` and cost no touched memory.
    ///
    /// # Errors
    /// Says what contradicts itself.
    pub fn restored(
        data: PaymentsSnapshot,
        most: usize,
        (agents, rails): (usize, usize),
        tick: u32,
    ) -> Result<Self, &'static str> {
        let count = data.count as usize;
        if count > most {
            return Err("more payments than a run can have");
        }
        check_tables(&data)?;
        let mut payments = Self {
            sender: vec![AgentId(0); count].into(),
            receiver: vec![AgentId(0); count].into(),
            amount: vec![0; count].into(),
            arrival: vec![0; count].into(),
            deadline: vec![0; count].into(),
            release: vec![0; count].into(),
            end: vec![0; count].into(),
            priority: vec![0; count].into(),
            rail: vec![RailId(0); count].into(),
            marks: vec![0; count].into(),
            state: vec![0; count],
            splits: data.splits,
            scripted: data.scripted,
            injected: data.injected,
            looked_at: 0,
        };
        for at in 0..payments.splits.len() {
            payments.set_status(payments.splits[at].parent, Status::Split, 0);
        }
        let mut next = 0;
        for live in data.live {
            let (at, order) = (live.payment.index(), live.order);
            let sound = at >= next
                && at < count
                && order.sender != order.receiver
                && order.sender.index().max(order.receiver.index()) < agents
                && (order.rail == RailId::NONE || order.rail.index() < rails)
                && (1..=MOST_AMOUNT).contains(&order.amount.0)
                && order.priority <= 10
                && order.arrival.0 < tick
                && order.deadline >= order.arrival
                && matches!(live.status, 1 | 2);
            if !sound {
                return Err("a waiting payment is out of bounds");
            }
            next = at + 1;
            payments.sender[at] = order.sender;
            payments.receiver[at] = order.receiver;
            payments.amount[at] = order.amount.0;
            payments.arrival[at] = order.arrival.0;
            payments.deadline[at] = order.deadline.0;
            payments.release[at] = live.release;
            payments.end[at] = Tick::NEVER.0;
            payments.priority[at] = order.priority;
            payments.rail[at] = order.rail;
            payments.marks[at] = live.marks;
            payments.state[at] = live.status;
        }
        Ok(payments)
    }
}

/// The tables that number payments must be ascending and within the payments there are.
fn check_tables(data: &PaymentsSnapshot) -> Result<(), &'static str> {
    let (mut next, mut parts_so_far) = (0_u64, 0_u64);
    for split in &data.splits {
        parts_so_far += u64::from(split.parts);
        let sound = u64::from(split.first.0) >= next
            && split.parent < split.first
            && split.parts >= 2
            && u64::from(split.parts_so_far) == parts_so_far;
        next = u64::from(split.first.0) + u64::from(split.parts);
        if !sound || next > u64::from(data.count) {
            return Err("the splits are out of order");
        }
    }
    let (mut next, mut rank) = (0_u64, 0_u64);
    for run in &data.scripted {
        if u64::from(run.first.0) < next || u64::from(run.rank) < rank {
            return Err("the scripted payments are out of order");
        }
        next = u64::from(run.first.0) + u64::from(run.count);
        rank = u64::from(run.rank) + u64::from(run.count);
        if next > u64::from(data.count) {
            return Err("the scripted payments are out of bounds");
        }
    }
    let ascending = data.injected.is_sorted_by(|left, right| left.0 < right.0);
    let within = (data.injected.last()).is_none_or(|(payment, _)| payment.0 < data.count);
    if !(ascending && within) {
        return Err("the injected payments are out of order");
    }
    Ok(())
}

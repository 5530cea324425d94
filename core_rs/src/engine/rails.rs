//! The settlement systems: their settings in force and what waits in them.

use std::collections::BinaryHeap;

use crate::engine::index_set::IndexSet;
use crate::engine::queues::Queue;
use crate::engine::saving::RankedPair;
use crate::engine::scenario::{Discipline, RailSpec, Saving, SettlementSpec};
use crate::engine::units::AgentId;

/// Settings of an immediate rail.
#[derive(Clone, Debug)]
pub struct Immediate {
    pub(super) discipline: Discipline,
    pub(super) credit_at_end_of_tick: bool,
    pub(super) saving: Vec<Saving>,
    pub(super) every_ticks: u32,
}

/// One settlement system.
#[derive(Clone, Debug)]
pub struct Rail {
    pub(super) max_amount: Option<i64>,
    /// `None` = deferred net.
    pub(super) immediate: Option<Immediate>,
    /// Ticks of the day at which a deferred-net rail settles, ascending.
    pub(super) settle_at: Vec<u32>,
    /// Per sender.
    pub(super) queues: Vec<Queue>,
    /// Value waiting to each receiver.
    pub(super) incoming: Vec<i64>,
    pub(super) count: u64,
    pub(super) value: i64,
    /// Agents with something in their queue.
    pub(super) senders: IndexSet,
    /// Senders whose queue the next scan must look at.
    pub(super) changed: IndexSet,
    /// Senders whose pairs `bilateral` must look at again.
    pub(super) restless: IndexSet,
    /// Pairs that `bilateral` has yet to try, the first to try on top; empty once none could settle.
    pub(super) ranked_pairs: BinaryHeap<RankedPair>,
    /// Whether a gridlock resolution may find more than the last one did.
    pub(super) unresolved: bool,
}

impl Rail {
    /// An empty rail.
    #[must_use]
    pub fn new(spec: &RailSpec, agents: usize) -> Self {
        let (immediate, settle_at) = match &spec.settlement {
            SettlementSpec::Immediate {
                queue,
                credit_at_end_of_tick,
                saving,
                lsm_every_ticks,
            } => (
                Some(Immediate {
                    discipline: *queue,
                    credit_at_end_of_tick: *credit_at_end_of_tick,
                    saving: saving.clone(),
                    every_ticks: *lsm_every_ticks,
                }),
                Vec::new(),
            ),
            SettlementSpec::DeferredNet { settle_at_ticks } => (None, settle_at_ticks.clone()),
        };
        let by_arrival =
            (immediate.as_ref()).is_some_and(|rail| rail.discipline == Discipline::Fifo);
        let paired = immediate.as_ref().is_some_and(Immediate::pairs_payments);
        Self {
            max_amount: spec.max_amount.map(|amount| amount.0),
            immediate,
            settle_at,
            queues: vec![Queue::new(by_arrival, paired); agents],
            incoming: vec![0; agents],
            count: 0,
            value: 0,
            senders: IndexSet::new(agents),
            changed: IndexSet::new(agents),
            restless: IndexSet::new(agents),
            ranked_pairs: BinaryHeap::new(),
            unresolved: false,
        }
    }

    /// The queue of one sender.
    #[inline]
    #[must_use]
    pub fn queue(&self, sender: AgentId) -> &Queue {
        &self.queues[sender.index()]
    }

    /// Whether `saving` is on.
    #[must_use]
    pub fn saves_by(&self, saving: Saving) -> bool {
        (self.immediate.as_ref()).is_some_and(|rail| rail.saving.contains(&saving))
    }

    /// Whether gains are booked at the end of the tick.
    #[inline]
    #[must_use]
    pub fn holds_back(&self) -> bool {
        (self.immediate.as_ref()).is_some_and(|rail| rail.credit_at_end_of_tick)
    }

    /// Notes that the sender's money, limits or queue changed so that more may settle.
    #[inline]
    pub fn note_change(&mut self, sender: AgentId) {
        self.changed.insert(sender.index());
        self.restless.insert(sender.index());
        self.unresolved = true;
    }

    /// Replaces the algorithms.
    pub fn set_saving(&mut self, saving: Vec<Saving>, every_ticks: Option<u32>) -> bool {
        let Some(rail) = &mut self.immediate else {
            return false;
        };
        rail.saving = saving;
        rail.every_ticks = every_ticks.unwrap_or(rail.every_ticks);
        let paired = rail.pairs_payments();
        for (sender, queue) in self.queues.iter_mut().enumerate() {
            queue.keep_pairs(paired);
            if !queue.is_empty() {
                self.restless.insert(sender);
            }
        }
        self.unresolved = true;
        true
    }
}

impl Immediate {
    /// Whether an algorithm needs the sums per pair of agents.
    #[must_use]
    pub fn pairs_payments(&self) -> bool {
        self.saving
            .iter()
            .any(|saving| matches!(saving, Saving::Bilateral | Saving::EntryOffset))
    }

    /// Whether step 5 runs in this tick of the day.
    #[must_use]
    pub fn saves_in(&self, tick_of_day: u32, ticks_per_day: u32) -> bool {
        !self.saving.is_empty()
            && ((tick_of_day + 1).is_multiple_of(self.every_ticks)
                || tick_of_day + 1 == ticks_per_day)
    }
}

//! The settlement systems: their settings in force and what waits in them.

use crate::engine::index_set::IndexSet;
use crate::engine::pairs::Pairs;
use crate::engine::queues::{Entry, Queue};
use crate::engine::saving::Phases;
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

/// What the plain queue asks of a sender's queue most often, where it costs one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The least that must be available before one of the payments can settle: the amount of the
    /// first, 1 under bypass. No money is enough where nothing waits, or on a deferred-net rail.
    pub needs: i64,
    /// Place in queue order of the first payment.
    pub key: u64,
}

impl Head {
    /// Nothing waits.
    pub const NONE: Self = Self {
        needs: i64::MAX,
        key: u64::MAX,
    };
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
    /// Per sender, what of its queue is asked for most.
    pub(super) heads: Vec<Head>,
    /// Value waiting to each receiver.
    pub(super) incoming: Vec<i64>,
    pub(super) count: u64,
    pub(super) value: i64,
    /// Agents with something in their queue.
    pub(super) senders: IndexSet,
    /// Senders whose queue the next scan must look at.
    pub(super) changed: IndexSet,
    /// Kept only where an algorithm pairs payments.
    pub(super) pairs: Option<Pairs>,
    /// What the last gridlock resolution dropped.
    pub(super) phases: Phases,
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
        let mut rail = Self {
            max_amount: spec.max_amount.map(|amount| amount.0),
            immediate,
            settle_at,
            queues: Vec::new(),
            heads: vec![Head::NONE; agents],
            incoming: vec![0; agents],
            count: 0,
            value: 0,
            senders: IndexSet::new(agents),
            changed: IndexSet::new(agents),
            pairs: None,
            phases: Phases::default(),
            unresolved: false,
        };
        rail.queues = vec![Queue::new(rail.by_arrival()); agents];
        rail.keep_pairs();
        rail
    }

    /// Whether arrival alone gives a payment its place.
    fn by_arrival(&self) -> bool {
        (self.immediate.as_ref()).is_some_and(|rail| rail.discipline == Discipline::Fifo)
    }

    /// Starts or stops keeping what waits by receiver.
    fn keep_pairs(&mut self) {
        let paired = (self.immediate.as_ref()).is_some_and(Immediate::pairs_payments);
        if paired == self.pairs.is_some() {
            return;
        }
        let mut pairs = Pairs::new(self.queues.len(), self.by_arrival());
        for at in self.senders.iter() {
            for entry in self.queues[at].iter_mut() {
                entry.side = pairs.side(AgentId::from_index(at), entry.receiver);
                pairs.note_arrival(entry);
            }
        }
        self.pairs = paired.then_some(pairs);
    }

    /// Puts a payment into its sender's queue.
    #[inline]
    pub fn put(&mut self, sender: AgentId, mut entry: Entry) {
        if let Some(pairs) = &mut self.pairs {
            entry.side = pairs.side(sender, entry.receiver);
            pairs.note_arrival(&entry);
        }
        self.queues[sender.index()].insert(entry);
        self.senders.insert(sender.index());
        self.incoming[entry.receiver.index()] += entry.amount;
        self.count += 1;
        self.value += entry.amount;
        self.note_in_phases(sender, &entry, entry.amount);
        if self.queues[sender.index()].key(&entry) < self.heads[sender.index()].key {
            self.note_head(sender);
        }
        self.unresolved = true;
    }

    /// Takes a payment out of its sender's queue; `None` if it is not there.
    #[inline]
    pub fn take(&mut self, sender: AgentId, priority: u8, rank: u64) -> Option<Entry> {
        let entry = self.queues[sender.index()].remove(priority, rank)?;
        self.forget(sender, &entry);
        self.note_departures(sender);
        Some(entry)
    }

    /// Takes the head out of its sender's queue.
    #[inline]
    pub fn pop(&mut self, sender: AgentId) -> Option<Entry> {
        let entry = self.queues[sender.index()].pop()?;
        self.forget(sender, &entry);
        self.note_departures(sender);
        Some(entry)
    }

    /// Takes payments that are in its sender's queue out of it, given in queue order.
    pub fn take_each<'a>(
        &mut self,
        sender: AgentId,
        leaving: impl Iterator<Item = &'a Entry> + Clone,
    ) {
        self.queues[sender.index()].remove_each(leaving.clone());
        for entry in leaving {
            self.forget(sender, entry);
        }
        self.note_departures(sender);
    }

    /// Notes what one or more payments that left it make of a queue.
    fn note_departures(&mut self, sender: AgentId) {
        if self.queues[sender.index()].is_empty() {
            self.senders.remove(sender.index());
        }
        self.note_head(sender);
    }

    /// Takes what left its queue out of all that is kept of it.
    fn forget(&mut self, sender: AgentId, entry: &Entry) {
        self.incoming[entry.receiver.index()] -= entry.amount;
        self.count -= 1;
        self.value -= entry.amount;
        if let Some(pairs) = &mut self.pairs {
            pairs.note_departure(entry);
        }
        self.note_in_phases(sender, entry, -entry.amount);
    }

    #[inline]
    fn note_in_phases(&mut self, sender: AgentId, entry: &Entry, amount: i64) {
        let key = self.queues[sender.index()].key(entry);
        let agents = (sender, entry.receiver);
        self.phases.note(agents, key, amount, self.count);
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

    /// Notes that the sender's money, limits or queue changed so that more may settle, and says
    /// whether the plain queue must look at it, as `available` is enough for its head.
    #[inline]
    pub fn note_change(&mut self, sender: AgentId, available: i64) -> bool {
        if let Some(pairs) = &mut self.pairs {
            pairs.restless.insert(sender.index());
        }
        self.unresolved = true;
        let looks = available >= self.heads[sender.index()].needs;
        if looks {
            self.changed.insert(sender.index());
        }
        looks
    }

    /// Notes the head of a queue that changed.
    fn note_head(&mut self, sender: AgentId) {
        let queue = &self.queues[sender.index()];
        self.heads[sender.index()] = match (&self.immediate, queue.head()) {
            (Some(rail), Some(head)) => Head {
                needs: match rail.discipline {
                    Discipline::Bypass => 1,
                    Discipline::Fifo | Discipline::PriorityFifo => head.amount,
                },
                key: queue.key(head),
            },
            _ => Head::NONE,
        };
    }

    /// Replaces the algorithms.
    pub fn set_saving(&mut self, saving: Vec<Saving>, every_ticks: Option<u32>) -> bool {
        let Some(rail) = &mut self.immediate else {
            return false;
        };
        rail.saving = saving;
        rail.every_ticks = every_ticks.unwrap_or(rail.every_ticks);
        self.keep_pairs();
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

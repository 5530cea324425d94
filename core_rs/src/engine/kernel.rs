//! The live state of a run and the few verbs that keep its sums together.

use std::sync::Arc;

use crate::engine::accruals::Accruals;
use crate::engine::arrivals::{ArrivalSource, Generated};
use crate::engine::costs::{CostKind, Costs, TooLarge};
use crate::engine::deadlines::Deadlines;
use crate::engine::desks::Desk;
use crate::engine::errors::RunError;
use crate::engine::gauges::Gauges;
use crate::engine::index_set::IndexSet;
use crate::engine::ledger::Ledger;
use crate::engine::memory::Memory;
use crate::engine::names::GivenIds;
use crate::engine::payments::{Payments, Status, mark};
use crate::engine::queues::Entry;
use crate::engine::rails::{Head, Rail};
use crate::engine::record::Log;
use crate::engine::results::{COST_KINDS, Figures, Totals};
use crate::engine::saving::Scratch;
use crate::engine::scenario::Scenario;
use crate::engine::schedule::{Schedule, Script};
use crate::engine::units::{AgentId, PaymentId, RailId};

/// Most payments of a run, parts included.
pub const MOST_PAYMENTS: usize = 40_000_000;

/// The live state of a run.
#[derive(Debug)]
pub struct Kernel {
    pub(super) scenario: Arc<Scenario>,
    /// The scenario's, or the one it is tried with.
    pub(super) seed: u64,
    /// The tick that runs, or the next one.
    pub(super) tick: u32,
    /// Ticks of the run.
    pub(super) ticks: u32,
    /// The instant at which the day of the tick that runs ends.
    pub(super) day_end: u32,
    pub(super) payments: Payments,
    pub(super) ledger: Ledger,
    pub(super) desks: Vec<Desk>,
    /// Agents with something in Queue 1.
    pub(super) deciders: IndexSet,
    pub(super) rails: Vec<Rail>,
    /// Whether any rail has a changed sender.
    pub(super) changed: bool,
    pub(super) costs: Costs,
    /// Costs that accrue tick by tick.
    pub(super) accruals: Accruals,
    /// Of what waits, or waited.
    pub(super) deadlines: Deadlines,
    pub(super) arrivals: ArrivalSource,
    pub(super) script: Script,
    pub(super) schedule: Schedule,
    pub(super) given_ids: GivenIds,
    pub(super) log: Log,
    pub(super) totals: Totals,
    pub(super) gauges: Gauges,
    /// Of the tick that runs, or ran last.
    pub(super) figures: Figures,
    /// Agents of whom something changed in this tick.
    pub(super) touched: Vec<AgentId>,
    /// Payments whose deadline passes in this tick; empty between uses.
    pub(super) passed: Vec<PaymentId>,
    /// Released in this tick, by rank.
    pub(super) entering: Vec<(u64, PaymentId)>,
    /// Agents whose gains are held back.
    pub(super) held_back: Vec<AgentId>,
    pub(super) generated: Vec<Generated>,
    pub(super) scratch: Scratch,
}

impl Kernel {
    /// The state before the first tick.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>) -> Self {
        let memory = Memory::new(&scenario);
        Self::in_memory(scenario, memory)
    }

    /// The same, in memory that is there already.
    #[must_use]
    pub fn in_memory(scenario: Arc<Scenario>, memory: Memory) -> Self {
        let agents = scenario.agents.len();
        let ledger = Ledger::new(&scenario);
        let mut gauges = Gauges::default();
        gauges.agents.resize_with(agents, Default::default);
        let ticks = scenario.ticks_per_day * scenario.num_days;
        let costs = Costs::new(&scenario);
        let mut accruals = Accruals::new(agents);
        for (at, terms) in ledger.terms.iter().enumerate() {
            let agent = AgentId::from_index(at);
            accruals.post(&costs, agent, terms.posted);
            accruals.refresh(&costs, agent, ledger.accounts[at].balance);
        }
        Self {
            seed: scenario.seed,
            tick: 0,
            ticks,
            day_end: scenario.ticks_per_day,
            payments: memory.payments,
            desks: (scenario.agents.iter())
                .map(|agent| Desk::new(agent.policy.clone()))
                .collect(),
            deciders: IndexSet::new(agents),
            rails: (scenario.rails.iter())
                .map(|rail| Rail::new(rail, agents))
                .collect(),
            changed: false,
            costs,
            accruals,
            deadlines: memory.deadlines,
            arrivals: memory.arrivals,
            script: memory.script,
            schedule: Schedule::new(&scenario.events),
            given_ids: GivenIds::default(),
            log: memory.log,
            totals: Totals::default(),
            gauges,
            figures: Figures::default(),
            touched: Vec::with_capacity(agents),
            passed: Vec::new(),
            entering: memory.entering,
            held_back: Vec::new(),
            generated: memory.generated,
            scratch: Scratch::new(agents),
            ledger,
            scenario,
        }
    }

    /// Whether every tick has been run.
    #[inline]
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.tick >= self.ticks
    }

    /// The tick's number in its day.
    #[inline]
    #[must_use]
    pub fn tick_of_day(&self) -> u32 {
        self.tick % self.scenario.ticks_per_day
    }

    /// Day of the tick that runs; of the last one once finished.
    #[inline]
    #[must_use]
    pub fn day(&self) -> u32 {
        (self.tick / self.scenario.ticks_per_day).min(self.scenario.num_days - 1)
    }

    /// The last tick of the day.
    #[inline]
    #[must_use]
    pub fn last_tick_of_day(&self) -> u32 {
        (self.day() + 1) * self.scenario.ticks_per_day - 1
    }

    /// Notes that something of the agent changed in this tick.
    #[inline]
    pub fn touch(&mut self, agent: AgentId) {
        let account = &mut self.ledger.accounts[agent.index()];
        if !account.touched {
            account.touched = true;
            self.touched.push(agent);
        }
        account.stirred = true;
    }

    /// Forgets of whom something changed in the tick.
    pub fn forget_touched(&mut self) {
        for agent in self.touched.drain(..) {
            self.ledger.accounts[agent.index()].touched = false;
        }
    }

    /// Notes that more of what the agent has queued may settle than before.
    #[inline]
    pub fn wake(&mut self, agent: AgentId) {
        let account = &self.ledger.accounts[agent.index()];
        if account.queued == 0 {
            return;
        }
        let available = account.available();
        for rail in &mut self.rails {
            if rail.heads[agent.index()] != Head::NONE {
                self.changed |= rail.note_change(agent, available);
            }
        }
    }

    /// The rail a payment goes to, by its name or its amount.
    #[inline]
    #[must_use]
    pub fn route(&self, payment: PaymentId) -> RailId {
        let named = self.payments.rail[payment.index()];
        let first = if named == RailId::NONE {
            RailId(0)
        } else {
            named
        };
        let amount = self.payments.amount[payment.index()];
        match self.rails[first.index()].max_amount {
            Some(most) if amount > most => (self.rails.iter())
                .position(|rail| rail.max_amount.is_none())
                .map_or(first, |rail| RailId(rail as u8)),
            _ => first,
        }
    }

    /// A payment as a queue keeps it.
    #[inline]
    #[must_use]
    pub fn entry_of(&self, payment: PaymentId) -> Entry {
        let at = payment.index();
        Entry {
            rank: self.payments.rank(payment),
            amount: self.payments.amount[at],
            payment,
            arrival: self.payments.arrival[at],
            side: 0,
            receiver: self.payments.receiver[at],
            priority: self.payments.priority[at],
        }
    }

    /// Puts a payment into its bank's queue.
    pub fn put_pending(&mut self, payment: PaymentId) -> Result<(), RunError> {
        self.begin_waiting(payment)?;
        let entry = self.entry_of(payment);
        let sender = self.payments.sender[payment.index()];
        self.payments.set_status(payment, Status::Pending, 0);
        self.desks[sender.index()].queue.insert(entry);
        self.deciders.insert(sender.index());
        let account = &mut self.ledger.accounts[sender.index()];
        account.pending += 1;
        account.pending_value += entry.amount;
        self.totals.pending_count += 1;
        self.totals.pending_value += entry.amount;
        self.touch(sender);
        Ok(())
    }

    /// Takes a payment out of its bank's queue; it still waits.
    pub fn take_pending(&mut self, payment: PaymentId) {
        let at = payment.index();
        let sender = self.payments.sender[at];
        let rank = self.payments.rank(payment);
        let desk = &mut self.desks[sender.index()];
        let Some(entry) = desk.queue.remove(self.payments.priority[at], rank) else {
            return;
        };
        if desk.queue.is_empty() {
            self.deciders.remove(sender.index());
        }
        let account = &mut self.ledger.accounts[sender.index()];
        account.pending -= 1;
        account.pending_value -= entry.amount;
        self.totals.pending_count -= 1;
        self.totals.pending_value -= entry.amount;
        self.touch(sender);
    }

    /// Puts a payment into a rail's queue.
    pub fn put_queued(&mut self, payment: PaymentId, rail: RailId) -> Result<(), RunError> {
        self.begin_waiting(payment)?;
        let entry = self.entry_of(payment);
        let sender = self.payments.sender[payment.index()];
        self.payments.set_status(payment, Status::Queued, 0);
        self.rails[rail.index()].put(sender, entry);
        let account = &mut self.ledger.accounts[sender.index()];
        account.queued += 1;
        account.queued_value += entry.amount;
        self.totals.queued_count += 1;
        self.totals.queued_value += entry.amount;
        self.touch(sender);
        Ok(())
    }

    /// Takes a payment out of its rail's queue; it still waits.
    pub fn take_queued(&mut self, payment: PaymentId) {
        let at = payment.index();
        let sender = self.payments.sender[at];
        let rank = self.payments.rank(payment);
        let rail = &mut self.rails[self.payments.rail[at].index()];
        let Some(entry) = rail.take(sender, self.payments.priority[at], rank) else {
            return;
        };
        self.left_queue(sender, 1, entry.amount);
        self.wake(sender);
    }

    /// Takes payments that were taken out of their rail's queue out of the sums of what is queued.
    #[inline]
    pub fn left_queue(&mut self, sender: AgentId, count: u32, value: i64) {
        let account = &mut self.ledger.accounts[sender.index()];
        account.queued -= count;
        account.queued_value -= value;
        self.totals.queued_count -= u64::from(count);
        self.totals.queued_value -= value;
        self.touch(sender);
    }

    /// Adds a payment to the sums of what waits, and watches its deadline; once.
    fn begin_waiting(&mut self, payment: PaymentId) -> Result<(), RunError> {
        if self.payments.has(payment, mark::WAITS) {
            return Ok(());
        }
        let at = payment.index();
        let (sender, amount) = (self.payments.sender[at], self.payments.amount[at]);
        let overdue = self.payments.has(payment, mark::OVERDUE);
        let delay = (self.costs).delay(amount, self.payments.priority[at], overdue);
        self.payments.set(payment, mark::WAITS);
        let value = u128::from(amount.unsigned_abs());
        let gauge = &mut self.gauges.agents[sender.index()];
        gauge.begin_waiting(self.payments.arrival[at], value);
        self.add_delay(sender, delay)?;
        let deadline = self.payments.deadline[at];
        if deadline < self.ticks && !overdue && !self.payments.has(payment, mark::WATCHED) {
            self.payments.set(payment, mark::WATCHED);
            self.deadlines.watch(deadline, payment);
        }
        Ok(())
    }

    /// Adds to what an agent's waiting payments cost a tick.
    pub fn add_delay(&mut self, agent: AgentId, delay: u128) -> Result<(), RunError> {
        if self.accruals.add_delay(agent, delay) {
            return Ok(());
        }
        Err(self.too_large(TooLarge {
            agent,
            kind: CostKind::Delay,
        }))
    }

    /// Takes a payment that leaves at the instant `left` out of the sums of what waits.
    #[inline(always)]
    pub fn end_waiting(&mut self, sender: AgentId, entry: &Entry, left: u32) {
        if !self.payments.has(entry.payment, mark::WAITS) {
            return;
        }
        self.stop_waiting(sender, entry);
        let value = u128::from(entry.amount.unsigned_abs());
        let delay = left - entry.arrival;
        self.gauges.agents[sender.index()].leave(delay, value);
        let waited_today = delay.min(left - self.day() * self.scenario.ticks_per_day);
        self.gauges.today.longest = self.gauges.today.longest.max(waited_today);
    }

    /// Takes a payment that leaves, or is replaced by its parts, out of the sums of what waits.
    pub fn stop_waiting(&mut self, sender: AgentId, entry: &Entry) {
        let overdue = self.payments.has(entry.payment, mark::OVERDUE);
        self.payments.clear(entry.payment, mark::WAITS);
        let value = u128::from(entry.amount.unsigned_abs());
        self.gauges.agents[sender.index()].stop_waiting(entry.arrival, value);
        let delay = (self.costs).delay(entry.amount, entry.priority, overdue);
        self.accruals.take_delay(sender, delay);
    }

    /// Charges a cost.
    pub fn charge(
        &mut self,
        agent: AgentId,
        kind: CostKind,
        numerator: u128,
    ) -> Result<(), RunError> {
        (self.costs.charge(agent, kind, numerator)).map_err(|error| self.too_large(error))
    }

    /// The error of a cost that leaves its bounds.
    pub fn too_large(&self, error: TooLarge) -> RunError {
        RunError::CostTooLarge {
            agent: self.scenario.labels.agents[error.agent.index()].clone(),
            kind: COST_KINDS[error.kind as usize],
            tick: self.tick,
        }
    }

    /// A bug: says which invariant does not hold.
    #[must_use]
    pub fn broken(&self, invariant: &'static str) -> RunError {
        RunError::Invariant {
            invariant,
            seed: self.seed,
            tick: self.tick,
        }
    }
}

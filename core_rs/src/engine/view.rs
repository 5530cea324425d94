//! What can be read of a run between two ticks.

use crate::engine::facts::reason;
use crate::engine::gauges::weight;
use crate::engine::kernel::Kernel;
use crate::engine::payments::{Status, mark};
use crate::engine::results::{AgentState, PaymentColumns, QueuedPayment, RailQueue, State};
use crate::engine::units::{AgentId, Amount, PaymentId, RailId, Tick};

/// Payments of a rail's queue that `state` lists.
const LISTED: usize = 1_000;

impl Kernel {
    /// The state between two ticks.
    #[must_use]
    pub fn state(&self) -> State {
        State {
            tick: Tick(self.tick),
            day: self.day(),
            finished: self.is_finished(),
            agents: (0..self.ledger.accounts.len())
                .map(|at| self.agent_state(AgentId::from_index(at)))
                .collect(),
            queues: (0..self.rails.len())
                .map(|rail| self.rail_queue(RailId(rail as u8)))
                .collect(),
            totals: self.totals,
        }
    }

    fn agent_state(&self, agent: AgentId) -> AgentState {
        let account = &self.ledger.accounts[agent.index()];
        let terms = &self.ledger.terms[agent.index()];
        let (sent, received) = self.sent_and_received(agent);
        AgentState {
            agent,
            balance: Amount(account.balance),
            credit_limit: Amount(terms.credit_limit),
            available: Amount(account.available()),
            collateral: Amount(terms.collateral),
            pending: u64::from(account.pending),
            queued: u64::from(account.queued),
            sent: Amount(sent),
            received: Amount(received),
            cost: self.costs.of_agent(agent).iter().sum(),
            outage: self.desks[agent.index()].outage,
        }
    }

    fn rail_queue(&self, rail: RailId) -> RailQueue {
        let system = &self.rails[rail.index()];
        let waiting = system
            .senders
            .iter()
            .flat_map(|at| system.queues[at].iter());
        RailQueue {
            rail,
            total: system.count,
            payments: (waiting.take(LISTED))
                .map(|entry| {
                    let order = self.payments.order(entry.payment);
                    QueuedPayment {
                        id: self.id(entry.payment),
                        sender: order.sender,
                        receiver: order.receiver,
                        amount: order.amount,
                        priority: order.priority,
                        arrival_tick: order.arrival,
                        deadline_tick: (order.deadline != Tick::NEVER).then_some(order.deadline),
                    }
                })
                .collect(),
        }
    }

    /// Value settled by an agent since the start of the run, as sender and as receiver.
    #[must_use]
    pub fn sent_and_received(&self, agent: AgentId) -> (i64, i64) {
        let account = &self.ledger.accounts[agent.index()];
        let gauge = &self.gauges.agents[agent.index()];
        (
            gauge.sent_before + account.sent_today,
            gauge.received_before + account.received_today,
        )
    }

    /// Where each agent stands in charts: balance, available, value in Queue 2.
    #[must_use]
    pub fn chart_values(&self) -> Vec<[i64; 3]> {
        (self.ledger.accounts.iter())
            .map(|account| [account.balance, account.available(), account.queued_value])
            .collect()
    }

    /// Balances of an agent at the close of the ticks (ascending), from the events held.
    #[must_use]
    pub fn balances_at(&self, agent: AgentId, ticks: &[u32]) -> Vec<i64> {
        let mut balance = self.log.balance_before(agent, &self.scenario);
        let mut moves = (self.log.balance_moves(&self.payments, agent)).peekable();
        (ticks.iter())
            .map(|&tick| {
                while let Some((_, moved)) = moves.next_if(|moved| moved.0 <= tick) {
                    balance += moved;
                }
                balance
            })
            .collect()
    }

    /// Payments whose facts are held: those that wait, and those that left since the last drain.
    pub fn held_payments(&self) -> impl Iterator<Item = PaymentId> {
        let mut left = self.log.left();
        left.sort_unstable();
        let mut left = left.into_iter().peekable();
        (self.payments.rows())
            .map(PaymentId)
            .filter(move |&payment| match self.payments.status(payment) {
                Status::Pending | Status::Queued => true,
                Status::Settled | Status::Dropped => left.next_if_eq(&payment).is_some(),
                Status::Split | Status::Gone => false,
            })
    }

    /// Payments as columns.
    #[must_use]
    pub fn payment_columns(&self, which: impl Iterator<Item = PaymentId>) -> PaymentColumns {
        let mut columns = PaymentColumns::with_room(which.size_hint().0);
        columns.id_offsets.push(0);
        let tick = |tick: u32| {
            if tick == u32::MAX {
                -1
            } else {
                i64::from(tick)
            }
        };
        for payment in which {
            let at = payment.index();
            let payments = &self.payments;
            let (status, method, reason) = match payments.status(payment) {
                Status::Pending => (0, -1, -1),
                Status::Queued => (1, -1, -1),
                Status::Settled => (2, payments.detail(payment) as i8, -1),
                Status::Dropped => (3, -1, i16::from(payments.detail(payment))),
                Status::Split | Status::Gone => (-1, -1, -1),
            };
            columns.payment.push(payment.0);
            self.write_id(payment, &mut columns.id_bytes);
            columns.id_offsets.push(columns.id_bytes.len() as u64);
            let parent = payments.split_of(payment);
            columns
                .parent
                .push(parent.map_or(-1, |split| i64::from(split.parent.0)));
            columns.sender.push(payments.sender[at].0);
            columns.receiver.push(payments.receiver[at].0);
            columns.amount.push(payments.amount[at]);
            columns.priority.push(payments.priority[at]);
            columns.rail.push(i16::from(self.route(payment).0));
            columns.arrival_tick.push(i64::from(payments.arrival[at]));
            columns.deadline_tick.push(tick(payments.deadline[at]));
            columns.release_tick.push(tick(payments.release[at]));
            columns.end_tick.push(tick(payments.end[at]));
            columns.status.push(status);
            columns.method.push(method);
            columns.reason.push(reason);
        }
        columns
    }

    /// Whether nothing waits and nothing accrues, so that time alone changes nothing.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.totals.pending_count == 0 && self.totals.queued_count == 0 && self.accruals.is_empty()
    }

    /// The next tick in which something is known to happen; at the latest the day's last.
    #[must_use]
    pub fn next_event_tick(&self) -> u32 {
        if self.tick_of_day() == 0 {
            return self.tick;
        }
        let scripted = self.script.next_tick(&self.scenario.payments);
        let scheduled = self.schedule.next_tick(&self.scenario.events);
        let generated = self.arrivals.next_candidate();
        let known = [scripted, scheduled, generated].into_iter().flatten().min();
        known
            .map_or(u32::MAX, |tick| tick.0)
            .clamp(self.tick, self.last_tick_of_day())
    }

    /// Passes over ticks of an idle run.
    pub fn skip(&mut self, ticks: u32) {
        let left = self.scenario.ticks_per_day - self.tick_of_day();
        self.tick += ticks;
        let today = &mut self.gauges.today;
        today.ticks += u64::from(ticks);
        let provided = u128::from(self.ledger.provision.unsigned_abs());
        today.provision_moment += provided * (weight(left) - weight(left - ticks));
        if ticks > 0 {
            self.figures = crate::engine::results::Figures::default();
        }
    }

    /// Why a payment in Queue 1 is still there.
    #[must_use]
    pub fn pending_reason(&self, payment: PaymentId) -> u8 {
        let sender = self.payments.sender[payment.index()];
        if self.payments.has(payment, mark::HELD) {
            reason::HELD
        } else if self.desks[sender.index()].outage {
            reason::OUTAGE
        } else {
            reason::NOT_YET_RELEASED
        }
    }
}

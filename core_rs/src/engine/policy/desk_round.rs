//! Step 3: each bank goes through its queue: hold, split, release.

use super::{Candidate, View, with_policy};
use crate::engine::costs::CostKind;
use crate::engine::errors::RunError;
use crate::engine::facts::Detail;
use crate::engine::kernel::{Kernel, MOST_PAYMENTS};
use crate::engine::payments::{Order, Split, Status, mark};
use crate::engine::record::Kind;
use crate::engine::scenario::{PolicyKind, SplitSpec};
use crate::engine::units::{AgentId, Amount, PaymentId, Tick};

impl Kernel {
    /// Step 3, agent by agent.
    pub fn let_banks_decide(&mut self) -> Result<(), RunError> {
        let mut from = 0;
        while let Some(agent) = self.deciders.next_from(from) {
            from = agent + 1;
            let desk = &self.desks[agent];
            let asleep = !self.ledger.accounts[agent].stirred && self.tick < desk.quiet_until;
            if !desk.outage && !asleep {
                self.decide(AgentId::from_index(agent))?;
            }
        }
        Ok(())
    }

    fn view(&self, agent: AgentId) -> View {
        let account = &self.ledger.accounts[agent.index()];
        let desk = &self.desks[agent.index()];
        let day_end = self.last_tick_of_day();
        View {
            tick: self.tick,
            day_start: day_end + 1 - self.scenario.ticks_per_day,
            day_end,
            running: account.available().saturating_sub(account.queued_value),
            received_today: account.received_today,
            released_today: desk.released_today,
            value_today: desk.released_today.saturating_add(account.pending_value),
        }
    }

    fn decide(&mut self, agent: AgentId) -> Result<(), RunError> {
        let mut view = self.view(agent);
        let mut round = std::mem::take(&mut self.scratch.round);
        round.extend(
            self.desks[agent.index()]
                .queue
                .iter()
                .map(|entry| entry.payment),
        );
        let policy = self.desks[agent.index()].policy.clone();
        let mut next_look = u32::MAX;
        for &payment in &round {
            match self.split_if_large(agent, payment, policy.split_above)? {
                Some(split) => {
                    for part in split.first.0..split.first.0 + split.parts {
                        self.decide_one(&policy.kind, PaymentId(part), &mut view, &mut next_look);
                    }
                }
                None => self.decide_one(&policy.kind, payment, &mut view, &mut next_look),
            }
        }
        round.clear();
        self.scratch.round = round;
        // A policy that held a payment back would hold it back again after releasing others.
        self.ledger.accounts[agent.index()].stirred = false;
        self.desks[agent.index()].quiet_until = next_look;
        Ok(())
    }

    fn decide_one(
        &mut self,
        kind: &PolicyKind,
        payment: PaymentId,
        view: &mut View,
        next_look: &mut u32,
    ) {
        let at = payment.index();
        let commanded = self.payments.has(payment, mark::COMMANDED);
        if self.payments.has(payment, mark::HELD) && !commanded {
            return;
        }
        self.payments.set(payment, mark::DECIDED);
        let candidate = Candidate {
            amount: self.payments.amount[at],
            deadline: self.payments.deadline[at],
        };
        let (releases, look) = with_policy(kind, |policy| {
            (
                policy.releases(view, &candidate),
                policy.next_look(view, &candidate),
            )
        });
        if !(releases || commanded) {
            *next_look = look.min(*next_look);
            return;
        }
        view.running = view.running.saturating_sub(candidate.amount);
        view.released_today += candidate.amount;
        self.take_pending(payment);
        let late = self.payments.arrival[at] != self.tick || commanded;
        self.payments.clear(payment, mark::COMMANDED | mark::HELD);
        self.submit(payment);
        if late {
            (self.log).payment(
                self.tick,
                Kind::Released,
                &self.payments,
                payment,
                Detail::NONE,
            );
        }
    }

    /// Splits a payment that its bank decides about for the first time, if it is large enough.
    fn split_if_large(
        &mut self,
        agent: AgentId,
        payment: PaymentId,
        rule: Option<SplitSpec>,
    ) -> Result<Option<Split>, RunError> {
        let Some(rule) = rule else { return Ok(None) };
        let marks = self.payments.marks[payment.index()];
        let undecided = marks & (mark::DECIDED | mark::HELD | mark::COMMANDED) == 0;
        let order = self.payments.order(payment);
        // A cent cannot be split, so that each part is worth something.
        let enough = order.amount.0 >= i64::from(rule.parts);
        if !(undecided && order.divisible && order.amount > rule.amount && enough) {
            return Ok(None);
        }
        if self.payments.len() + rule.parts as usize > MOST_PAYMENTS {
            return Err(RunError::TooMuch {
                what: "more payments arrive than a run can have",
                tick: self.tick,
            });
        }
        self.take_pending(payment);
        self.stop_waiting(agent, &self.entry_of(payment));
        let split = self.push_parts(payment, &order, rule.parts);
        self.count_parts(agent, payment, u64::from(rule.parts) - 1);
        let detail = Detail::NONE.with(u64::from(split.first.0) << 32 | u64::from(rule.parts));
        (self.log).payment(self.tick, Kind::Split, &self.payments, payment, detail);
        self.charge(agent, CostKind::Split, self.costs.split(rule.parts))?;
        for part in split.first.0..split.first.0 + split.parts {
            self.put_pending(PaymentId(part))?;
        }
        Ok(Some(split))
    }

    /// From now on counts are over parts.
    fn count_parts(&mut self, agent: AgentId, parent: PaymentId, more: u64) {
        let timed = self.payments.deadline[parent.index()] != Tick::NEVER.0;
        let late = self.payments.has(parent, mark::OVERDUE);
        self.totals.arrived_count += more;
        let day_start = self.day() * self.scenario.ticks_per_day;
        let today = &mut self.gauges.today;
        let gauge = &mut self.gauges.agents[agent.index()];
        gauge.arrived_count += more;
        // Parts keep the parent's arrival tick: each has waited as long as it has.
        let waited = self.tick - self.payments.arrival[parent.index()];
        let within_day = u128::from(waited.min(self.tick - day_start));
        let waited = u128::from(more) * u128::from(waited);
        today.delay_before_split += waited;
        today.delay_before_split_today += u128::from(more) * within_day;
        gauge.delay_before_split += waited;
        if timed {
            today.timed_count += more;
            gauge.timed_count += more;
        }
        if late {
            today.late_count += more;
            gauge.late_count += more;
        }
    }

    /// The first `amount mod parts` parts are one cent more than `amount div parts`.
    fn push_parts(&mut self, parent: PaymentId, order: &Order, parts: u32) -> Split {
        let first = PaymentId(self.payments.len() as u32);
        let so_far = (self.payments.splits.last()).map_or(0, |split| split.parts_so_far);
        let split = Split {
            parent,
            first,
            parts,
            parts_so_far: so_far + parts,
        };
        let inherited = self.payments.marks[parent.index()] & mark::OVERDUE;
        for part in 0..i64::from(parts) {
            let amount = order.amount.0 / i64::from(parts);
            let more = i64::from(part < order.amount.0 % i64::from(parts));
            let part = self.payments.push(&Order {
                amount: Amount(amount + more),
                ..*order
            });
            self.payments.set(part, inherited | mark::DECIDED);
        }
        self.payments.splits.push(split);
        self.payments.set_status(parent, Status::Split, 0);
        self.payments.end[parent.index()] = self.tick;
        split
    }
}

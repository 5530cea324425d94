//! Steps 0 and 9: a day begins, a day ends.

use crate::engine::costs::CostKind;
use crate::engine::errors::RunError;
use crate::engine::facts::{Detail, Fact, reason};
use crate::engine::gauges::{ByAgent, ClosedDay, Tally};
use crate::engine::kernel::Kernel;
use crate::engine::payments::Status;
use crate::engine::record::Kind;
use crate::engine::scenario::EndOfDay;
use crate::engine::throughput::{add_marks, added, deciles};
use crate::engine::units::{AgentId, PaymentId};

impl Kernel {
    /// Step 0: liquidity is charged; what new counters set free is looked at again.
    pub fn open_day(&mut self) -> Result<(), RunError> {
        self.start_counters();
        let whole_day = u128::from(self.scenario.ticks_per_day);
        for at in 0..self.ledger.accounts.len() {
            let agent = AgentId::from_index(at);
            let opening = self.costs.liquidity(self.ledger.accounts[at].balance);
            self.charge(agent, CostKind::Liquidity, opening)?;
            let (gauge, account) = (&mut self.gauges.agents[at], &self.ledger.accounts[at]);
            let waiting = account.pending_value + account.queued_value;
            let carried = u128::from(waiting.unsigned_abs()) * whole_day;
            gauge.rho_denominator += carried;
            gauge.available_at_open = account.available();
            self.gauges.today.rho_denominator += carried;
            self.desks[at].released_today = 0;
            self.ledger.accounts[at].stirred = true;
        }
        let (totals, today) = (&self.totals, &mut self.gauges.today);
        today.carried_count = totals.pending_count + totals.queued_count;
        today.carried_value = totals.pending_value + totals.queued_value;
        for at in 0..self.ledger.accounts.len() {
            self.wake(AgentId::from_index(at));
        }
        Ok(())
    }

    /// Daily counters start anew; until here they answer why something waited at the close.
    fn start_counters(&mut self) {
        for (gauge, account) in self.gauges.agents.iter_mut().zip(&self.ledger.accounts) {
            gauge.sent_before += account.sent_today;
            gauge.received_before += account.received_today;
            gauge.settled_count_before = gauge.settled_count;
        }
        self.ledger.forget_day();
    }

    /// Step 9: what still waits pays, and is dropped if the scenario says so; the day closes.
    pub fn close_day(&mut self) -> Result<(), RunError> {
        self.check_identity(self.tick + 1)?;
        let rejects = self.scenario.end_of_day == EndOfDay::Reject;
        if rejects || self.costs.eod(i64::MAX) > 0 {
            for payment in self.waiting() {
                let at = payment.index();
                let (sender, amount) = (self.payments.sender[at], self.payments.amount[at]);
                self.charge(sender, CostKind::Eod, self.costs.eod(amount))?;
                self.touch(sender);
                if rejects {
                    self.drop(payment, reason::END_OF_DAY, self.tick + 1);
                }
            }
            self.refresh_accruals();
        }
        self.audit()?;
        self.close_measures();
        let sum = self.ledger.balances_sum;
        let fact = Fact {
            amount: i64::try_from(sum).unwrap_or(i64::MAX),
            extra: self.state_hash(),
            ..Fact::because(reason::NONE)
        };
        self.log.other(self.tick, Kind::DayClosed, fact);
        Ok(())
    }

    /// All that waits: by agent Queue 1, then by rail and agent Queue 2, each in queue order.
    #[must_use]
    pub fn waiting(&self) -> Vec<PaymentId> {
        let pending = (self.desks.iter()).flat_map(|desk| desk.queue.iter());
        let queued = (self.rails.iter())
            .flat_map(|rail| rail.senders.iter().flat_map(|at| rail.queues[at].iter()));
        pending.chain(queued).map(|entry| entry.payment).collect()
    }

    /// Drops a payment that waits; it leaves at the instant `left`.
    pub fn drop(&mut self, payment: PaymentId, reason: u8, left: u32) {
        if self.payments.status(payment) == Status::Queued {
            self.take_queued(payment);
        } else {
            self.take_pending(payment);
        }
        let at = payment.index();
        self.end_waiting(self.payments.sender[at], &self.entry_of(payment), left);
        let amount = self.payments.amount[at];
        self.payments.set_status(payment, Status::Dropped, reason);
        self.payments.end[at] = self.tick;
        self.totals.dropped_count += 1;
        self.totals.dropped_value += amount;
        self.figures.dropped += 1;
        self.gauges.today.dropped_count += 1;
        self.gauges.today.dropped_value += amount;
        let gauge = &mut self.gauges.agents[self.payments.sender[at].index()];
        gauge.dropped_count += 1;
        gauge.dropped_value += amount;
        (self.log).payment(
            self.tick,
            Kind::Dropped,
            &self.payments,
            payment,
            Detail::because(reason),
        );
    }

    /// The invariants of section 1 and the identity of queue and delay, re-summed from scratch.
    pub fn audit(&self) -> Result<(), RunError> {
        (self.ledger.audit()).map_err(|invariant| self.broken(invariant))?;
        let (mut count, mut value, mut arrivals) = (0_u64, 0_i128, 0_u128);
        for payment in self.waiting() {
            let at = payment.index();
            count += 1;
            value += i128::from(self.payments.amount[at]);
            arrivals += u128::from(self.payments.amount[at].unsigned_abs())
                * u128::from(self.payments.arrival[at]);
        }
        let totals = &self.totals;
        if count != totals.pending_count + totals.queued_count
            || value != i128::from(totals.pending_value) + i128::from(totals.queued_value)
            || arrivals != self.gauges.waiting_value_arrivals()
        {
            return Err(self.broken("what waits is what the queues hold"));
        }
        Ok(())
    }

    /// The identity of section 11: Σ over ticks of waiting value = Σ v·delay, `now` being the
    /// first tick not sampled.
    pub fn check_identity(&self, now: u32) -> Result<(), RunError> {
        let gauges = &self.gauges;
        let sampled = gauges.value_integral_before + gauges.today.value_integral;
        let value =
            self.totals.pending_value.unsigned_abs() + self.totals.queued_value.unsigned_abs();
        let waited = u128::from(value) * u128::from(now) + gauges.left_value_ticks();
        if sampled + gauges.waiting_value_arrivals() != waited {
            return Err(self.broken("the queue's value over time is the value-weighted delay"));
        }
        Ok(())
    }

    /// Daily measures close.
    fn close_measures(&mut self) {
        self.pass_hours(self.scenario.ticks_per_day);
        let mut day = ClosedDay {
            by_agent: self.by_agent_today(),
            deciles: deciles(&self.gauges.curve),
            ..ClosedDay::default()
        };
        for at in 0..self.ledger.accounts.len() {
            let marks = self.sent_by_hour_today(at);
            add_marks(&mut day.sent_by_hour, &marks);
            let account = &self.ledger.accounts[at];
            let gauge = &mut self.gauges.agents[at];
            gauge.moments.stand_at(0, 0);
            add_marks(&mut gauge.sent_by_hour_before, &marks);
            gauge.used_max = gauge.used_max.max(account.peak_debit);
            gauge.credit_max = gauge.credit_max.max(account.peak_credit);
            gauge.ub_max = gauge.ub_max.max(gauge.scheduled_peak);
            gauge.lb_max = gauge.lb_max.max(gauge.scheduled_net);
            gauge.scheduled_net = 0;
            gauge.scheduled_peak = 0;
        }
        let gauges = &mut self.gauges;
        gauges.curve_before = added(&gauges.curve_before, &gauges.curve);
        gauges.curve.clear();
        gauges.sent_by_hour_today.clear();
        gauges.hours_passed = 0;
        day.tally = self.tally_today(self.tick + 1);
        self.gauges.value_integral_before += day.tally.value_integral;
        self.gauges.closed.push(day);
        self.gauges.today = Tally::default();
    }

    /// The figures of the day that runs, agent by agent.
    #[must_use]
    pub fn by_agent_today(&self) -> ByAgent {
        let accounts = &self.ledger.accounts;
        let gauges = &self.gauges.agents;
        ByAgent {
            used: accounts.iter().map(|one| one.peak_debit).collect(),
            credit: accounts.iter().map(|one| one.peak_credit).collect(),
            ub: gauges.iter().map(|one| one.scheduled_peak).collect(),
            lb: gauges.iter().map(|one| one.scheduled_net.max(0)).collect(),
            opened: gauges.iter().map(|one| one.available_at_open).collect(),
            sent: accounts.iter().map(|one| one.sent_today).collect(),
            received: accounts.iter().map(|one| one.received_today).collect(),
            sent_count: (gauges.iter())
                .map(|one| one.settled_count - one.settled_count_before)
                .collect(),
        }
    }

    /// Longest wait within the day among what waits now, `now` being the first tick not sampled.
    fn longest_today(&self, now: u32) -> u32 {
        let day_start = self.day() * self.scenario.ticks_per_day;
        let oldest = (self.waiting().into_iter())
            .map(|payment| self.payments.arrival[payment.index()].max(day_start))
            .min();
        oldest.map_or(0, |since| now - since)
    }

    /// The sums of the day that runs, with what only the kernel knows; `now` is the first tick not
    /// sampled.
    #[must_use]
    pub fn tally_today(&self, now: u32) -> Tally {
        let mut tally = self.gauges.today.clone();
        let costs = self.costs.totals();
        let before = |kind: usize| -> i64 {
            (self.gauges.closed.iter())
                .map(|day| day.tally.costs[kind])
                .sum()
        };
        tally.costs = std::array::from_fn(|kind| costs[kind] - before(kind));
        tally.provision_max = self.ledger.provision_peak;
        tally.pending = self.totals.pending_count;
        tally.queued = self.totals.queued_count;
        tally.waiting_value = self.totals.pending_value + self.totals.queued_value;
        tally.longest = tally.longest.max(self.longest_today(now));
        tally
    }

    /// First 8 bytes of BLAKE3 over all balances and exact cumulative costs.
    fn state_hash(&self) -> u64 {
        let mut hasher = blake3::Hasher::new();
        for (account, costs) in self.ledger.accounts.iter().zip(self.costs.cells()) {
            hasher.update(&account.balance.to_le_bytes());
            for cell in costs {
                hasher.update(&cell.bytes());
            }
        }
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first)
    }
}

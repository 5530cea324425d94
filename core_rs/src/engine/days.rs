//! Steps 0 and 9: a day begins, a day ends.

use crate::engine::costs::CostKind;
use crate::engine::errors::RunError;
use crate::engine::facts::{Detail, Fact, reason};
use crate::engine::gauges::{ClosedDay, Tally, added, deciles};
use crate::engine::kernel::Kernel;
use crate::engine::payments::Status;
use crate::engine::record::Kind;
use crate::engine::scenario::EndOfDay;
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
        let mut day = ClosedDay::default();
        for at in 0..self.ledger.accounts.len() {
            let account = &self.ledger.accounts[at];
            let gauge = &mut self.gauges.agents[at];
            day.used.push(account.peak_debit);
            day.ub.push(gauge.scheduled_peak);
            day.lb.push(gauge.scheduled_net.max(0));
            gauge.used_max = gauge.used_max.max(account.peak_debit);
            gauge.credit_max = gauge.credit_max.max(account.peak_credit);
            gauge.ub_max = gauge.ub_max.max(gauge.scheduled_peak);
            gauge.lb_max = gauge.lb_max.max(gauge.scheduled_net);
            gauge.scheduled_net = 0;
            gauge.scheduled_peak = 0;
        }
        self.gauges.curve_before = added(&self.gauges.curve_before, &self.gauges.curve);
        day.deciles = deciles(&self.gauges.curve);
        self.gauges.curve.clear();
        day.tally = self.tally_today();
        self.gauges.value_integral_before += day.tally.value_integral;
        self.gauges.closed.push(day);
        self.gauges.today = Tally::default();
    }

    /// The sums of the day that runs, with what only the kernel knows.
    #[must_use]
    pub fn tally_today(&self) -> Tally {
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

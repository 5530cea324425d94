//! The order inside a tick (model, section 3).

use crate::engine::costs::{CostKind, KINDS};
use crate::engine::errors::RunError;
use crate::engine::facts::{Detail, Fact, reason};
use crate::engine::gauges::weight;
use crate::engine::kernel::Kernel;
use crate::engine::payments::mark;
use crate::engine::record::Kind;
use crate::engine::results::Figures;

/// What had been counted when a tick began.
struct Counted {
    arrived_count: u64,
    arrived_value: i64,
    settled_count: [u64; 4],
    settled_value: [i64; 4],
    costs: [i64; KINDS],
}

impl Kernel {
    /// Runs one tick; its figures are in `figures`, whom it concerned in `touched`.
    pub fn run_tick(&mut self) -> Result<(), RunError> {
        self.figures = Figures::default();
        self.day_end = self.last_tick_of_day() + 1;
        let before = self.counted();
        let moved = self.move_payments();
        self.count_tick(&before);
        let done = moved.and_then(|()| self.close(&before));
        self.log.close_tick(self.tick);
        done?;
        self.tick += 1;
        Ok(())
    }

    /// Steps 0 to 8, but for what is sampled of the whole.
    fn move_payments(&mut self) -> Result<(), RunError> {
        if self.tick_of_day() == 0 {
            self.open_day()?;
        }
        self.pass_hours(self.tick_of_day());
        self.intervene()?;
        self.let_arrive()?;
        self.let_banks_decide()?;
        self.let_enter()?;
        self.save_liquidity()?;
        self.settle_deferred()?;
        self.book_held_back();
        self.pass_deadlines()?;
        self.look_at_touched();
        self.accrue()
    }

    /// The rest of step 8, and what ends a day.
    fn close(&mut self, before: &Counted) -> Result<(), RunError> {
        self.sample();
        if self.tick == self.last_tick_of_day() {
            self.close_day()?;
        }
        self.close_figures(&before.costs);
        self.ledger.close_tick();
        self.check_sums()
    }

    fn counted(&self) -> Counted {
        let today = &self.gauges.today;
        Counted {
            arrived_count: self.totals.arrived_count,
            arrived_value: self.totals.arrived_value,
            settled_count: today.settled_count,
            settled_value: today.settled_value,
            costs: self.costs.totals(),
        }
    }

    /// Adds what arrived and settled in the tick, each counted once as it happened, to all the
    /// other sums it belongs to.
    fn count_tick(&mut self, before: &Counted) {
        let (figures, totals) = (&mut self.figures, &mut self.totals);
        let today = &mut self.gauges.today;
        figures.arrivals = totals.arrived_count - before.arrived_count;
        figures.arrived_value = totals.arrived_value - before.arrived_value;
        today.arrived_count += figures.arrivals;
        today.arrived_value += figures.arrived_value;
        let left_of_day = u128::from(self.day_end - self.tick);
        today.rho_denominator += u128::from(figures.arrived_value.unsigned_abs()) * left_of_day;
        let by_method: [u64; 4] =
            std::array::from_fn(|at| today.settled_count[at] - before.settled_count[at]);
        [
            _,
            figures.lsm_bilateral,
            figures.lsm_multilateral,
            figures.lsm_net,
        ] = by_method;
        figures.settlements = by_method.iter().sum();
        figures.settled_value = (today.settled_value.iter().zip(before.settled_value))
            .map(|(now, before)| now - before)
            .sum();
        totals.settled_count += figures.settlements;
        totals.settled_value += figures.settled_value;
    }

    /// Step 7.
    fn book_held_back(&mut self) {
        if self.held_back.is_empty() {
            return;
        }
        let mut agents = std::mem::take(&mut self.held_back);
        agents.sort_unstable();
        for &agent in &agents {
            let gain = self.ledger.credit_held_back(agent);
            self.touch(agent);
            self.wake(agent);
            let fact = Fact {
                agent,
                amount: gain,
                ..Fact::because(reason::NONE)
            };
            self.log.other(self.tick, Kind::Credited, fact);
        }
        agents.clear();
        self.held_back = agents;
    }

    /// Step 8, first: what still waits at the end of its deadline tick becomes overdue.
    fn pass_deadlines(&mut self) -> Result<(), RunError> {
        let mut passed = std::mem::take(&mut self.passed);
        (self.deadlines).pass(self.tick, &self.payments.deadline, &mut passed);
        // Without a branch, so that the marks of all are fetched side by side.
        let mut late = 0;
        for at in 0..passed.len() {
            let payment = passed[at];
            let marks = &mut self.payments.marks[payment.index()];
            *marks &= !mark::WATCHED;
            passed[late] = payment;
            late += usize::from(*marks & (mark::WAITS | mark::OVERDUE) == mark::WAITS);
        }
        passed.truncate(late);
        passed.sort_unstable();
        for &payment in &passed {
            let at = payment.index();
            let (sender, amount) = (self.payments.sender[at], self.payments.amount[at]);
            let priority = self.payments.priority[at];
            let usual = self.costs.delay(amount, priority, false);
            self.payments.set(payment, mark::OVERDUE);
            self.accruals.take_delay(sender, usual);
            self.add_delay(sender, self.costs.delay(amount, priority, true))?;
            self.gauges.agents[sender.index()].late_count += 1;
            self.gauges.today.late_count += 1;
            (self.log).payment(
                self.tick,
                Kind::Overdue,
                &self.payments,
                payment,
                Detail::NONE,
            );
            self.charge(sender, CostKind::Deadline, self.costs.deadline(amount))?;
            self.touch(sender);
        }
        passed.clear();
        self.passed = passed;
        Ok(())
    }

    /// Step 8: costs by the tick.
    fn accrue(&mut self) -> Result<(), RunError> {
        (self.accruals.charge(&mut self.costs)).map_err(|error| self.too_large(error))
    }

    /// Works out anew what accrues to the agents of whom something changed.
    pub fn refresh_accruals(&mut self) {
        for &agent in &self.touched {
            let balance = self.ledger.accounts[agent.index()].balance;
            if balance < 0 || self.accruals.concern(agent) {
                self.accruals.refresh(&self.costs, agent, balance);
            }
        }
    }

    /// Step 8, agent by agent: what accrues from now on, positions, the most that waited.
    fn look_at_touched(&mut self) {
        let left = self.day_end - self.tick;
        self.refresh_accruals();
        for &agent in &self.touched {
            let account = &self.ledger.accounts[agent.index()];
            let gauge = &mut self.gauges.agents[agent.index()];
            gauge.weigh_arrivals(left);
            gauge.moments.stand_at(account.net_sent_today(), left);
            let value = account.pending_value + account.queued_value;
            if value > 0 {
                gauge.value_max = gauge.value_max.max(value);
                let length = account.pending + account.queued;
                gauge.length_max = gauge.length_max.max(length);
            }
        }
    }

    /// Step 8, last: queue length and value.
    fn sample(&mut self) {
        let tick_of_day = self.tick_of_day();
        let left = self.day_end - self.tick;
        let waiting = self.totals.pending_count + self.totals.queued_count;
        let value = self.totals.pending_value + self.totals.queued_value;
        let stuck = self.figures.settlements == 0
            && (self.rails.iter()).any(|rail| rail.immediate.is_some() && rail.count > 0);
        let today = &mut self.gauges.today;
        let provided = u128::from(self.ledger.provision.unsigned_abs());
        today.provision_moment += provided * (weight(left) - weight(left - 1));
        today.ticks += 1;
        today.length_integral += u128::from(waiting);
        today.length_max = today.length_max.max(waiting);
        today.value_integral += u128::from(value.unsigned_abs());
        today.value_max = today.value_max.max(value);
        today.stuck_ticks += u64::from(stuck);
        let settled_value = self.figures.settled_value;
        if settled_value > 0 {
            today.timing += u128::from(tick_of_day) * u128::from(settled_value.unsigned_abs());
            self.gauges.curve.push((tick_of_day, settled_value));
        }
    }

    /// Step 10.
    fn close_figures(&mut self, costs_before: &[i64; KINDS]) {
        let figures = &mut self.figures;
        figures.queue_depth = self.totals.queued_count;
        figures.queue_value = self.totals.queued_value;
        figures.pending = self.totals.pending_count;
        self.totals.costs = self.costs.totals();
        figures.costs = std::array::from_fn(|kind| self.totals.costs[kind] - costs_before[kind]);
    }

    /// The invariants of section 1, from running sums.
    fn check_sums(&self) -> Result<(), RunError> {
        let totals = &self.totals;
        let counts = totals.settled_count
            + totals.dropped_count
            + totals.pending_count
            + totals.queued_count;
        let values = i128::from(totals.settled_value)
            + i128::from(totals.dropped_value)
            + i128::from(totals.pending_value)
            + i128::from(totals.queued_value);
        if counts != totals.arrived_count || values != i128::from(totals.arrived_value) {
            return Err(self.broken("every payment that arrived is in exactly one state"));
        }
        if self.ledger.balances_sum + self.ledger.held_back_sum != self.ledger.expected_sum {
            return Err(self.broken("balances and credits in flight change only by transfers"));
        }
        Ok(())
    }
}

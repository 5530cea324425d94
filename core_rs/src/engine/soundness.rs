//! Whether the running sums of a snapshot are within bounds.

use crate::engine::gauges::{AgentGauge, ByAgent, Gauges, Tally};
use crate::engine::ledger::MOST_MONEY;

/// Far above any count a run can reach, far below where sums overflow.
const MOST_COUNT: u64 = 1 << 40;
const MOST_TICKS: u64 = 1 << 60;
const MOST_INTEGRAL: u128 = 1 << 100;

impl Tally {
    fn is_sound(&self, tick: u32) -> bool {
        let counts = [
            self.arrived_count,
            self.dropped_count,
            self.ticks,
            self.length_max,
            self.stuck_ticks,
            self.timed_count,
            self.late_count,
            self.pending,
            self.queued,
            self.carried_count,
        ];
        let values = [
            self.arrived_value,
            self.dropped_value,
            self.value_max,
            self.waiting_value,
            self.carried_value,
            self.timed_value,
            self.provision_max,
        ];
        let integrals = [
            self.length_integral,
            self.value_integral,
            self.rho_denominator,
            self.provision_moment,
            self.timing,
            self.delay_before_split,
            self.delay_before_split_today,
        ];
        all_below(counts.into_iter().chain(self.settled_count), MOST_COUNT)
            && all_money(
                values
                    .into_iter()
                    .chain(self.settled_value)
                    .chain(self.costs),
            )
            && all_below(integrals, MOST_INTEGRAL)
            && self.longest <= tick
    }
}

impl ByAgent {
    fn is_sound(&self, agents: usize) -> bool {
        let money = [
            &self.used,
            &self.credit,
            &self.ub,
            &self.lb,
            &self.sent,
            &self.received,
        ];
        (money.into_iter().chain([&self.opened])).all(|values| values.len() == agents)
            && self.sent_count.len() == agents
            && all_money(money.into_iter().flatten().copied())
            && all_below(self.sent_count.iter().copied(), MOST_COUNT)
    }
}

impl AgentGauge {
    fn is_sound(&self, tick: u32) -> bool {
        let counts = [
            self.arrived_count,
            self.settled_count,
            self.dropped_count,
            self.timed_count,
            self.late_count,
            u64::from(self.length_max),
            self.settled_count_before,
        ];
        let values = [
            self.arrived_value,
            self.dropped_value,
            self.timed_value,
            self.scheduled_peak,
            self.sent_before,
            self.received_before,
            self.used_max,
            self.ub_max,
            self.lb_max,
            self.credit_max,
            self.value_max,
        ];
        let integrals = [
            self.rho_denominator,
            self.delay_before_split,
            self.left_value_ticks,
            self.waiting_value_arrivals,
            self.moments.debit.unsigned_abs(),
            self.moments.credit.unsigned_abs(),
        ];
        let ticks = [self.left_ticks, self.waiting_arrivals];
        let marks = self.sent_by_hour_before.iter().copied();
        self.longest <= tick
            && self.settled_count_before <= self.settled_count
            && (-MOST_MONEY..=MOST_MONEY).contains(&self.moments.standing)
            && (-MOST_MONEY..=MOST_MONEY).contains(&self.scheduled_net)
            && all_below(counts, MOST_COUNT)
            && all_below(ticks, MOST_TICKS)
            && all_money(values.into_iter().chain(self.settled_by).chain(marks))
            && all_below(integrals, MOST_INTEGRAL)
    }
}

impl Gauges {
    /// Whether every sum is within what a run of so many ticks can reach, so that going on cannot
    /// overflow; says nothing about its being right.
    #[must_use]
    pub fn is_sound(&self, tick: u32) -> bool {
        let integrals = [
            self.left_value_ticks(),
            self.waiting_value_arrivals(),
            self.value_integral_before,
        ];
        let curves = [&self.curve, &self.curve_before];
        let days = self.closed.iter().all(|day| {
            day.tally.is_sound(tick)
                && day.by_agent.is_sound(self.agents.len())
                && all_money(day.sent_by_hour.iter().copied())
        });
        let value: i128 = (self.closed.iter().map(|day| &day.tally))
            .chain([&self.today])
            .map(Tally::all_value)
            .sum();
        days && value <= 4 * i128::from(MOST_MONEY)
            && self.today.is_sound(tick)
            && self.hours_passed * self.agents.len() == self.sent_by_hour_today.len()
            && all_money(self.sent_by_hour_today.iter().copied())
            && self.agents.iter().all(|agent| agent.is_sound(tick))
            && all_below(integrals, MOST_INTEGRAL)
            && curves.into_iter().all(|curve| {
                curve.is_sorted_by(|left, right| left.0 < right.0)
                    && all_money(curve.iter().map(|point| point.1))
            })
    }

    /// Whether the sums of what waits are the same agent by agent.
    #[must_use]
    pub fn wait_like(&self, other: &Self) -> bool {
        let sums = |agent: &AgentGauge| (agent.waiting_arrivals, agent.waiting_value_arrivals);
        (self.agents.iter().map(sums)).eq(other.agents.iter().map(sums))
    }
}

impl Tally {
    fn all_value(&self) -> i128 {
        let settled: i128 = self
            .settled_value
            .iter()
            .map(|&value| i128::from(value))
            .sum();
        let costs: i128 = self.costs.iter().map(|&value| i128::from(value)).sum();
        settled
            + costs
            + i128::from(self.arrived_value)
            + i128::from(self.dropped_value)
            + i128::from(self.timed_value)
    }
}

fn all_below<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>, bound: T) -> bool {
    values.into_iter().all(|value| value < bound)
}

fn all_money(values: impl IntoIterator<Item = i64>) -> bool {
    values
        .into_iter()
        .all(|value| (0..=MOST_MONEY).contains(&value))
}

//! Running sums behind the measures (model, section 11); nothing here decides about a payment.

use serde::{Deserialize, Serialize};

use crate::engine::costs::KINDS;
use crate::engine::facts::Method;
use crate::engine::ledger::MOST_MONEY;

/// Sums over a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub(super) arrived_count: u64,
    pub(super) arrived_value: i64,
    pub(super) dropped_count: u64,
    pub(super) dropped_value: i64,
    /// By method.
    pub(super) settled_count: [u64; 4],
    /// By method.
    pub(super) settled_value: [i64; 4],
    pub(super) ticks: u64,
    pub(super) length_integral: u128,
    pub(super) length_max: u64,
    pub(super) value_integral: u128,
    pub(super) value_max: i64,
    /// Σ v·(b - max(s, a)).
    pub(super) rho_denominator: u128,
    pub(super) stuck_ticks: u64,
    pub(super) timed_count: u64,
    pub(super) timed_value: i64,
    pub(super) late_count: u64,
    /// Σ over agents and ticks of |received - sent|.
    pub(super) position_integral: u128,
    /// Ticks that parts beyond the first waited as their parent, before they were counted.
    pub(super) delay_before_split: u128,
    pub(super) provision_max: i64,
    pub(super) costs: [i64; KINDS],
    /// At the close.
    pub(super) pending: u64,
    /// At the close.
    pub(super) queued: u64,
}

impl Tally {
    /// Adds a later day.
    pub fn add(&mut self, day: &Self) {
        self.arrived_count += day.arrived_count;
        self.arrived_value += day.arrived_value;
        self.dropped_count += day.dropped_count;
        self.dropped_value += day.dropped_value;
        for method in 0..4 {
            self.settled_count[method] += day.settled_count[method];
            self.settled_value[method] += day.settled_value[method];
        }
        self.ticks += day.ticks;
        self.length_integral += day.length_integral;
        self.length_max = self.length_max.max(day.length_max);
        self.value_integral += day.value_integral;
        self.value_max = self.value_max.max(day.value_max);
        self.rho_denominator += day.rho_denominator;
        self.stuck_ticks += day.stuck_ticks;
        self.timed_count += day.timed_count;
        self.timed_value += day.timed_value;
        self.late_count += day.late_count;
        self.position_integral += day.position_integral;
        self.delay_before_split += day.delay_before_split;
        self.provision_max = self.provision_max.max(day.provision_max);
        for (sum, cost) in self.costs.iter_mut().zip(day.costs) {
            *sum += cost;
        }
        self.pending = day.pending;
        self.queued = day.queued;
    }

    /// Counts a settled payment.
    #[inline]
    pub fn settle(&mut self, method: Method, amount: i64) {
        self.settled_count[method as usize] += 1;
        self.settled_value[method as usize] += amount;
    }
}

/// A day that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedDay {
    pub(super) tally: Tally,
    pub(super) deciles: Vec<u32>,
    /// Per agent.
    pub(super) used: Vec<i64>,
    /// Per agent.
    pub(super) ub: Vec<i64>,
    /// Per agent.
    pub(super) lb: Vec<i64>,
}

/// Sums over one agent's payments, over the run unless said otherwise. In the order in which they
/// are used: what every payment counts towards lies in two lines of the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[repr(C, align(64))]
pub struct AgentGauge {
    pub(super) rho_denominator: u128,
    pub(super) arrived_count: u64,
    pub(super) arrived_value: i64,
    /// Today: sent - received if all had settled on arrival, and its largest value.
    pub(super) scheduled_net: i64,
    pub(super) scheduled_peak: i64,
    pub(super) timed_count: u64,
    pub(super) timed_value: i64,
    pub(super) settled_count: u64,
    /// Longest delay of a payment that left.
    pub(super) longest: u32,
    /// Σ (left - arrived) of what waited and left, Σ arrived of what waits, and both by value.
    pub(super) left_ticks: u128,
    pub(super) waiting_arrivals: u128,
    pub(super) left_value_ticks: u128,
    pub(super) waiting_value_arrivals: u128,
    /// Largest value waiting, sampled in step 8.
    pub(super) value_max: i64,
    pub(super) late_count: u64,
    pub(super) dropped_count: u64,
    pub(super) dropped_value: i64,
    /// Ticks that parts beyond the first waited as their parent, before they were counted.
    pub(super) delay_before_split: u128,
    /// Over closed days.
    pub(super) sent_before: i64,
    pub(super) received_before: i64,
    pub(super) used_max: i64,
    pub(super) ub_max: i64,
    pub(super) lb_max: i64,
    pub(super) credit_max: i64,
    pub(super) available_at_open: i64,
}

impl AgentGauge {
    /// A payment begins to wait, or (it settles at once) never does.
    #[inline]
    pub fn begin_waiting(&mut self, arrival: u32, value: u128) {
        self.waiting_arrivals += u128::from(arrival);
        self.waiting_value_arrivals += value * u128::from(arrival);
    }

    /// A payment waits no more, whether or not it leaves.
    #[inline]
    pub fn stop_waiting(&mut self, arrival: u32, value: u128) {
        self.waiting_arrivals -= u128::from(arrival);
        self.waiting_value_arrivals -= value * u128::from(arrival);
    }

    /// A payment that waited leaves `delay` ticks after it arrived.
    #[inline]
    pub fn leave(&mut self, delay: u32, value: u128) {
        self.left_ticks += u128::from(delay);
        self.left_value_ticks += value * u128::from(delay);
        self.longest = self.longest.max(delay);
    }

    /// Σ over the ticks before `tick` of the number and of the value waiting, where `count` and
    /// `value` wait now. By the identity of section 11 they are the delays, so that nothing need be
    /// sampled; parts count from their split on.
    #[must_use]
    pub fn integrals(&self, tick: u32, count: u64, value: i64) -> (u128, u128) {
        let tick = u128::from(tick);
        let length = (self.left_ticks + u128::from(count) * tick)
            .saturating_sub(self.waiting_arrivals + self.delay_before_split);
        let value = (self.left_value_ticks + u128::from(value.unsigned_abs()) * tick)
            .saturating_sub(self.waiting_value_arrivals);
        (length, value)
    }
}

/// All running sums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauges {
    pub(super) agents: Vec<AgentGauge>,
    pub(super) today: Tally,
    pub(super) closed: Vec<ClosedDay>,
    /// (tick of the day, value settled in it) of today.
    pub(super) curve: Vec<(u32, i64)>,
    /// The same summed over closed days.
    pub(super) curve_before: Vec<(u32, i64)>,
    /// Σ over closed days of `value_integral`.
    pub(super) value_integral_before: u128,
}

/// Far above any count a run can reach, far below where sums overflow.
const MOST_COUNT: u64 = 1 << 40;
const MOST_INTEGRAL: u128 = 1 << 100;

impl Tally {
    fn is_sound(&self) -> bool {
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
        ];
        let values = [
            self.arrived_value,
            self.dropped_value,
            self.value_max,
            self.timed_value,
            self.provision_max,
        ];
        let integrals = [
            self.length_integral,
            self.value_integral,
            self.rho_denominator,
            self.position_integral,
        ];
        all_below(counts.into_iter().chain(self.settled_count), MOST_COUNT)
            && all_money(
                values
                    .into_iter()
                    .chain(self.settled_value)
                    .chain(self.costs),
            )
            && all_below(integrals, MOST_INTEGRAL)
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
            self.left_ticks,
            self.waiting_arrivals,
            self.left_value_ticks,
            self.waiting_value_arrivals,
        ];
        self.longest <= tick
            && (-MOST_MONEY..=MOST_MONEY).contains(&self.scheduled_net)
            && all_below(counts, MOST_COUNT)
            && all_money(values)
            && all_below(integrals, MOST_INTEGRAL)
    }
}

impl Gauges {
    /// Σ v·(left - arrived) of what left: with what waits, the second way to the integral.
    #[must_use]
    pub fn left_value_ticks(&self) -> u128 {
        let sums = self.agents.iter().map(|gauge| gauge.left_value_ticks);
        sums.fold(0, u128::saturating_add)
    }

    /// Σ v·arrived of what waits.
    #[must_use]
    pub fn waiting_value_arrivals(&self) -> u128 {
        let sums = self.agents.iter().map(|gauge| gauge.waiting_value_arrivals);
        sums.fold(0, u128::saturating_add)
    }

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
            let liquidity = [&day.used, &day.ub, &day.lb];
            day.tally.is_sound()
                && liquidity
                    .into_iter()
                    .all(|values| values.len() == self.agents.len())
                && all_money(liquidity.into_iter().flatten().copied())
        });
        let value: i128 = (self.closed.iter().map(|day| &day.tally))
            .chain([&self.today])
            .map(Tally::all_value)
            .sum();
        days && value <= 4 * i128::from(MOST_MONEY)
            && self.today.is_sound()
            && self.agents.iter().all(|agent| agent.is_sound(tick))
            && all_below(integrals, MOST_INTEGRAL)
            && curves.into_iter().all(|curve| {
                curve.is_sorted_by(|left, right| left.0 < right.0)
                    && all_money(curve.iter().map(|point| point.1))
            })
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

/// Ticks by which k tenths of the value of `curve` had settled, k = 1..=10.
#[must_use]
pub fn deciles(curve: &[(u32, i64)]) -> Vec<u32> {
    let total: i128 = curve.iter().map(|point| i128::from(point.1)).sum();
    if total == 0 {
        return Vec::new();
    }
    let mut found = Vec::with_capacity(10);
    let mut sum = 0_i128;
    for &(tick, value) in curve {
        sum += i128::from(value);
        while found.len() < 10 && sum * 10 >= total * (found.len() as i128 + 1) {
            found.push(tick);
        }
    }
    found
}

/// Two ascending curves, added.
#[must_use]
pub fn added(left: &[(u32, i64)], right: &[(u32, i64)]) -> Vec<(u32, i64)> {
    let mut sum = Vec::with_capacity(left.len() + right.len());
    let (mut at, mut to) = (0, 0);
    while at < left.len() || to < right.len() {
        let next =
            |curve: &[(u32, i64)], at: usize| curve.get(at).map_or(u32::MAX, |point| point.0);
        let tick = next(left, at).min(next(right, to));
        let mut value = 0;
        if next(left, at) == tick {
            value += left[at].1;
            at += 1;
        }
        if next(right, to) == tick {
            value += right[to].1;
            to += 1;
        }
        sum.push((tick, value));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{added, deciles};

    #[test]
    fn deciles_are_the_first_ticks_by_which_each_tenth_had_settled() {
        assert_eq!(
            deciles(&[(2, 50), (5, 30), (9, 20)]),
            [2, 2, 2, 2, 2, 5, 5, 5, 9, 9]
        );
        assert!(deciles(&[]).is_empty());
    }

    #[test]
    fn curves_add_tick_by_tick() {
        assert_eq!(
            added(&[(1, 5), (4, 1)], &[(0, 2), (4, 3)]),
            [(0, 2), (1, 5), (4, 4)]
        );
    }
}

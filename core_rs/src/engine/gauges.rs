//! Running sums behind the measures (model, section 11); nothing here decides about a payment.

use serde::{Deserialize, Serialize};

use crate::engine::costs::KINDS;
use crate::engine::facts::Method;

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
    /// Of the net debits of all agents, weighed as `Moments` are; net credits are as much.
    pub(super) provision_moment: u128,
    /// Σ tick of the day · value settled in it.
    pub(super) timing: u128,
    /// Ticks that parts beyond the first waited as their parent, before they were counted; in all
    /// and within the day.
    pub(super) delay_before_split: u128,
    pub(super) delay_before_split_today: u128,
    /// What waited when the day began.
    pub(super) carried_count: u64,
    pub(super) carried_value: i64,
    /// Longest wait within the day.
    pub(super) longest: u32,
    pub(super) provision_max: i64,
    pub(super) costs: [i64; KINDS],
    /// At the close.
    pub(super) pending: u64,
    /// At the close.
    pub(super) queued: u64,
    /// At the close, pending and queued.
    pub(super) waiting_value: i64,
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
        self.provision_moment += day.provision_moment;
        self.timing += day.timing;
        self.delay_before_split += day.delay_before_split;
        self.provision_max = self.provision_max.max(day.provision_max);
        for (sum, cost) in self.costs.iter_mut().zip(day.costs) {
            *sum += cost;
        }
        self.pending = day.pending;
        self.queued = day.queued;
        self.waiting_value = day.waiting_value;
    }

    /// Counts a settled payment.
    #[inline]
    pub fn settle(&mut self, method: Method, amount: i64) {
        self.settled_count[method as usize] += 1;
        self.settled_value[method as usize] += amount;
    }
}

/// Net positions over time, by CPMI's weights: Σ over ticks of a position at their close times twice
/// the time that is left of the day half-way through the next one, which is over ticks_per_day² a
/// day. Summed as changes of position times the square of what was left then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    /// Of max(0, sent - received since the start of the day).
    pub(super) debit: i128,
    /// Of max(0, received - sent).
    pub(super) credit: i128,
    /// Sent - received at the last close.
    pub(super) standing: i64,
}

impl Moments {
    /// Takes the position at the close of a tick that began with `left` ticks of the day left.
    #[inline]
    pub fn stand_at(&mut self, position: i64, left: u32) {
        // At most 2^34, so that each product is one of two machine words.
        let weight = i64::from(left) * i64::from(left);
        let moved = position - self.standing;
        let debit = position.max(0) - self.standing.max(0);
        self.debit += i128::from(debit) * i128::from(weight);
        self.credit += i128::from(debit - moved) * i128::from(weight);
        self.standing = position;
    }

    /// Both sums up to where `left` ticks of the day are left.
    #[must_use]
    pub fn until(mut self, left: u32) -> (u128, u128) {
        self.stand_at(0, left);
        let sum = |moment: i128| u128::try_from(moment).unwrap_or(0);
        (sum(self.debit), sum(self.credit))
    }
}

/// Weight of all that is left of a day.
#[inline]
#[must_use]
pub fn weight(left: u32) -> u128 {
    u128::from(left) * u128::from(left)
}

/// Figures of a day, agent by agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByAgent {
    /// Largest net debit and credit over its settlements.
    pub(super) used: Vec<i64>,
    pub(super) credit: Vec<i64>,
    pub(super) ub: Vec<i64>,
    pub(super) lb: Vec<i64>,
    /// Available at the start of the day.
    pub(super) opened: Vec<i64>,
    pub(super) sent: Vec<i64>,
    pub(super) received: Vec<i64>,
    /// Payments sent.
    pub(super) sent_count: Vec<u64>,
}

/// A day that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedDay {
    pub(super) tally: Tally,
    pub(super) deciles: Vec<u32>,
    pub(super) by_agent: ByAgent,
    /// Value settled by each mark of the day.
    pub(super) sent_by_hour: Vec<i64>,
}

/// Sums over one agent's payments, over the run unless said otherwise. In the order in which they
/// are used: what every payment counts towards lies in one line of the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[repr(C, align(64))]
pub struct AgentGauge {
    /// Value that arrived in the tick that runs.
    #[serde(skip)]
    arriving: i64,
    pub(super) arrived_count: u64,
    /// Today: sent - received if all had settled on arrival, and its largest value.
    pub(super) scheduled_net: i64,
    pub(super) scheduled_peak: i64,
    pub(super) timed_count: u64,
    pub(super) timed_value: i64,
    pub(super) settled_count: u64,
    /// Up to the last tick.
    pub(super) arrived_value: i64,
    pub(super) rho_denominator: u128,
    /// Longest delay of a payment that left.
    pub(super) longest: u32,
    /// Σ (left - arrived) of what waited and left, Σ arrived of what waits, and both by value.
    pub(super) left_ticks: u64,
    pub(super) waiting_arrivals: u64,
    pub(super) left_value_ticks: u128,
    pub(super) waiting_value_arrivals: u128,
    /// Most that waited, number and value, sampled in step 8.
    pub(super) length_max: u32,
    pub(super) value_max: i64,
    /// Of its net position.
    pub(super) moments: Moments,
    /// Value settled, by method.
    pub(super) settled_by: [i64; 4],
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
    pub(super) settled_count_before: u64,
    /// By each mark of the day, over closed days.
    pub(super) sent_by_hour_before: Vec<i64>,
}

impl AgentGauge {
    /// Counts a payment that arrives to be sent; all of a tick are weighed together.
    #[inline]
    pub fn count_arrival(&mut self, amount: i64, is_timed: bool) {
        self.arrived_count += 1;
        self.arriving += amount;
        self.scheduled_net += amount;
        self.scheduled_peak = self.scheduled_peak.max(self.scheduled_net);
        if is_timed {
            self.timed_count += 1;
            self.timed_value += amount;
        }
    }

    /// Takes what arrived in a tick that began with `left` ticks of the day left.
    #[inline]
    pub fn weigh_arrivals(&mut self, left: u32) {
        let value = std::mem::take(&mut self.arriving);
        self.arrived_value += value;
        self.rho_denominator += u128::from(value.unsigned_abs()) * u128::from(left);
    }

    /// A payment begins to wait, or (it settles at once) never does.
    #[inline]
    pub fn begin_waiting(&mut self, arrival: u32, value: u128) {
        self.waiting_arrivals += u64::from(arrival);
        self.waiting_value_arrivals += value * u128::from(arrival);
    }

    /// A payment waits no more, whether or not it leaves.
    #[inline]
    pub fn stop_waiting(&mut self, arrival: u32, value: u128) {
        self.waiting_arrivals -= u64::from(arrival);
        self.waiting_value_arrivals -= value * u128::from(arrival);
    }

    /// A payment that waited leaves `delay` ticks after it arrived.
    #[inline]
    pub fn leave(&mut self, delay: u32, value: u128) {
        self.left_ticks += u64::from(delay);
        self.left_value_ticks += value * u128::from(delay);
        self.longest = self.longest.max(delay);
    }

    /// Σ over the ticks before `tick` of the number and of the value waiting, where `count` and
    /// `value` wait now. By the identity of section 11 they are the delays, so that nothing need be
    /// sampled; parts count from their split on.
    #[must_use]
    pub fn integrals(&self, tick: u32, count: u64, value: i64) -> (u128, u128) {
        let tick = u128::from(tick);
        let length = (u128::from(self.left_ticks) + u128::from(count) * tick)
            .saturating_sub(u128::from(self.waiting_arrivals) + self.delay_before_split);
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
    /// Marks of the day that have passed, and what each agent had sent by them, mark by mark.
    pub(super) hours_passed: usize,
    pub(super) sent_by_hour_today: Vec<i64>,
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
}

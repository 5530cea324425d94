//! The measures, worked out from the running sums when asked for (model, section 11).

use crate::engine::gauges::{AgentGauge, Tally, added, deciles};
use crate::engine::kernel::Kernel;
use crate::engine::measures::{AgentMeasures, Measures, Metrics, Shares};
use crate::engine::units::AgentId;

fn ratio(part: u128, whole: u128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn cents(value: i64) -> u128 {
    u128::from(value.unsigned_abs())
}

/// Liquidity used, UB and LB of each agent.
struct Liquidity {
    used: Vec<i64>,
    ub: Vec<i64>,
    lb: Vec<i64>,
}

impl Kernel {
    /// Measures so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let open = !self.is_finished() && self.tick_of_day() != 0;
        let agents: Vec<AgentMeasures> = (0..self.ledger.accounts.len())
            .map(|at| self.measures_of(AgentId::from_index(at)))
            .collect();
        let mut days: Vec<Measures> = (self.gauges.closed.iter())
            .map(|day| {
                let liquidity = Liquidity {
                    used: day.used.clone(),
                    ub: day.ub.clone(),
                    lb: day.lb.clone(),
                };
                measures(&day.tally, liquidity, day.deciles.clone())
            })
            .collect();
        let today = self.tally_today();
        if open {
            let liquidity = Liquidity {
                used: (self.ledger.accounts.iter())
                    .map(|one| one.peak_debit)
                    .collect(),
                ub: (self.gauges.agents.iter())
                    .map(|one| one.scheduled_peak)
                    .collect(),
                lb: (self.gauges.agents.iter())
                    .map(|one| one.scheduled_net.max(0))
                    .collect(),
            };
            days.push(measures(&today, liquidity, deciles(&self.gauges.curve)));
        }
        Metrics {
            run: self.measures_of_run(&today, open, &agents),
            days,
            agents,
        }
    }

    /// Measures of the system over the run so far.
    #[must_use]
    pub fn measures_of_run_so_far(&self) -> Measures {
        self.metrics().run
    }

    fn measures_of_run(&self, today: &Tally, open: bool, agents: &[AgentMeasures]) -> Measures {
        let mut tally = Tally::default();
        for day in &self.gauges.closed {
            tally.add(&day.tally);
        }
        if open {
            tally.add(today);
        }
        let liquidity = Liquidity {
            used: agents.iter().map(|agent| agent.liquidity_used).collect(),
            ub: agents.iter().map(|agent| agent.ub).collect(),
            lb: agents.iter().map(|agent| agent.lb).collect(),
        };
        let curve = added(&self.gauges.curve_before, &self.gauges.curve);
        let mut run = measures(&tally, liquidity, deciles(&curve));
        let arrived = u128::from(run.arrived_count);
        run.average_delay = ratio(
            run.queue_length_integral + tally.delay_before_split,
            arrived,
        );
        run.value_weighted_delay = ratio(run.queue_value_integral, cents(run.arrived_value));
        run.maximum_delay = agents.iter().filter_map(|agent| agent.maximum_delay).max();
        run
    }

    fn measures_of(&self, agent: AgentId) -> AgentMeasures {
        let gauge = &self.gauges.agents[agent.index()];
        let account = &self.ledger.accounts[agent.index()];
        let waiting = u64::from(account.pending) + u64::from(account.queued);
        let waiting_value = account.pending_value + account.queued_value;
        let (length, value) = gauge.integrals(self.tick, waiting, waiting_value);
        let sent = gauge.sent_before + account.sent_today;
        let used = gauge.used_max.max(account.peak_debit);
        AgentMeasures {
            arrived_count: gauge.arrived_count,
            arrived_value: gauge.arrived_value,
            settled_count: gauge.settled_count,
            settled_value: sent,
            dropped_count: gauge.dropped_count,
            dropped_value: gauge.dropped_value,
            pending_count: u64::from(account.pending),
            queued_count: u64::from(account.queued),
            settlement_rate_count: ratio(gauge.settled_count.into(), gauge.arrived_count.into()),
            settlement_rate_value: ratio(cents(sent), cents(gauge.arrived_value)),
            average_delay: ratio(
                length + gauge.delay_before_split,
                gauge.arrived_count.into(),
            ),
            maximum_delay: (gauge.arrived_count > 0).then(|| self.longest_delay(agent, gauge)),
            value_weighted_delay: ratio(value, cents(gauge.arrived_value)),
            rho: ratio(value, gauge.rho_denominator),
            queue_length_integral: length,
            queue_value_integral: value,
            queue_value_max: gauge.value_max,
            liquidity_used: used,
            ub: gauge.ub_max.max(gauge.scheduled_peak),
            lb: gauge.lb_max.max(gauge.scheduled_net),
            turnover: ratio(cents(sent), cents(used)),
            costs: self.costs.of_agent(agent),
            largest_positive_net_position: gauge.credit_max.max(account.peak_credit),
            largest_negative_net_position: used,
            available_at_start_of_day: gauge.available_at_open,
            gross_sent: sent,
            gross_received: gauge.received_before + account.received_today,
            time_specific_count: gauge.timed_count,
            time_specific_value: gauge.timed_value,
            time_specific_late_count: gauge.late_count,
        }
    }

    fn longest_delay(&self, agent: AgentId, gauge: &AgentGauge) -> u64 {
        let pending = self.desks[agent.index()].queue.iter();
        let queued = self.rails.iter().flat_map(|rail| rail.queue(agent).iter());
        let oldest = pending
            .chain(queued)
            .map(|entry| self.payments.arrival[entry.payment.index()])
            .min();
        let waited = oldest.map_or(0, |arrival| self.tick - arrival);
        u64::from(waited.max(gauge.longest))
    }
}

fn measures(tally: &Tally, liquidity: Liquidity, deciles: Vec<u32>) -> Measures {
    let settled_count: u64 = tally.settled_count.iter().sum();
    let settled_value: i64 = tally.settled_value.iter().sum();
    let total = |values: &[i64]| {
        values
            .iter()
            .fold(0_i64, |sum, value| sum.saturating_add(*value))
    };
    let used = total(&liquidity.used);
    let share = |method: usize| tally.settled_value[method] as f64 / settled_value as f64;
    let ticks = u128::from(tally.ticks);
    let agents = liquidity.used.len() as u128;
    Measures {
        arrived_count: tally.arrived_count,
        arrived_value: tally.arrived_value,
        settled_count,
        settled_value,
        dropped_count: tally.dropped_count,
        dropped_value: tally.dropped_value,
        pending_count: tally.pending,
        queued_count: tally.queued,
        settlement_rate_count: ratio(settled_count.into(), tally.arrived_count.into()),
        settlement_rate_value: ratio(cents(settled_value), cents(tally.arrived_value)),
        average_delay: None,
        maximum_delay: None,
        value_weighted_delay: None,
        rho_fraction: (tally.value_integral, tally.rho_denominator),
        rho: ratio(tally.value_integral, tally.rho_denominator),
        queue_length_mean: ratio(tally.length_integral, ticks),
        queue_length_max: tally.length_max,
        queue_length_integral: tally.length_integral,
        queue_value_mean: ratio(tally.value_integral, ticks),
        queue_value_max: tally.value_max,
        queue_value_integral: tally.value_integral,
        liquidity_used_total: used,
        ub_total: total(&liquidity.ub),
        lb_total: total(&liquidity.lb),
        turnover: ratio(cents(settled_value), cents(used)),
        shares: (settled_value > 0).then(|| Shares {
            gross: share(0),
            bilateral: share(1),
            multilateral: share(2),
            net: share(3),
        }),
        deciles,
        stuck_ticks: tally.stuck_ticks,
        costs: tally.costs,
        time_specific_count: tally.timed_count,
        time_specific_value: tally.timed_value,
        time_specific_late_count: tally.late_count,
        average_net_position: ratio(tally.position_integral, ticks * agents),
        maximum_liquidity_provision: tally.provision_max,
        system_liquidity_efficiency: ratio(cents(settled_value), cents(used)),
        gini_of_provision: gini(&liquidity.used),
        liquidity_used: liquidity.used,
        ub: liquidity.ub,
        lb: liquidity.lb,
    }
}

/// Gini coefficient: half the relative mean absolute difference.
fn gini(values: &[i64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let count = sorted.len() as i128;
    let (mut weighted, mut sum) = (0_i128, 0_i128);
    for (rank, &value) in (1_i128..).zip(&sorted) {
        weighted += (2 * rank - count - 1) * i128::from(value);
        sum += i128::from(value);
    }
    (sum > 0).then(|| weighted as f64 / (count * sum) as f64)
}

#[cfg(test)]
mod tests {
    use super::gini;

    #[test]
    fn gini_is_0_when_all_provide_alike_and_near_1_when_one_provides_all() {
        assert!(gini(&[5, 5, 5, 5]).is_some_and(|value| value.abs() < 1e-12));
        assert!(gini(&[0, 0, 0, 8]).is_some_and(|value| (value - 0.75).abs() < 1e-12));
        assert_eq!(gini(&[0, 0]), None);
    }
}

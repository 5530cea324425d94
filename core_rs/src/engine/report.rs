//! The measures, worked out from the running sums when asked for (model, section 11).

use crate::engine::gauges::{AgentGauge, ByAgent, Tally, weight};
use crate::engine::kernel::Kernel;
use crate::engine::measures::{AgentMeasures, ByHour, Measures, Metrics, Shares, Standstill};
use crate::engine::provision::{Provision, total};
use crate::engine::throughput::{add_marks, added, deciles};
use crate::engine::units::{AgentId, RailId};

fn ratio(part: u128, whole: u128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn cents(value: i64) -> u128 {
    u128::from(value.unsigned_abs())
}

/// Shares of what was sent by each mark; `None` where nothing was.
fn by_hour(marks: &[i64], sent: i64) -> ByHour {
    (marks.iter())
        .map(|&mark| ratio(cents(mark), cents(sent)))
        .collect()
}

/// Shares of the settled value by method, if any settled.
fn shares(settled: [i64; 4]) -> Option<Shares> {
    let whole = total(&settled);
    let share = |method: usize| settled[method] as f64 / whole as f64;
    (whole > 0).then(|| Shares {
        gross: share(0),
        bilateral: share(1),
        multilateral: share(2),
        net: share(3),
    })
}

/// The sums over a day, or a run, that its measures come from.
struct Sums {
    tally: Tally,
    by_agent: ByAgent,
    deciles: Vec<u32>,
    sent_by_hour: Vec<i64>,
    /// What moments of net positions are measured against.
    weight: u128,
}

impl Kernel {
    /// Measures so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let open = self.is_under_way();
        let whole_day = weight(self.scenario.ticks_per_day);
        let mut days: Vec<Measures> = (self.gauges.closed.iter())
            .map(|day| {
                of_day(Sums {
                    tally: day.tally.clone(),
                    by_agent: day.by_agent.clone(),
                    deciles: day.deciles.clone(),
                    sent_by_hour: day.sent_by_hour.clone(),
                    weight: whole_day,
                })
            })
            .collect();
        if open {
            days.push(of_day(self.sums_today()));
        }
        let run = self.sums_of_run(open);
        let relative = provision(&run.by_agent).relative_to_usage();
        let agents: Vec<AgentMeasures> = (relative.into_iter().enumerate())
            .map(|(at, relative)| AgentMeasures {
                liquidity_provision_relative_to_usage: relative,
                ..self.measures_of(AgentId::from_index(at), &run)
            })
            .collect();
        Metrics {
            run: of_run(run, self.longest_delays()),
            days,
            agents,
            stuck: self.stuck(),
        }
    }

    /// Measures of the system over the run so far: without its days, its agents and what is stuck.
    #[must_use]
    pub fn measures_of_run_so_far(&self) -> Measures {
        of_run(self.sums_of_run(self.is_under_way()), self.longest_delays())
    }

    /// Whether a day has begun and is not over.
    fn is_under_way(&self) -> bool {
        !self.is_finished() && self.tick_of_day() != 0
    }

    /// The longest delay of all agents.
    fn longest_delays(&self) -> Option<u64> {
        (self.gauges.agents.iter().enumerate())
            .filter(|(_, gauge)| gauge.arrived_count > 0)
            .map(|(at, gauge)| self.longest_delay(AgentId::from_index(at), gauge))
            .max()
    }

    /// Whether gridlock resolution would free what is queued on each immediate rail.
    fn stuck(&self) -> Vec<(RailId, Standstill)> {
        (self.rails.iter().enumerate())
            .filter(|(_, rail)| rail.immediate.is_some() && rail.count > 0)
            .map(|(at, _)| {
                let rail = RailId(at as u8);
                let found = if self.resolvable(rail).is_empty() {
                    Standstill::Deadlock
                } else {
                    Standstill::Gridlock
                };
                (rail, found)
            })
            .collect()
    }

    fn sums_today(&self) -> Sums {
        let whole_day = self.scenario.ticks_per_day;
        Sums {
            tally: self.tally_today(self.tick),
            by_agent: self.by_agent_today(),
            deciles: deciles(&self.gauges.curve),
            sent_by_hour: self.system_by_hour_today(),
            weight: weight(whole_day) - weight(self.left_of_day()),
        }
    }

    fn system_by_hour_today(&self) -> Vec<i64> {
        let mut sum = Vec::new();
        for agent in 0..self.ledger.accounts.len() {
            add_marks(&mut sum, &self.sent_by_hour_today(agent));
        }
        sum
    }

    fn sums_of_run(&self, open: bool) -> Sums {
        let mut tally = Tally::default();
        let mut sent_by_hour = Vec::new();
        let mut whole = weight(self.scenario.ticks_per_day) * self.gauges.closed.len() as u128;
        for day in &self.gauges.closed {
            tally.add(&day.tally);
            add_marks(&mut sent_by_hour, &day.sent_by_hour);
        }
        if open {
            let today = self.sums_today();
            tally.add(&today.tally);
            add_marks(&mut sent_by_hour, &today.sent_by_hour);
            whole += today.weight;
        }
        let agents = self.gauges.agents.iter().zip(&self.ledger.accounts);
        let mut by_agent = ByAgent::default();
        for (gauge, account) in agents {
            by_agent.used.push(gauge.used_max.max(account.peak_debit));
            (by_agent.credit).push(gauge.credit_max.max(account.peak_credit));
            by_agent.ub.push(gauge.ub_max.max(gauge.scheduled_peak));
            by_agent.lb.push(gauge.lb_max.max(gauge.scheduled_net));
            by_agent.opened.push(gauge.available_at_open);
            by_agent.sent.push(gauge.sent_before + account.sent_today);
            (by_agent.received).push(gauge.received_before + account.received_today);
            by_agent.sent_count.push(gauge.settled_count);
        }
        let curve = added(&self.gauges.curve_before, &self.gauges.curve);
        Sums {
            tally,
            by_agent,
            deciles: deciles(&curve),
            sent_by_hour,
            weight: whole,
        }
    }

    fn measures_of(&self, agent: AgentId, run: &Sums) -> AgentMeasures {
        let at = agent.index();
        let gauge = &self.gauges.agents[at];
        let account = &self.ledger.accounts[at];
        let waiting = u64::from(account.pending) + u64::from(account.queued);
        let waiting_value = account.pending_value + account.queued_value;
        let (length, value) = gauge.integrals(self.tick, waiting, waiting_value);
        let (sent, used) = (run.by_agent.sent[at], run.by_agent.used[at]);
        let (debit, credit) = gauge.moments.until(self.left_of_day());
        let arrived = u128::from(gauge.arrived_count);
        let ticks = u128::from(self.tick);
        AgentMeasures {
            arrived_count: gauge.arrived_count,
            arrived_value: gauge.arrived_value,
            settled_count: gauge.settled_count,
            settled_value: sent,
            dropped_count: gauge.dropped_count,
            dropped_value: gauge.dropped_value,
            pending_count: u64::from(account.pending),
            queued_count: u64::from(account.queued),
            settlement_rate_count: ratio(gauge.settled_count.into(), arrived),
            settlement_rate_value: ratio(cents(sent), cents(gauge.arrived_value)),
            average_delay: ratio(length + gauge.delay_before_split, arrived),
            maximum_delay: (gauge.arrived_count > 0).then(|| self.longest_delay(agent, gauge)),
            value_weighted_delay: ratio(value, cents(gauge.arrived_value)),
            rho: ratio(value, gauge.rho_denominator),
            queue_length_mean: ratio(length, ticks),
            queue_length_max: gauge.length_max.into(),
            queue_length_end: waiting,
            queue_length_integral: length,
            queue_value_mean: ratio(value, ticks),
            queue_value_max: gauge.value_max,
            queue_value_end: waiting_value,
            queue_value_integral: value,
            liquidity_used: used,
            ub: run.by_agent.ub[at],
            lb: run.by_agent.lb[at],
            turnover: ratio(cents(sent), cents(used)),
            shares: shares(gauge.settled_by),
            costs: self.costs.of_agent(agent),
            largest_positive_net_position: run.by_agent.credit[at],
            largest_negative_net_position: used,
            available_at_start_of_day: gauge.available_at_open,
            gross_sent: sent,
            gross_received: run.by_agent.received[at],
            time_specific_count: gauge.timed_count,
            time_specific_value: gauge.timed_value,
            time_specific_late_count: gauge.late_count,
            throughput_by_hour: by_hour(&self.sent_by_hour(at), sent),
            average_net_position: ratio(debit, run.weight),
            average_net_credit_position: ratio(credit, run.weight),
            maximum_liquidity_provision: used,
            liquidity_provision_relative_to_usage: None,
        }
    }

    /// Ticks of the day that have not run.
    fn left_of_day(&self) -> u32 {
        self.last_tick_of_day() + 1 - self.tick
    }

    /// What an agent has sent by each mark of the day, over the days so far.
    fn sent_by_hour(&self, agent: usize) -> Vec<i64> {
        let mut marks = self.gauges.agents[agent].sent_by_hour_before.clone();
        if self.is_under_way() {
            add_marks(&mut marks, &self.sent_by_hour_today(agent));
        }
        marks
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

fn provision(by_agent: &ByAgent) -> Provision<'_> {
    Provision {
        largest: &by_agent.used,
        sent: &by_agent.sent,
        count: &by_agent.sent_count,
    }
}

/// Measures of the run: delays are of whole payments, over all days.
fn of_run(sums: Sums, maximum_delay: Option<u64>) -> Measures {
    let waited = sums.tally.length_integral + sums.tally.delay_before_split;
    let weighted = sums.tally.value_integral;
    let run = measures(sums);
    Measures {
        average_delay: ratio(waited, run.arrived_count.into()),
        value_weighted_delay: ratio(weighted, cents(run.arrived_value)),
        maximum_delay,
        ..run
    }
}

/// Measures of a day: delays are what payments waited within it, those carried into it included.
fn of_day(sums: Sums) -> Measures {
    let tally = &sums.tally;
    let waited = tally.length_integral + tally.delay_before_split_today;
    let count = tally.carried_count + tally.arrived_count;
    let value = cents(tally.carried_value) + cents(tally.arrived_value);
    let (weighted, longest) = (tally.value_integral, u64::from(tally.longest));
    Measures {
        average_delay: ratio(waited, count.into()),
        value_weighted_delay: ratio(weighted, value),
        maximum_delay: (count > 0).then_some(longest),
        ..measures(sums)
    }
}

/// All but the delays.
fn measures(sums: Sums) -> Measures {
    let Sums {
        tally,
        by_agent,
        deciles,
        sent_by_hour,
        weight,
    } = sums;
    let settled_count: u64 = tally.settled_count.iter().sum();
    let settled_value: i64 = tally.settled_value.iter().sum();
    let money = |values: &[i64]| i64::try_from(total(values)).unwrap_or(i64::MAX);
    let provision = provision(&by_agent);
    let used = money(&by_agent.used);
    let ticks = u128::from(tally.ticks);
    let agents = by_agent.used.len() as u128;
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
        rho: ratio(tally.value_integral, tally.rho_denominator),
        rho_fraction: (tally.value_integral, tally.rho_denominator),
        queue_length_mean: ratio(tally.length_integral, ticks),
        queue_length_max: tally.length_max,
        queue_length_end: tally.pending + tally.queued,
        queue_length_integral: tally.length_integral,
        queue_value_mean: ratio(tally.value_integral, ticks),
        queue_value_max: tally.value_max,
        queue_value_end: tally.waiting_value,
        queue_value_integral: tally.value_integral,
        liquidity_used_total: used,
        ub_total: money(&by_agent.ub),
        lb_total: money(&by_agent.lb),
        turnover: ratio(cents(settled_value), cents(used)),
        shares: shares(tally.settled_value),
        deciles,
        stuck_ticks: tally.stuck_ticks,
        costs: tally.costs,
        time_specific_count: tally.timed_count,
        time_specific_value: tally.timed_value,
        time_specific_late_count: tally.late_count,
        throughput_by_hour: by_hour(&sent_by_hour, settled_value),
        average_net_position: ratio(tally.provision_moment, weight * agents),
        aggregate_average_net_position: ratio(tally.provision_moment, weight),
        maximum_liquidity_provision: used,
        largest_simultaneous_provision: tally.provision_max,
        aggregate_liquidity_provision_relative_to_usage: provision.beyond_usage(),
        system_liquidity_efficiency: ratio(cents(settled_value), cents(used)),
        gini_of_provision: provision.gini(),
        gini_of_liquidity_cost: provision.gini_of_cost(),
        average_payment_timing: ratio(tally.timing, cents(settled_value)),
        liquidity_used: by_agent.used,
        ub: by_agent.ub,
        lb: by_agent.lb,
        largest_positive_net_position: by_agent.credit,
        available_at_start_of_day: by_agent.opened,
        gross_sent: by_agent.sent,
        gross_received: by_agent.received,
    }
}

//! The facade: one run of one scenario.

use std::sync::{Arc, OnceLock};

use crate::engine::errors::{Refusal, RestoreError, RunError};
use crate::engine::kernel::Kernel;
use crate::engine::measures::Metrics;
use crate::engine::results::{
    AdvanceResult, AgentTick, Applied, Drained, EventColumns, Explanation, Figures, Frame,
    PaymentColumns, SeriesColumns, SeriesKey, State, Stop, TickResult,
};
use crate::engine::scenario::{Event, Scenario, ScheduledEvent};
use crate::engine::series::Series;
use crate::engine::units::{AgentId, Amount, Tick};

/// Most bytes of undrained columns; `advance` stops before it holds more.
pub const MOST_HELD_BYTES: usize = 256 << 20;

/// One run of one scenario.
#[derive(Debug)]
pub struct Simulation {
    pub(super) kernel: Kernel,
    pub(super) series: Series,
    pub(super) failed: Option<RunError>,
    /// Tells the scenario apart in snapshots: long to compute where each bank has its own weights.
    pub(super) fingerprint: OnceLock<[u8; 32]>,
}

impl Simulation {
    /// A run before its first tick.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>) -> Self {
        let kernel = Kernel::new(scenario);
        let series = Series::new(0, &kernel.chart_values(), [0; 19]);
        Self {
            kernel,
            series,
            failed: None,
            fingerprint: OnceLock::new(),
        }
    }

    /// The scenario of this run.
    #[must_use]
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.kernel.scenario
    }

    /// Whether every tick has been run.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.kernel.is_finished()
    }

    /// The next tick to be run; the number of ticks when finished.
    #[must_use]
    pub fn next_tick(&self) -> Tick {
        Tick(self.kernel.tick)
    }

    /// Runs one tick.
    ///
    /// # Errors
    /// [`RunError::Finished`] after the end; any other error ends the run as failed.
    pub fn tick(&mut self) -> Result<TickResult, RunError> {
        self.still_runs()?;
        if self.is_finished() {
            return Err(RunError::Finished {
                ticks: u64::from(self.kernel.ticks),
            });
        }
        let before: Vec<(i64, i64, i64)> = self.flows_so_far();
        let (tick, day) = (Tick(self.kernel.tick), self.kernel.day());
        self.step()?;
        let agents = (self.flows_so_far().into_iter().zip(before))
            .zip(&self.kernel.ledger.accounts)
            .enumerate()
            .map(|(at, ((now, before), account))| AgentTick {
                agent: AgentId::from_index(at),
                balance: Amount(account.balance),
                sent: Amount(now.0 - before.0),
                received: Amount(now.1 - before.1),
                pending: u64::from(account.pending),
                queued: u64::from(account.queued),
                cost: now.2 - before.2,
            })
            .collect();
        Ok(TickResult {
            tick,
            day,
            figures: self.kernel.figures,
            agents,
        })
    }

    /// Sent, received and cost of each agent since the start of the run.
    fn flows_so_far(&self) -> Vec<(i64, i64, i64)> {
        (0..self.kernel.ledger.accounts.len())
            .map(|at| {
                let agent = AgentId::from_index(at);
                let (sent, received) = self.kernel.sent_and_received(agent);
                (
                    sent,
                    received,
                    self.kernel.costs.of_agent(agent).iter().sum(),
                )
            })
            .collect()
    }

    /// Runs up to `max_ticks`; `stop` is asked between ticks, after every few of them.
    ///
    /// # Errors
    /// Any error ends the run as failed.
    pub fn advance(
        &mut self,
        max_ticks: u64,
        mut stop: impl FnMut() -> bool,
    ) -> Result<AdvanceResult, RunError> {
        self.still_runs()?;
        let mut sums = Figures::default();
        let mut ticks = 0;
        let mut work_since_asked = 0;
        let reason = loop {
            if self.is_finished() {
                break Stop::Finished;
            }
            if ticks >= max_ticks {
                break Stop::Done;
            }
            if self.held_bytes() > MOST_HELD_BYTES {
                break Stop::Full;
            }
            if work_since_asked >= WORK_BETWEEN_QUESTIONS {
                work_since_asked = 0;
                if stop() {
                    break Stop::Asked;
                }
            }
            let skipped = self.skip_idle(max_ticks - ticks);
            ticks += skipped;
            if skipped > 0 {
                work_since_asked += 1;
                continue;
            }
            self.step()?;
            ticks += 1;
            let figures = self.kernel.figures;
            work_since_asked += 1 + figures.arrivals + figures.settlements;
            add(&mut sums, &figures);
        };
        let figures = &self.kernel.figures;
        sums.queue_depth = figures.queue_depth;
        sums.queue_value = figures.queue_value;
        sums.pending = figures.pending;
        let last = self.kernel.tick.checked_sub(1);
        Ok(AdvanceResult {
            ticks,
            tick: last.map(Tick),
            day: last.unwrap_or(0) / self.kernel.scenario.ticks_per_day,
            finished: self.is_finished(),
            stop: reason,
            figures: sums,
        })
    }

    fn still_runs(&self) -> Result<(), RunError> {
        match &self.failed {
            Some(error) => Err(RunError::Failed(Box::new(error.clone()))),
            None => Ok(()),
        }
    }

    fn step(&mut self) -> Result<(), RunError> {
        let tick = self.kernel.tick;
        let day_ends = tick == self.kernel.last_tick_of_day();
        if let Err(error) = self.kernel.run_tick() {
            self.failed = Some(error.clone());
            return Err(error);
        }
        self.series.push(tick, &self.kernel.figures, day_ends);
        for at in 0..self.kernel.touched.len() {
            let agent = self.kernel.touched[at];
            let account = &mut self.kernel.ledger.accounts[agent.index()];
            account.touched = false;
            let values = [account.balance, account.available(), account.queued_value];
            self.series.push_agent(tick, agent, values);
        }
        self.kernel.touched.clear();
        Ok(())
    }

    /// Passes over ticks in which nothing can happen and nothing accrues; says over how many.
    fn skip_idle(&mut self, most: u64) -> u64 {
        if !(self.series.is_still() && self.kernel.is_idle()) {
            return 0;
        }
        let room = u64::from(self.kernel.next_event_tick() - self.kernel.tick);
        let skipped = room.min(most);
        self.kernel.skip(skipped as u32);
        skipped
    }

    /// Bytes of columns held until drained.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.series.held_bytes() + self.kernel.log.held_bytes()
    }

    /// The state between two ticks.
    #[must_use]
    pub fn state(&self) -> State {
        self.kernel.state()
    }

    /// Accepts an intervention for `at`, or for the next tick.
    ///
    /// # Errors
    /// See [`Refusal`]; nothing has changed then.
    pub fn apply(&mut self, at: Option<Tick>, event: Event) -> Result<Applied, Refusal> {
        if let Some(error) = &self.failed {
            return Err(Refusal::Failed(error.clone()));
        }
        let next = self.next_tick();
        if self.is_finished() {
            return Err(Refusal::Finished);
        }
        let tick = at.unwrap_or(next);
        if tick < next {
            return Err(Refusal::Past { asked: tick, next });
        }
        if tick.0 >= self.kernel.ticks {
            return Err(Refusal::BeyondEnd {
                asked: tick,
                ticks: u64::from(self.kernel.ticks),
            });
        }
        (self.kernel.check_event(tick, &event)).map_err(Refusal::Invalid)?;
        let sequence = self.kernel.schedule.add(tick, event);
        Ok(Applied { tick, sequence })
    }

    /// Takes back an intervention that waits.
    ///
    /// # Errors
    /// [`Refusal::NoSuchIntervention`].
    pub fn withdraw(&mut self, sequence: u32) -> Result<(), Refusal> {
        if self.kernel.schedule.withdraw(sequence) {
            Ok(())
        } else {
            Err(Refusal::NoSuchIntervention(sequence))
        }
    }

    /// Interventions that wait, by tick, with their sequence numbers.
    #[must_use]
    pub fn scheduled(&self) -> Vec<(u32, ScheduledEvent)> {
        (self.kernel.schedule.waiting().iter())
            .map(|waiting| {
                let event = ScheduledEvent {
                    tick: waiting.tick,
                    event: waiting.event.clone(),
                };
                (waiting.sequence, event)
            })
            .collect()
    }

    /// Why a payment waits.
    ///
    /// # Errors
    /// [`Refusal::NoSuchPayment`].
    pub fn explain(&self, payment: &str) -> Result<Explanation, Refusal> {
        self.kernel.explain(payment)
    }

    /// Points of a chart over the ticks from `from_tick` to the last one run, at most `max_points`;
    /// thinning keeps the smallest and largest value of each bucket of ticks. Agents that do not
    /// exist give an empty frame.
    #[must_use]
    pub fn frame(&mut self, series: &[SeriesKey], from_tick: Tick, max_points: usize) -> Frame {
        let agents = self.kernel.ledger.accounts.len();
        let known = series.iter().all(|key| match key {
            SeriesKey::Balance(agent)
            | SeriesKey::Available(agent)
            | SeriesKey::QueuedValue(agent) => agent.index() < agents,
            SeriesKey::Figure(_) | SeriesKey::Total(_) => true,
        });
        if !known {
            return Frame::default();
        }
        (self.series).frame(series, from_tick, self.kernel.tick, max_points)
    }

    /// Moves out what was recorded since the last drain.
    pub fn drain(&mut self) -> Drained {
        let drained = Drained {
            series: self.series.columns(),
            events: self.events(),
            payments: self
                .kernel
                .payment_columns(self.kernel.log.left().into_iter()),
        };
        self.series.clear();
        let accounts = self.kernel.ledger.accounts.iter();
        (self.kernel.log).clear(accounts.map(|account| account.balance));
        self.kernel.payments.let_go();
        drained
    }

    /// The rows still held; with the balances of `agents`, rebuilt from the settlements held.
    #[must_use]
    pub fn series(&self, agents: &[AgentId]) -> SeriesColumns {
        let mut columns = self.series.columns();
        for &agent in agents {
            let label = &self.kernel.scenario.labels.agents[agent.index()];
            let balances = self.kernel.balances_at(agent, &columns.tick);
            columns.columns.push((format!("balance:{label}"), balances));
        }
        columns
    }

    /// The events still held.
    #[must_use]
    pub fn events(&self) -> EventColumns {
        let kernel = &self.kernel;
        (kernel.log).columns(&kernel.payments, |payment| kernel.route(payment))
    }

    /// What is still held: the payments that wait, and those that left since the last drain (in a
    /// restored run since the snapshot).
    #[must_use]
    pub fn payments(&self) -> PaymentColumns {
        self.kernel.payment_columns(self.kernel.held_payments())
    }

    /// Measures so far, once what waited is seen to add up to the delays.
    ///
    /// # Errors
    /// The invariant that does not hold; a run that failed is measured as it stands.
    pub fn metrics(&self) -> Result<Metrics, RunError> {
        if self.failed.is_none() {
            self.kernel.check_identity(self.kernel.tick)?;
        }
        Ok(self.kernel.metrics())
    }

    /// Live state, without columns and settled history.
    ///
    /// # Errors
    /// The error of a run that has failed, or the invariant that does not hold.
    pub fn snapshot(&self) -> Result<Vec<u8>, RunError> {
        self.still_runs()?;
        self.kernel.audit()?;
        self.kernel.check_identity(self.kernel.tick)?;
        self.encode()
    }

    /// A run as it was when the snapshot was made; its columns start empty.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub fn restore(data: &[u8], scenario: Arc<Scenario>) -> Result<Self, RestoreError> {
        Self::decode(data, scenario)
    }

    /// Hash over all events so far (model, section 14).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.kernel.log.chain.digest()
    }
}

/// Ticks and payments between two questions whether to stop: well under a millisecond.
const WORK_BETWEEN_QUESTIONS: u64 = 512;

fn add(sums: &mut Figures, tick: &Figures) {
    sums.arrivals += tick.arrivals;
    sums.settlements += tick.settlements;
    sums.dropped += tick.dropped;
    sums.settled_value += tick.settled_value;
    sums.arrived_value += tick.arrived_value;
    sums.lsm_bilateral += tick.lsm_bilateral;
    sums.lsm_multilateral += tick.lsm_multilateral;
    sums.lsm_net += tick.lsm_net;
    for (sum, cost) in sums.costs.iter_mut().zip(tick.costs) {
        *sum += cost;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test must fail loudly")]

    use std::sync::Arc;

    use serde_json::json;

    use super::Simulation;
    use crate::engine::document;
    use crate::engine::errors::RunError;

    #[test]
    fn a_run_that_stops_within_a_day_is_measured_only_if_its_sums_agree() {
        let document = json!({
            "ticks_per_day": 10, "seed": 1,
            "agents": [{"id": "A", "balance": 0}, {"id": "B", "balance": 0}],
            "initial_transactions": [
                {"sender": "A", "receiver": "B", "amount": 7, "arrival_tick": 1},
            ],
        });
        let scenario = Arc::new(document::parse(&document, None).scenario.unwrap());
        let mut simulation = Simulation::new(scenario);
        simulation.advance(4, || false).unwrap();
        assert_eq!(simulation.metrics().unwrap().run.queue_value_integral, 21);
        simulation.kernel.gauges.today.value_integral += 1;
        assert!(matches!(
            simulation.metrics(),
            Err(RunError::Invariant { .. })
        ));
    }
}

//! The facade: one run of one scenario.

use std::sync::Arc;

use crate::engine::errors::{Refusal, RestoreError, RunError};
use crate::engine::measures::Metrics;
use crate::engine::results::{
    AdvanceResult, Applied, Drained, EventColumns, Explanation, Figures, Frame, PaymentColumns,
    SeriesColumns, SeriesKey, State, Stop, TickResult, Totals,
};
use crate::engine::scenario::{Event, Scenario, ScheduledEvent};
use crate::engine::units::{AgentId, Tick};

/// One run of one scenario.
#[derive(Debug)]
pub struct Simulation {
    scenario: Arc<Scenario>,
}

impl Simulation {
    /// A run before its first tick.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>) -> Self {
        Self { scenario }
    }
    /// Runs one tick.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn tick(&mut self) -> Result<TickResult, RunError> {
        Err(RunError::Finished { ticks: 0 })
    }
    /// Runs up to `max_ticks`; `stop` is asked between ticks, every few of them.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn advance(
        &mut self,
        max_ticks: u64,
        _stop: impl FnMut() -> bool,
    ) -> Result<AdvanceResult, RunError> {
        Ok(AdvanceResult {
            ticks: max_ticks.min(0),
            tick: None,
            day: 0,
            finished: true,
            stop: Stop::Finished,
            figures: Figures::default(),
        })
    }
    /// The state between two ticks.
    #[must_use]
    pub fn state(&self) -> State {
        State {
            tick: Tick(0),
            day: 0,
            finished: true,
            agents: vec![],
            queues: vec![],
            totals: Totals::default(),
        }
    }
    /// Accepts an intervention for `at`, or for the next tick.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn apply(&mut self, _at: Option<Tick>, _event: Event) -> Result<Applied, Refusal> {
        Err(Refusal::Finished)
    }
    /// Takes back an intervention that waits.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn withdraw(&mut self, sequence: u32) -> Result<(), Refusal> {
        Err(Refusal::NoSuchIntervention(sequence))
    }
    /// Interventions that wait, with their sequence numbers.
    #[must_use]
    pub fn scheduled(&self) -> Vec<(u32, ScheduledEvent)> {
        vec![]
    }
    /// Why a payment waits.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn explain(&self, payment: &str) -> Result<Explanation, Refusal> {
        Err(Refusal::NoSuchPayment(payment.to_owned()))
    }
    /// Points of a chart from `from_tick`, at most `max_points`.
    #[must_use]
    pub fn frame(&self, _series: &[SeriesKey], _from_tick: Tick, _max_points: usize) -> Frame {
        Frame::default()
    }
    /// Moves out what was recorded since the last drain.
    pub fn drain(&mut self) -> Drained {
        Drained::default()
    }
    /// What is still held; with the balances of `agents`, rebuilt from the settlements.
    #[must_use]
    pub fn series(&self, _agents: &[AgentId]) -> SeriesColumns {
        SeriesColumns::default()
    }
    /// What is still held.
    #[must_use]
    pub fn events(&self) -> EventColumns {
        EventColumns::default()
    }
    /// What is still held.
    #[must_use]
    pub fn payments(&self) -> PaymentColumns {
        PaymentColumns::default()
    }
    /// Measures so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        Metrics::default()
    }
    /// Live state, without columns and settled history.
    ///
    /// # Errors
    /// Returns the error of a run that has failed.
    pub fn snapshot(&self) -> Result<Vec<u8>, RunError> {
        Ok(vec![])
    }
    /// A run as it was when the snapshot was made.
    ///
    /// # Errors
    /// See [`RestoreError`].
    pub fn restore(data: &[u8], scenario: Arc<Scenario>) -> Result<Self, RestoreError> {
        if data.is_empty() {
            return Err(RestoreError::Damaged("it is empty"));
        }
        Ok(Self { scenario })
    }
    /// Hash over all events so far (model, section 14).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        [0; 32]
    }
    /// The scenario of this run.
    #[must_use]
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }
}

//! One scenario with many seeds: a run that keeps no events and no charts, only what is compared.

use std::sync::Arc;

use crate::engine::errors::RunError;
use crate::engine::kernel::Kernel;
use crate::engine::measures::Measures;
use crate::engine::scenario::Scenario;

/// Series of a trace: Queue 2 (count and cents) and Queue 1 (count) at the close of a tick, then
/// cents that arrived, that settled, and of costs of all kinds since the start of the run.
pub const TRACED: [&str; 6] = [
    "queue_depth",
    "queue_value",
    "pending",
    "arrived_value_total",
    "settled_value_total",
    "cost_total",
];

/// Bytes of events after which they are forgotten.
const MOST_EVENT_BYTES: usize = 1 << 20;
/// Ticks and payments between two questions whether to stop: well under a millisecond.
const WORK_BETWEEN_QUESTIONS: u64 = 512;

/// Ticks at whose close every trial is sampled, evenly spaced; the last is the run's last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    ticks: Vec<u32>,
}

impl Grid {
    /// At most `most` of the first `ticks` ticks; none if `most` is 0.
    #[must_use]
    pub fn over(ticks: u32, most: u32) -> Self {
        if most == 0 {
            return Self { ticks: Vec::new() };
        }
        let step = ticks.div_ceil(most);
        Self {
            ticks: (0..ticks.div_ceil(step.max(1)))
                .map(|point| ((point + 1) * step).min(ticks) - 1)
                .collect(),
        }
    }

    /// The ticks, ascending.
    #[must_use]
    pub fn ticks(&self) -> &[u32] {
        &self.ticks
    }
}

/// What one seed gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Of the system over the run.
    pub measures: Measures,
    /// Hash over all events.
    pub digest: [u8; 32],
    /// At each tick of the grid one value for each of [`TRACED`].
    pub trace: Vec<[i64; TRACED.len()]>,
}

/// Runs a scenario again and again, in the same memory.
#[derive(Debug)]
pub struct Trial {
    kernel: Kernel,
}

impl Trial {
    /// Ready for the first seed.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>) -> Self {
        Self {
            kernel: Kernel::new(scenario),
        }
    }

    /// Ticks of a whole run.
    #[must_use]
    pub fn ticks(&self) -> u32 {
        self.kernel.ticks
    }

    /// The tick that runs, or ran last.
    #[must_use]
    pub fn tick(&self) -> u32 {
        self.kernel.tick
    }

    /// Runs the first `ticks` ticks with a seed, the same events as a run of its own; `None` if
    /// `stop`, asked between ticks, said so.
    ///
    /// # Errors
    /// Those of a run; the next one starts from nothing.
    pub fn run(
        &mut self,
        seed: u64,
        ticks: u32,
        grid: &Grid,
        stop: impl Fn() -> bool,
    ) -> Result<Option<Outcome>, RunError> {
        self.kernel.begin_again(seed);
        let end = ticks.min(self.kernel.ticks);
        let mut trace = Vec::with_capacity(grid.ticks.len());
        let mut work = 0;
        while self.kernel.tick < end {
            if work >= WORK_BETWEEN_QUESTIONS {
                work = 0;
                if stop() {
                    return Ok(None);
                }
            }
            self.sample(grid, &mut trace);
            work += 1 + self.step(end)?;
        }
        self.sample(grid, &mut trace);
        self.kernel.check_identity(self.kernel.tick)?;
        Ok(Some(Outcome {
            measures: self.kernel.measures_of_run_so_far(),
            digest: self.kernel.log.chain.digest(),
            trace,
        }))
    }

    /// Runs a tick, or passes over idle ones; says how many payments it moved.
    fn step(&mut self, end: u32) -> Result<u64, RunError> {
        let kernel = &mut self.kernel;
        if kernel.is_idle() {
            let next = kernel.next_event_tick().min(end);
            if next > kernel.tick {
                kernel.skip(next - kernel.tick);
                return Ok(0);
            }
        }
        kernel.run_tick()?;
        kernel.forget_touched();
        if kernel.log.held_bytes() > MOST_EVENT_BYTES {
            let accounts = kernel.ledger.accounts.iter();
            kernel.log.clear(accounts.map(|account| account.balance));
        }
        Ok(kernel.figures.arrivals + kernel.figures.settlements)
    }

    /// Fills the points whose ticks are over with what stands since then.
    fn sample(&self, grid: &Grid, trace: &mut Vec<[i64; TRACED.len()]>) {
        while let Some(&tick) = grid.ticks.get(trace.len())
            && tick < self.kernel.tick
        {
            let totals = &self.kernel.totals;
            trace.push([
                totals.queued_count as i64,
                totals.queued_value,
                totals.pending_count as i64,
                totals.arrived_value,
                totals.settled_value,
                totals.costs.iter().sum(),
            ]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Grid;

    #[test]
    fn a_grid_is_evenly_spaced_and_ends_with_the_last_tick() {
        assert_eq!(Grid::over(4, 10).ticks(), [0, 1, 2, 3]);
        assert_eq!(Grid::over(10, 4).ticks(), [2, 5, 8, 9]);
        assert_eq!(Grid::over(86_400, 600).ticks().last(), Some(&86_399));
        assert_eq!(Grid::over(86_400, 600).ticks().len(), 600);
        assert!(Grid::over(10, 0).ticks().is_empty());
    }
}

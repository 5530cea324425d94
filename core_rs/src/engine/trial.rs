//! One scenario with many seeds: a run that keeps no events and no charts, only what is compared.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::engine::errors::RunError;
use crate::engine::kernel::Kernel;
use crate::engine::measures::Measures;
use crate::engine::scenario::Scenario;
use crate::engine::units::AgentId;

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

/// Place of the settled value in [`TRACED`].
const SETTLED: usize = 4;
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
    /// At each tick of the grid the balance of each bank asked for, tick after tick.
    pub balances: Vec<i64>,
}

impl Outcome {
    /// The balance of the bank that is `bank`-th among those traced.
    #[must_use]
    pub fn balance(&self, point: usize, bank: usize) -> i64 {
        self.balances[point * (self.balances.len() / self.trace.len()) + bank]
    }

    /// Value settled so far over that settled by the end of the run; `None` if that is nothing.
    #[must_use]
    pub fn throughput(&self, point: usize) -> Option<f64> {
        let settled = |point: &[i64; TRACED.len()]| point[SETTLED] as f64;
        let whole = settled(self.trace.last()?);
        (whole > 0.0).then(|| settled(&self.trace[point]) / whole)
    }

    /// The same with some of the banks, of which all were traced.
    #[must_use]
    pub fn of_banks(self, banks: &[AgentId]) -> Self {
        let all = self.balances.len() / self.trace.len().max(1);
        let balances = (self.balances.chunks(all.max(1)))
            .flat_map(|point| banks.iter().map(|bank| point[bank.index()]))
            .collect();
        Self { balances, ..self }
    }
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

    /// The `most` banks that sent and received most value in the last run, in the order of the
    /// scenario; of equal ones the first.
    #[must_use]
    pub fn most_active(&self, most: usize) -> Vec<AgentId> {
        let turnover = |bank: &AgentId| {
            let (sent, received) = self.kernel.sent_and_received(*bank);
            Reverse(i128::from(sent) + i128::from(received))
        };
        let agents = self.kernel.ledger.accounts.len();
        let mut banks: Vec<AgentId> = (0..agents).map(AgentId::from_index).collect();
        banks.sort_by_key(turnover);
        banks.truncate(most);
        banks.sort_unstable();
        banks
    }

    /// Runs the first `ticks` ticks with a seed, the same events as a run of its own, and traces
    /// the balances of `banks`; `None` if `stop`, asked between ticks, said so.
    ///
    /// # Errors
    /// Those of a run; the next one starts from nothing.
    pub fn run(
        &mut self,
        seed: u64,
        ticks: u32,
        grid: &Grid,
        banks: &[AgentId],
        stop: impl Fn() -> bool,
    ) -> Result<Option<Outcome>, RunError> {
        self.kernel.begin_again(seed);
        let end = ticks.min(self.kernel.ticks);
        let mut trace = Vec::with_capacity(grid.ticks.len());
        let mut balances = Vec::with_capacity(grid.ticks.len() * banks.len());
        let mut work = 0;
        while self.kernel.tick < end {
            if work >= WORK_BETWEEN_QUESTIONS {
                work = 0;
                if stop() {
                    return Ok(None);
                }
            }
            self.sample(grid, banks, &mut trace, &mut balances);
            work += 1 + self.step(end)?;
        }
        self.sample(grid, banks, &mut trace, &mut balances);
        self.kernel.check_identity(self.kernel.tick)?;
        Ok(Some(Outcome {
            measures: self.kernel.measures_of_run_so_far(),
            digest: self.kernel.log.chain.digest(),
            trace,
            balances,
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
    fn sample(
        &self,
        grid: &Grid,
        banks: &[AgentId],
        trace: &mut Vec<[i64; TRACED.len()]>,
        balances: &mut Vec<i64>,
    ) {
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
            let accounts = &self.kernel.ledger.accounts;
            balances.extend(banks.iter().map(|bank| accounts[bank.index()].balance));
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

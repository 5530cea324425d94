//! `simulate_many`: one scenario with many seeds, on several threads, without the interpreter.
//!
//! Seeds are handed out one by one; every row and every sum is put together in the order of the
//! seeds afterwards, so that the answer is the same for any number of threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::arguments::whole;
use super::gate::{Trouble, caught, guarded, refusal};
use super::{config, dict};
use crate::engine::bands::Series;
use crate::engine::document::Parsed;
use crate::engine::scalars;
use crate::engine::scenario::Scenario;
use crate::engine::spread::{Column, QUANTILES, Spread};
use crate::engine::trial::{Grid, Outcome, TRACED, Trial};
use crate::engine::units::AgentId;

/// Seeds of one call.
const MOST_SEEDS: usize = 1_000_000;
/// Threads of one call.
const MOST_THREADS: u64 = 256;
/// Points of a band.
const MOST_POINTS: u64 = 2_000;
/// Bytes of all traces together (seeds · points · series · 8), of the first seed's while it traces
/// every bank, and of the bands; of more seeds or banks, fewer points are kept.
const MOST_TRACE_BYTES: usize = 96 << 20;

pyo3::create_exception!(
    payment_simulator_core_rs,
    Cancelled,
    PyException,
    "A call of `simulate_many` ended because its `Progress` was cancelled."
);

/// How far a `simulate_many` is, and how to end it: to be read and cancelled from other threads.
#[pyclass(frozen, module = "payment_simulator_core_rs")]
#[derive(Default)]
pub struct Progress {
    done: AtomicUsize,
    cancelled: AtomicBool,
}

#[pymethods]
impl Progress {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Seeds that are done.
    #[getter]
    fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// Whether `cancel` was called.
    #[getter]
    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Makes the call end, between two ticks of each of its runs.
    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

/// Runs a scenario once for each seed; see the stub.
#[pyfunction]
#[pyo3(signature = (config, seeds, overrides=None, threads=None, payments=None, ticks=None, points=None, progress=None, banks=None))]
#[allow(clippy::too_many_arguments, reason = "Python's keywords")]
pub fn simulate_many<'py>(
    py: Python<'py>,
    config: &Bound<'py, PyAny>,
    seeds: &Bound<'py, PyAny>,
    overrides: Option<&Bound<'py, PyAny>>,
    threads: Option<&Bound<'py, PyAny>>,
    payments: Option<&Bound<'py, PyAny>>,
    ticks: Option<&Bound<'py, PyAny>>,
    points: Option<&Bound<'py, PyAny>>,
    progress: Option<&Bound<'py, Progress>>,
    banks: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    guarded(|| {
        let number = |value: Option<&Bound<'py, PyAny>>, name: &str, usual: u64| {
            value.map_or(Ok(usual), |value| whole(value, name))
        };
        let threads = number(threads, "threads", 1)?.clamp(1, MOST_THREADS) as usize;
        let ticks = number(ticks, "ticks", u64::MAX)?
            .try_into()
            .unwrap_or(u32::MAX);
        let points = number(points, "points", 0)?.min(MOST_POINTS) as usize;
        let banks = number(banks, "banks", 0)?.try_into().unwrap_or(usize::MAX);
        let seeds = seeds_of(seeds)?.map_err(|trouble| trouble.into_exception(py))?;
        let scenario = accepted(py, config, overrides, payments)?;
        let own = Progress::default();
        let (grid, banks) = traced(&scenario, seeds.len(), ticks, points, banks);
        let sweep = Sweep {
            grid,
            banks,
            scenario,
            seeds,
            ticks,
            progress: progress.map_or(&own, Bound::get),
        };
        let found = py.detach(|| caught(|| sweep.found(threads)));
        match found.unwrap_or_else(|bug| Err(Stop::Failed(format!("engine bug: {bug}")))) {
            Ok(found) => found.into_python(py, &sweep),
            Err(Stop::Cancelled) => Err(Cancelled::new_err("cancelled")),
            Err(Stop::Failed(message)) => Err(Trouble::Failed(message).into_exception(py)),
        }
    })
}

/// The seeds as given; the inner error is a refusal.
fn seeds_of(given: &Bound<'_, PyAny>) -> PyResult<Result<Vec<u64>, Trouble>> {
    let mut seeds = Vec::new();
    for (at, seed) in given.try_iter()?.enumerate() {
        if at == MOST_SEEDS {
            let message = format!("takes at most {MOST_SEEDS} seeds");
            return Ok(Err(Trouble::refused("too_many", "seeds", message)));
        }
        let seed = whole(&seed?, &format!("seeds[{at}]"))?;
        if i64::try_from(seed).is_err() {
            let message = "must be at most 9223372036854775807";
            let path = format!("seeds[{at}]");
            return Ok(Err(Trouble::refused("out_of_range", &path, message)));
        }
        seeds.push(seed);
    }
    if seeds.is_empty() {
        let message = "takes at least one seed";
        return Ok(Err(Trouble::refused("missing", "seeds", message)));
    }
    Ok(Ok(seeds))
}

fn accepted(
    py: Python<'_>,
    config: &Bound<'_, PyAny>,
    overrides: Option<&Bound<'_, PyAny>>,
    payments: Option<&Bound<'_, PyAny>>,
) -> PyResult<Arc<Scenario>> {
    let mut changes = Vec::new();
    if let Some(overrides) = overrides.filter(|overrides| !overrides.is_none()) {
        let Ok(given) = overrides.cast::<PyDict>() else {
            return Err(PyTypeError::new_err(
                "overrides must be a dict of paths to values",
            ));
        };
        for (path, value) in given {
            changes.push((
                path.cast::<PyString>()?.to_string_lossy().into_owned(),
                value,
            ));
        }
    }
    let Parsed { scenario, faults } = config::parsed_with(py, config, &changes, payments)?;
    scenario.map(Arc::new).ok_or_else(|| refusal(py, &faults))
}

/// When every trial is sampled, and of how many banks: of none where there are no points, or where
/// with balances there would not be room for one.
fn traced(
    scenario: &Scenario,
    seeds: usize,
    ticks: u32,
    points: usize,
    banks: usize,
) -> (Grid, usize) {
    let agents = scenario.agents.len();
    let banks = banks.min(agents);
    let (room, banks) = match affordable(agents, seeds, banks) {
        0 => (affordable(agents, seeds, 0), 0),
        room => (room, banks),
    };
    let ticks = ticks.min(scenario.ticks_per_day * scenario.num_days);
    let points = points.min(room) as u32;
    let banks = if points == 0 { 0 } else { banks };
    (Grid::over(ticks, points), banks)
}

/// Points that `MOST_TRACE_BYTES` have room for.
fn affordable(agents: usize, seeds: usize, banks: usize) -> usize {
    let traces = seeds * (TRACED.len() + banks);
    let bands = QUANTILES.len() * Series::all(banks).count();
    let chooses = 0 < banks && banks < agents;
    let first = if chooses { TRACED.len() + agents } else { 0 };
    MOST_TRACE_BYTES / size_of::<i64>() / traces.max(bands).max(first)
}

/// Why there is no answer.
enum Stop {
    Cancelled,
    Failed(String),
}

/// What is asked for.
struct Sweep<'a> {
    scenario: Arc<Scenario>,
    seeds: Vec<u64>,
    ticks: u32,
    grid: Grid,
    /// Of how many banks balances are traced.
    banks: usize,
    progress: &'a Progress,
}

/// What came of it, in the order of the seeds.
struct Found {
    columns: Vec<(&'static str, Column)>,
    spreads: Vec<(&'static str, Spread)>,
    digests: Vec<[u8; 32]>,
    /// By the names of series the quantiles at each point of the grid.
    bands: Vec<(String, Vec<[f64; QUANTILES.len()]>)>,
}

impl Sweep<'_> {
    fn found(&self, threads: usize) -> Result<Found, Stop> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.min(self.seeds.len()))
            .thread_name(|number| format!("sweep-{number}"))
            .build()
            .map_err(|problem| Stop::Failed(format!("no threads: {problem}")))?;
        let (banks, first) = self.chosen()?;
        let outcomes = self.outcomes(&pool, &banks, first)?;
        let columns = scalars::columns(outcomes.iter().map(|outcome| &outcome.measures));
        Ok(Found {
            spreads: (columns.iter())
                .map(|(name, column)| (*name, column.spread()))
                .collect(),
            columns,
            digests: outcomes.iter().map(|outcome| outcome.digest).collect(),
            bands: pool.install(|| self.bands(&banks, &outcomes)),
        })
    }

    /// The banks whose balances are traced and, where it had to show which ones are the most active,
    /// the outcome of the first seed: it runs before all others, so that they trace the same banks
    /// for any number of threads.
    fn chosen(&self) -> Result<(Vec<AgentId>, Option<Outcome>), Stop> {
        if self.banks == 0 {
            return Ok((Vec::new(), None));
        }
        let agents = self.scenario.agents.len();
        let all: Vec<AgentId> = (0..agents).map(AgentId::from_index).collect();
        if self.banks == agents {
            return Ok((all, None));
        }
        let mut trial = Trial::new(Arc::clone(&self.scenario));
        let first = self.row(&mut trial, self.seeds[0], &all)?;
        let banks = trial.most_active(self.banks);
        let first = first.of_banks(&banks);
        Ok((banks, Some(first)))
    }

    /// Every seed's outcome. Seeds are taken in order, so that of several that fail the first one
    /// in the list has always been run: its failure is the one that is told.
    fn outcomes(
        &self,
        pool: &ThreadPool,
        banks: &[AgentId],
        first: Option<Outcome>,
    ) -> Result<Vec<Outcome>, Stop> {
        let next = AtomicUsize::new(usize::from(first.is_some()));
        let failed = AtomicBool::new(false);
        let shares = pool.broadcast(|_| {
            let mut rows = Vec::new();
            let mut trial = Trial::new(Arc::clone(&self.scenario));
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= self.seeds.len() || failed.load(Ordering::Relaxed) {
                    return rows;
                }
                let row = self.row(&mut trial, self.seeds[at], banks);
                let ends = row.is_err();
                rows.push((at, row));
                if ends {
                    failed.store(true, Ordering::Relaxed);
                    return rows;
                }
            }
        });
        let mut rows: Vec<(usize, Result<Outcome, Stop>)> = shares.into_iter().flatten().collect();
        rows.sort_unstable_by_key(|row| row.0);
        let others = rows.into_iter().map(|row| row.1);
        first.map(Ok).into_iter().chain(others).collect()
    }

    fn row(&self, trial: &mut Trial, seed: u64, banks: &[AgentId]) -> Result<Outcome, Stop> {
        let cancelled = || self.progress.cancelled.load(Ordering::Relaxed);
        if cancelled() {
            return Err(Stop::Cancelled);
        }
        match caught(|| trial.run(seed, self.ticks, &self.grid, banks, cancelled)) {
            Ok(Ok(Some(outcome))) => {
                self.progress.done.fetch_add(1, Ordering::Relaxed);
                Ok(outcome)
            }
            Ok(Ok(None)) => Err(Stop::Cancelled),
            Ok(Err(error)) => Err(Stop::Failed(format!("seed {seed}: {error}"))),
            Err(bug) => Err(Stop::Failed(format!(
                "engine bug: {bug} (seed {seed}, tick {})",
                trial.tick()
            ))),
        }
    }

    fn bands(
        &self,
        banks: &[AgentId],
        outcomes: &[Outcome],
    ) -> Vec<(String, Vec<[f64; QUANTILES.len()]>)> {
        let name = |series| match series {
            Series::Traced(at) => TRACED[at].to_owned(),
            Series::Throughput => "throughput".to_owned(),
            Series::Balance(at) => {
                format!("balance:{}", self.scenario.labels.agents[banks[at].index()])
            }
        };
        let points = self.grid.ticks().len();
        Series::all(banks.len())
            .map(|series| {
                let at = |point| series.quantiles_at(point, outcomes);
                let band = (0..points).into_par_iter().map(at).collect();
                (name(series), band)
            })
            .collect()
    }
}

impl Found {
    fn into_python<'py>(self, py: Python<'py>, sweep: &Sweep<'_>) -> PyResult<Bound<'py, PyDict>> {
        let measures = PyDict::new(py);
        for (name, column) in &self.columns {
            match column {
                Column::Whole(values) => {
                    measures.set_item(name, PyArray1::from_slice(py, values))?
                }
                Column::Real(values) => {
                    measures.set_item(name, PyArray1::from_slice(py, values))?
                }
            }
        }
        let summary = PyDict::new(py);
        for (name, spread) in &self.spreads {
            summary.set_item(name, spread_dict(py, spread)?)?;
        }
        let hex = |digest: &[u8; 32]| -> String {
            digest.iter().map(|byte| format!("{byte:02x}")).collect()
        };
        Ok(dict!(py, {
            "seed": PyArray1::from_slice(py, &sweep.seeds),
            "digest": PyList::new(py, self.digests.iter().map(hex))?,
            "measures": measures,
            "summary": summary,
            "bands": self.bands(py, sweep.grid.ticks())?,
        }))
    }

    fn bands<'py>(&self, py: Python<'py>, ticks: &[u32]) -> PyResult<Bound<'py, PyDict>> {
        let bands = dict!(py, { "tick": PyArray1::from_slice(py, ticks) });
        for (name, points) in &self.bands {
            let rows: Vec<Vec<f64>> = (0..QUANTILES.len())
                .map(|row| points.iter().map(|point| point[row]).collect())
                .collect();
            bands.set_item(name, PyArray2::from_vec2(py, &rows)?)?;
        }
        Ok(bands)
    }
}

fn spread_dict<'py>(py: Python<'py>, spread: &Spread) -> PyResult<Bound<'py, PyDict>> {
    let dict = dict!(py, {
        "count": spread.count,
        "mean": spread.mean,
        "standard_deviation": spread.standard_deviation,
        "standard_error": spread.standard_error,
        "minimum": spread.minimum,
    });
    for (at, quantile) in QUANTILES.iter().enumerate() {
        let name = format!("q{:02}", (quantile * 100.0).round());
        dict.set_item(name, spread.quantiles.map(|values| values[at]))?;
    }
    dict.set_item("maximum", spread.maximum)?;
    Ok(dict)
}

//! `Orchestrator`: one run, as Python drives it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use super::arguments::{agent_named, series_key, whole};
use super::budget::Budget;
use super::columns::Arrays;
use super::gate::{Trouble, caught, guarded, refusal};
use super::{columns, config, dict, measures, results};
use crate::engine::document::{Parsed, parse_event};
use crate::engine::results::SeriesKey;
use crate::engine::scenario::{Labels, Scenario};
use crate::engine::simulation::Simulation;
use crate::engine::units::{AgentId, Tick};

/// Points of one frame; a chart shows far fewer.
const MAX_POINTS: u64 = 1_000_000;
/// The engine's side of a run.
struct Core {
    simulation: Simulation,
    /// The panic after which nothing is trusted any more.
    bug: Option<String>,
}

/// One run of one scenario. Calls from several threads wait for one another.
#[pyclass(frozen, module = "payment_simulator_core_rs")]
pub struct Orchestrator {
    core: Mutex<Core>,
    scenario: Arc<Scenario>,
    /// How often `cancel` was called.
    cancels: AtomicU64,
    /// From `SIM_TEST_PANIC`: a panic when this tick is about to run, so that the gate can be tested
    /// through every layer above it.
    panic_at: Option<u32>,
}

#[pymethods]
impl Orchestrator {
    /// A run before its first tick.
    #[staticmethod]
    #[pyo3(signature = (config, payments=None))]
    fn new(
        py: Python<'_>,
        config: &Bound<'_, PyAny>,
        payments: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let scenario = accepted(py, config, payments)?;
            let made = py.detach(|| {
                caught(|| {
                    let simulation = Simulation::new(Arc::clone(&scenario));
                    simulation.fingerprint();
                    simulation
                })
            });
            made.map(|simulation| Self::around(simulation, scenario))
                .map_err(|bug| Trouble::Failed(format!("engine bug: {bug}")).into_exception(py))
        })
    }

    /// The run a snapshot was made of; the same config and payments must be given.
    #[staticmethod]
    #[pyo3(signature = (data, config, payments=None))]
    fn restore(
        py: Python<'_>,
        data: &[u8],
        config: &Bound<'_, PyAny>,
        payments: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let scenario = accepted(py, config, payments)?;
            let restored = py.detach(|| {
                caught(|| Simulation::restore(data, Arc::clone(&scenario)))
                    .map_err(|bug| Trouble::Failed(format!("engine bug: {bug}")))?
                    .map_err(Trouble::from)
            });
            let simulation = restored.map_err(|trouble| trouble.into_exception(py))?;
            Ok(Self::around(simulation, scenario))
        })
    }

    /// Runs one tick.
    fn tick<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.call(
            py,
            |core| {
                self.test_hook(core);
                Ok(core.simulation.tick()?)
            },
            |labels, result| results::tick(py, &result, labels),
        )
    }

    /// Runs up to `max_ticks`; stops early, between ticks, at the budget, a cancel or the end.
    #[pyo3(signature = (max_ticks, budget_ms=None))]
    fn advance<'py>(
        &self,
        py: Python<'py>,
        max_ticks: &Bound<'py, PyAny>,
        budget_ms: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let max_ticks = whole(max_ticks, "max_ticks")?;
        let budget_ms = budget_ms
            .filter(|budget| !budget.is_none())
            .map(|budget| whole(budget, "budget_ms"))
            .transpose()?;
        // Read while the interpreter is held: a cancel that comes from now on is meant for this call.
        let cancels = self.cancels.load(Ordering::Relaxed);
        self.call(
            py,
            |core| {
                self.test_hook(core);
                // Stops where the hook wants to act; without the hook this is `max_ticks`.
                let most = self.panic_at.map_or(max_ticks, |at| {
                    max_ticks.min(u64::from(at - core.simulation.next_tick().0))
                });
                let budget = Budget::starting_now(budget_ms);
                let cancelled = || self.cancels.load(Ordering::Relaxed) != cancels;
                let stop = || cancelled() || budget.is_spent();
                Ok(core.simulation.advance(most, stop)?)
            },
            |_, result| results::advance(py, &result),
        )
    }

    /// Makes an `advance` that is under way in another thread return between two ticks.
    fn cancel(&self) {
        self.cancels.fetch_add(1, Ordering::Relaxed);
    }

    /// The state between two ticks.
    fn get_state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.call(
            py,
            |core| Ok(core.simulation.state()),
            |labels, state| results::state(py, &state, labels),
        )
    }

    /// Accepts an intervention, for the next tick or the `tick` it names.
    fn apply<'py>(
        &self,
        py: Python<'py>,
        event: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (document, faults) = guarded(|| Ok(config::event(event)))?;
        if !faults.is_empty() {
            return Err(refusal(py, &faults));
        }
        self.call(
            py,
            |core| {
                let (at, event) =
                    parse_event(&document, &self.scenario).map_err(Trouble::Refused)?;
                Ok(core.simulation.apply(at, event)?)
            },
            |_, applied| Ok(dict!(py, { "tick": applied.tick.0, "sequence": applied.sequence })),
        )
    }

    /// Interventions that have not taken effect yet: `tick` and `sequence` of each.
    fn scheduled<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.call(
            py,
            |core| Ok(core.simulation.scheduled()),
            |_, scheduled| {
                let list = PyList::empty(py);
                for (sequence, event) in scheduled {
                    list.append(dict!(py, { "tick": event.tick.0, "sequence": sequence }))?;
                }
                Ok(list)
            },
        )
    }

    /// Takes back an intervention that has not taken effect yet.
    fn withdraw<'py>(&self, py: Python<'py>, sequence: &Bound<'py, PyAny>) -> PyResult<()> {
        let sequence = u32::try_from(whole(sequence, "sequence")?).unwrap_or(u32::MAX);
        self.call(
            py,
            |core| Ok(core.simulation.withdraw(sequence)?),
            |_, ()| Ok(()),
        )
    }

    /// Why a payment waits.
    fn explain<'py>(&self, py: Python<'py>, payment_id: &str) -> PyResult<Bound<'py, PyDict>> {
        self.call(
            py,
            |core| Ok(core.simulation.explain(payment_id)?),
            |_, explanation| results::explanation(py, &explanation),
        )
    }

    /// Points of a chart: the tick column and each series as little-endian float64.
    fn frame<'py>(
        &self,
        py: Python<'py>,
        series: Vec<String>,
        from_tick: &Bound<'py, PyAny>,
        max_points: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let from_tick = u32::try_from(whole(from_tick, "from_tick")?).unwrap_or(u32::MAX);
        let max_points = whole(max_points, "max_points")?.min(MAX_POINTS) as usize;
        self.call(
            py,
            |core| {
                let keys: Result<Vec<SeriesKey>, Trouble> = series
                    .iter()
                    .map(|name| series_key(name, &self.scenario.labels))
                    .collect();
                let frame = core.simulation.frame(&keys?, Tick(from_tick), max_points);
                Ok(results::frame_bytes(&frame))
            },
            |_, bytes| Ok(PyBytes::new(py, &bytes)),
        )
    }

    /// Moves out what was recorded since the last drain.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.call(
            py,
            |core| Ok(core.simulation.drain()),
            |labels, part| columns::drained(py, part, labels),
        )
    }

    /// The tick figures still held, with the balances of `agents`.
    #[pyo3(signature = (agents=None))]
    fn series<'py>(
        &self,
        py: Python<'py>,
        agents: Option<Vec<String>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        self.call(
            py,
            |core| {
                let labels = &self.scenario.labels;
                let agents: Result<Vec<AgentId>, Trouble> = agents
                    .iter()
                    .flatten()
                    .map(|id| agent_named(id, labels))
                    .collect();
                Ok(core.simulation.series(&agents?))
            },
            |_, series| columns::series(py, series, Arrays::Owning),
        )
    }

    /// The events still held.
    fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.call(
            py,
            |core| Ok(core.simulation.events()),
            |labels, events| columns::events(py, events, labels, Arrays::Owning),
        )
    }

    /// The payments still held.
    fn payments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.call(
            py,
            |core| Ok(core.simulation.payments()),
            |labels, payments| columns::payments(py, payments, labels, Arrays::Owning),
        )
    }

    /// The measures so far.
    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.call(
            py,
            |core| Ok(core.simulation.metrics()?),
            |_, metrics| measures::metrics(py, &metrics, &self.scenario),
        )
    }

    /// The live state, for `restore`.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.call(
            py,
            |core| Ok(core.simulation.snapshot()?),
            |_, bytes| Ok(PyBytes::new(py, &bytes)),
        )
    }

    /// The hash over all events so far, in hexadecimal.
    fn digest(&self, py: Python<'_>) -> PyResult<String> {
        let hex = |digest: [u8; 32]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.call(
            py,
            |core| Ok(core.simulation.digest()),
            |_, digest| Ok(hex(digest)),
        )
    }
}

impl Orchestrator {
    fn around(simulation: Simulation, scenario: Arc<Scenario>) -> Self {
        let next = simulation.next_tick().0;
        let wanted = std::env::var("SIM_TEST_PANIC")
            .ok()
            .and_then(|tick| tick.parse().ok());
        Self {
            core: Mutex::new(Core {
                simulation,
                bug: None,
            }),
            scenario,
            cancels: AtomicU64::new(0),
            panic_at: wanted.map(|tick: u32| tick.max(next)),
        }
    }

    /// The gate: lets go of the interpreter, calls the engine, converts what comes back. A panic
    /// is remembered, and every later call is refused with it.
    fn call<T: Send, R>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&mut Core) -> Result<T, Trouble> + Send,
        convert: impl FnOnce(&Labels, T) -> PyResult<R>,
    ) -> PyResult<R> {
        let outcome = py.detach(|| {
            let mut core = self.locked();
            if let Some(bug) = &core.bug {
                return Err(Trouble::Failed(format!(
                    "this run accepts nothing further: {bug}"
                )));
            }
            caught(|| call(&mut core)).unwrap_or_else(|bug| {
                let bug = format!(
                    "engine bug: {bug} (seed {}, tick {})",
                    self.scenario.seed,
                    core.simulation.next_tick().0
                );
                core.bug = Some(bug.clone());
                Err(Trouble::Failed(bug))
            })
        });
        let result = outcome.map_err(|trouble| trouble.into_exception(py))?;
        guarded(|| convert(&self.scenario.labels, result))
    }

    /// The core; panics are caught while it is held, so it is never left half-changed unnoticed.
    fn locked(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[allow(clippy::panic, reason = "the hook that proves that panics are caught")]
    fn test_hook(&self, core: &Core) {
        if self.panic_at == Some(core.simulation.next_tick().0) {
            panic!("panic forced by SIM_TEST_PANIC");
        }
    }
}

/// The scenario of a config without faults.
fn accepted(
    py: Python<'_>,
    config: &Bound<'_, PyAny>,
    payments: Option<&Bound<'_, PyAny>>,
) -> PyResult<Arc<Scenario>> {
    let Parsed { scenario, faults } = config::parsed(py, config, payments)?;
    scenario.map(Arc::new).ok_or_else(|| refusal(py, &faults))
}

//! Arguments of calls: whole numbers, names of agents and series.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt};

use super::gate::Trouble;
use crate::engine::results::{SeriesKey, series_names};
use crate::engine::scenario::Labels;
use crate::engine::units::AgentId;

/// Figures that stand at the close of a tick; sums of them over ticks mean nothing.
const STANDING: [&str; 3] = ["queue_depth", "queue_value", "pending"];

/// An integer of at least 0; one beyond 64 bits is as good as the largest.
pub fn whole(value: &Bound<'_, PyAny>, name: &str) -> PyResult<u64> {
    if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err(format!("{name} must be an integer")));
    }
    if value.lt(0)? {
        return Err(PyValueError::new_err(format!("{name} must be at least 0")));
    }
    Ok(value.extract().unwrap_or(u64::MAX))
}

/// The agent with that id.
pub fn agent_named(id: &str, labels: &Labels) -> Result<AgentId, Trouble> {
    let found = labels.agents.iter().position(|own| own == id);
    found
        .and_then(|index| u16::try_from(index).ok())
        .map(AgentId)
        .ok_or_else(|| {
            Trouble::refused(
                "unknown_agent",
                "agents",
                format!("there is no agent {id:?}"),
            )
        })
}

/// A series by its name: a figure, a figure's `…_total`, or `balance:`, `available:`,
/// `queued_value:` with an agent's id.
pub fn series_key(name: &str, labels: &Labels) -> Result<SeriesKey, Trouble> {
    if let Some((kind, id)) = name.split_once(':') {
        let agent = agent_named(id, labels)?;
        return match kind {
            "balance" => Ok(SeriesKey::Balance(agent)),
            "available" => Ok(SeriesKey::Available(agent)),
            "queued_value" => Ok(SeriesKey::QueuedValue(agent)),
            _ => Err(unknown_series(name)),
        };
    }
    let figure = |wanted: &str| {
        let found = series_names().iter().position(|own| own == wanted);
        found
            .and_then(|index| u8::try_from(index).ok())
            .ok_or_else(|| unknown_series(name))
    };
    match name.strip_suffix("_total") {
        Some(flow) if !STANDING.contains(&flow) => figure(flow).map(SeriesKey::Total),
        Some(_) => Err(unknown_series(name)),
        None => figure(name).map(SeriesKey::Figure),
    }
}

fn unknown_series(name: &str) -> Trouble {
    Trouble::refused(
        "unknown_series",
        "series",
        format!("there is no series {name:?}"),
    )
}

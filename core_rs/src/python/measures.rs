//! Measures to dicts, under the names of interfaces.md.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::{dict, named};
use crate::engine::measures::{Metrics, Shares, Standstill, Value};
use crate::engine::results::COST_KINDS;
use crate::engine::scenario::{Hour, Scenario};

/// The run's measures, with `days` (a list), `agents` (by id) and `stuck` (by rail).
pub fn metrics<'py>(
    py: Python<'py>,
    metrics: &Metrics,
    scenario: &Scenario,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = to_dict(py, metrics.run.by_name(), scenario)?;
    let days = PyList::empty(py);
    for day in &metrics.days {
        days.append(to_dict(py, day.by_name(), scenario)?)?;
    }
    let agents = PyDict::new(py);
    for (id, agent) in scenario.labels.agents.iter().zip(&metrics.agents) {
        agents.set_item(id, to_dict(py, agent.by_name(), scenario)?)?;
    }
    let stuck = PyDict::new(py);
    for (rail, standstill) in &metrics.stuck {
        let word = match standstill {
            Standstill::Gridlock => "gridlock",
            Standstill::Deadlock => "deadlock",
        };
        stuck.set_item(&scenario.labels.rails[usize::from(rail.0)], word)?;
    }
    dict.set_item("days", days)?;
    dict.set_item("agents", agents)?;
    dict.set_item("stuck", stuck)?;
    Ok(dict)
}

fn to_dict<'py>(
    py: Python<'py>,
    measures: Vec<(&'static str, Value<'_>)>,
    scenario: &Scenario,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in measures {
        match value {
            Value::Count(count) => dict.set_item(name, count)?,
            Value::MaybeCount(count) => dict.set_item(name, count)?,
            Value::Cents(cents) => dict.set_item(name, cents)?,
            Value::Integral(sum) => dict.set_item(name, sum)?,
            Value::Ratio(ratio) => dict.set_item(name, ratio)?,
            Value::Fraction(fraction) => dict.set_item(name, fraction)?,
            Value::ByAgent(cents) => {
                dict.set_item(name, keyed(py, &scenario.labels.agents, cents)?)?;
            }
            Value::Ticks(ticks) => dict.set_item(name, ticks)?,
            Value::Shares(by_method) => dict.set_item(name, shares(py, by_method)?)?,
            Value::Costs(cents) => dict.set_item(name, named(py, &COST_KINDS, &cents)?)?,
            Value::ByHour(by_mark) => {
                let clocks: Vec<String> = scenario.hours.iter().map(clock).collect();
                dict.set_item(name, keyed(py, &clocks, by_mark)?)?;
            }
        }
    }
    Ok(dict)
}

fn keyed<'py, T: IntoPyObject<'py> + Copy>(
    py: Python<'py>,
    keys: &[String],
    values: &[T],
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in keys.iter().zip(values) {
        dict.set_item(key, *value)?;
    }
    Ok(dict)
}

/// `09:00`, with seconds where the day ends between minutes.
fn clock(hour: &Hour) -> String {
    let (minutes, seconds) = (hour.clock / 60, hour.clock % 60);
    let text = format!("{:02}:{:02}", minutes / 60, minutes % 60);
    if seconds == 0 {
        text
    } else {
        format!("{text}:{seconds:02}")
    }
}

/// Shares by method; each is `None` when nothing settled.
fn shares(py: Python<'_>, shares: Option<Shares>) -> PyResult<Bound<'_, PyDict>> {
    Ok(dict!(py, {
        "gross": shares.map(|shares| shares.gross),
        "bilateral": shares.map(|shares| shares.bilateral),
        "multilateral": shares.map(|shares| shares.multilateral),
        "net": shares.map(|shares| shares.net),
    }))
}

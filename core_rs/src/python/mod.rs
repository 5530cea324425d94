//! The binding: convert, let go of the interpreter, call the engine, convert back.
//!
//! Nothing is computed here. Every call goes through the gate, so that neither a refusal nor a bug
//! reaches Python as anything but `ValueError` and `RuntimeError`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::engine::document::{Parsed, defaults};

mod arguments;
mod budget;
mod columns;
mod config;
mod gate;
mod many;
mod measures;
mod orchestrator;
mod payments;
mod results;

/// Settlement engine of Payment Simulator.
#[pymodule(gil_used = true)]
fn payment_simulator_core_rs(module: &Bound<'_, PyModule>) -> PyResult<()> {
    gate::remember_where_panics_happen();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<orchestrator::Orchestrator>()?;
    module.add_class::<many::Progress>()?;
    module.add("Cancelled", module.py().get_type::<many::Cancelled>())?;
    module.add_function(wrap_pyfunction!(many::simulate_many, module)?)?;
    module.add_function(wrap_pyfunction!(validate, module)?)?;
    module.add_function(wrap_pyfunction!(schema_defaults, module)?)?;
    Ok(())
}

/// All faults and warnings of a config; makes no run.
#[pyfunction]
#[pyo3(signature = (config, payments=None))]
fn validate<'py>(
    py: Python<'py>,
    config: &Bound<'py, PyAny>,
    payments: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyList>> {
    gate::guarded(|| {
        let Parsed { faults, .. } = config::parsed(py, config, payments)?;
        gate::fault_list(py, &faults)
    })
}

/// The default of every optional key, by part of the document.
#[pyfunction]
fn schema_defaults(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    gate::guarded(|| config::to_python(py, &defaults()))
}

/// A dict of the given entries.
macro_rules! dict {
    ($py:expr, { $($key:literal: $value:expr),* $(,)? }) => {{
        let dict = PyDict::new($py);
        $(dict.set_item(pyo3::intern!($py, $key), $value)?;)*
        dict
    }};
}
use dict;

/// Puts the values of a fixed list of names into a dict.
fn named<'py, T: IntoPyObject<'py> + Copy>(
    py: Python<'py>,
    names: &[&str],
    values: &[T],
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in names.iter().zip(values) {
        dict.set_item(name, *value)?;
    }
    Ok(dict)
}

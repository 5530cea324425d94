//! The one gate between Python and the engine.
//!
//! `ValueError` is a refusal and carries `.faults`; `RuntimeError` is a failed run or a bug. A panic
//! of the engine is caught here, and the simulation it happened in refuses everything afterwards.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::dict;
use crate::engine::document::{Fault, Severity};
use crate::engine::errors::{Refusal, RestoreError, RunError};

/// Faults told in the text of a `ValueError`; `.faults` has them all.
const FAULTS_IN_MESSAGE: usize = 20;

thread_local! {
    static PANICKED_AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the place of a panic for its error message; the usual report still goes to stderr.
pub fn remember_where_panics_happen() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        PANICKED_AT.with(|at| *at.borrow_mut() = place);
        usual(info);
    }));
}

/// Runs `call`; a panic becomes its message and place.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        let place = PANICKED_AT.with(|at| at.take());
        format!("{} at {place}", message_of(payload.as_ref()))
    })
}

fn message_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic")
}

/// Runs code of the binding itself; a panic becomes `RuntimeError`.
///
/// # Errors
/// Those of `call`, or `RuntimeError`.
pub fn guarded<T>(call: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    caught(call).unwrap_or_else(|bug| Err(PyRuntimeError::new_err(format!("engine bug: {bug}"))))
}

/// What a call of the engine can come to besides its result.
#[derive(Debug)]
pub enum Trouble {
    /// Nothing has changed; what to do otherwise.
    Refused(Vec<Fault>),
    /// The run has failed or the engine has a bug.
    Failed(String),
}

impl Trouble {
    /// A refusal with one reason.
    pub fn refused(code: &'static str, path: &str, message: impl Into<String>) -> Self {
        Self::Refused(vec![Fault {
            code,
            path: path.to_owned(),
            message: message.into(),
            found: String::new(),
            allowed: String::new(),
            severity: Severity::Error,
        }])
    }

    /// The exception it is in Python.
    pub fn into_exception(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Refused(faults) => refusal(py, &faults),
            Self::Failed(message) => PyRuntimeError::new_err(message),
        }
    }
}

impl From<RunError> for Trouble {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Finished { .. } => Self::refused("finished", "", error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        let (code, path) = match &refusal {
            Refusal::Failed(error) => return Self::Failed(error.to_string()),
            Refusal::Finished => ("finished", ""),
            Refusal::Past { .. } | Refusal::BeyondEnd { .. } => ("out_of_range", "tick"),
            Refusal::Invalid(_) => ("invalid", ""),
            Refusal::NoSuchPayment(_) => ("unknown_payment", "payment"),
            Refusal::NoSuchIntervention(_) => ("unknown_intervention", "sequence"),
        };
        Self::refused(code, path, refusal.to_string())
    }
}

impl From<RestoreError> for Trouble {
    fn from(error: RestoreError) -> Self {
        Self::refused("bad_snapshot", "", error.to_string())
    }
}

/// A `ValueError` that carries `.faults`.
pub fn refusal(py: Python<'_>, faults: &[Fault]) -> PyErr {
    let errors = || {
        faults
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
    };
    let mut lines: Vec<String> = errors()
        .take(FAULTS_IN_MESSAGE)
        .map(Fault::to_string)
        .collect();
    let more = errors().count().saturating_sub(FAULTS_IN_MESSAGE);
    if more > 0 {
        lines.push(format!("and {more} further faults"));
    }
    let error = PyValueError::new_err(lines.join("\n"));
    let list = fault_list(py, faults);
    match list.and_then(|list| error.value(py).setattr("faults", list)) {
        Ok(()) => error,
        Err(other) => other,
    }
}

/// Faults as a list of dicts.
pub fn fault_list<'py>(py: Python<'py>, faults: &[Fault]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for fault in faults {
        list.append(dict!(py, {
            "code": fault.code,
            "path": &fault.path,
            "message": &fault.message,
            "found": &fault.found,
            "allowed": &fault.allowed,
            "severity": fault.severity.name(),
        }))?;
    }
    Ok(list)
}

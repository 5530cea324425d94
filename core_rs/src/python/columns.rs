//! Columns to numpy arrays that own their memory, with the labels of coded columns.

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::dict;
use crate::engine::results::{
    Drained, EVENT_TYPES, EventColumns, METHODS, PaymentColumns, REASONS, STATUSES, SeriesColumns,
};
use crate::engine::scenario::Labels;

/// `tick` (uint32) and one int64 column per series.
pub fn series<'py>(py: Python<'py>, columns: SeriesColumns) -> PyResult<Bound<'py, PyDict>> {
    let dict = dict!(py, { "tick": columns.tick.into_pyarray(py) });
    for (name, values) in columns.columns {
        dict.set_item(name, values.into_pyarray(py))?;
    }
    dict.set_item("labels", PyDict::new(py))?;
    Ok(dict)
}

/// Events; coded columns index into `labels[column]`, -1 is none.
pub fn events<'py>(
    py: Python<'py>,
    columns: EventColumns,
    labels: &Labels,
) -> PyResult<Bound<'py, PyDict>> {
    let names = dict!(py, {
        "type": EVENT_TYPES.to_vec(),
        "agent": &labels.agents,
        "counterparty": &labels.agents,
        "rail": &labels.rails,
        "method": METHODS.to_vec(),
        "reason": REASONS.to_vec(),
    });
    Ok(dict!(py, {
        "seq": columns.seq.into_pyarray(py),
        "tick": columns.tick.into_pyarray(py),
        "type": columns.kind.into_pyarray(py),
        "payment": columns.payment.into_pyarray(py),
        "agent": columns.agent.into_pyarray(py),
        "counterparty": columns.counterparty.into_pyarray(py),
        "rail": columns.rail.into_pyarray(py),
        "amount": columns.amount.into_pyarray(py),
        "method": columns.method.into_pyarray(py),
        "reason": columns.reason.into_pyarray(py),
        "labels": names,
    }))
}

/// Payments; `payment` numbers them in order of creation, `parent` is such a number.
pub fn payments<'py>(
    py: Python<'py>,
    columns: PaymentColumns,
    labels: &Labels,
) -> PyResult<Bound<'py, PyDict>> {
    let names = dict!(py, {
        "sender": &labels.agents,
        "receiver": &labels.agents,
        "rail": &labels.rails,
        "status": STATUSES.to_vec(),
        "method": METHODS.to_vec(),
        "reason": REASONS.to_vec(),
    });
    let id = ids(py, &columns.id_bytes, &columns.id_offsets);
    Ok(dict!(py, {
        "id": id,
        "payment": columns.payment.into_pyarray(py),
        "parent": columns.parent.into_pyarray(py),
        "sender": columns.sender.into_pyarray(py),
        "receiver": columns.receiver.into_pyarray(py),
        "amount": columns.amount.into_pyarray(py),
        "priority": columns.priority.into_pyarray(py),
        "rail": columns.rail.into_pyarray(py),
        "arrival_tick": columns.arrival_tick.into_pyarray(py),
        "deadline_tick": columns.deadline_tick.into_pyarray(py),
        "release_tick": columns.release_tick.into_pyarray(py),
        "end_tick": columns.end_tick.into_pyarray(py),
        "status": columns.status.into_pyarray(py),
        "method": columns.method.into_pyarray(py),
        "reason": columns.reason.into_pyarray(py),
        "labels": names,
    }))
}

/// One `str` a row: an object array, which DuckDB reads quickly.
fn ids<'py>(py: Python<'py>, bytes: &[u8], offsets: &[u64]) -> Bound<'py, PyArray1<Py<PyAny>>> {
    let text = |pair: &[u64]| {
        let slice = bytes
            .get(pair[0] as usize..pair[1] as usize)
            .unwrap_or_default();
        PyString::new(py, &String::from_utf8_lossy(slice))
            .into_any()
            .unbind()
    };
    let texts: Vec<Py<PyAny>> = offsets.windows(2).map(text).collect();
    texts.into_pyarray(py)
}

/// The next stored part.
pub fn drained<'py>(
    py: Python<'py>,
    part: Drained,
    labels: &Labels,
) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "series": series(py, part.series)?,
        "events": events(py, part.events, labels)?,
        "payments": payments(py, part.payments, labels)?,
    }))
}

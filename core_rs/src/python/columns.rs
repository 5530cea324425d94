//! Columns to numpy arrays that own their memory, with the labels of coded columns.

use numpy::{Element, PyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::dict;
use crate::engine::results::{
    Drained, EVENT_TYPES, EventColumns, METHODS, PaymentColumns, REASONS, STATUSES, SeriesColumns,
};
use crate::engine::scenario::Labels;

/// `tick` (uint32) and one int64 column per series.
pub fn series<'py>(py: Python<'py>, columns: SeriesColumns) -> PyResult<Bound<'py, PyDict>> {
    let dict = dict!(py, { "tick": array(py, columns.tick) });
    for (name, values) in columns.columns {
        dict.set_item(name, array(py, values))?;
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
        "seq": array(py, columns.seq),
        "tick": array(py, columns.tick),
        "type": array(py, columns.kind),
        "payment": array(py, columns.payment),
        "agent": array(py, columns.agent),
        "counterparty": array(py, columns.counterparty),
        "rail": array(py, columns.rail),
        "amount": array(py, columns.amount),
        "method": array(py, columns.method),
        "reason": array(py, columns.reason),
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
        "payment": array(py, columns.payment),
        "parent": array(py, columns.parent),
        "sender": array(py, columns.sender),
        "receiver": array(py, columns.receiver),
        "amount": array(py, columns.amount),
        "priority": array(py, columns.priority),
        "rail": array(py, columns.rail),
        "arrival_tick": array(py, columns.arrival_tick),
        "deadline_tick": array(py, columns.deadline_tick),
        "release_tick": array(py, columns.release_tick),
        "end_tick": array(py, columns.end_tick),
        "status": array(py, columns.status),
        "method": array(py, columns.method),
        "reason": array(py, columns.reason),
        "labels": names,
    }))
}

/// A column handed over to numpy as it is: nothing here keeps it.
fn array<T: Element>(py: Python<'_>, column: Vec<T>) -> Bound<'_, PyArray1<T>> {
    PyArray1::from_vec(py, column)
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
    PyArray1::from_vec(py, offsets.windows(2).map(text).collect())
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

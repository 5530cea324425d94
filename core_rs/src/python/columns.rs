//! Columns to numpy arrays, with the labels of coded columns.

use numpy::{Element, PyArray1, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::dict;
use crate::engine::results::{
    Drained, EVENT_TYPES, EventColumns, METHODS, PaymentColumns, REASONS, STATUSES, SeriesColumns,
};
use crate::engine::scenario::Labels;

/// How columns become arrays.
#[derive(Clone, Copy)]
pub enum Arrays {
    /// Each owns its memory.
    Owning,
    /// One that says the same in every row repeats one value, takes no room for its rows and is
    /// read-only: many figures never move in a run, and a day of them is joined and stored.
    Lean,
}

impl Arrays {
    fn of<T: Element + PartialEq>(
        self,
        py: Python<'_>,
        column: Vec<T>,
    ) -> PyResult<Bound<'_, PyAny>> {
        match (self, column.as_slice()) {
            (Self::Lean, [first, rest @ ..])
                if !rest.is_empty() && rest.iter().all(|other| other == first) =>
            {
                repeated(py, first.clone_ref(py), column.len())
            }
            _ => Ok(PyArray1::from_vec(py, column).into_any()),
        }
    }
}

/// One value in every row, through a stride of 0.
fn repeated<T: Element>(py: Python<'_>, value: T, rows: usize) -> PyResult<Bound<'_, PyAny>> {
    let one = PyArray1::from_vec(py, vec![value]);
    let options = dict!(py, {
        "shape": (rows,),
        "dtype": one.dtype(),
        "strides": (0,),
    });
    one.readwrite().make_nonwriteable();
    options.set_item("buffer", &one)?;
    one.get_type().call((), Some(&options))
}

/// `tick` (uint32) and one int64 column per series.
pub fn series<'py>(
    py: Python<'py>,
    columns: SeriesColumns,
    arrays: Arrays,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = dict!(py, { "tick": arrays.of(py, columns.tick)? });
    for (name, values) in columns.columns {
        dict.set_item(name, arrays.of(py, values)?)?;
    }
    dict.set_item("labels", PyDict::new(py))?;
    Ok(dict)
}

/// Events; coded columns index into `labels[column]`, -1 is none.
pub fn events<'py>(
    py: Python<'py>,
    columns: EventColumns,
    labels: &Labels,
    arrays: Arrays,
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
        "seq": arrays.of(py, columns.seq)?,
        "tick": arrays.of(py, columns.tick)?,
        "type": arrays.of(py, columns.kind)?,
        "payment": arrays.of(py, columns.payment)?,
        "agent": arrays.of(py, columns.agent)?,
        "counterparty": arrays.of(py, columns.counterparty)?,
        "rail": arrays.of(py, columns.rail)?,
        "amount": arrays.of(py, columns.amount)?,
        "method": arrays.of(py, columns.method)?,
        "reason": arrays.of(py, columns.reason)?,
        "labels": names,
    }))
}

/// Payments; `payment` numbers them in order of creation, `parent` is such a number.
pub fn payments<'py>(
    py: Python<'py>,
    columns: PaymentColumns,
    labels: &Labels,
    arrays: Arrays,
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
        "payment": arrays.of(py, columns.payment)?,
        "parent": arrays.of(py, columns.parent)?,
        "sender": arrays.of(py, columns.sender)?,
        "receiver": arrays.of(py, columns.receiver)?,
        "amount": arrays.of(py, columns.amount)?,
        "priority": arrays.of(py, columns.priority)?,
        "rail": arrays.of(py, columns.rail)?,
        "arrival_tick": arrays.of(py, columns.arrival_tick)?,
        "deadline_tick": arrays.of(py, columns.deadline_tick)?,
        "release_tick": arrays.of(py, columns.release_tick)?,
        "end_tick": arrays.of(py, columns.end_tick)?,
        "status": arrays.of(py, columns.status)?,
        "method": arrays.of(py, columns.method)?,
        "reason": arrays.of(py, columns.reason)?,
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
    PyArray1::from_vec(py, offsets.windows(2).map(text).collect())
}

/// The next stored part.
pub fn drained<'py>(
    py: Python<'py>,
    part: Drained,
    labels: &Labels,
) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "series": series(py, part.series, Arrays::Lean)?,
        "events": events(py, part.events, labels, Arrays::Lean)?,
        "payments": payments(py, part.payments, labels, Arrays::Lean)?,
    }))
}

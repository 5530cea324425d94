//! Payment columns from numpy: borrowed where they are, never copied row by row.

use numpy::{
    Element, PyArray1, PyArrayMethods, PyReadonlyArray1, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::engine::document::{Columns, Fault, IdColumn, Integers, Severity, nearest};

/// What a column may be.
const INTEGERS: &str = "a one-dimensional array of integers";
const KEYS: [&str; 11] = [
    "sender",
    "receiver",
    "amount",
    "arrival_tick",
    "deadline_tick",
    "priority",
    "rail",
    "divisible",
    "id",
    "id_bytes",
    "id_offsets",
];

/// An array held for as long as its rows are read.
enum Held<'py> {
    I8(PyReadonlyArray1<'py, i8>),
    I16(PyReadonlyArray1<'py, i16>),
    I32(PyReadonlyArray1<'py, i32>),
    I64(PyReadonlyArray1<'py, i64>),
    U8(PyReadonlyArray1<'py, u8>),
    U16(PyReadonlyArray1<'py, u16>),
    U32(PyReadonlyArray1<'py, u32>),
    U64(PyReadonlyArray1<'py, u64>),
}

/// Ids as one blob, from either form in which they may be given.
enum HeldIds<'py> {
    Blob(Held<'py>, Held<'py>),
    Texts(Vec<u8>, Vec<u64>),
}

/// The columns as given.
pub struct Given<'py> {
    columns: [Option<Held<'py>>; 8],
    ids: Option<HeldIds<'py>>,
}

impl<'py> Held<'py> {
    fn rows(&self) -> PyResult<Integers<'_>> {
        Ok(match self {
            Self::I8(array) => Integers::I8(array.as_slice()?),
            Self::I16(array) => Integers::I16(array.as_slice()?),
            Self::I32(array) => Integers::I32(array.as_slice()?),
            Self::I64(array) => Integers::I64(array.as_slice()?),
            Self::U8(array) => Integers::U8(array.as_slice()?),
            Self::U16(array) => Integers::U16(array.as_slice()?),
            Self::U32(array) => Integers::U32(array.as_slice()?),
            Self::U64(array) => Integers::U64(array.as_slice()?),
        })
    }

    /// An array of integers or booleans in one dimension; `None` if it is something else.
    fn read(value: &Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        let numpy = value.py().import("numpy")?;
        let array = match numpy.call_method1("ascontiguousarray", (value,)) {
            Ok(array) => array,
            Err(_) => return Ok(None),
        };
        let Ok(untyped) = array.cast::<PyUntypedArray>() else {
            return Ok(None);
        };
        // ascontiguousarray makes a row of a single number, which is no column.
        if untyped.ndim() != 1 || value.hasattr("ndim")? && !value.getattr("ndim")?.eq(1)? {
            return Ok(None);
        }
        let kind: String = array.getattr("dtype")?.getattr("kind")?.extract()?;
        let array = match kind.as_str() {
            "b" => array.call_method1("view", ("uint8",))?,
            // An empty list has no numbers that could tell its type.
            "f" if untyped.len() == 0 => array.call_method1("astype", ("int64",))?,
            _ => array,
        };
        Ok(typed(&array, Self::I64)
            .or_else(|| typed(&array, Self::I32))
            .or_else(|| typed(&array, Self::U16))
            .or_else(|| typed(&array, Self::U32))
            .or_else(|| typed(&array, Self::U8))
            .or_else(|| typed(&array, Self::I16))
            .or_else(|| typed(&array, Self::I8))
            .or_else(|| typed(&array, Self::U64)))
    }
}

fn typed<'py, T: Element>(
    array: &Bound<'py, PyAny>,
    held: impl Fn(PyReadonlyArray1<'py, T>) -> Held<'py>,
) -> Option<Held<'py>> {
    array
        .cast::<PyArray1<T>>()
        .ok()?
        .try_readonly()
        .ok()
        .map(held)
}

impl Given<'_> {
    /// The rows, borrowed.
    ///
    /// # Errors
    /// If an array cannot be read as one slice.
    pub fn columns(&self) -> PyResult<Columns<'_>> {
        let empty = Integers::I64(&[]);
        let column = |index: usize| self.columns[index].as_ref().map(Held::rows).transpose();
        let ids = match &self.ids {
            None => None,
            Some(HeldIds::Texts(bytes, offsets)) => Some(IdColumn {
                bytes,
                offsets: Integers::U64(offsets),
            }),
            Some(HeldIds::Blob(bytes, offsets)) => match bytes.rows()? {
                Integers::U8(bytes) => Some(IdColumn {
                    bytes,
                    offsets: offsets.rows()?,
                }),
                _ => None,
            },
        };
        Ok(Columns {
            sender: column(0)?.unwrap_or(empty),
            receiver: column(1)?.unwrap_or(empty),
            amount: column(2)?.unwrap_or(empty),
            arrival_tick: column(3)?.unwrap_or(empty),
            deadline_tick: column(4)?,
            priority: column(5)?,
            rail: column(6)?,
            divisible: column(7)?,
            ids,
        })
    }
}

/// Reads the `payments` argument.
///
/// # Errors
/// Only what Python itself raises; what is wrong with the columns is in the inner faults.
pub fn read<'py>(value: &Bound<'py, PyAny>) -> PyResult<Result<Given<'py>, Vec<Fault>>> {
    let Ok(dict) = value.cast::<PyDict>() else {
        let allowed = "a dict of columns";
        return Ok(Err(vec![must_be(
            "not_a_mapping",
            "payments",
            value,
            allowed,
        )]));
    };
    let mut faults = Vec::new();
    for key in dict.keys() {
        let name = key.str()?.to_string_lossy().into_owned();
        if !KEYS.contains(&name.as_str()) {
            let near = nearest(&name, KEYS)
                .map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let message = format!("{name:?} is not a column of payments{near}");
            faults.push(fault(
                "unknown_key",
                "payments",
                message,
                name,
                &KEYS.join(", "),
            ));
        }
    }
    let mut columns = [const { None }; 8];
    for (index, slot) in columns.iter_mut().enumerate() {
        *slot = column(dict, KEYS[index], index < 4, &mut faults)?;
    }
    let ids = ids(dict, &mut faults)?;
    Ok(if faults.is_empty() {
        Ok(Given { columns, ids })
    } else {
        Err(faults)
    })
}

fn column<'py>(
    dict: &Bound<'py, PyDict>,
    name: &str,
    required: bool,
    faults: &mut Vec<Fault>,
) -> PyResult<Option<Held<'py>>> {
    let given = dict.get_item(name)?.filter(|value| !value.is_none());
    let path = format!("payments.{name}");
    let Some(value) = given else {
        if required {
            let message = format!("the column {name} is required");
            faults.push(fault("missing", &path, message, String::new(), INTEGERS));
        }
        return Ok(None);
    };
    let held = Held::read(&value)?;
    if held.is_none() {
        faults.push(must_be("not_an_integer", &path, &value, INTEGERS));
    }
    Ok(held)
}

fn ids<'py>(dict: &Bound<'py, PyDict>, faults: &mut Vec<Fault>) -> PyResult<Option<HeldIds<'py>>> {
    if let Some(texts) = dict.get_item("id")?.filter(|value| !value.is_none()) {
        let (mut bytes, mut offsets) = (Vec::new(), vec![0]);
        for (row, text) in texts.try_iter()?.enumerate() {
            let text = text?;
            if let Ok(text) = text.cast::<PyString>() {
                bytes.extend_from_slice(text.to_string_lossy().as_bytes());
            } else if !text.is_none() {
                let path = format!("payments[{row}].id");
                faults.push(must_be("not_text", &path, &text, "text or None"));
                return Ok(None);
            }
            offsets.push(bytes.len() as u64);
        }
        return Ok(Some(HeldIds::Texts(bytes, offsets)));
    }
    let bytes = column(dict, "id_bytes", false, faults)?;
    let offsets = column(dict, "id_offsets", false, faults)?;
    Ok(match (bytes, offsets) {
        (Some(bytes @ Held::U8(_)), Some(offsets)) => Some(HeldIds::Blob(bytes, offsets)),
        (None, None) => None,
        _ => {
            let message = "id_bytes (uint8) and id_offsets come together".to_owned();
            let (path, found) = (
                "payments.id_offsets",
                "one of them, or of another type".to_owned(),
            );
            faults.push(fault("missing", path, message, found, "both or neither"));
            None
        }
    })
}

/// A value of another type than is allowed.
fn must_be(code: &'static str, path: &str, value: &Bound<'_, PyAny>, allowed: &str) -> Fault {
    let found = (value.get_type().name()).map_or_else(|_| "?".into(), |name| name.to_string());
    let message = format!("must be {allowed}, found a value of the type {found}");
    fault(code, path, message, found, allowed)
}

fn fault(code: &'static str, path: &str, message: String, found: String, allowed: &str) -> Fault {
    Fault {
        code,
        path: path.to_owned(),
        message,
        found,
        allowed: allowed.to_owned(),
        severity: Severity::Error,
    }
}

//! Python values to documents and back.
//!
//! By hand, because the types matter: `True` is no integer, `1.0` is none either, and an integer of
//! any size is a fault of the document, not an `OverflowError` of the binding.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use super::payments;
use crate::engine::document::overrides::put;
use crate::engine::document::{Fault, Parsed, Severity, parse, shortened};

/// Lists and mappings within one another.
const DEPTH: usize = 32;
/// Values of a document; a list that is shared many times over counts each time.
const VALUES: usize = 20_000_000;

/// Reads a config and its payment columns.
///
/// # Errors
/// Only what Python itself raises meanwhile; whatever is wrong with the config is in the faults.
pub fn parsed(
    py: Python<'_>,
    config: &Bound<'_, PyAny>,
    columns: Option<&Bound<'_, PyAny>>,
) -> PyResult<Parsed> {
    parsed_with(py, config, &[], columns)
}

/// Reads a config in which values are replaced by their paths, and its payment columns.
///
/// # Errors
/// As [`parsed`].
pub fn parsed_with(
    py: Python<'_>,
    config: &Bound<'_, PyAny>,
    overrides: &[(String, Bound<'_, PyAny>)],
    columns: Option<&Bound<'_, PyAny>>,
) -> PyResult<Parsed> {
    let mut reader = Reader::default();
    let mut document = reader.value(config, &mut Vec::new());
    for (path, value) in overrides {
        reader.path.clone_from(path);
        let value = reader.value(value, &mut Vec::new());
        if let Err(fault) = put(&mut document, path, value) {
            reader.faults.push(fault);
        }
    }
    reader.path.clear();
    let given = match columns.filter(|columns| !columns.is_none()) {
        None => None,
        Some(columns) => match payments::read(columns)? {
            Ok(given) => Some(given),
            Err(faults) => {
                reader.faults.extend(faults);
                None
            }
        },
    };
    let columns = given.as_ref().map(payments::Given::columns).transpose()?;
    let mut parsed = py.detach(|| parse(&document, columns.as_ref()));
    if !reader.faults.is_empty() {
        // What stands in for an unreadable value may be at fault too; told once, with what its key allows.
        parsed.faults.retain(|fault| {
            let mut same = reader
                .faults
                .iter_mut()
                .filter(|own| own.path == fault.path);
            let unreadable = same.next();
            let told = unreadable.is_some();
            if let Some(own) = unreadable {
                own.allowed.clone_from(&fault.allowed);
            }
            !told
        });
        reader.faults.append(&mut parsed.faults);
        parsed = Parsed {
            scenario: None,
            faults: reader.faults,
        };
    }
    Ok(parsed)
}

/// Reads an event; faults of reading it come back beside it.
pub fn event(value: &Bound<'_, PyAny>) -> (Value, Vec<Fault>) {
    let mut reader = Reader::default();
    let event = reader.value(value, &mut Vec::new());
    (event, reader.faults)
}

#[derive(Default)]
struct Reader {
    faults: Vec<Fault>,
    /// Where we are, as text.
    path: String,
    values: usize,
}

impl Reader {
    /// A value; `Null` after a fault. `above` are the lists and mappings it lies in.
    fn value(&mut self, value: &Bound<'_, PyAny>, above: &mut Vec<usize>) -> Value {
        self.values += 1;
        if self.values > VALUES {
            let allowed = format!("at most {VALUES} values");
            return self.fault(
                "too_many",
                "the document has too many values",
                "more",
                &allowed,
            );
        }
        if value.is_none() {
            Value::Null
        } else if let Ok(flag) = value.cast::<PyBool>() {
            Value::Bool(flag.is_true())
        } else if value.is_instance_of::<PyInt>() {
            self.integer(value)
        } else if let Ok(float) = value.cast::<PyFloat>() {
            match Number::from_f64(float.value()) {
                Some(number) => Value::Number(number),
                None => {
                    let found = float.value().to_string();
                    let message = format!("must be a finite number, found {found}");
                    self.fault("not_a_number", &message, &found, "a finite number")
                }
            }
        } else if let Ok(text) = value.cast::<PyString>() {
            match text.to_cow() {
                Ok(text) => Value::String(text.into_owned()),
                Err(_) => {
                    let message = "the text is not valid Unicode";
                    self.fault("not_text", message, "half of a character", "Unicode text")
                }
            }
        } else if value.is_instance_of::<PyDict>()
            || value.is_instance_of::<PyList>()
            || value.is_instance_of::<PyTuple>()
        {
            self.container(value, above)
        } else {
            let name = value
                .get_type()
                .name()
                .map_or_else(|_| "?".into(), |name| name.to_string());
            let message = format!("a value of the Python type {name} cannot stand in a scenario");
            let allowed = "a mapping, a list, text, a number, true, false or null";
            self.fault("not_plain", &message, &name, allowed)
        }
    }

    fn integer(&mut self, value: &Bound<'_, PyAny>) -> Value {
        if let Ok(number) = value.extract::<i64>() {
            Value::from(number)
        } else if let Ok(number) = value.extract::<u64>() {
            Value::from(number)
        } else {
            let found = value.str().map_or_else(
                // Python does not spell out the very long ones.
                |_| "an integer of thousands of digits".into(),
                |digits| shortened(&digits.to_string()),
            );
            let message = format!("the integer has more than 64 bits, found {found}");
            self.fault(
                "out_of_range",
                &message,
                &found,
                "an integer of at most 64 bits",
            )
        }
    }

    fn container(&mut self, value: &Bound<'_, PyAny>, above: &mut Vec<usize>) -> Value {
        let own = value.as_ptr() as usize;
        if above.contains(&own) {
            let found = "itself, further up";
            return self.fault("circular", "contains itself", found, "anything else");
        }
        if above.len() == DEPTH {
            let message = "lies in too many lists and mappings";
            let allowed = format!("at most {DEPTH} within one another");
            return self.fault("too_deep", message, "one more", &allowed);
        }
        above.push(own);
        let read = if let Ok(dict) = value.cast::<PyDict>() {
            self.mapping(dict, above)
        } else {
            self.list(value, above)
        };
        above.pop();
        read
    }

    fn mapping(&mut self, dict: &Bound<'_, PyDict>, above: &mut Vec<usize>) -> Value {
        let mut map = Map::new();
        let here = self.path.len();
        for (key, value) in dict {
            let Some(name) = key_text(&key) else {
                let message = "a key must be text, or an integer where it names a priority";
                let found = shortened(
                    &key.repr()
                        .map_or_else(|_| "?".into(), |key| key.to_string()),
                );
                self.fault("not_a_key", message, &found, "text, or a priority");
                continue;
            };
            if here > 0 {
                self.path.push('.');
            }
            self.path.extend(name.chars().take(60));
            let value = self.value(&value, above);
            if map.contains_key(&name) {
                let message = "the key is there twice, as text and as a number";
                self.fault("duplicate", message, &name, "each key once");
            }
            map.insert(name, value);
            self.path.truncate(here);
        }
        Value::Object(map)
    }

    fn list(&mut self, list: &Bound<'_, PyAny>, above: &mut Vec<usize>) -> Value {
        let here = self.path.len();
        let mut items = Vec::new();
        let Ok(iterator) = list.try_iter() else {
            return self.unreadable_list();
        };
        for (index, item) in iterator.enumerate() {
            let Ok(item) = item else {
                return self.unreadable_list();
            };
            self.path.push_str(&format!("[{index}]"));
            items.push(self.value(&item, above));
            self.path.truncate(here);
        }
        Value::Array(items)
    }

    fn unreadable_list(&mut self) -> Value {
        let message = "cannot be read as a list";
        self.fault("not_a_list", message, "an error of its own", "a list")
    }

    /// Notes a fault at where we are.
    fn fault(&mut self, code: &'static str, message: &str, found: &str, allowed: &str) -> Value {
        // A document of a million such values needs no million faults.
        if self.faults.len() < 1_000 {
            self.faults.push(Fault {
                code,
                path: self.path.clone(),
                message: message.to_owned(),
                found: found.to_owned(),
                allowed: allowed.to_owned(),
                severity: Severity::Error,
            });
        }
        Value::Null
    }
}

/// A key; YAML gives `{5: 0.8}` an integer.
fn key_text(key: &Bound<'_, PyAny>) -> Option<String> {
    if let Ok(text) = key.cast::<PyString>() {
        return text.to_cow().ok().map(std::borrow::Cow::into_owned);
    }
    let whole = key.is_instance_of::<PyInt>() && !key.is_instance_of::<PyBool>();
    key.extract::<i64>()
        .ok()
        .filter(|_| whole)
        .map(|number| number.to_string())
}

/// A document as Python values.
pub fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into_pyobject(py)?.into_any(),
            (None, float) => float.into_pyobject(py)?.into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(map) => {
            let dict = PyDict::new(py);
            for (key, item) in map {
                dict.set_item(key, to_python(py, item)?)?;
            }
            dict.into_any()
        }
    })
}

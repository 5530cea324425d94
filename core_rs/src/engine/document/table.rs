//! A mapping of the document and the typed reading of its values.
//!
//! Every reader adds a fault and gives a harmless value in its place, so that reading goes on and
//! finds all faults together; a document with faults never becomes a scenario.

use serde_json::{Map, Value};

use super::decimal::{Decimal, NotDecimal, shown};
use super::fault::{Faults, Path, nearest, shortened};

/// What an absent key means.
#[derive(Clone, Copy, Debug)]
pub enum Absent<T> {
    /// A fault.
    Fault,
    /// This value.
    Is(T),
}

/// A mapping, where it stands, and where its faults go.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    map: &'a Map<String, Value>,
    /// Where it stands.
    pub path: &'a Path<'a>,
    /// Where faults go.
    pub faults: &'a Faults,
}

/// An integer's bounds and unit.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// Least allowed.
    pub low: i64,
    /// Most allowed.
    pub high: i64,
    /// Such as ` of cents`; may be empty.
    pub unit: &'static str,
}

/// A decimal number's bounds, in billionths, and places.
#[derive(Clone, Copy, Debug)]
pub struct Fraction {
    /// Least allowed.
    pub low: i64,
    /// Most allowed.
    pub high: i64,
    /// Most places behind the point.
    pub places: usize,
}

impl Whole {
    /// An integer between two bounds, of cents.
    #[must_use]
    pub const fn cents(low: i64, high: i64) -> Self {
        Self {
            low,
            high,
            unit: " of cents",
        }
    }

    /// An integer between two bounds.
    #[must_use]
    pub const fn number(low: i64, high: i64) -> Self {
        Self {
            low,
            high,
            unit: "",
        }
    }

    /// Reads an integer that stands alone; `None` after a fault.
    #[must_use]
    pub fn read(self, value: &Value, path: &Path<'_>, faults: &Faults) -> Option<i64> {
        let found = value
            .as_i64()
            .filter(|number| (self.low..=self.high).contains(number));
        if found.is_none() {
            let integer = value.is_i64() || value.is_u64();
            let code = if integer {
                "out_of_range"
            } else {
                "not_an_integer"
            };
            faults.wrong(code, path, value, &self.allowed());
        }
        found
    }

    /// What may stand there, in words.
    #[must_use]
    pub fn allowed(self) -> String {
        let Self { low, high, unit } = self;
        format!("an integer{unit} from {low} to {high}")
    }
}

impl Fraction {
    /// Reads a decimal number that stands alone; `None` after a fault.
    #[must_use]
    pub fn read(self, value: &Value, path: &Path<'_>, faults: &Faults) -> Option<Decimal> {
        let Self { low, high, places } = self;
        let allowed = self.allowed();
        let code = match Decimal::read(value) {
            Ok(number) if number.places > places => "too_many_places",
            Ok(number) if (low..=high).contains(&number.billionths) => return Some(number),
            Ok(_) | Err(NotDecimal::Size) => "out_of_range",
            Err(NotDecimal::Type) => "not_a_number",
            Err(NotDecimal::Places(kept)) => {
                let message = format!("has more than {places} decimal places; write {kept}");
                faults.error("too_many_places", path, message, Some(value), allowed);
                return None;
            }
        };
        faults.wrong(code, path, value, &allowed);
        None
    }

    fn allowed(self) -> String {
        let (low, high, places) = (shown(self.low), shown(self.high), self.places);
        format!("a number from {low} to {high} with at most {places} decimal places")
    }
}

/// Opens a mapping that may only have the `known` keys; `None` after a fault.
#[must_use]
pub fn open<'a>(
    value: &'a Value,
    path: &'a Path<'a>,
    faults: &'a Faults,
    known: &[&str],
) -> Option<Table<'a>> {
    let table = open_any(value, path, faults)?;
    for (key, found) in table.map {
        if !known.contains(&key.as_str()) {
            table.unknown_key(key, found, known);
        }
    }
    Some(table)
}

/// Opens a mapping whose keys are checked by the caller; `None` after a fault.
#[must_use]
pub fn open_any<'a>(value: &'a Value, path: &'a Path<'a>, faults: &'a Faults) -> Option<Table<'a>> {
    match value {
        Value::Object(map) => Some(Table { map, path, faults }),
        other => {
            faults.wrong("not_a_mapping", path, other, "a mapping of keys to values");
            None
        }
    }
}

impl<'a> Table<'a> {
    /// The value of a key; `null` is absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// All keys with a value, as written.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.map
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .filter(|(_, v)| !v.is_null())
    }

    fn unknown_key(&self, key: &str, found: &Value, known: &[&str]) {
        let near = nearest(key, known.iter().copied());
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        self.faults.error(
            "unknown_key",
            &self.path.key(key),
            format!("{:?} is not a known key here{hint}", shortened(key)),
            Some(found),
            known.join(", "),
        );
    }

    /// Adds a fault about the value of a key.
    pub fn error(&self, code: &'static str, key: &str, message: impl Into<String>, allowed: &str) {
        self.faults
            .error(code, &self.path.key(key), message, self.get(key), allowed);
    }

    fn missing(&self, key: &str, allowed: &str) {
        self.error("missing", key, format!("{key} is required"), allowed);
    }

    /// The value of a key, or a fault, which says what is `allowed`, if it is absent.
    #[must_use]
    pub fn required(&self, key: &str, allowed: &str) -> Option<&'a Value> {
        let value = self.get(key);
        if value.is_none() {
            self.missing(key, allowed);
        }
        value
    }

    /// An integer.
    #[must_use]
    pub fn whole(&self, key: &str, bounds: Whole, absent: Absent<i64>) -> i64 {
        let harmless = 0.clamp(bounds.low, bounds.high);
        match (self.get(key), absent) {
            (Some(value), _) => bounds
                .read(value, &self.path.key(key), self.faults)
                .unwrap_or(harmless),
            (None, Absent::Is(value)) => value,
            (None, Absent::Fault) => {
                self.missing(key, &bounds.allowed());
                harmless
            }
        }
    }

    /// An integer that may be absent.
    #[must_use]
    pub fn whole_or_none(&self, key: &str, bounds: Whole) -> Option<i64> {
        self.get(key)
            .map(|_| self.whole(key, bounds, Absent::Fault))
    }

    /// A count or tick; `bounds` must lie in u32.
    #[must_use]
    pub fn count(&self, key: &str, bounds: Whole, absent: Absent<u32>) -> u32 {
        let absent = match absent {
            Absent::Fault => Absent::Fault,
            Absent::Is(value) => Absent::Is(i64::from(value)),
        };
        u32::try_from(self.whole(key, bounds, absent)).unwrap_or(u32::MAX)
    }

    /// A decimal number.
    #[must_use]
    pub fn fraction(&self, key: &str, bounds: Fraction, absent: Absent<Decimal>) -> Decimal {
        let harmless = Decimal {
            billionths: bounds.low,
            places: 0,
            value: bounds.low as f64 / 1e9,
        };
        match (self.get(key), absent) {
            (Some(value), _) => bounds
                .read(value, &self.path.key(key), self.faults)
                .unwrap_or(harmless),
            (None, Absent::Is(value)) => value,
            (None, Absent::Fault) => {
                self.missing(key, &bounds.allowed());
                harmless
            }
        }
    }

    /// True or false; absent is false.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        match self.get(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                self.faults
                    .wrong("not_a_boolean", &self.path.key(key), other, "true or false");
                false
            }
        }
    }

    /// A text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'a str> {
        match self.get(key)? {
            Value::String(text) => Some(text),
            other => {
                self.faults
                    .wrong("not_text", &self.path.key(key), other, "text");
                None
            }
        }
    }

    /// One of a few words, by its value; `None` if absent or after a fault.
    #[must_use]
    pub fn choice<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        choose(self.get(key)?, &self.path.key(key), self.faults, words)
    }

    /// The same; absent is a fault too.
    #[must_use]
    pub fn required_choice<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        self.required(key, &one_of(words))?;
        self.choice(key, words)
    }

    /// A list; absent gives an empty one.
    #[must_use]
    pub fn list(&self, key: &str) -> &'a [Value] {
        match self.get(key) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.faults
                    .wrong("not_a_list", &self.path.key(key), other, "a list");
                &[]
            }
        }
    }
}

fn one_of<T>(words: &[(&str, T)]) -> String {
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    format!("one of {}", names.join(", "))
}

/// One of a few words; `None` after a fault.
#[must_use]
pub fn choose<T: Copy>(
    value: &Value,
    path: &Path<'_>,
    faults: &Faults,
    words: &[(&str, T)],
) -> Option<T> {
    let found = value
        .as_str()
        .and_then(|text| words.iter().find(|(word, _)| *word == text));
    if found.is_none() {
        let allowed = one_of(words);
        let near = value
            .as_str()
            .and_then(|text| nearest(text, words.iter().map(|(word, _)| *word)));
        match near {
            None => faults.wrong("not_a_choice", path, value, &allowed),
            Some(near) => {
                let message = format!("must be {allowed}; did you mean {near}?");
                faults.error("not_a_choice", path, message, Some(value), allowed);
            }
        }
    }
    found.map(|(_, value)| *value)
}

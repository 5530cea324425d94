//! Faults: what is wrong with a document, where, and what would be right.

use std::cell::RefCell;
use std::fmt;

use serde_json::Value;

/// How many faults are told one by one; further ones are only counted.
pub const FAULTS_TOLD: usize = 1_000;

/// Whether a fault refuses the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The document is refused.
    Error,
    /// Allowed, but probably not meant.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable word for programs, such as `unknown_key`.
    pub code: &'static str,
    /// Such as `agents[2].arrival_config.amount_mean`; empty for the document itself.
    pub path: String,
    /// A sentence without the path.
    pub message: String,
    /// What stands there, as JSON, shortened; empty if nothing does.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
    /// Error or warning.
    pub severity: Severity,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}", self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// A place in the document.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The document itself.
    Root,
    /// A value of a mapping.
    Key(&'a Path<'a>, &'a str),
    /// An item of a list.
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    /// The value under `key`.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    /// Item `index`, from 0.
    #[must_use]
    pub fn item(&'a self, index: usize) -> Self {
        Self::Item(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) => write!(f, "{}", shortened(key)),
            Self::Key(parent, key) => write!(f, "{parent}.{}", shortened(key)),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The faults found so far.
#[derive(Debug, Default)]
pub struct Faults {
    told: RefCell<Vec<Fault>>,
    untold: RefCell<usize>,
    errors: RefCell<usize>,
}

impl Faults {
    /// Adds a fault, or counts it if there are too many already.
    pub fn add(&self, fault: Fault) {
        if fault.severity == Severity::Error {
            *self.errors.borrow_mut() += 1;
        }
        let mut told = self.told.borrow_mut();
        if told.len() < FAULTS_TOLD {
            told.push(fault);
        } else {
            *self.untold.borrow_mut() += 1;
        }
    }

    /// Adds an error.
    pub fn error(
        &self,
        code: &'static str,
        path: &Path<'_>,
        message: impl Into<String>,
        found: Option<&Value>,
        allowed: impl Into<String>,
    ) {
        self.add(Fault {
            code,
            path: path.to_string(),
            message: message.into(),
            found: found.map(json).unwrap_or_default(),
            allowed: allowed.into(),
            severity: Severity::Error,
        });
    }

    /// Adds the error "must be `allowed`, found `value`".
    pub fn wrong(&self, code: &'static str, path: &Path<'_>, value: &Value, allowed: &str) {
        let message = format!("must be {allowed}, found {}", described(value));
        self.error(code, path, message, Some(value), allowed);
    }

    /// Adds a warning.
    pub fn warn(&self, code: &'static str, path: &Path<'_>, message: impl Into<String>) {
        self.add(Fault {
            code,
            path: path.to_string(),
            message: message.into(),
            found: String::new(),
            allowed: String::new(),
            severity: Severity::Warning,
        });
    }

    /// Whether the document is refused.
    #[must_use]
    pub fn refused(&self) -> bool {
        *self.errors.borrow() > 0
    }

    /// All faults, and how many more there are.
    #[must_use]
    pub fn into_list(self) -> Vec<Fault> {
        let mut list = self.told.into_inner();
        let untold = self.untold.into_inner();
        if untold > 0 {
            list.push(Fault {
                code: "more_faults",
                path: String::new(),
                message: format!("and {untold} further faults, not listed"),
                found: String::new(),
                allowed: String::new(),
                severity: if self.errors.into_inner() > 0 {
                    Severity::Error
                } else {
                    Severity::Warning
                },
            });
        }
        list
    }
}

/// At most 60 characters of a text.
#[must_use]
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A value as short JSON; of a list or mapping only what it is.
fn json(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(map) => format!("a mapping with {} keys", map.len()),
        Value::String(text) => format!("{:?}", shortened(text)),
        other => shortened(&other.to_string()),
    }
}

/// A value with the name of its type.
fn described(value: &Value) -> String {
    let text = json(value);
    match value {
        Value::Bool(_) => format!("{text} (a boolean)"),
        Value::String(_) => format!("{text} (text)"),
        Value::Number(number) if number.is_f64() => format!("{text} (a decimal number)"),
        _ => text,
    }
}

/// The known word nearest to `word`, if any is near.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(64).collect();
    let limit = (word.len() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (edits(&word, candidate), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance, without regard to case.
fn edits(word: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (line, other) in candidate.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, letter) in word.iter().enumerate() {
            let changed = usize::from(!letter.eq_ignore_ascii_case(&other));
            let best = (diagonal + changed)
                .min(row[column] + 1)
                .min(row[column + 1] + 1);
            diagonal = row[column + 1];
            row[column + 1] = best;
        }
    }
    row[word.len()]
}

//! Names: ids of banks, rails and payments, and finding what they name.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fault::{Faults, Path, nearest, shortened};
use super::table::Table;
use crate::engine::units::{AgentId, RailId};

/// Beyond this many names a misspelt one gets no suggestion, to bound the time.
const SUGGESTED_FROM: usize = 200;

const AGENT_ID: &str = "1 to 32 of A-Z, 0-9 and _";
const RAIL_ID: &str = "1 to 32 of A-Z, a-z, 0-9, _, ., : and -";
const PAYMENT_ID: &str = "1 to 64 of A-Z, a-z, 0-9, _, ., : and -";

/// The agents and rails of a document by name.
#[derive(Debug, Default)]
pub struct Names {
    /// Agents by id.
    pub agents: BTreeMap<String, AgentId>,
    /// Rails by id.
    pub rails: BTreeMap<String, RailId>,
}

/// An id as text. A bank may be called 12, which YAML reads as a number.
#[must_use]
pub fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a payment may be given this id.
#[must_use]
pub fn is_payment_id(id: &[u8]) -> bool {
    (1..=64).contains(&id.len())
        && id
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
}

impl Names {
    /// Takes the id of agent `index`; a text in its place after a fault.
    pub fn add_agent(&mut self, table: &Table<'_>, index: usize) -> String {
        let valid = |id: &str| {
            (1..=32).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        };
        let id = own_id(table, valid, AGENT_ID, |id| self.agents.contains_key(id));
        if let Some(id) = &id {
            self.agents.insert(
                id.clone(),
                AgentId(u16::try_from(index).unwrap_or(u16::MAX)),
            );
        }
        id.unwrap_or_default()
    }

    /// Takes the id of rail `index`; a text in its place after a fault.
    pub fn add_rail(&mut self, table: &Table<'_>, index: usize) -> String {
        let valid = |id: &str| id.len() <= 32 && is_payment_id(id.as_bytes());
        let id = own_id(table, valid, RAIL_ID, |id| self.rails.contains_key(id));
        if let Some(id) = &id {
            self.rails
                .insert(id.clone(), RailId(u8::try_from(index).unwrap_or(u8::MAX)));
        }
        id.unwrap_or_default()
    }

    /// The agent that `key` names; `None` after a fault.
    #[must_use]
    pub fn agent(&self, table: &Table<'_>, key: &str) -> Option<AgentId> {
        let value = table.required(key, "the id of an agent of this scenario")?;
        self.agent_of(value, &table.path.key(key), table.faults)
    }

    /// The agent that a value names; `None` after a fault.
    #[must_use]
    pub fn agent_of(&self, value: &Value, path: &Path<'_>, faults: &Faults) -> Option<AgentId> {
        find(&self.agents, value, path, faults, "agent")
    }

    /// The agent that a mapping's key names; `None` after a fault.
    #[must_use]
    pub fn agent_key(&self, key: &str, path: &Path<'_>, faults: &Faults) -> Option<AgentId> {
        find(
            &self.agents,
            &Value::from(key),
            &path.key(key),
            faults,
            "agent",
        )
    }

    /// The rail that `key` names; `None` if absent or after a fault.
    #[must_use]
    pub fn rail(&self, table: &Table<'_>, key: &str) -> Option<RailId> {
        let value = table.get(key)?;
        find(
            &self.rails,
            value,
            &table.path.key(key),
            table.faults,
            "rail",
        )
    }

    /// Sender and receiver of a payment; the same fault-free stand-ins after a fault.
    #[must_use]
    pub fn parties(&self, table: &Table<'_>) -> (AgentId, AgentId) {
        let sender = self.agent(table, "sender");
        let receiver = self.agent(table, "receiver");
        if sender.is_some() && sender == receiver {
            table.error(
                "self_payment",
                "receiver",
                "a bank cannot pay itself",
                "another bank",
            );
        }
        (sender.unwrap_or_default(), receiver.unwrap_or_default())
    }
}

fn own_id(
    table: &Table<'_>,
    valid: impl Fn(&str) -> bool,
    allowed: &str,
    taken: impl Fn(&str) -> bool,
) -> Option<String> {
    let value = table.required("id", allowed)?;
    let id = id_text(value).filter(|id| valid(id));
    let Some(id) = id else {
        table
            .faults
            .wrong("bad_id", &table.path.key("id"), value, allowed);
        return None;
    };
    if taken(&id) {
        table.error(
            "duplicate_id",
            "id",
            format!("the id {id} is taken already"),
            "a new id",
        );
        return None;
    }
    Some(id)
}

fn find<T: Copy>(
    known: &BTreeMap<String, T>,
    value: &Value,
    path: &Path<'_>,
    faults: &Faults,
    what: &'static str,
) -> Option<T> {
    let Some(id) = id_text(value) else {
        faults.wrong(
            "not_an_id",
            path,
            value,
            &format!("the id of {}", article(what)),
        );
        return None;
    };
    let found = known.get(&id).copied();
    if found.is_none() {
        let near = if known.len() <= SUGGESTED_FROM {
            nearest(&id, known.keys().map(String::as_str))
        } else {
            None
        };
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let message = format!("there is no {what} {:?}{hint}", shortened(&id));
        let code = if what == "rail" {
            "unknown_rail"
        } else {
            "unknown_agent"
        };
        faults.error(
            code,
            path,
            message,
            Some(value),
            format!("the id of {}", article(what)),
        );
    }
    found
}

fn article(what: &str) -> String {
    let vowel = what.starts_with('a');
    format!("{} {what} of this scenario", if vowel { "an" } else { "a" })
}

/// An optional given id of a payment; `None` if absent or after a fault.
#[must_use]
pub fn payment_id(table: &Table<'_>) -> Option<String> {
    let value = table.get("id")?;
    let id = id_text(value).filter(|id| is_payment_id(id.as_bytes()));
    if id.is_none() {
        table
            .faults
            .wrong("bad_id", &table.path.key("id"), value, PAYMENT_ID);
    }
    id
}

/// The payment an event acts on: an id, or that of a part (`P/3`). It need not exist yet.
#[must_use]
pub fn payment_named(table: &Table<'_>) -> String {
    let Some(value) = table.required("payment", "the id of a payment") else {
        return String::new();
    };
    let valid = |text: &String| {
        let (id, part) = text.split_once('/').unwrap_or((text, "1"));
        let number = (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        is_payment_id(id.as_bytes()) && number
    };
    let id = id_text(value).filter(valid);
    if id.is_none() {
        table.faults.wrong(
            "bad_id",
            &table.path.key("payment"),
            value,
            "the id of a payment",
        );
    }
    id.unwrap_or_default()
}

//! Single values of a document replaced by their path, as faults name it: `agents[2].balance`.

use serde_json::{Map, Value};

use super::fault::{Fault, Severity};

enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

/// Puts `value` at `path`. A key that is not there yet is added, an item is not.
///
/// # Errors
/// The path cannot be read, or leads nowhere in this document.
pub fn put(document: &mut Value, path: &str, value: Value) -> Result<(), Fault> {
    let refused = |message: &str| Fault {
        code: "override",
        path: path.to_owned(),
        message: message.to_owned(),
        found: String::new(),
        allowed: "a path such as agents[0].balance".to_owned(),
        severity: Severity::Error,
    };
    let steps = steps(path).ok_or_else(|| refused("is no path"))?;
    let mut place = document;
    for step in steps {
        place = match step {
            Step::Key(key) => {
                if place.is_null() {
                    *place = Value::Object(Map::new());
                }
                let below = place.as_object_mut();
                below
                    .ok_or_else(|| refused("names a key of what has none"))?
                    .entry(key)
                    .or_insert(Value::Null)
            }
            Step::Item(index) => {
                (place.get_mut(index)).ok_or_else(|| refused("names an item that is not there"))?
            }
        };
    }
    *place = value;
    Ok(())
}

/// The steps of a path; `None` if it is none.
fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (key, mut items) = part.split_at(part.find('[').unwrap_or(part.len()));
        if key.is_empty() {
            return None;
        }
        steps.push(Step::Key(key));
        while !items.is_empty() {
            let (index, rest) = items.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Item(index.parse().ok()?));
            items = rest;
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::put;

    fn after(path: &str) -> Result<Value, String> {
        let mut document = json!({ "agents": [{ "id": "A", "balance": 1 }, { "id": "B" }] });
        match put(&mut document, path, json!(7)) {
            Ok(()) => Ok(document),
            Err(fault) => Err(fault.message),
        }
    }

    #[test]
    fn a_value_is_replaced_or_added_where_its_path_says() {
        let agents = |first: Value, second: Value| Ok(json!({ "agents": [first, second] }));
        let (a, b) = (json!({ "id": "A", "balance": 1 }), json!({ "id": "B" }));
        assert_eq!(
            after("agents[0].balance"),
            agents(json!({ "id": "A", "balance": 7 }), b.clone())
        );
        assert_eq!(
            after("agents[1].reservations.urgent"),
            agents(
                a.clone(),
                json!({ "id": "B", "reservations": { "urgent": 7 } })
            )
        );
        assert_eq!(after("agents[1]"), agents(a.clone(), json!(7)));
        assert_eq!(
            after("num_days"),
            Ok(json!({ "agents": [a, b], "num_days": 7 }))
        );
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        for (path, why) in [
            ("", "is no path"),
            ("agents[x]", "is no path"),
            ("agents[0", "is no path"),
            ("agents[0]balance", "is no path"),
            ("agents[2].balance", "names an item that is not there"),
            ("seed[0]", "names an item that is not there"),
            ("agents[0].id.x", "names a key of what has none"),
        ] {
            assert_eq!(after(path), Err(why.to_owned()), "{path}");
        }
    }
}

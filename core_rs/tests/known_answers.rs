//! Published and hand-computed cases: the engine must give their answers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bad table must fail loudly"
)]

mod cast;

use std::collections::BTreeSet;

use payment_simulator_core_rs::engine::results::COST_KINDS;
use payment_simulator_core_rs::engine::simulation::Simulation;
use serde_json::{Map, Value};

const TABLE: &str = include_str!("tables/known_answers.json");

#[test]
fn every_known_answer_is_given() {
    let cases: Vec<Value> = serde_json::from_str(TABLE).unwrap();
    assert_eq!(cases.len(), 27);
    let wrong: Vec<String> = cases.iter().flat_map(differences).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn differences(case: &Value) -> Vec<String> {
    let simulation = cast::run(&case["scenario"]);
    let expected = case["expect"].as_object().unwrap();
    (expected.iter())
        .filter_map(|(key, expected)| {
            let found = found(&simulation, key, expected);
            let same = if key == "settled" {
                set(&found) == set(expected)
            } else {
                found == *expected
            };
            (!same).then(|| format!("{} {key}: {found} instead of {expected}", case["id"]))
        })
        .collect()
}

fn set(list: &Value) -> BTreeSet<String> {
    (list.as_array().unwrap().iter())
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

/// The engine's answer in the form of the table.
fn found(simulation: &Simulation, key: &str, expected: &Value) -> Value {
    let metrics = simulation.metrics().unwrap();
    match key {
        "settled" => (cast::settled(simulation).into_iter())
            .map(|(id, _)| Value::from(id))
            .collect(),
        "settled_count" => metrics.run.settled_count.into(),
        "settled_value" => metrics.run.settled_value.into(),
        "balances" => by_agent(simulation, &cast::balances(simulation), expected),
        "settlement_ticks" => (cast::settled(simulation).into_iter())
            .map(|(id, tick)| (id, Value::from(tick)))
            .collect::<Map<_, _>>()
            .into(),
        "rho" => {
            let (part, whole) = metrics.run.rho_fraction;
            let divisor = greatest_divisor(part, whole);
            match (part / divisor, whole / divisor) {
                (part, 1) => part.to_string().into(),
                (part, whole) => format!("{part}/{whole}").into(),
            }
        }
        "measures" => (expected.as_object().unwrap().iter())
            .map(|(name, expected)| {
                let values = match name.as_str() {
                    "ub" => &metrics.run.ub,
                    "lb" => &metrics.run.lb,
                    other => panic!("no measure {other}"),
                };
                (name.clone(), by_agent(simulation, values, expected))
            })
            .collect::<Map<_, _>>()
            .into(),
        "costs" => {
            let ids = &simulation.scenario().labels.agents;
            (ids.iter().zip(&metrics.agents))
                .map(|(id, agent)| (id.clone(), charged(agent.costs)))
                .collect::<Map<_, _>>()
                .into()
        }
        other => panic!("no answer is called {other}"),
    }
}

fn charged(costs: [i64; 8]) -> Value {
    (COST_KINDS.iter().zip(costs))
        .filter(|(_, cents)| *cents != 0)
        .map(|(kind, cents)| ((*kind).to_owned(), Value::from(cents)))
        .collect::<Map<_, _>>()
        .into()
}

fn by_agent(simulation: &Simulation, values: &[i64], expected: &Value) -> Value {
    let ids = &simulation.scenario().labels.agents;
    (ids.iter().zip(values))
        .filter(|(id, _)| expected.get(id.as_str()).is_some())
        .map(|(id, value)| (id.clone(), Value::from(*value)))
        .collect::<Map<_, _>>()
        .into()
}

fn greatest_divisor(left: u128, right: u128) -> u128 {
    if right == 0 {
        left.max(1)
    } else {
        greatest_divisor(right, left % right)
    }
}

//! What the tests of the engine share: documents in, runs out.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail loudly; not every test uses all of this"
)]

pub mod random;

use std::sync::Arc;

use payment_simulator_core_rs::engine::document;
use payment_simulator_core_rs::engine::results::{PaymentColumns, STATUSES};
use payment_simulator_core_rs::engine::scenario::Scenario;
use payment_simulator_core_rs::engine::simulation::Simulation;
use serde_json::{Value, json};

/// The scenario of a document that must be free of faults.
pub fn scenario(document: &Value) -> Arc<Scenario> {
    let parsed = document::parse(document, None);
    match parsed.scenario {
        Some(scenario) => Arc::new(scenario),
        None => panic!("refused: {:?}", parsed.faults),
    }
}

/// A run of a document before its first tick.
pub fn begin(document: &Value) -> Simulation {
    Simulation::new(scenario(document))
}

/// A run of a document after its last tick.
pub fn run(document: &Value) -> Simulation {
    let mut simulation = begin(document);
    finish(&mut simulation);
    simulation
}

/// Runs to the end.
pub fn finish(simulation: &mut Simulation) {
    let result = simulation
        .advance(u64::MAX, || false)
        .expect("the run goes to its end");
    assert!(result.finished);
}

/// Applies an intervention written as in a scenario file, in the next tick.
pub fn intervene(simulation: &mut Simulation, event: &Value) {
    let (tick, event) =
        document::parse_event(event, simulation.scenario()).expect("a sound intervention");
    simulation
        .apply(tick, event)
        .expect("an intervention in time");
}

/// Id, status and end tick (-1 = none) of each payment.
pub fn fates(columns: &PaymentColumns) -> Vec<(String, &'static str, i64)> {
    (0..columns.payment.len())
        .map(|row| {
            let (from, to) = (columns.id_offsets[row], columns.id_offsets[row + 1]);
            let id = &columns.id_bytes[from as usize..to as usize];
            (
                String::from_utf8(id.to_vec()).unwrap(),
                STATUSES[usize::try_from(columns.status[row]).unwrap()],
                columns.end_tick[row],
            )
        })
        .collect()
}

/// Ids and ticks of the settled payments, in order of creation.
pub fn settled(simulation: &Simulation) -> Vec<(String, i64)> {
    (fates(&simulation.payments()).into_iter())
        .filter(|fate| fate.1 == "settled")
        .map(|(id, _, tick)| (id, tick))
        .collect()
}

/// Balances in the order of the agents.
pub fn balances(simulation: &Simulation) -> Vec<i64> {
    (simulation.state().agents.iter())
        .map(|agent| agent.balance.0)
        .collect()
}

/// How many random cases: `SOAK_CASES`, else `usual`.
pub fn cases(usual: u32) -> u32 {
    std::env::var("SOAK_CASES").map_or(usual, |cases| cases.parse().expect("a number"))
}

/// Banks A, B, C with these balances, ten ticks, and what else is given.
pub fn day(balances: [i64; 3], more: Value) -> Value {
    let mut document = json!({
        "ticks_per_day": 10, "seed": 1,
        "agents": (["A", "B", "C"].iter().zip(balances))
            .map(|(id, balance)| json!({"id": id, "balance": balance}))
            .collect::<Vec<_>>(),
    });
    for (key, value) in more.as_object().unwrap() {
        if key == "A" {
            for (key, value) in value.as_object().unwrap() {
                document["agents"][0][key] = value.clone();
            }
        } else {
            document[key] = value.clone();
        }
    }
    document
}

/// `[sender, receiver, amount, tick, {more}]` in short.
pub fn pay(sender: &str, receiver: &str, amount: i64, tick: u32, more: Value) -> Value {
    let mut payment = json!({
        "sender": sender, "receiver": receiver, "amount": amount, "arrival_tick": tick,
    });
    for (key, value) in more.as_object().unwrap() {
        payment[key] = value.clone();
    }
    payment
}

//! Documents and what becomes of them: tables of faults, and random documents.

use serde_json::{Value, json};

use super::*;
use crate::engine::scenario::{
    AmountSpec, Discipline, PolicyKind, Saving, SettlementSpec, WindowSpec,
};
use crate::engine::units::{Hundredths, Rate};

mod payments;
mod random;
mod refused;

fn smallest() -> Value {
    json!({
        "ticks_per_day": 100,
        "seed": 1,
        "agents": [{"id": "A", "balance": 100}, {"id": "B", "balance": 0}],
        "rails": [{"id": "RTGS", "settlement_type": "immediate"}],
    })
}

/// The smallest document with the value at a JSON pointer's place set; parents must exist.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut document = smallest();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        match document.pointer_mut(parent).expect("a parent") {
            Value::Object(map) => {
                map.insert(key.to_owned(), value.clone());
            }
            Value::Array(items) => items.push(value.clone()),
            other => panic!("{other} holds nothing"),
        }
    }
    document
}

fn scenario_of(document: &Value) -> Scenario {
    let parsed = parse(document, None);
    parsed
        .scenario
        .unwrap_or_else(|| panic!("{:#?}", parsed.faults))
}

/// (code, path) of all faults; each says what was found, if anything was, and what is allowed.
fn faults_of(document: &Value) -> Vec<(&'static str, String)> {
    let parsed = parse(document, None);
    let refused = parsed
        .faults
        .iter()
        .any(|fault| fault.severity == Severity::Error);
    assert_eq!(parsed.scenario.is_none(), refused);
    for fault in (parsed.faults.iter()).filter(|fault| fault.severity == Severity::Error) {
        let nothing = fault.code == "missing";
        assert_eq!(fault.found.is_empty(), nothing, "{fault}: {}", fault.found);
        assert!(!fault.allowed.is_empty(), "{fault}");
    }
    parsed
        .faults
        .into_iter()
        .map(|fault| (fault.code, fault.path))
        .collect()
}

fn assert_one_fault(changes: &[(&str, Value)], code: &str, path: &str) {
    let found = faults_of(&with(changes));
    assert_eq!(
        found,
        vec![(code, path.to_owned())] as Vec<(&str, String)>,
        "{changes:?}"
    );
}

#[test]
fn the_smallest_document_has_the_defaults_of_the_model() {
    let scenario = scenario_of(&smallest());
    assert_eq!(
        (scenario.num_days, scenario.end_of_day),
        (1, EndOfDay::CarryOver)
    );
    assert_eq!(scenario.costs, CostSpec::default());
    let agent = &scenario.agents[0];
    assert_eq!(agent.policy.kind, PolicyKind::ReleaseAll);
    assert_eq!(
        (agent.credit_limit, agent.posted, agent.haircut),
        (Amount(0), Amount(0), Rate(0))
    );
    let settlement = SettlementSpec::Immediate {
        queue: Discipline::PriorityFifo,
        credit_at_end_of_tick: false,
        saving: vec![],
        lsm_every_ticks: 1,
    };
    assert_eq!(scenario.rails[0].settlement, settlement);
}

#[test]
fn absent_null_and_the_published_default_mean_the_same() {
    let bare = scenario_of(&smallest());
    let defaults = defaults();
    let mut full = smallest();
    let mut nulls = smallest();
    for (key, value) in defaults["scenario"].as_object().expect("a mapping") {
        full[key] = value.clone();
        nulls[key] = Value::Null;
    }
    full["costs"] = defaults["costs"].clone();
    for agent in full["agents"].as_array_mut().expect("a list") {
        for (key, value) in defaults["agent"].as_object().expect("a mapping") {
            agent[key] = value.clone();
        }
    }
    for (key, value) in defaults["rail"].as_object().expect("a mapping") {
        full["rails"][0][key] = value.clone();
    }
    assert_eq!(scenario_of(&full), bare);
    assert_eq!(scenario_of(&nulls), bare);
}

/// A document that uses every key.
fn full() -> Value {
    json!({
        "name": "Two banks", "currency": {"code": "EUR", "decimals": 2},
        "start_date": "2026-01-05", "timezone": "Europe/Helsinki",
        "ticks_per_day": 100, "num_days": 2, "seed": 12345,
        "day_start": "08:00", "day_end": "24:00", "end_of_day": "reject",
        "agents": [
            {
                "id": "BANK_A", "name": "First Bank", "balance": 1000000, "credit_limit": 500000,
                "collateral": {"posted": 10, "haircut": 0.25},
                "policy": {
                    "type": "throughput", "targets": [[10, 0.2], [50, "0.6"]], "keep": 5,
                    "due_ticks": 3, "split_above": {"amount": 100, "parts": 4},
                },
                "limits": {"bilateral": {"12": 900000}, "multilateral": 1500000},
                "reservations": {"urgent": 7},
                "arrival_config": {
                    "agent_id": "BANK_A", "rate_per_tick": 5.0, "distribution_type": "lognormal",
                    "amount_mean": 100000, "amount_std_dev": 30000,
                    "counterparty_weights": {"12": 1.0, "BANK_C": 0},
                    "time_windows": [{"start_tick": 0, "end_tick": 20, "rate_multiplier": 2.0}],
                    "deadline_ticks": [10, 50], "priority": {"5": 0.8, "9": 0.2}, "divisible": true,
                },
            },
            {"id": 12, "balance": -5},
            {"id": "BANK_C", "balance": 0},
        ],
        "rails": [
            {"id": "ACH", "settlement_type": "deferred_net", "settle_at_ticks": [49, 99], "max_amount": 50000},
            {"id": "RTGS", "queue": "bypass", "crediting": "end_of_tick",
             "liquidity_saving": ["bilateral", "entry_offset"], "lsm_every_ticks": 3},
        ],
        "costs": {"overdraft_rate": 0.0001, "priority_multipliers": {"9": 2.5}, "drop_penalty": 3},
        "initial_transactions": [
            {"sender": "BANK_A", "receiver": 12, "amount": 2500, "arrival_tick": 0},
            {"sender": 12, "receiver": "BANK_A", "amount": 1, "arrival_tick": 3, "deadline_tick": 9,
             "priority": 9, "divisible": true, "rail": "RTGS", "id": "P1"},
        ],
        "events": [
            {"tick": 40, "type": "outage", "agent": "BANK_A"},
            {"tick": 41, "type": "set_arrival_rate", "multiplier": 1.5},
        ],
    })
}

#[test]
fn everything_of_the_file_format_is_read() {
    let scenario = scenario_of(&full());
    let agent = &scenario.agents[0];
    assert_eq!(
        (agent.posted, agent.haircut),
        (Amount(10), Rate(250_000_000))
    );
    assert_eq!(agent.limits.bilateral, vec![(AgentId(1), Amount(900_000))]);
    assert_eq!(agent.policy.split_above.map(|split| split.parts), Some(4));
    let targets = vec![(10, Rate(200_000_000)), (50, Rate(600_000_000))];
    assert_eq!(
        agent.policy.kind,
        PolicyKind::Throughput {
            targets: targets.into(),
            keep: Amount(5),
            due_ticks: 3
        }
    );
    let arrivals = agent.arrivals.as_ref().expect("arrivals");
    assert_eq!(
        arrivals.counterparty_weights,
        Some(vec![(AgentId(1), 1_000_000_000)])
    );
    assert_eq!(
        arrivals.priorities,
        vec![(5, 800_000_000), (9, 200_000_000)]
    );
    assert_eq!(
        arrivals.amounts,
        AmountSpec::Lognormal {
            mean: Amount(100_000),
            sd: Amount(30_000)
        }
    );
    let window = WindowSpec {
        start_tick: 0,
        end_tick: 20,
        rate_multiplier: 2.0,
    };
    assert_eq!(arrivals.windows, vec![window]);
    let deferred = SettlementSpec::DeferredNet {
        settle_at_ticks: vec![49, 99],
    };
    assert_eq!(scenario.rails[0].settlement, deferred);
    let immediate = SettlementSpec::Immediate {
        queue: Discipline::Bypass,
        credit_at_end_of_tick: true,
        saving: vec![Saving::Bilateral, Saving::EntryOffset],
        lsm_every_ticks: 3,
    };
    assert_eq!(scenario.rails[1].settlement, immediate);
    assert_eq!(scenario.costs.overdraft_rate, Rate(100_000));
    assert_eq!(scenario.costs.priority_multipliers[9], Hundredths(250));
    assert_eq!(scenario.costs.drop_penalty, Some(Amount(3)));
    assert_eq!(scenario.payments.rail, vec![RailId::NONE, RailId(1)]);
    assert_eq!(scenario.payments.deadline_tick, vec![Tick::NEVER, Tick(9)]);
    assert_eq!(scenario.payments.ids.offsets, vec![0, 0, 2]);
    assert_eq!(scenario.events.len(), 2);
}

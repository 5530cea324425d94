//! Random documents give a scenario or faults, never a panic.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::engine::errors::RunError;
use crate::engine::simulation::Simulation;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3_i64..120).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[A-Z]{0,2}|\\PC{0,6}|[0-9.]{1,12}".prop_map(Value::from),
        proptest::sample::select(vec![
            "A",
            "B",
            "normal",
            "deferred_net",
            "outage",
            "throughput",
            "08:00"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let key = prop_oneof![
            proptest::sample::select(all_keys()).prop_map(str::to_owned),
            "[a-z0-9]{0,3}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn all_keys() -> Vec<&'static str> {
    let words = "id balance collateral posted haircut policy type targets keep split_above amount parts \
        limits bilateral multilateral arrival_config rate_per_tick distribution_type amount_mean \
        amount_std_dev counterparty_weights time_windows start_tick end_tick rate_multiplier \
        deadline_ticks priority settlement_type settle_at_ticks liquidity_saving max_amount \
        sender receiver arrival_tick deadline_tick payment tick agent multiplier 5 9";
    words.split_whitespace().chain(KEYS).collect()
}

/// The places of all values of a document.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(items) => (0..)
            .map(|index: usize| index.to_string())
            .zip(items)
            .collect(),
        _ => Vec::new(),
    };
    for (key, value) in below {
        let place = format!("{here}/{key}");
        places(value, &place, found);
        found.push(place);
    }
}

/// A document with every key, some of its values replaced by anything.
fn disturbed() -> impl Strategy<Value = Value> {
    let mut all = Vec::new();
    places(&full(), "", &mut all);
    let change = (proptest::sample::select(all), any_json());
    proptest::collection::vec(change, 0..4).prop_map(|changes| {
        let mut document = full();
        for (place, value) in changes {
            if let Some(slot) = document.pointer_mut(&place) {
                *slot = value;
            }
        }
        document
    })
}

/// Cases of each property; the long form sets `SOAK_DOCUMENTS`.
fn cases() -> u32 {
    std::env::var("SOAK_DOCUMENTS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000)
}

fn is_accepted(parsed: &Parsed) -> bool {
    parsed
        .faults
        .iter()
        .all(|fault| fault.severity == Severity::Warning)
}

/// Runs a while; only what the model itself names may end a run.
fn runs(scenario: Scenario, events: &[Value]) {
    let scenario = Arc::new(scenario);
    let mut run = Simulation::new(Arc::clone(&scenario));
    for event in events {
        if let Ok((at, event)) = parse_event(event, &scenario) {
            // A refusal is as good an answer as any.
            let _ = run.apply(at, event);
        }
        match run.advance(25, || false) {
            Ok(_) => {}
            Err(RunError::CostTooLarge { .. } | RunError::TooMuch { .. }) => return,
            Err(bug) => panic!("{bug}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_disturbed_document_gives_a_run_or_faults(document in disturbed(), events in proptest::collection::vec(any_json(), 2)) {
        let parsed = parse(&document, None);
        prop_assert_eq!(parsed.scenario.is_some(), is_accepted(&parsed));
        if let Some(scenario) = parsed.scenario {
            runs(scenario, &events);
        }
    }

    #[test]
    fn a_random_document_gives_a_run_or_faults(key in proptest::sample::select(all_keys()), value in any_json(), deep in any::<bool>()) {
        let pointer = if deep { format!("/agents/0/{key}") } else { format!("/{key}") };
        for document in [with(&[(&pointer, value.clone())]), value] {
            let parsed = parse(&document, None);
            prop_assert_eq!(parsed.scenario.is_some(), is_accepted(&parsed));
        }
    }

    /// An event of a known type about known things, with anything in one of its places.
    #[test]
    fn a_random_event_is_carried_out_or_refused(kind in 0_usize..13, key in proptest::sample::select(all_keys()), value in any_json(), wild in any_json()) {
        let scenario = scenario_of(&full());
        let mut event = json!({
            "sender": "BANK_A", "receiver": "BANK_C", "agent": "BANK_A", "amount": 5, "credit_limit": 7,
            "multiplier": 2, "policy": {"type": "release_all"}, "limits": {"multilateral": 3},
            "rail": "RTGS", "liquidity_saving": ["bilateral"], "payment": "T1", "priority": 9,
        });
        let (kind, keys) = events::TYPES[kind];
        event.as_object_mut().expect("a mapping").retain(|key, _| keys.contains(&key.as_str()));
        event["type"] = Value::from(kind);
        prop_assert!(parse_event(&event, &scenario).is_ok());
        event[key] = value;
        if let Err(faults) = parse_event(&event, &scenario) {
            prop_assert!(!faults.is_empty());
        }
        runs(scenario, &[event, wild]);
    }

    #[test]
    fn random_columns_are_read_or_refused(
        sender in proptest::collection::vec(-1_i64..4, 0..5),
        receiver in proptest::collection::vec(any::<u16>().prop_map(|index| index % 4), 0..5),
        amount in proptest::collection::vec(prop_oneof![any::<i64>(), 0_i64..50], 0..5),
        tick in proptest::collection::vec(0_u32..120, 0..5),
        offsets in proptest::collection::vec(0_u64..9, 0..6),
    ) {
        let columns = Columns {
            sender: Integers::I64(&sender),
            receiver: Integers::U16(&receiver),
            amount: Integers::I64(&amount),
            arrival_tick: Integers::U32(&tick),
            deadline_tick: Some(Integers::I64(&amount)),
            priority: None,
            rail: Some(Integers::I64(&sender)),
            divisible: None,
            ids: Some(IdColumn { bytes: b"ABCDEF", offsets: Integers::U64(&offsets) }),
        };
        let parsed = parse(&smallest(), Some(&columns));
        prop_assert_eq!(parsed.scenario.is_some(), is_accepted(&parsed));
    }
}

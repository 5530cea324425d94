//! Random documents give a scenario or faults, never a panic.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A known part of the smallest document is replaced by anything.
    #[test]
    fn a_random_document_gives_a_scenario_or_faults(key in proptest::sample::select(all_keys()), value in any_json(), deep in any::<bool>()) {
        let pointer = if deep { format!("/agents/0/{key}") } else { format!("/{key}") };
        let parsed = parse(&with(&[(&pointer, value.clone())]), None);
        let errors = parsed.faults.iter().filter(|fault| fault.severity == Severity::Error).count();
        prop_assert_eq!(parsed.scenario.is_none(), errors > 0);
        let alone = parse(&value, None);
        prop_assert_eq!(alone.scenario.is_none(), !alone.faults.is_empty());
    }

    #[test]
    fn a_random_event_is_read_or_refused(value in any_json()) {
        let scenario = scenario_of(&smallest());
        if let Err(faults) = parse_event(&value, &scenario) {
            prop_assert!(!faults.is_empty());
        }
    }
}

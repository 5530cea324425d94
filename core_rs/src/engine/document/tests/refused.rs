//! What is refused or warned of, table by table.

use serde_json::{Value, json};

use super::*;

#[test]
fn money_is_an_integer_and_nothing_else() {
    for value in [
        json!(1000.0),
        json!("1000"),
        json!(true),
        json!([1]),
        json!(1e30),
    ] {
        let parsed = parse(&with(&[("/agents/0/balance", value.clone())]), None);
        assert_eq!(parsed.faults.len(), 1, "{value}");
        assert!(
            parsed.faults[0].message.contains("integer"),
            "{}",
            parsed.faults[0].message
        );
        assert_eq!(parsed.faults[0].path, "agents[0].balance");
    }
}

#[test]
fn all_faults_are_told_together_with_their_places() {
    let document = json!({
        "ticks_per_dya": 100,
        "agents": [{"id": "a", "balance": 1.5}, {"id": "B", "credit": 1}],
        "costs": {"overdraft_rate": 2},
    });
    let found = faults_of(&document);
    let expected = [
        ("unknown_key", "ticks_per_dya"),
        ("missing", "ticks_per_day"),
        ("missing", "seed"),
        ("bad_id", "agents[0].id"),
        ("not_an_integer", "agents[0].balance"),
        ("unknown_key", "agents[1].credit"),
        ("missing", "agents[1].balance"),
        ("out_of_range", "costs.overdraft_rate"),
    ];
    assert_eq!(found, expected.map(|(code, path)| (code, path.to_owned())));
}

#[test]
fn an_unknown_key_names_its_nearest_known_one() {
    let parsed = parse(&with(&[("/agents/0/balanse", json!(1))]), None);
    assert!(parsed.faults[0].message.contains("did you mean balance?"));
    let parsed = parse(&with(&[("/agents/0/zzzz", json!(1))]), None);
    assert!(!parsed.faults[0].message.contains("did you mean"));
}

#[test]
fn faults_of_the_frame_are_named() {
    assert_one_fault(
        &[("/ticks_per_day", json!(0))],
        "out_of_range",
        "ticks_per_day",
    );
    assert_one_fault(
        &[("/ticks_per_day", json!(86_401))],
        "out_of_range",
        "ticks_per_day",
    );
    assert_one_fault(&[("/num_days", json!(367))], "out_of_range", "num_days");
    assert_one_fault(&[("/seed", json!(-1))], "out_of_range", "seed");
    assert_one_fault(&[("/seed", json!(u64::MAX))], "out_of_range", "seed");
    assert_one_fault(
        &[("/end_of_day", json!("keep"))],
        "not_a_choice",
        "end_of_day",
    );
    assert_one_fault(
        &[("/start_date", json!("2026-02-29"))],
        "not_a_date",
        "start_date",
    );
    assert_one_fault(
        &[("/timezone", json!("CET now"))],
        "not_a_timezone",
        "timezone",
    );
    assert_one_fault(&[("/day_start", json!("08:00"))], "missing", "day_end");
    assert_one_fault(
        &[("/currency", json!({"code": "EUR", "places": 2}))],
        "unknown_key",
        "currency.places",
    );
    assert_one_fault(
        &[("/transactions_file", json!("x.csv"))],
        "unread_file",
        "transactions_file",
    );
    assert_one_fault(&[("/rails", json!([]))], "too_few", "rails");
    assert_one_fault(
        &[("/agents", json!([{"id": "A", "balance": 0}]))],
        "too_few",
        "agents",
    );
    assert_eq!(
        faults_of(&json!([])),
        vec![("not_a_mapping", String::new())]
    );
    let hours = [("/day_start", json!("08:00")), ("/day_end", json!("07:59"))];
    assert_one_fault(&hours, "contradiction", "day_end");
    let hours = [("/day_start", json!("24:00")), ("/day_end", json!("24:00"))];
    assert_one_fault(&hours, "not_a_time", "day_start");
}

#[test]
fn faults_of_agents_are_named() {
    assert_one_fault(
        &[("/agents/1/id", json!("A"))],
        "duplicate_id",
        "agents[1].id",
    );
    let own = json!({"bilateral": {"A": 1}});
    assert_one_fault(
        &[("/agents/0/limits", own)],
        "own_account",
        "agents[0].limits.bilateral.A",
    );
    let unknown = json!({"bilateral": {"C": 1}});
    assert_one_fault(
        &[("/agents/0/limits", unknown)],
        "unknown_agent",
        "agents[0].limits.bilateral.C",
    );
    let haircut = json!({"posted": 1, "haircut": 1.1});
    assert_one_fault(
        &[("/agents/0/collateral", haircut)],
        "out_of_range",
        "agents[0].collateral.haircut",
    );
    let places = json!({"haircut": 0.123_456_789_1});
    assert_one_fault(
        &[("/agents/0/collateral", places)],
        "too_many_places",
        "agents[0].collateral.haircut",
    );
    assert_one_fault(
        &[("/agents/0/policy", json!({"type": "deadlin"}))],
        "not_a_choice",
        "agents[0].policy.type",
    );
    let policy = json!({"type": "release_all", "due_ticks": 1});
    assert_one_fault(
        &[("/agents/0/policy", policy)],
        "unknown_key",
        "agents[0].policy.due_ticks",
    );
    let policy = json!({"type": "throughput", "keep": 0, "targets": [[5, 0.5], [4, 0.6]]});
    assert_one_fault(
        &[("/agents/0/policy", policy)],
        "not_ascending",
        "agents[0].policy.targets[1]",
    );
    let policy = json!({"type": "release_all", "split_above": {"amount": 1, "parts": 5}});
    assert_one_fault(
        &[("/agents/0/policy", policy)],
        "contradiction",
        "agents[0].policy.split_above.parts",
    );
    let most = json!(super::bounds::MAX_TOTAL);
    assert_one_fault(
        &[
            ("/agents/0/balance", most.clone()),
            ("/agents/1/credit_limit", most),
        ],
        "total_too_large",
        "agents",
    );
}

fn arrivals(changes: &[(&str, Value)]) -> Value {
    let mut config = json!({
        "rate_per_tick": 1.0, "distribution_type": "uniform", "amount_mean": 100,
    });
    for (key, value) in changes {
        config[key] = value.clone();
    }
    config
}

#[test]
fn faults_of_arrivals_are_named() {
    let check = |changes: &[(&str, Value)], code: &str, key: &str| {
        let path = format!("agents[0].arrival_config{key}");
        assert_one_fault(
            &[("/agents/0/arrival_config", arrivals(changes))],
            code,
            &path,
        );
    };
    check(&[("agent_id", json!("B"))], "contradiction", ".agent_id");
    check(
        &[("rate_per_tick", json!(0))],
        "out_of_range",
        ".rate_per_tick",
    );
    check(
        &[("rate_per_tick", json!(1.0 / 3.0))],
        "too_many_places",
        ".rate_per_tick",
    );
    check(
        &[("distribution_type", json!("normal"))],
        "missing",
        ".amount_std_dev",
    );
    check(
        &[("amount_std_dev", json!(58))],
        "contradiction",
        ".amount_std_dev",
    );
    check(&[("amount_mean", json!(0))], "out_of_range", ".amount_mean");
    let exponential = [
        ("distribution_type", json!("exponential")),
        ("amount_std_dev", json!(1)),
    ];
    check(&exponential, "not_applicable", ".amount_std_dev");
    check(
        &[("counterparty_weights", json!({"A": 1}))],
        "own_account",
        ".counterparty_weights.A",
    );
    check(
        &[("priority", json!({"11": 1.0, "5": 1}))],
        "not_a_priority",
        ".priority.11",
    );
    check(
        &[("deadline_ticks", json!([5, 4]))],
        "not_ascending",
        ".deadline_ticks",
    );
    let window = json!([{"start_tick": 5, "end_tick": 5, "rate_multiplier": 1}]);
    check(
        &[("time_windows", window)],
        "contradiction",
        ".time_windows[0].end_tick",
    );
    let window = json!({"start_tick": 0, "end_tick": 100, "rate_multiplier": 40});
    check(
        &[("time_windows", json!([window, window]))],
        "out_of_range",
        ".time_windows",
    );
    // A fault in the amounts does not hide those after it.
    let both = arrivals(&[
        ("amount_mean", Value::Null),
        ("distribution_type", Value::Null),
        ("divisible", json!(1)),
    ]);
    assert_eq!(
        faults_of(&with(&[("/agents/0/arrival_config", both)])).len(),
        3
    );
}

#[test]
fn more_arrivals_than_a_run_can_hold_are_refused() {
    let config = arrivals(&[("rate_per_tick", json!(200_001))]);
    assert_one_fault(
        &[("/agents/0/arrival_config", config)],
        "too_many",
        "agents",
    );
    let config = arrivals(&[("rate_per_tick", json!(100_000))]);
    let event = json!([{"tick": 0, "type": "set_arrival_rate", "multiplier": 2.5}]);
    let changes = [("/agents/0/arrival_config", config), ("/events", event)];
    assert_one_fault(&changes, "too_many", "events[0].multiplier");
}

#[test]
fn what_makes_nothing_arrive_is_warned_of() {
    let config = arrivals(&[("counterparty_weights", json!({"B": 0}))]);
    let parsed = parse(&with(&[("/agents/0/arrival_config", config)]), None);
    assert_eq!(parsed.faults[0].severity, Severity::Warning);
    assert!(
        parsed.scenario.expect("allowed").agents[0]
            .arrivals
            .is_none()
    );
    let window = json!([{"start_tick": 0, "end_tick": 100, "rate_multiplier": 0}]);
    let config = arrivals(&[("time_windows", window)]);
    assert_one_fault(
        &[("/agents/0/arrival_config", config)],
        "nothing_arrives",
        "agents[0].arrival_config.time_windows",
    );
}

#[test]
fn faults_of_rails_are_named() {
    let check =
        |rail: Value, code: &str, path: &str| assert_one_fault(&[("/rails/", rail)], code, path);
    check(json!({"id": "RTGS"}), "duplicate_id", "rails[1].id");
    check(
        json!({"id": "X", "settle_at_ticks": [1]}),
        "not_applicable",
        "rails[1].settle_at_ticks",
    );
    let net = |more: &str, value: Value| {
        let mut rail =
            json!({"id": "X", "settlement_type": "deferred_net", "settle_at_ticks": [1]});
        rail[more] = value;
        rail
    };
    for key in ["queue", "crediting"] {
        check(
            net(key, json!("fifo")),
            "not_applicable",
            &format!("rails[1].{key}"),
        );
    }
    check(
        net("liquidity_saving", json!([])),
        "not_applicable",
        "rails[1].liquidity_saving",
    );
    check(
        net("settle_at_ticks", json!([5, 5])),
        "not_ascending",
        "rails[1].settle_at_ticks[1]",
    );
    check(
        net("settle_at_ticks", json!([100])),
        "out_of_range",
        "rails[1].settle_at_ticks[0]",
    );
    check(
        json!({"id": "X", "settlement_type": "deferred_net"}),
        "missing",
        "rails[1].settle_at_ticks",
    );
    let twice = json!({"id": "X", "liquidity_saving": ["bilateral", "bilateral"]});
    check(twice, "duplicate", "rails[1].liquidity_saving[1]");
    let bounded = [("/rails/0/max_amount", json!(5))];
    assert_one_fault(&bounded, "contradiction", "rails");
}

#[test]
fn doubtful_settings_are_warned_of() {
    let payment = json!([{"sender": "A", "receiver": "B", "amount": 1, "arrival_tick": 5, "deadline_tick": 150}]);
    let late = [
        ("/num_days", json!(2)),
        ("/end_of_day", json!("reject")),
        ("/initial_transactions", payment),
    ];
    assert_one_fault(&late, "deadline_beyond_day", "end_of_day");
    let split = json!({"type": "release_all", "split_above": {"amount": 9, "parts": 2}});
    let costs = [
        ("/agents/0/policy", split),
        ("/costs", json!({"eod_penalty": 1})),
    ];
    assert_one_fault(&costs, "flat_costs_with_splitting", "costs");
}

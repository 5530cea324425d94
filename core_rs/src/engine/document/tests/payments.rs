//! Scripted payments, their columns and ids, and events.

use serde_json::{Value, json};

use super::*;

#[test]
fn faults_of_payments_are_named() {
    let check = |key: &str, value: Value, code: &str| {
        let mut payment = json!({"sender": "A", "receiver": "B", "amount": 1, "arrival_tick": 5});
        payment[key] = value;
        let path = format!("initial_transactions[0].{key}");
        assert_one_fault(&[("/initial_transactions", json!([payment]))], code, &path);
    };
    check("receiver", json!("A"), "self_payment");
    check("receiver", json!("C"), "unknown_agent");
    check("sender", json!(1.5), "not_an_id");
    check("amount", json!(0), "out_of_range");
    check("amount", json!(1_000_000_000_000_001_i64), "out_of_range");
    check("arrival_tick", json!(100), "out_of_range");
    check("deadline_tick", json!(4), "contradiction");
    check("priority", json!(11), "out_of_range");
    check("rail", json!("ACH"), "unknown_rail");
    check("id", json!("a b"), "bad_id");
    check("divisible", json!("no"), "not_a_boolean");
}

#[test]
fn payment_ids_are_unique_with_their_defaults_and_injected_ones() {
    let payment = |id: Value| json!({"sender": "A", "receiver": "B", "amount": 1, "arrival_tick": 5, "id": id});
    let list = json!([
        payment(json!("P")),
        payment(Value::Null),
        payment(json!("P"))
    ]);
    assert_one_fault(
        &[("/initial_transactions", list)],
        "duplicate_id",
        "initial_transactions[2].id",
    );
    let list = json!([payment(json!("T2")), payment(Value::Null)]);
    assert_one_fault(
        &[("/initial_transactions", list)],
        "duplicate_id",
        "initial_transactions[0].id",
    );
    let own = json!([payment(json!("T1")), payment(Value::Null)]);
    assert_eq!(faults_of(&with(&[("/initial_transactions", own)])), vec![]);
    let inject = json!([{"tick": 5, "type": "inject_payment", "sender": "A", "receiver": "B", "amount": 1, "id": "P"}]);
    let changes = [
        ("/initial_transactions", json!([payment(json!("P"))])),
        ("/events", inject),
    ];
    assert_one_fault(&changes, "duplicate_id", "events[0].id");
}

#[test]
fn faults_of_events_are_named() {
    let check = |event: Value, code: &str, key: &str| {
        assert_one_fault(
            &[("/events", json!([event]))],
            code,
            &format!("events[0].{key}"),
        );
    };
    check(json!({"type": "outage", "agent": "A"}), "missing", "tick");
    check(json!({"tick": 1, "agent": "A"}), "missing", "type");
    check(
        json!({"tick": 1, "type": "outrage", "agent": "A"}),
        "not_a_choice",
        "type",
    );
    check(
        json!({"tick": 100, "type": "outage", "agent": "A"}),
        "out_of_range",
        "tick",
    );
    check(
        json!({"tick": 1, "type": "outage", "agent": "A", "amount": 1}),
        "unknown_key",
        "amount",
    );
    check(
        json!({"tick": 1, "type": "transfer_liquidity", "agent": "A", "amount": 0}),
        "out_of_range",
        "amount",
    );
    check(
        json!({"tick": 1, "type": "set_credit_limit", "agent": "A"}),
        "missing",
        "credit_limit",
    );
    check(
        json!({"tick": 1, "type": "set_policy", "agent": "A"}),
        "missing",
        "policy",
    );
    check(
        json!({"tick": 1, "type": "hold_payment", "payment": "P/x"}),
        "bad_id",
        "payment",
    );
    check(
        json!({"tick": 1, "type": "set_arrival_rate", "multiplier": -1}),
        "out_of_range",
        "multiplier",
    );
    let late = json!({"tick": 9, "type": "inject_payment", "sender": "A", "receiver": "B", "amount": 1, "deadline_tick": 8});
    check(late, "contradiction", "deadline_tick");
    let own =
        json!({"tick": 1, "type": "set_limits", "agent": "A", "limits": {"bilateral": {"A": 1}}});
    check(own, "own_account", "limits.bilateral.A");
    let saving = json!({"tick": 1, "type": "set_liquidity_saving", "rail": "RTGS", "liquidity_saving": ["net"]});
    check(saving, "not_a_choice", "liquidity_saving[0]");
}

#[test]
fn a_live_event_needs_no_tick() {
    let scenario = scenario_of(&smallest());
    let event = parse_event(
        &json!({"type": "hold_payment", "payment": "P/2"}),
        &scenario,
    );
    assert_eq!(
        event,
        Ok((
            None,
            Event::HoldPayment {
                payment: "P/2".to_owned()
            }
        ))
    );
    let faults = parse_event(
        &json!({"type": "outage", "agent": "C", "tick": 1.5}),
        &scenario,
    );
    let codes: Vec<&str> = faults
        .expect_err("two faults")
        .iter()
        .map(|fault| fault.code)
        .collect();
    assert_eq!(codes, ["not_an_integer", "unknown_agent"]);
}

fn columns<'a>(
    sender: &'a [i64],
    receiver: &'a [u16],
    amount: &'a [i64],
    tick: &'a [u32],
) -> Columns<'a> {
    Columns {
        sender: Integers::I64(sender),
        receiver: Integers::U16(receiver),
        amount: Integers::I64(amount),
        arrival_tick: Integers::U32(tick),
        deadline_tick: None,
        priority: None,
        rail: None,
        divisible: None,
        ids: None,
    }
}

#[test]
fn columns_come_after_the_payments_of_the_document() {
    let first = json!([{"sender": "A", "receiver": "B", "amount": 9, "arrival_tick": 5}]);
    let mut given = columns(&[0, 1], &[1, 0], &[7, 8], &[3, 4]);
    given.ids = Some(IdColumn {
        bytes: b"XY1",
        offsets: Integers::I64(&[0, 1, 3]),
    });
    let parsed = parse(&with(&[("/initial_transactions", first)]), Some(&given));
    let payments = parsed.scenario.expect("no faults").payments;
    assert_eq!(payments.amount, vec![Amount(9), Amount(7), Amount(8)]);
    assert_eq!(payments.priority, vec![5, 5, 5]);
    assert_eq!(
        (payments.ids.bytes, payments.ids.offsets),
        (b"XY1".to_vec(), vec![0, 0, 1, 3])
    );
}

#[test]
fn faults_of_columns_name_the_row() {
    let check = |given: Columns<'_>, code: &str, path: &str| {
        let parsed = parse(&smallest(), Some(&given));
        assert!(parsed.scenario.is_none());
        assert_eq!(
            (parsed.faults[0].code, parsed.faults[0].path.as_str()),
            (code, path)
        );
    };
    check(
        columns(&[0, 2], &[1, 0], &[7, 8], &[3, 4]),
        "out_of_range",
        "payments[1].sender",
    );
    check(
        columns(&[0, 0], &[1, 0], &[7, 8], &[3, 4]),
        "self_payment",
        "payments[1].receiver",
    );
    check(
        columns(&[0, 1], &[1, 0], &[7, -8], &[3, 4]),
        "out_of_range",
        "payments[1].amount",
    );
    check(
        columns(&[0, 1], &[1, 0], &[7, 8], &[3, 100]),
        "out_of_range",
        "payments[1].arrival_tick",
    );
    check(
        columns(&[0], &[1, 0], &[7, 8], &[3, 4]),
        "wrong_length",
        "payments.sender",
    );
    let mut late = columns(&[0], &[1], &[7], &[3]);
    late.deadline_tick = Some(Integers::I32(&[2]));
    check(late, "contradiction", "payments[0].deadline_tick");
    let mut ids = columns(&[0, 0], &[1, 1], &[7, 7], &[3, 3]);
    ids.ids = Some(IdColumn {
        bytes: b"PP",
        offsets: Integers::U32(&[0, 1, 2]),
    });
    check(ids, "duplicate_id", "payments[1].id");
    ids.ids = Some(IdColumn {
        bytes: b"PP",
        offsets: Integers::U32(&[0, 3, 2]),
    });
    check(ids, "out_of_range", "payments[0].id");
}

#[test]
fn a_million_faults_are_counted_not_listed() {
    let rows = 1_000_000;
    let given = (
        vec![5_i64; rows],
        vec![0_u16; rows],
        vec![1_i64; rows],
        vec![0_u32; rows],
    );
    let parsed = parse(
        &smallest(),
        Some(&columns(&given.0, &given.1, &given.2, &given.3)),
    );
    assert_eq!(parsed.faults.len(), 1_001);
    assert_eq!(
        parsed.faults[1_000].message,
        "and 999000 further faults, not listed"
    );
}

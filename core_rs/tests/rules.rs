//! One small case per rule: what is set up, what happens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail loudly"
)]

mod cast;

use cast::{day, pay};
use payment_simulator_core_rs::engine::errors::Refusal;
use payment_simulator_core_rs::engine::results::{EVENT_TYPES, REASONS};
use payment_simulator_core_rs::engine::simulation::Simulation;
use payment_simulator_core_rs::engine::units::Tick;
use serde_json::json;

fn ticks(simulation: &Simulation) -> Vec<(String, i64)> {
    cast::settled(simulation)
}

fn settled(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected
        .iter()
        .map(|&(id, tick)| (id.to_owned(), tick))
        .collect()
}

/// Type, tick and reason of each event that is not an arrival or the close of a day.
fn story(simulation: &Simulation) -> Vec<(&'static str, u32, Option<&'static str>)> {
    let events = simulation.events();
    (0..events.seq.len())
        .map(|row| {
            let reason = usize::try_from(events.reason[row])
                .ok()
                .map(|code| REASONS[code]);
            (
                EVENT_TYPES[usize::from(events.kind[row])],
                events.tick[row],
                reason,
            )
        })
        .filter(|event| event.0 != "arrived" && event.0 != "day_closed")
        .collect()
}

#[test]
fn policies_release_when_they_say() {
    let cases = [
        // Due two ticks before the deadline, or before the last tick of the day.
        (
            json!({"type": "deadline", "due_ticks": 2}),
            vec![("T1", 3), ("T2", 7), ("T3", 7)],
        ),
        // Keeps 50: the first leaves 60, the second must wait until it is due.
        (
            json!({"type": "liquidity_aware", "keep": 50}),
            vec![("T1", 0), ("T2", 9), ("T3", 9)],
        ),
        (
            json!({"type": "receipt_reactive", "seed_amount": 70}),
            vec![("T1", 0), ("T2", 0)],
        ),
        // A quarter of 120 at once, three quarters from tick 4 on; the rest when it is due.
        (
            json!({"type": "throughput", "targets": [[0, 0.25], [4, 0.75]], "keep": 1000}),
            vec![("T1", 0), ("T2", 4), ("T3", 4)],
        ),
    ];
    for (policy, expected) in cases {
        let document = day(
            [100, 0, 0],
            json!({
                "A": {"policy": policy},
                "initial_transactions": [
                    pay("A", "B", 40, 0, json!({"deadline_tick": 5})),
                    pay("A", "B", 30, 0, json!({})),
                    pay("A", "C", 30, 0, json!({})),
                ],
            }),
        );
        assert_eq!(ticks(&cast::run(&document)), settled(&expected), "{policy}");
    }
}

#[test]
fn a_large_payment_is_split_and_its_parts_settle_each_by_itself() {
    let document = day(
        [60, 0, 0],
        json!({
            "A": {"policy": {"type": "release_all", "split_above": {"amount": 50, "parts": 3}}},
            "costs": {"split_fee": 5},
            "initial_transactions": [pay("A", "B", 100, 0, json!({"divisible": true}))],
        }),
    );
    let simulation = cast::run(&document);
    assert_eq!(ticks(&simulation), settled(&[("T1/1", 0)]));
    let payments = simulation.payments();
    assert_eq!(payments.amount, [34, 33, 33]);
    assert_eq!(payments.parent, [0, 0, 0]);
    let totals = simulation.state().totals;
    assert_eq!((totals.arrived_count, totals.arrived_value), (3, 100));
    assert_eq!(totals.costs[5], 10);
}

#[test]
fn a_bank_in_an_outage_submits_nothing_but_receives() {
    let document = day(
        [100, 100, 0],
        json!({
            "initial_transactions": [
                pay("A", "B", 10, 1, json!({})),
                pay("B", "A", 10, 1, json!({})),
            ],
            "events": [
                {"tick": 1, "type": "outage", "agent": "A"},
                {"tick": 2, "type": "outage", "agent": "A"},
                {"tick": 5, "type": "recover", "agent": "A"},
            ],
        }),
    );
    let simulation = cast::run(&document);
    assert_eq!(ticks(&simulation), settled(&[("T1", 5), ("T2", 1)]));
    assert_eq!(story(&simulation)[2], ("refused", 2, Some("nothing_to_do")));
}

#[test]
fn payments_can_be_held_released_reprioritised_and_cancelled() {
    let payments = json!([
        pay("A", "B", 40, 0, json!({"id": "one"})),
        pay("A", "B", 10, 0, json!({"id": "two"})),
        pay("A", "B", 10, 0, json!({"id": "three"})),
        pay("B", "A", 5, 8, json!({})),
    ]);
    let document = day(
        [30, 5, 0],
        json!({
            "initial_transactions": payments,
            "costs": {"drop_penalty": 9},
            "events": [
                {"tick": 1, "type": "reprioritise_payment", "payment": "three", "priority": 9},
                {"tick": 2, "type": "hold_payment", "payment": "one"},
                {"tick": 4, "type": "release_payment", "payment": "one"},
                {"tick": 5, "type": "cancel_payment", "payment": "one"},
                {"tick": 6, "type": "cancel_payment", "payment": "one"},
                {"tick": 6, "type": "hold_payment", "payment": "nobody"},
            ],
        }),
    );
    let simulation = cast::run(&document);
    assert_eq!(
        ticks(&simulation),
        settled(&[("two", 2), ("three", 1), ("T4", 8)])
    );
    assert_eq!(
        story(&simulation),
        [
            ("queued", 0, None),
            ("queued", 0, None),
            ("queued", 0, None),
            ("reprioritised", 1, None),
            ("intervened", 1, Some("reprioritise_payment")),
            ("settled", 1, None),
            ("held", 2, Some("held")),
            ("intervened", 2, Some("hold_payment")),
            ("settled", 2, None),
            ("intervened", 4, Some("release_payment")),
            ("released", 4, None),
            ("queued", 4, None),
            ("dropped", 5, Some("cancelled")),
            ("intervened", 5, Some("cancel_payment")),
            ("refused", 6, Some("already_left")),
            ("refused", 6, Some("no_such_payment")),
            ("settled", 8, None),
        ]
    );
    assert_eq!(simulation.state().totals.costs[7], 9);
}

#[test]
fn end_of_tick_crediting_lets_nobody_pass_money_on_in_the_same_tick() {
    for (crediting, second) in [("immediate", 0), ("end_of_tick", 1)] {
        let document = day(
            [50, 0, 0],
            json!({
                "rails": [{"id": "R", "settlement_type": "immediate", "crediting": crediting}],
                "initial_transactions": [
                    pay("A", "B", 50, 0, json!({})),
                    pay("B", "C", 50, 0, json!({})),
                ],
            }),
        );
        let simulation = cast::run(&document);
        assert_eq!(ticks(&simulation), settled(&[("T1", 0), ("T2", second)]));
    }
}

#[test]
fn a_payment_too_large_for_its_rail_goes_to_the_first_without_a_bound() {
    let document = day(
        [500, 0, 0],
        json!({
            "rails": [
                {"id": "NET", "settlement_type": "deferred_net", "settle_at_ticks": [6],
                 "max_amount": 50},
                {"id": "RTGS", "settlement_type": "immediate"},
            ],
            "initial_transactions": [
                pay("A", "B", 50, 0, json!({})),
                pay("A", "B", 51, 0, json!({})),
            ],
        }),
    );
    let simulation = cast::run(&document);
    assert_eq!(ticks(&simulation), settled(&[("T1", 6), ("T2", 0)]));
    assert_eq!(simulation.payments().rail, [0, 1]);
}

#[test]
fn an_entry_offset_overtakes_payments_to_others_only() {
    let document = day(
        [0, 0, 0],
        json!({
            "rails": [{"id": "R", "settlement_type": "immediate",
                       "liquidity_saving": ["entry_offset"]}],
            "initial_transactions": [
                pay("A", "C", 9, 0, json!({})),
                pay("A", "B", 7, 0, json!({})),
                pay("B", "A", 7, 1, json!({})),
            ],
        }),
    );
    assert_eq!(
        ticks(&cast::run(&document)),
        settled(&[("T2", 1), ("T3", 1)])
    );
}

#[test]
fn saving_runs_in_every_nth_tick_and_in_the_last_one() {
    for (every, tick) in [(1, 0), (4, 3), (7, 6), (20, 9)] {
        let document = day(
            [0, 0, 0],
            json!({
                "rails": [{"id": "R", "settlement_type": "immediate",
                           "liquidity_saving": ["bilateral"], "lsm_every_ticks": every}],
                "initial_transactions": [
                    pay("A", "B", 7, 0, json!({})),
                    pay("B", "A", 7, 0, json!({})),
                ],
            }),
        );
        assert_eq!(
            ticks(&cast::run(&document)),
            settled(&[("T1", tick), ("T2", tick)])
        );
    }
}

#[test]
fn collateral_counts_after_its_haircut_and_a_cut_credit_line_stops_sending() {
    let document = day(
        [0, 10, 0],
        json!({
            "A": {"collateral": {"posted": 101, "haircut": 0.1}, "credit_limit": 9},
            "initial_transactions": [
                pay("A", "B", 99, 0, json!({})),
                pay("A", "C", 1, 2, json!({})),
                pay("B", "A", 10, 5, json!({})),
            ],
            "events": [{"tick": 1, "type": "set_credit_limit", "agent": "A", "credit_limit": 0}],
        }),
    );
    let simulation = cast::run(&document);
    assert_eq!(
        ticks(&simulation),
        settled(&[("T1", 0), ("T2", 5), ("T3", 5)])
    );
}

#[test]
fn every_reason_to_wait_is_named_with_what_is_missing() {
    let document = day(
        [100, 0, 0],
        json!({
            "A": {"limits": {"bilateral": {"B": 20}, "multilateral": 40},
                  "reservations": {"urgent": 30}},
            "rails": [
                {"id": "R", "settlement_type": "immediate", "queue": "bypass"},
                {"id": "F", "settlement_type": "immediate"},
                {"id": "N", "settlement_type": "deferred_net", "settle_at_ticks": [3]},
            ],
            "initial_transactions": [
                pay("A", "C", 150, 0, json!({"id": "liquidity"})),
                pay("A", "C", 80, 0, json!({"id": "reservation"})),
                pay("A", "B", 25, 0, json!({"id": "bilateral_limit"})),
                pay("A", "C", 45, 0, json!({"id": "multilateral_limit"})),
                pay("B", "C", 5, 0, json!({"id": "head", "rail": "F"})),
                pay("B", "C", 1, 0, json!({"id": "behind_head", "rail": "F"})),
                pay("A", "C", 1, 0, json!({"id": "awaiting_settlement", "rail": "N"})),
            ],
        }),
    );
    let mut simulation = cast::begin(&document);
    simulation.tick().unwrap();
    let expected = [
        ("liquidity", 50),
        ("reservation", 10),
        ("bilateral_limit", 5),
        ("multilateral_limit", 5),
    ];
    for (id, missing) in expected {
        let answer = simulation.explain(id).unwrap();
        assert_eq!(REASONS[usize::from(answer.reason.unwrap())], id);
        assert_eq!(answer.missing.unwrap().0, missing, "{id}");
    }
    let behind = simulation.explain("behind_head").unwrap();
    assert_eq!(behind.head.as_deref(), Some("head"));
    assert_eq!(behind.head_reason.unwrap().1.unwrap().0, 5);
    let awaiting = simulation.explain("awaiting_settlement").unwrap();
    assert_eq!(awaiting.settles_at, Some(Tick(3)));
    assert_eq!(awaiting.multilateral_would_settle, Some(true));
    assert_eq!(
        simulation.explain("nobody").err(),
        Some(Refusal::NoSuchPayment("nobody".to_owned()))
    );
}

#[test]
fn what_waits_is_dropped_at_the_end_of_a_day_that_rejects() {
    for (rule, dropped, waiting) in [("reject", 1, 0), ("carry_over", 0, 1)] {
        let document = day(
            [0, 0, 0],
            json!({
                "end_of_day": rule, "num_days": 2, "costs": {"eod_penalty": 3},
                "initial_transactions": [pay("A", "B", 7, 2, json!({}))],
            }),
        );
        let simulation = cast::run(&document);
        let totals = simulation.state().totals;
        assert_eq!(
            (totals.dropped_count, totals.queued_count),
            (dropped, waiting)
        );
        // Each day's end charges what waits then; a dropped payment pays once.
        assert_eq!(totals.costs[6], 3 + 3 * waiting as i64);
        let run = simulation.metrics().unwrap().run;
        assert_eq!(run.maximum_delay, Some(if dropped == 1 { 8 } else { 18 }));
    }
}

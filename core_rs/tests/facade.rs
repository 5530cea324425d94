//! What the facade promises: ends, failures, charts, stops.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail loudly"
)]

mod cast;

use cast::{day, pay};
use payment_simulator_core_rs::engine::errors::{Refusal, RunError};
use payment_simulator_core_rs::engine::results::SeriesKey;
use payment_simulator_core_rs::engine::scenario::Event;
use payment_simulator_core_rs::engine::units::{AgentId, Tick};
use serde_json::{Value, json};

#[test]
fn a_finished_run_refuses_to_go_on() {
    let mut simulation = cast::run(&day([1, 1, 1], json!({})));
    assert_eq!(simulation.tick(), Err(RunError::Finished { ticks: 10 }));
    assert_eq!(simulation.advance(5, || false).unwrap().ticks, 0);
    let event = Event::Outage { agent: AgentId(0) };
    assert_eq!(simulation.apply(None, event), Err(Refusal::Finished));
}

#[test]
fn a_cost_beyond_its_bound_ends_the_run_naming_agent_kind_and_tick() {
    let document = day(
        [0, 0, 0],
        json!({
            "num_days": 366,
            "costs": {"delay_rate_per_tick": 1, "priority_multipliers": {"5": 100}},
            "initial_transactions": [pay("A", "B", 1_000_000_000_000_000, 0, json!({}))],
        }),
    );
    let mut simulation = cast::begin(&document);
    let error = simulation.advance(u64::MAX, || false).err().unwrap();
    let expected = RunError::CostTooLarge {
        agent: "A".to_owned(),
        kind: "delay",
        tick: 89,
    };
    assert_eq!(error, expected);
    assert_eq!(simulation.tick(), Err(RunError::Failed(Box::new(expected))));
}

#[test]
fn a_frame_holds_the_whole_run_even_after_draining_and_never_too_many_points() {
    let payments: Vec<Value> = (0..900)
        .map(|tick| pay("A", "B", 1 + tick % 7, tick as u32, json!({})))
        .collect();
    let mut document = day([100_000, 0, 0], json!({"initial_transactions": payments}));
    document["ticks_per_day"] = 1_000.into();
    let mut simulation = cast::begin(&document);
    while !simulation.is_finished() {
        simulation.advance(100, || false).unwrap();
        simulation.drain();
    }
    let keys = [
        SeriesKey::Figure(6),
        SeriesKey::Total(6),
        SeriesKey::Balance(AgentId(1)),
    ];
    let whole = simulation.frame(&keys, Tick(0), 2_000);
    assert_eq!(whole.tick.len(), 1_000);
    assert!(whole.columns[1].iter().eq(whole.columns[2].iter()));
    for most in [1, 2, 7, 100, 999] {
        let thin = simulation.frame(&keys, Tick(0), most);
        assert!(!thin.tick.is_empty() && thin.tick.len() <= most, "{most}");
        assert!(
            thin.columns
                .iter()
                .all(|column| column.len() == thin.tick.len())
        );
        if most > 1 {
            let largest = |column: &[f64]| column.iter().copied().fold(f64::MIN, f64::max);
            for (thin, whole) in thin.columns.iter().zip(&whole.columns) {
                assert!((largest(thin) - largest(whole)).abs() < 0.5);
            }
        }
    }
}

#[test]
fn what_can_be_sent_is_charted_before_and_after_a_credit_line_changes() {
    let payments: Vec<Value> = (0..9_000)
        .map(|tick| pay("A", "B", 1 + tick % 7, tick as u32, json!({})))
        .collect();
    let lines = [(2_000, 700), (2_001, 0), (6_500, 40)];
    let events: Vec<Value> = (lines.iter())
        .map(|(tick, line)| {
            json!({"tick": tick, "type": "set_credit_limit", "agent": "B", "credit_limit": line})
        })
        .collect();
    let more = json!({"initial_transactions": payments, "events": events});
    let mut document = day([100_000, 0, 0], more);
    document["ticks_per_day"] = 10_000.into();
    let mut simulation = cast::begin(&document);
    let keys = [SeriesKey::Available(AgentId(1))];
    let mut stood = Vec::new();
    while !simulation.is_finished() {
        simulation.tick().unwrap();
        stood.push(simulation.state().agents[1].available.0 as f64);
        if stood.len() == 6_600 {
            let newest = simulation.frame(&keys, Tick(5_000), 2_000);
            assert_eq!(newest.columns[0], stood[5_000..]);
        }
    }
    let whole = simulation.frame(&keys, Tick(0), 2_000);
    let extremes = |values: &[f64]| {
        let least = values.iter().copied().fold(f64::MAX, f64::min);
        (least, values.iter().copied().fold(f64::MIN, f64::max))
    };
    for at in (0..whole.tick.len()).step_by(2) {
        let bucket = whole.tick[at] as usize..=whole.tick[at + 1] as usize;
        assert_eq!(
            extremes(&whole.columns[0][at..at + 2]),
            extremes(&stood[bucket])
        );
    }
}

#[test]
fn an_advance_asked_to_stop_stops_between_ticks_and_goes_on_later() {
    let document = cast::random::document(5);
    let mut whole = cast::begin(&document);
    cast::finish(&mut whole);
    let mut halting = cast::begin(&document);
    let mut asked = 0;
    while !halting.is_finished() {
        halting
            .advance(3, || {
                asked += 1;
                true
            })
            .unwrap();
    }
    assert_eq!(halting.digest(), whole.digest());
}

//! Restoring bytes of any kind: the run they stand for, or an error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail loudly"
)]

mod cast;

use std::sync::Arc;

use cast::random::{Dice, document};
use payment_simulator_core_rs::engine::errors::RestoreError;
use payment_simulator_core_rs::engine::simulation::Simulation;
use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::json;

fn half_run(seed: u64) -> Simulation {
    let mut simulation = cast::begin(&document(seed));
    simulation.advance(7, || false).unwrap();
    simulation
}

/// The body changed in a few places, under a checksum that fits.
fn forged(data: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut body = data[40..].to_vec();
    for _ in 0..1 + dice.below(3) {
        let at = dice.below(body.len() as u64) as usize;
        body[at] = dice.below(256) as u8;
    }
    if dice.often(20) {
        body.truncate(dice.below(body.len() as u64) as usize);
    }
    let mut forged = data[..8].to_vec();
    forged.extend_from_slice(blake3::hash(&body).as_bytes());
    forged.extend_from_slice(&body);
    forged
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cast::cases(500), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn arbitrary_bytes_give_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let scenario = cast::scenario(&document(1));
        assert!(Simulation::restore(&bytes, scenario).is_err());
    }

    #[test]
    fn a_changed_byte_is_noticed(seed in any::<u16>(), place in any::<u32>()) {
        let simulation = half_run(seed.into());
        let mut data = simulation.snapshot().unwrap();
        let place = place as usize % data.len();
        data[place] ^= 1;
        let restored = Simulation::restore(&data, Arc::clone(simulation.scenario()));
        assert!(matches!(restored, Err(RestoreError::Damaged(_))));
    }

    #[test]
    fn a_forged_snapshot_is_refused_or_runs_without_panicking(seed in any::<u32>()) {
        let simulation = half_run(u64::from(seed) % 50);
        let data = forged(&simulation.snapshot().unwrap(), &mut Dice::new(seed.into()));
        if let Ok(mut restored) = Simulation::restore(&data, Arc::clone(simulation.scenario())) {
            let _ = (restored.state(), restored.metrics());
            // It may find an invariant broken later; that is an error too.
            let _ = restored.advance(u64::MAX, || false);
        }
    }
}

#[test]
fn a_snapshot_of_another_scenario_is_refused() {
    let data = half_run(1).snapshot().unwrap();
    let other = cast::scenario(&document(2));
    let restored = Simulation::restore(&data, other);
    assert_eq!(restored.err(), Some(RestoreError::OtherScenario));
}

#[test]
fn a_snapshot_holds_what_waits_and_not_what_has_settled() {
    let payments: Vec<_> = (0..20_000)
        .map(|at| json!({"sender": "A", "receiver": "B", "amount": 1, "arrival_tick": at / 100}))
        .collect();
    let document = json!({
        "ticks_per_day": 300, "seed": 1, "initial_transactions": payments,
        "agents": [{"id": "A", "balance": 20_000}, {"id": "B", "balance": 0}],
    });
    let mut simulation = cast::begin(&document);
    simulation.advance(250, || false).unwrap();
    assert_eq!(simulation.state().totals.settled_count, 20_000);
    let size = simulation.snapshot().unwrap().len();
    assert!(size < 100_000, "{size} bytes");
}

#[test]
fn interventions_that_wait_survive_a_snapshot() {
    let mut simulation = cast::begin(&document(3));
    let event = json!({"type": "transfer_liquidity", "agent": "B0", "amount": 5, "tick": 3});
    cast::intervene(&mut simulation, &event);
    let data = simulation.snapshot().unwrap();
    let mut restored = Simulation::restore(&data, Arc::clone(simulation.scenario())).unwrap();
    assert_eq!(restored.scheduled(), simulation.scheduled());
    assert_eq!(restored.scheduled().len(), 1);
    cast::finish(&mut simulation);
    cast::finish(&mut restored);
    assert_eq!(restored.digest(), simulation.digest());
}

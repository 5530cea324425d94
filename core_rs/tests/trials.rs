//! A trial is the run of its seed, whatever its memory was used for before.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up must fail loudly"
)]

mod cast;

use std::sync::Arc;

use payment_simulator_core_rs::engine::results::Figures;
use payment_simulator_core_rs::engine::simulation::Simulation;
use payment_simulator_core_rs::engine::trial::{Grid, TRACED, Trial};
use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::{Value, json};

/// The traced series at the close of each tick of an ordinary run.
fn traced(simulation: &mut Simulation) -> Vec<[i64; TRACED.len()]> {
    let mut rows = Vec::new();
    let (mut arrived, mut settled, mut cost) = (0, 0, 0);
    while !simulation.is_finished() {
        let Figures {
            queue_depth,
            queue_value,
            pending,
            arrived_value,
            settled_value,
            costs,
            ..
        } = simulation.tick().unwrap().figures;
        arrived += arrived_value;
        settled += settled_value;
        cost += costs.iter().sum::<i64>();
        let (depth, pending) = (queue_depth as i64, pending as i64);
        rows.push([depth, queue_value, pending, arrived, settled, cost]);
    }
    rows
}

fn seeded(document: &Value, seed: u64) -> Value {
    let mut document = document.clone();
    document["seed"] = json!(seed);
    document
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cast::cases(100), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_seed_of_a_trial_is_a_run_of_its_own(drawn in any::<u32>()) {
        let document = cast::random::document(drawn.into());
        let mut trial = Trial::new(cast::scenario(&document));
        let all = Grid::over(trial.ticks(), u32::MAX);
        let few = Grid::over(trial.ticks(), 7);
        for seed in [3, 4, 3] {
            let mut alone = Simulation::new(cast::scenario(&seeded(&document, seed)));
            let rows = traced(&mut alone);
            let outcome = trial.run(seed, u32::MAX, &all, || false).unwrap().unwrap();
            assert!(outcome.digest == alone.digest(), "seed {seed}: the digests differ");
            assert!(outcome.measures == alone.metrics().unwrap().run, "seed {seed}: the measures differ");
            assert!(outcome.trace == rows, "seed {seed}: the traces differ");
            let thinned = trial.run(seed, u32::MAX, &few, || false).unwrap().unwrap();
            let picked: Vec<_> = few.ticks().iter().map(|&tick| rows[tick as usize]).collect();
            assert!(thinned.trace == picked, "seed {seed}: the thinned traces differ");
        }
    }

    #[test]
    fn a_trial_that_ends_early_is_the_beginning_of_its_run(drawn in any::<u32>()) {
        let document = cast::random::document(drawn.into());
        let scenario = cast::scenario(&document);
        let mut trial = Trial::new(Arc::clone(&scenario));
        let ticks = trial.ticks() / 2 + 1;
        let none = Grid::over(ticks, 0);
        let outcome = trial.run(scenario.seed, ticks, &none, || false).unwrap().unwrap();
        let mut alone = Simulation::new(scenario);
        alone.advance(ticks.into(), || false).unwrap();
        assert!(outcome.digest == alone.digest());
        assert!(outcome.measures == alone.metrics().unwrap().run);
    }
}

#[test]
fn a_stopped_trial_gives_nothing_and_leaves_nothing_behind() {
    let document = json!({
        "ticks_per_day": 5_000,
        "seed": 1,
        "agents": [
            { "id": "A", "balance": 50, "arrival_config": {
                "rate_per_tick": 1.0, "distribution_type": "uniform", "amount_mean": 10 } },
            { "id": "B", "balance": 50 },
        ],
    });
    let mut trial = Trial::new(cast::scenario(&document));
    let grid = Grid::over(5_000, 10);
    assert_eq!(trial.run(2, u32::MAX, &grid, || true), Ok(None));
    let whole = trial.run(1, u32::MAX, &grid, || false).unwrap().unwrap();
    assert_eq!(whole.digest, cast::run(&document).digest());
}

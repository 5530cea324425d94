//! A trial is the run of its seed, whatever its memory was used for before.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up must fail loudly"
)]

mod cast;

use std::sync::Arc;

use payment_simulator_core_rs::engine::bands::Series;
use payment_simulator_core_rs::engine::results::{Figures, TickResult};
use payment_simulator_core_rs::engine::scenario::Scenario;
use payment_simulator_core_rs::engine::simulation::Simulation;
use payment_simulator_core_rs::engine::trial::{Grid, Outcome, TRACED, Trial};
use payment_simulator_core_rs::engine::units::AgentId;
use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::{Value, json};

/// The traced series and all balances at the close of each tick of an ordinary run.
fn traced(simulation: &mut Simulation) -> (Vec<[i64; TRACED.len()]>, Vec<Vec<i64>>) {
    let (mut rows, mut balances) = (Vec::new(), Vec::new());
    let (mut arrived, mut settled, mut cost) = (0, 0, 0);
    while !simulation.is_finished() {
        let TickResult {
            figures, agents, ..
        } = simulation.tick().unwrap();
        let Figures {
            queue_depth,
            queue_value,
            pending,
            arrived_value,
            settled_value,
            costs,
            ..
        } = figures;
        arrived += arrived_value;
        settled += settled_value;
        cost += costs.iter().sum::<i64>();
        let (depth, pending) = (queue_depth as i64, pending as i64);
        rows.push([depth, queue_value, pending, arrived, settled, cost]);
        balances.push(agents.iter().map(|agent| agent.balance.0).collect());
    }
    (rows, balances)
}

fn banks(of: &Scenario) -> Vec<AgentId> {
    (0..of.agents.len()).map(AgentId::from_index).collect()
}

fn seeded(document: &Value, seed: u64) -> Value {
    let mut document = document.clone();
    document["seed"] = json!(seed);
    document
}

/// The outcomes of the seeds, every `of`-th from `from` on.
fn share(of: usize, from: usize, scenario: &Arc<Scenario>, grid: &Grid) -> Vec<Outcome> {
    let banks = banks(scenario);
    let mut trial = Trial::new(Arc::clone(scenario));
    (SEEDS.skip(from).step_by(of))
        .map(|seed| trial.run(seed, u32::MAX, grid, &banks, || false))
        .map(|found| found.unwrap().unwrap())
        .collect()
}

const SEEDS: std::ops::Range<u64> = 0..9;

proptest! {
    #![proptest_config(ProptestConfig { cases: cast::cases(100), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_seed_of_a_trial_is_a_run_of_its_own(drawn in any::<u32>()) {
        let document = cast::random::document(drawn.into());
        let scenario = cast::scenario(&document);
        let banks = banks(&scenario);
        let mut trial = Trial::new(scenario);
        let all = Grid::over(trial.ticks(), u32::MAX);
        let few = Grid::over(trial.ticks(), 7);
        for seed in [3, 4, 3] {
            let mut alone = Simulation::new(cast::scenario(&seeded(&document, seed)));
            let (rows, balances) = traced(&mut alone);
            let outcome = trial.run(seed, u32::MAX, &all, &[], || false).unwrap().unwrap();
            assert!(outcome.digest == alone.digest(), "seed {seed}: the digests differ");
            assert!(outcome.measures == alone.metrics().unwrap().run, "seed {seed}: the measures differ");
            assert!(outcome.trace == rows, "seed {seed}: the traces differ");
            let thinned = trial.run(seed, u32::MAX, &few, &banks, || false).unwrap().unwrap();
            let picked: Vec<_> = few.ticks().iter().map(|&tick| rows[tick as usize]).collect();
            assert!(thinned.trace == picked, "seed {seed}: the thinned traces differ");
            let picked: Vec<i64> = (few.ticks().iter())
                .flat_map(|&tick| balances[tick as usize].clone())
                .collect();
            assert!(thinned.balances == picked, "seed {seed}: the balances differ");
            let last = [*banks.last().unwrap()];
            let one = trial.run(seed, u32::MAX, &few, &last, || false).unwrap().unwrap();
            assert!(one == thinned.of_banks(&last), "seed {seed}: one bank's balances differ");
        }
    }

    #[test]
    fn a_trial_that_ends_early_is_the_beginning_of_its_run(drawn in any::<u32>()) {
        let document = cast::random::document(drawn.into());
        let scenario = cast::scenario(&document);
        let mut trial = Trial::new(Arc::clone(&scenario));
        let ticks = trial.ticks() / 2 + 1;
        let none = Grid::over(ticks, 0);
        let outcome = trial.run(scenario.seed, ticks, &none, &[], || false).unwrap().unwrap();
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
    assert_eq!(trial.run(2, u32::MAX, &grid, &[], || true), Ok(None));
    let whole = trial
        .run(1, u32::MAX, &grid, &[], || false)
        .unwrap()
        .unwrap();
    assert_eq!(whole.digest, cast::run(&document).digest());
}

fn small_day() -> Value {
    let bank = |id: &str, rate: f64| {
        json!({ "id": id, "balance": 500, "arrival_config": {
            "rate_per_tick": rate, "distribution_type": "uniform", "amount_mean": 100 } })
    };
    json!({
        "ticks_per_day": 60,
        "seed": 1,
        "agents": [bank("A", 0.05), bank("B", 0.8), bank("C", 0.4), { "id": "D", "balance": 7 }],
    })
}

/// Every bit counts.
fn bits(band: [f64; 5]) -> [u64; 5] {
    band.map(f64::to_bits)
}

#[test]
fn bands_of_two_threads_are_those_of_one() {
    let scenario = cast::scenario(&small_day());
    let grid = Grid::over(60, 13);
    let alone = share(1, 0, &scenario, &grid);
    let (even, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| share(2, 1, &scenario, &grid));
        (share(2, 0, &scenario, &grid), odd.join().unwrap())
    });
    let mut odd = odd.into_iter();
    let together: Vec<Outcome> = (even.into_iter())
        .flat_map(|one| [Some(one), odd.next()])
        .flatten()
        .collect();
    assert_eq!(together, alone);
    for series in Series::all(scenario.agents.len()) {
        for point in 0..grid.ticks().len() {
            let band = series.quantiles_at(point, &alone);
            assert_eq!(bits(series.quantiles_at(point, &together)), bits(band));
            assert!(band.is_sorted(), "{series:?} at {point}: {band:?}");
        }
    }
    let end = grid.ticks().len() - 1;
    let throughput = Series::Throughput.quantiles_at(end, &alone);
    assert_eq!(bits(throughput), [1.0_f64.to_bits(); 5]);
}

#[test]
fn throughput_leaves_out_seeds_that_settle_nothing() {
    let mut document = small_day();
    for bank in 0..3 {
        document["agents"][bank]["arrival_config"]["rate_per_tick"] = json!(0.005);
    }
    let grid = Grid::over(60, 4);
    let mut outcomes = share(1, 0, &cast::scenario(&document), &grid);
    let settles = |one: &Outcome| one.measures.settled_value > 0;
    let (some, none): (Vec<_>, Vec<_>) = outcomes.drain(..).partition(settles);
    assert!(!some.is_empty() && !none.is_empty());
    let all: Vec<Outcome> = some.iter().chain(&none).cloned().collect();
    for point in 0..grid.ticks().len() {
        let band = Series::Throughput.quantiles_at(point, &all);
        let wanted = Series::Throughput.quantiles_at(point, &some);
        assert_eq!(bits(band), bits(wanted));
        let nothing = Series::Throughput.quantiles_at(point, &none);
        assert!(nothing.iter().all(|value| value.is_nan()));
    }
}

#[test]
fn the_most_active_banks_are_in_the_order_of_the_scenario_and_of_equal_ones_the_first() {
    let payment = |from: &str, to: &str, amount: i64| json!({ "sender": from, "receiver": to, "amount": amount, "arrival_tick": 0 });
    let bank = |id: &str| json!({ "id": id, "balance": 1_000 });
    let document = json!({
        "ticks_per_day": 2,
        "num_days": 2,
        "seed": 1,
        "agents": [bank("A"), bank("B"), bank("C"), bank("D"), bank("E")],
        "initial_transactions": [
            payment("E", "B", 90), payment("D", "C", 40), payment("A", "B", 40),
        ],
    });
    let mut trial = Trial::new(cast::scenario(&document));
    let none = Grid::over(4, 0);
    trial
        .run(1, u32::MAX, &none, &[], || false)
        .unwrap()
        .unwrap();
    let active = |most| -> Vec<usize> {
        trial
            .most_active(most)
            .iter()
            .map(|bank| bank.index())
            .collect()
    };
    assert_eq!(active(2), [1, 4]);
    assert_eq!(active(3), [0, 1, 4]);
    assert_eq!(active(9), [0, 1, 2, 3, 4]);
}

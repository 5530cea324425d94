//! One scenario, one seed: one run, however it is stepped; and the ledger's properties in it.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up must fail loudly"
)]

mod cast;

use std::sync::Arc;

use payment_simulator_core_rs::engine::results::Figures;
use payment_simulator_core_rs::engine::simulation::Simulation;
use proptest::prelude::{ProptestConfig, any, proptest};

/// Two runs that are one agree in digest, state and measures.
fn assert_one(left: &Simulation, right: &Simulation) {
    let totals = |simulation: &Simulation| simulation.state().totals;
    assert_eq!(totals(left), totals(right));
    assert_eq!(left.digest(), right.digest());
    // Too long to be printed when they differ.
    assert!(left.state() == right.state(), "the states differ");
    assert!(left.metrics() == right.metrics(), "the measures differ");
}

fn ticked(simulation: &mut Simulation) -> Vec<Figures> {
    let mut figures = Vec::new();
    while !simulation.is_finished() {
        figures.push(simulation.tick().unwrap().figures);
    }
    figures
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cast::cases(150), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ticked_in_chunks_and_restored_at_every_tick_are_one_run(seed in any::<u32>()) {
        let document = cast::random::document(seed.into());
        let scenario = cast::scenario(&document);
        let mut whole = Simulation::new(Arc::clone(&scenario));
        cast::finish(&mut whole);

        let mut singly = Simulation::new(Arc::clone(&scenario));
        let figures = ticked(&mut singly);
        assert_one(&singly, &whole);

        let mut chunked = Simulation::new(Arc::clone(&scenario));
        let mut settlements = 0;
        while !chunked.is_finished() {
            settlements += chunked.advance(7, || false).unwrap().figures.settlements;
            chunked.drain();
        }
        assert_one(&chunked, &whole);
        assert_eq!(settlements, figures.iter().map(|tick| tick.settlements).sum::<u64>());

        let mut restored = Simulation::new(Arc::clone(&scenario));
        while !restored.is_finished() {
            let data = restored.snapshot().unwrap();
            restored = Simulation::restore(&data, Arc::clone(&scenario)).unwrap();
            restored.tick().unwrap();
        }
        assert_one(&restored, &whole);
    }

    #[test]
    fn money_is_conserved_and_every_payment_is_in_one_state(seed in any::<u32>()) {
        let document = cast::random::document(seed.into());
        let mut simulation = cast::begin(&document);
        let opening: i64 = cast::balances(&simulation).iter().sum();
        while !simulation.is_finished() {
            simulation.tick().unwrap();
            let state = simulation.state();
            let events = simulation.events();
            let transferred: i64 = (0..events.seq.len())
                .filter(|&row| events.kind[row] == 9 && events.reason[row] == 17)
                .map(|row| events.amount[row])
                .sum();
            let balances: i64 = state.agents.iter().map(|agent| agent.balance.0).sum();
            assert_eq!(balances, opening + transferred);
            let payments = simulation.payments();
            let mut counts = [0; 4];
            let mut value = 0;
            for row in 0..payments.payment.len() {
                counts[usize::try_from(payments.status[row]).unwrap()] += 1;
                value += payments.amount[row];
            }
            let totals = state.totals;
            assert_eq!(counts, [
                totals.pending_count, totals.queued_count,
                totals.settled_count, totals.dropped_count,
            ]);
            assert_eq!(value, totals.arrived_value);
        }
    }

    #[test]
    fn balances_over_time_are_rebuilt_from_the_events(seed in any::<u32>()) {
        let mut simulation = cast::begin(&cast::random::document(seed.into()));
        let agents: Vec<_> = simulation.state().agents.iter().map(|agent| agent.agent).collect();
        let mut closing = Vec::new();
        while !simulation.is_finished() {
            if simulation.next_tick().0.is_multiple_of(5) {
                simulation.drain();
                closing.clear();
            }
            simulation.tick().unwrap();
            closing.push((simulation.next_tick().0 - 1, cast::balances(&simulation)));
        }
        let series = simulation.series(&agents);
        for (row, &tick) in series.tick.iter().enumerate() {
            let expected = &closing.iter().find(|close| close.0 == tick).unwrap().1;
            let found: Vec<i64> =
                series.columns[19..].iter().map(|column| column.1[row]).collect();
            assert_eq!(&found, expected);
        }
    }
}

#[test]
fn the_random_documents_reach_every_event_type_method_and_cost() {
    let (mut kinds, mut methods, mut costs) = ([0_u64; 13], [0_u64; 4], [0_i64; 8]);
    for seed in 0..300 {
        let simulation = cast::run(&cast::random::document(seed));
        let events = simulation.events();
        for row in 0..events.seq.len() {
            kinds[usize::from(events.kind[row])] += 1;
            if let Ok(method) = usize::try_from(events.method[row]) {
                methods[method] += 1;
            }
        }
        for (sum, cost) in costs.iter_mut().zip(simulation.state().totals.costs) {
            *sum += cost;
        }
    }
    assert!(kinds.iter().all(|&count| count > 9), "{kinds:?}");
    assert!(methods.iter().all(|&count| count > 9), "{methods:?}");
    assert!(costs.iter().all(|&cents| cents > 20), "{costs:?}");
}

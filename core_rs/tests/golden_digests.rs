//! Every event of a table of runs, by digest: what is made faster must not move one of them.
#![allow(
    clippy::expect_used,
    reason = "a test that cannot be set up must fail loudly"
)]

mod cast;

use std::fmt::Write;

use payment_simulator_core_rs::engine::simulation::Simulation;

/// A change of results is stated in CHANGELOG.md and replaces the lines that the failure prints.
const GOLDEN: &str = include_str!("golden/digests.txt");

fn line(kind: &str, seed: u64, simulation: &Simulation) -> String {
    let mut line = format!("{kind} {seed} ");
    for byte in simulation.digest() {
        write!(line, "{byte:02x}").expect("text grows");
    }
    line
}

#[test]
fn the_runs_of_the_table_have_the_digests_they_always_had() {
    let mut lines = Vec::new();
    for seed in 0..100 {
        let simulation = cast::run(&cast::random::document(seed));
        lines.push(line("document", seed, &simulation));
    }
    for seed in 0..50 {
        let simulation = cast::run(&cast::random::crowd(seed));
        lines.push(line("crowd", seed, &simulation));
    }
    let golden: Vec<&str> = GOLDEN.lines().collect();
    let moved: Vec<&String> = (lines.iter().enumerate())
        .filter(|(at, line)| golden.get(*at) != Some(&line.as_str()))
        .map(|(_, line)| line)
        .collect();
    assert!(moved.is_empty(), "these moved: {moved:#?}");
    assert_eq!(lines.len(), golden.len());
}

#[test]
fn the_crowded_days_settle_by_every_algorithm_and_leave_much_waiting() {
    let (mut methods, mut waiting, mut arrived) = ([0_u64; 4], 0, 0);
    for seed in 0..50 {
        let simulation = cast::run(&cast::random::crowd(seed));
        for &method in &simulation.events().method {
            if let Ok(method) = usize::try_from(method) {
                methods[method] += 1;
            }
        }
        let totals = simulation.state().totals;
        waiting += totals.queued_count;
        arrived += totals.arrived_count;
    }
    assert!(methods.iter().all(|&count| count > 100), "{methods:?}");
    assert!(
        waiting * 10 > arrived,
        "{waiting} of {arrived} wait at the end"
    );
}

//! Many seeds of one small day, one after another in the same memory.

use std::sync::Arc;

use payment_simulator_core_rs::engine::document::parse;
use payment_simulator_core_rs::engine::trial::{Grid, Trial};
use serde_json::{Value, json};

use crate::Stopwatch;

const SEEDS: u64 = 1_000;

/// 12 banks, 100 ticks, one payment a bank and tick; two thirds of what is needed to settle all at
/// once. The Python row `seeds` runs the same day.
fn document() -> Value {
    let bank = |number: usize| {
        json!({
            "id": format!("B{number:02}"),
            "balance": 1_000_000,
            "credit_limit": 500_000,
            "arrival_config": {
                "rate_per_tick": 1.0,
                "distribution_type": "lognormal",
                "amount_mean": 100_000,
                "amount_std_dev": 200_000,
                "deadline_ticks": [10, 50],
            },
        })
    };
    json!({
        "ticks_per_day": 100,
        "seed": 1,
        "agents": (0..12).map(bank).collect::<Vec<_>>(),
        "costs": { "overdraft_rate": 0.0001, "delay_rate_per_tick": 0.000_001 },
    })
}

pub fn trials() {
    let parsed = parse(&document(), None);
    let scenario = Arc::new(parsed.scenario.expect("a sound document"));
    for points in [0, 600] {
        let grid = Grid::over(100, points);
        let mut trial = Trial::new(Arc::clone(&scenario));
        let mut payments = 0;
        let mut once = || {
            let started = Stopwatch::start();
            payments = 0;
            for seed in 0..SEEDS {
                let found = trial.run(seed, u32::MAX, &grid, &[], || false);
                let outcome = found.expect("it runs").expect("it is not stopped");
                payments += outcome.measures.arrived_count;
            }
            started.seconds()
        };
        let cold = once();
        let mut times: Vec<f64> = (0..5).map(|_| once()).collect();
        times.sort_by(f64::total_cmp);
        let rate = |seconds: f64| format!("{:.0} runs/s", SEEDS as f64 / seconds);
        let name = format!("1,000 seeds of 12 banks, {} points", grid.ticks().len());
        println!("{name:<46} {:>12} {:>12}", rate(times[2]), rate(cold));
        println!("  {:.0} ns a payment", times[2] / payments as f64 * 1e9);
    }
}

//! How fast the engine is, on one thread: each work warmed up once, then the median of five,
//! beside a bare ledger loop over the same arrays. `cargo bench`, or with names to run a part.
#![allow(
    clippy::expect_used,
    clippy::disallowed_types,
    reason = "a bench measures with a clock, and a work that cannot run must fail loudly"
)]

mod generated;
mod memory;
mod trials;
mod workload;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use payment_simulator_core_rs::engine::scenario::{Discipline, PaymentTable, Saving, Scenario};
use payment_simulator_core_rs::engine::simulation::Simulation;
use payment_simulator_core_rs::engine::units::{AgentId, Amount, RailId, Tick};
use workload::{PLAIN, Setup, payments, scenario, upper_bounds};

const TICKS: u32 = 36_000;

/// Works of minutes: only when asked for by name.
const LONG: [&str; 1] = ["large"];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let works: [(&str, fn()); 10] = [
        ("ample", ample),
        ("scarce", scarce),
        ("saving", || saving(60)),
        ("saving-every-tick", || saving(1)),
        ("standing", standing),
        ("ring", ring),
        ("idle", idle),
        ("generated", generated::generated),
        ("trials", trials::trials),
        ("large", large),
    ];
    println!("{:<46} {:>12} {:>12}  digest", "work", "median", "cold");
    for (name, work) in works {
        let all = wanted.is_empty() && !LONG.contains(&name);
        if all || wanted.iter().any(|wanted| wanted == name) {
            work();
        }
    }
}

/// Measures time on the processor where the system tells it, so that other work on the machine
/// does not count; else time on the wall.
struct Stopwatch {
    wall: Instant,
    processor_ns: Option<u64>,
}

impl Stopwatch {
    fn start() -> Self {
        Self {
            wall: Instant::now(),
            processor_ns: Self::processor_ns(),
        }
    }

    fn processor_ns() -> Option<u64> {
        // The system brings its count up to date when a thread is put aside.
        std::thread::sleep(Duration::from_nanos(1));
        let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
        text.split_whitespace().next()?.parse().ok()
    }

    fn seconds(&self) -> f64 {
        match (self.processor_ns, Self::processor_ns()) {
            (Some(before), Some(now)) => (now - before) as f64 / 1e9,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

/// Runs once cold and five times warm; returns the last run and the median seconds.
fn measure(name: &str, per: Option<usize>, scenario: &Arc<Scenario>) -> (Simulation, f64) {
    report(name, per, || {
        let started = Stopwatch::start();
        let mut simulation = Simulation::new(Arc::clone(scenario));
        let done = simulation
            .advance(u64::MAX, || false)
            .expect("the run goes to its end");
        assert!(done.finished, "{name} stopped early: {:?}", done.stop);
        (simulation, started.seconds())
    })
}

/// Does a work once cold and five times warm and prints what it took; returns the last run and the
/// median seconds.
fn report(
    name: &str,
    per: Option<usize>,
    once: impl Fn() -> (Simulation, f64),
) -> (Simulation, f64) {
    let cold = once().1;
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        drop(last.take());
        let (simulation, seconds) = once();
        times.push(seconds);
        last = Some(simulation);
    }
    times.sort_by(f64::total_cmp);
    let median = times[2];
    let simulation = last.expect("it ran five times");
    let shown = |seconds: f64| match per {
        Some(count) => format!("{:.2} M/s", count as f64 / seconds / 1e6),
        None => format!("{:.3} ms", seconds * 1e3),
    };
    let digest: String = simulation.digest()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!(
        "{name:<46} {:>12} {:>12}  {digest}",
        shown(median),
        shown(cold)
    );
    (simulation, median)
}

/// Debit, credit, bound check, end tick, two 5-byte events per payment over the same arrays.
fn ledger_loop(table: &PaymentTable, openings: &[i64]) -> f64 {
    let count = table.sender.len();
    let once = || {
        let started = Stopwatch::start();
        let mut balances = openings.to_vec();
        let mut ends = Vec::with_capacity(count);
        let mut kinds: Vec<u8> = Vec::with_capacity(2 * count);
        let mut numbers: Vec<u32> = Vec::with_capacity(2 * count);
        for row in 0..count {
            let amount = table.amount[row].0;
            let sender = &mut balances[table.sender[row].index()];
            let settles = *sender >= amount;
            if settles {
                *sender -= amount;
                balances[table.receiver[row].index()] += amount;
            }
            ends.push(if settles {
                table.arrival_tick[row].0
            } else {
                u32::MAX
            });
            kinds.extend([0, 5]);
            numbers.extend([row as u32; 2]);
        }
        black_box((&balances, &ends, &kinds, &numbers));
        started.seconds()
    };
    let mut times: Vec<f64> = (0..6).map(|_| once()).skip(1).collect();
    times.sort_by(f64::total_cmp);
    times[2]
}

fn against_loop(seconds: f64, table: &PaymentTable, openings: &[i64]) {
    let bare = ledger_loop(table, openings);
    let count = table.sender.len() as f64;
    println!(
        "  {:.1} ns a payment; bare ledger loop {:.1} ns; {:.0} times",
        seconds / count * 1e9,
        bare / count * 1e9,
        seconds / bare
    );
}

fn ample() {
    for (banks, count) in [(10, 1_000_000), (200, 1_000_000), (2_000, 1_000_000)] {
        let table = payments(banks, count, TICKS, 1);
        let openings = upper_bounds(&table, banks);
        let scenario = scenario(table, &openings, TICKS, 1, PLAIN);
        let name = format!("1 M payments, {banks} banks, ample");
        let (_, seconds) = measure(&name, Some(count), &scenario);
        against_loop(seconds, &scenario.payments, &openings);
    }
}

fn share_of_ub(table: &PaymentTable, banks: usize, percent: i64) -> Vec<i64> {
    (upper_bounds(table, banks).iter())
        .map(|needed| needed * percent / 100)
        .collect()
}

fn scarce() {
    for banks in [10, 200, 2_000] {
        let table = payments(banks, 1_000_000, TICKS, 1);
        let openings = share_of_ub(&table, banks, 20);
        let scenario = scenario(table, &openings, TICKS, 1, PLAIN);
        let name = format!("1 M payments, {banks} banks, 20 % of UB");
        let (simulation, seconds) = measure(&name, Some(1_000_000), &scenario);
        against_loop(seconds, &scenario.payments, &openings);
        waiting(&simulation);
    }
}

fn waiting(simulation: &Simulation) {
    let run = simulation.metrics().expect("a sound run").run;
    println!(
        "  {:.1} % settled, {:.0} waiting on average",
        100.0 * run.settlement_rate_count.unwrap_or(0.0),
        run.queue_length_mean.unwrap_or(0.0)
    );
}

fn saving(every: u32) {
    let table = payments(200, 1_000_000, TICKS, 1);
    let openings = share_of_ub(&table, 200, 20);
    let setup = Setup {
        queue: Discipline::Fifo,
        saving: &[Saving::Bilateral, Saving::Multilateral],
        every,
    };
    let scenario = scenario(table, &openings, TICKS, 1, setup);
    let name = format!("the same, bilateral + multilateral every {every}");
    let (simulation, _) = measure(&name, Some(1_000_000), &scenario);
    waiting(&simulation);
}

/// Half of the payments come from banks that never have money.
fn standing() {
    for count in [10_000, 100_000, 1_000_000] {
        let table = payments(200, count, TICKS, 1);
        let openings: Vec<i64> = (0..200)
            .map(|bank| {
                if bank % 2 == 0 {
                    i64::MAX / 1_000
                } else {
                    i64::MIN / 1_000
                }
            })
            .collect();
        let scenario = scenario(table, &openings, TICKS, 1, PLAIN);
        let (simulation, seconds) = measure(
            &format!("{count} payments, half blocked all day"),
            Some(count),
            &scenario,
        );
        let settled = simulation.state().totals.settled_count;
        println!(
            "  {:.0} ns a settled payment",
            seconds / settled as f64 * 1e9
        );
    }
}

fn rings(banks: usize, spoilt: bool, rounds: usize) -> PaymentTable {
    let mut table = PaymentTable::default();
    for row in 0..banks * rounds {
        let sender = row % banks;
        let amount = if spoilt && sender == 0 {
            7 * rounds as i64 + 1
        } else {
            7
        };
        table.sender.push(AgentId(sender as u16));
        table.receiver.push(AgentId(((sender + 1) % banks) as u16));
        table.amount.push(Amount(amount));
        table.arrival_tick.push(Tick(0));
        table.deadline_tick.push(Tick::NEVER);
        table.priority.push(5);
        table.rail.push(RailId::NONE);
        table.divisible.push(false);
    }
    table
}

/// All arrives in tick 0; tick 1 alone is measured: the pass, what it settles, its events and the
/// tick's costs.
fn ring() {
    let multilateral = Setup {
        saving: &[Saving::Multilateral],
        every: 2,
        ..PLAIN
    };
    for (name, spoilt, rounds) in [
        ("ring of 10,000 banks", false, 1),
        ("the same, a payment a cent larger", true, 1),
        ("1 M waiting, nothing settles", true, 100),
    ] {
        let table = rings(10_000, spoilt, rounds);
        let scenario = scenario(table, &vec![0; 10_000], 3, 1, multilateral);
        let once = || {
            let mut simulation = Simulation::new(Arc::clone(&scenario));
            simulation.advance(1, || false).expect("tick 0 runs");
            let started = Stopwatch::start();
            simulation.advance(1, || false).expect("tick 1 runs");
            (simulation, started.seconds())
        };
        let (simulation, _) = report(name, None, once);
        let totals = simulation.state().totals;
        println!(
            "  {} settled, {} waiting",
            totals.settled_count, totals.queued_count
        );
    }
}

fn idle() {
    let days = 200;
    let scenario = scenario(PaymentTable::default(), &[1_000; 10], 86_400, days, PLAIN);
    measure("idle ticks", Some(86_400 * days as usize), &scenario);
}

fn large() {
    let table = payments(1_000, 20_000_000, TICKS, 1);
    let openings = upper_bounds(&table, 1_000);
    let scenario = scenario(table, &openings, TICKS, 1, PLAIN);
    memory::forget_peak();
    measure(
        "20 M payments, 1,000 banks, ample",
        Some(20_000_000),
        &scenario,
    );
    if let Some(peak) = memory::peak_bytes() {
        println!(
            "  {:.0} bytes a payment at the peak of the whole process: the scenario's table of \
             payments, which stays, and one run with its events",
            peak as f64 / 20e6
        );
    }
}

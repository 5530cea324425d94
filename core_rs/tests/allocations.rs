//! A tick takes no memory from the system once a run is under way: what it works with is there from
//! the ticks before, and the columns it adds to grow by doubling.
#![allow(
    unsafe_code,
    clippy::expect_used,
    reason = "an allocator that counts can only be written so, and hands on what it is given; a test that cannot be set up must fail loudly"
)]

mod cast;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use payment_simulator_core_rs::engine::simulation::Simulation;
use serde_json::{Value, json};

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

/// SAFETY: every call goes to the system's allocator unchanged; the counter takes no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.with(|taken| taken.set(taken.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        TAKEN.with(|taken| taken.set(taken.get() + 1));
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const TICKS_PER_DAY: u64 = 1_000;
const BANKS: u64 = 8;

/// Banks with little money whose payments arrive on three days alike.
fn three_days(saving: &[&str], policy: &Value) -> Simulation {
    let mut dice = cast::random::Dice::new(7);
    let agents: Vec<Value> = (0..BANKS)
        .map(|at| json!({"id": format!("B{at}"), "balance": 20_000, "policy": policy}))
        .collect();
    let mut payments = Vec::new();
    for tick in 0..TICKS_PER_DAY {
        for _ in 0..5 {
            let sender = dice.below(BANKS);
            let receiver = (sender + 1 + dice.below(BANKS - 1)) % BANKS;
            let bits = dice.below(15);
            let amount = 1 + dice.below(1 << bits);
            for day in 0..3 {
                payments.push(json!({
                    "sender": format!("B{sender}"), "receiver": format!("B{receiver}"),
                    "amount": amount, "arrival_tick": day * TICKS_PER_DAY + tick,
                    "deadline_tick": day * TICKS_PER_DAY + tick.max(600),
                }));
            }
        }
    }
    cast::begin(&json!({
        "ticks_per_day": TICKS_PER_DAY, "num_days": 3, "seed": 1, "agents": agents,
        "end_of_day": "reject",
        "rails": [{"id": "R", "liquidity_saving": saving}],
        "costs": {"overdraft_rate": 0.01, "delay_penalty_per_tick": 1},
        "initial_transactions": payments,
    }))
}

/// Calls for memory in each tick of the last day but its last one, in which a day's measures are
/// written down.
fn taken_by_tick(mut simulation: Simulation) -> Vec<u64> {
    let days = |days: u64| days * TICKS_PER_DAY;
    simulation.advance(days(2), || false).expect("two days run");
    let ticks = 1..TICKS_PER_DAY;
    let taken = ticks.map(|_| {
        let before = TAKEN.get();
        simulation.advance(1, || false).expect("a tick runs");
        TAKEN.get() - before
    });
    let taken = taken.collect();
    let totals = simulation.state().totals;
    let waiting = totals.queued_count + totals.pending_count;
    assert!(waiting > 100, "only {waiting} wait");
    taken
}

/// A thousand ticks, in which thousands of payments come, wait and leave. What may grow in them,
/// each time to double its room: some forty columns of what is recorded, and of 64 queues, one for
/// each bank and each pair, those that get longer than on the days before.
#[test]
fn a_tick_takes_no_memory_but_for_columns_that_double() {
    let at_once = json!({"type": "release_all"});
    let policies = [
        at_once.clone(),
        json!({"type": "deadline", "due_ticks": 20}),
        json!({"type": "liquidity_aware", "keep": 5_000, "due_ticks": 20}),
        json!({"type": "receipt_reactive", "seed_amount": 5_000}),
        json!({
            "type": "throughput", "keep": 5_000, "due_ticks": 20,
            "targets": [[200, 0.3], [500, 0.6], [900, 0.9]],
        }),
    ];
    let saving = &["entry_offset", "bilateral", "multilateral"][..];
    for (saving, policy) in
        (policies.iter().map(|policy| (&[][..], policy))).chain([(saving, &at_once)])
    {
        let taken = taken_by_tick(three_days(saving, policy));
        let without = taken.iter().filter(|&&count| count == 0).count();
        let all: u64 = taken.iter().sum();
        assert!(
            without > 950 && all < 60,
            "{policy}: {without} ticks took none, the others {all}"
        );
    }
}

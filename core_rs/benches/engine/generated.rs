//! Arrivals that the engine draws itself, beside the same payments from a table.

use std::sync::Arc;

use payment_simulator_core_rs::engine::scenario::{
    AmountSpec, ArrivalSpec, PaymentIds, PaymentTable, Scenario,
};
use payment_simulator_core_rs::engine::simulation::Simulation;
use payment_simulator_core_rs::engine::units::{AgentId, Amount, RailId, Tick};

use crate::workload::{PLAIN, scenario};
use crate::{TICKS, measure};

const BANKS: usize = 10_000;
const PAYMENTS_A_BANK: f64 = 5.0;
/// More than any bank sends in a day.
const OPENING: i64 = 1_000_000_000;

fn with_arrivals() -> Arc<Scenario> {
    let mut drawn = scripted(PaymentTable::default());
    for agent in &mut Arc::make_mut(&mut drawn).agents {
        agent.arrivals = Some(ArrivalSpec {
            rate_per_tick: PAYMENTS_A_BANK / f64::from(TICKS),
            amounts: AmountSpec::Lognormal {
                mean: Amount(100_000),
                sd: Amount(200_000),
            },
            counterparty_weights: None,
            windows: Vec::new(),
            deadline_ticks: Some((600, 4_200)),
            priorities: vec![(5, 1_000_000_000)],
            divisible: false,
        });
    }
    drawn
}

fn scripted(table: PaymentTable) -> Arc<Scenario> {
    scenario(table, &[OPENING; BANKS], TICKS, 1, PLAIN)
}

/// The payments of a run as a table that gives them again.
fn table_of(simulation: &Simulation) -> PaymentTable {
    let mut payments = simulation.payments();
    let mut order: Vec<usize> = (0..payments.payment.len()).collect();
    order.sort_unstable_by_key(|&row| payments.payment[row]);
    let tick = |tick: i64| u32::try_from(tick).map_or(Tick::NEVER, Tick);
    let count = order.len();
    PaymentTable {
        sender: order
            .iter()
            .map(|&row| AgentId(payments.sender[row]))
            .collect(),
        receiver: order
            .iter()
            .map(|&row| AgentId(payments.receiver[row]))
            .collect(),
        amount: order
            .iter()
            .map(|&row| Amount(payments.amount[row]))
            .collect(),
        arrival_tick: order
            .iter()
            .map(|&row| tick(payments.arrival_tick[row]))
            .collect(),
        deadline_tick: order
            .iter()
            .map(|&row| tick(payments.deadline_tick[row]))
            .collect(),
        priority: std::mem::take(&mut payments.priority),
        rail: vec![RailId::NONE; count],
        divisible: vec![false; count],
        ids: PaymentIds::default(),
    }
}

pub fn generated() {
    let (run, drawing) = measure("10,000 banks draw 5 payments each", None, &with_arrivals());
    let scripted = scripted(table_of(&run));
    let (again, settling) = measure("the same payments from a table", None, &scripted);
    let (first, second) = (run.state().totals, again.state().totals);
    assert_eq!(
        (
            first.arrived_count,
            first.arrived_value,
            first.settled_value
        ),
        (
            second.arrived_count,
            second.arrived_value,
            second.settled_value
        ),
    );
    println!(
        "  {} payments; {:.1} ms beyond settling",
        first.arrived_count,
        (drawing - settling) * 1e3
    );
}

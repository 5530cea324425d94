//! `costs:` — prices of liquidity and delay.

use super::arrivals::priority_key;
use super::bounds::{COST, COST_MULTIPLIER, DEFAULT_MULTIPLIER, DEFAULT_RATE, RATE};
use super::table::{Absent, Table, open, open_any};
use crate::engine::scenario::CostSpec;
use crate::engine::units::{Amount, Hundredths, Rate};

const KEYS: [&str; 14] = [
    "overdraft_rate",
    "collateral_rate",
    "liquidity_rate",
    "delay_penalty_per_tick",
    "delay_rate_per_tick",
    "priority_multipliers",
    "overdue_multiplier",
    "deadline_penalty",
    "deadline_rate",
    "split_fee",
    "eod_penalty",
    "eod_rate",
    "drop_penalty",
    "drop_rate",
];

const BILLIONTHS_PER_HUNDREDTH: i64 = 10_000_000;

/// Reads the costs; absent means none.
pub fn read(root: &Table<'_>) -> CostSpec {
    let path = root.path.key("costs");
    let table = root
        .get("costs")
        .and_then(|value| open(value, &path, root.faults, &KEYS));
    let Some(table) = table else {
        return CostSpec::default();
    };
    let rate = |key| {
        let read = table.fraction(key, RATE, Absent::Is(DEFAULT_RATE));
        Rate(read.billionths.unsigned_abs())
    };
    let flat = |key| Amount(table.whole(key, COST, Absent::Is(0)));
    CostSpec {
        overdraft_rate: rate("overdraft_rate"),
        collateral_rate: rate("collateral_rate"),
        liquidity_rate: rate("liquidity_rate"),
        delay_penalty_per_tick: flat("delay_penalty_per_tick"),
        delay_rate_per_tick: rate("delay_rate_per_tick"),
        priority_multipliers: priority_multipliers(&table),
        overdue_multiplier: hundredths(
            table
                .fraction(
                    "overdue_multiplier",
                    COST_MULTIPLIER,
                    Absent::Is(DEFAULT_MULTIPLIER),
                )
                .billionths,
        ),
        deadline_penalty: flat("deadline_penalty"),
        deadline_rate: rate("deadline_rate"),
        split_fee: flat("split_fee"),
        eod_penalty: flat("eod_penalty"),
        eod_rate: rate("eod_rate"),
        drop_penalty: table.get("drop_penalty").map(|_| flat("drop_penalty")),
        drop_rate: table.get("drop_rate").map(|_| rate("drop_rate")),
    }
}

fn hundredths(billionths: i64) -> Hundredths {
    Hundredths(u32::try_from(billionths / BILLIONTHS_PER_HUNDREDTH).unwrap_or_default())
}

/// `{9: 2.5, …}`; 1 for priorities not named.
fn priority_multipliers(table: &Table<'_>) -> [Hundredths; 11] {
    let path = table.path.key("priority_multipliers");
    let inner =
        (table.get("priority_multipliers")).and_then(|value| open_any(value, &path, table.faults));
    let mut multipliers = [Hundredths::default(); 11];
    for (key, value) in inner.iter().flat_map(Table::entries) {
        let priority = priority_key(key, &path, table.faults);
        let multiplier = COST_MULTIPLIER.read(value, &path.key(key), table.faults);
        if let (Some(priority), Some(multiplier)) = (priority, multiplier) {
            multipliers[usize::from(priority)] = hundredths(multiplier.billionths);
        }
    }
    multipliers
}

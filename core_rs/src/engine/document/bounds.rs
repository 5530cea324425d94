//! The bounds of numbers (model.md section 13) and the defaults of section 2, in one place.

use super::decimal::Decimal;
use super::table::{Fraction, Whole};
use crate::engine::arrivals::MAX_MULTIPLIER;
use crate::engine::sampling::MAX_AMOUNT;

/// Total balances and total value of a run.
pub const MAX_TOTAL: i64 = 9_000_000_000_000_000_000;
/// Agents of a scenario.
pub const MAX_AGENTS: usize = 10_000;
/// Rails of a scenario.
pub const MAX_RAILS: usize = 64;
/// Payments of a run, scripted and expected ones together.
pub const MAX_PAYMENTS: usize = 20_000_000;
/// Candidates of the arrival streams that a run may expect to look at.
pub const MAX_CANDIDATES: f64 = 200_000_000.0;
/// Events of a file.
pub const MAX_EVENTS: usize = 1_000_000;
/// Windows of one bank.
pub const MAX_WINDOWS: usize = 1_440;
/// Parts of a split payment.
pub const MAX_PARTS: i64 = 1_000;

/// A day's ticks.
pub const TICKS_PER_DAY: Whole = Whole::number(1, 86_400);
/// A run's days.
pub const NUM_DAYS: Whole = Whole::number(1, 366);
/// Seeds.
pub const SEED: Whole = Whole::number(0, i64::MAX);
/// A number of ticks within any run.
pub const TICKS: Whole = Whole {
    low: 0,
    high: 86_400 * 366,
    unit: " of ticks",
};
/// A deadline; one beyond the end of the run never passes.
pub const DEADLINE: Whole = Whole::number(0, 4_294_967_294);
/// Priorities.
pub const PRIORITY: Whole = Whole::number(0, 10);
/// The amount of a payment or cost.
pub const AMOUNT: Whole = Whole::cents(1, MAX_AMOUNT);
/// An amount that may be nothing.
pub const COST: Whole = Whole::cents(0, MAX_AMOUNT);
/// A balance.
pub const BALANCE: Whole = Whole::cents(-MAX_TOTAL, MAX_TOTAL);
/// A credit line, collateral, a limit.
pub const LINE: Whole = Whole::cents(0, MAX_TOTAL);

/// Rates and shares.
pub const RATE: Fraction = Fraction {
    low: 0,
    high: 1_000_000_000,
    places: 9,
};
/// Cost multipliers.
pub const COST_MULTIPLIER: Fraction = Fraction {
    low: 0,
    high: 100_000_000_000,
    places: 2,
};
/// Arrivals per tick.
pub const ARRIVAL_RATE: Fraction = Fraction {
    low: 1,
    high: 1_000_000_000_000_000,
    places: 9,
};
/// Multipliers of an arrival rate.
pub const ARRIVAL_MULTIPLIER: Fraction = Fraction {
    low: 0,
    high: MAX_MULTIPLIER as i64 * 1_000_000_000,
    places: 9,
};
/// Weights of receivers and priorities.
pub const WEIGHT: Fraction = Fraction {
    low: 0,
    high: 1_000_000_000_000_000,
    places: 9,
};

/// `num_days`.
pub const DEFAULT_NUM_DAYS: u32 = 1;
/// `priority` of a payment.
pub const DEFAULT_PRIORITY: i64 = 5;
/// `due_ticks` of a policy.
pub const DEFAULT_DUE_TICKS: u32 = 0;
/// `lsm_every_ticks` of a rail.
pub const DEFAULT_LSM_EVERY: u32 = 1;
/// Any rate.
pub const DEFAULT_RATE: Decimal = Decimal::whole(0);
/// Any cost multiplier.
pub const DEFAULT_MULTIPLIER: Decimal = Decimal::whole(1);
/// Name of the only rail of a document without rails.
pub const DEFAULT_RAIL: &str = "RTGS";
/// `currency.decimals`.
pub const DEFAULT_DECIMALS: u32 = 2;

//! The measures of a run that are one number each, by name: the columns of a sweep.

use crate::engine::measures::Measures;
use crate::engine::spread::Column;

/// One such measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A count or an amount.
    Whole(i64),
    /// A ratio, a delay, a mean, or an integral rounded to a float; `None` where it is null.
    Real(Option<f64>),
}

/// Cumulative costs by kind, in the order of `results::COST_KINDS`.
const COSTS: [&str; 8] = [
    "cost_overdraft",
    "cost_collateral",
    "cost_liquidity",
    "cost_delay",
    "cost_deadline",
    "cost_split",
    "cost_eod",
    "cost_drop",
];

fn count(value: u64) -> Scalar {
    Scalar::Whole(i64::try_from(value).unwrap_or(i64::MAX))
}

fn integral(value: u128) -> Scalar {
    Scalar::Real(Some(value as f64))
}

/// Every measure that is one number, by its name in `metrics()`; shares, costs and deciles, which
/// are several there, as `share_…`, `cost_…` (and `cost`, their sum) and `decile_…`.
#[must_use]
pub fn scalars(of: &Measures) -> Vec<(&'static str, Scalar)> {
    use Scalar::{Real, Whole};
    let share =
        |pick: fn(&crate::engine::measures::Shares) -> f64| Real(of.shares.as_ref().map(pick));
    let mut named = vec![
        ("arrived_count", count(of.arrived_count)),
        ("arrived_value", Whole(of.arrived_value)),
        ("settled_count", count(of.settled_count)),
        ("settled_value", Whole(of.settled_value)),
        ("dropped_count", count(of.dropped_count)),
        ("dropped_value", Whole(of.dropped_value)),
        ("pending_count", count(of.pending_count)),
        ("queued_count", count(of.queued_count)),
        ("settlement_rate_count", Real(of.settlement_rate_count)),
        ("settlement_rate_value", Real(of.settlement_rate_value)),
        ("average_delay", Real(of.average_delay)),
        (
            "maximum_delay",
            Real(of.maximum_delay.map(|ticks| ticks as f64)),
        ),
        ("value_weighted_delay", Real(of.value_weighted_delay)),
        ("rho", Real(of.rho)),
        ("queue_length_mean", Real(of.queue_length_mean)),
        ("queue_length_max", count(of.queue_length_max)),
        ("queue_length_integral", integral(of.queue_length_integral)),
        ("queue_value_mean", Real(of.queue_value_mean)),
        ("queue_value_max", Whole(of.queue_value_max)),
        ("queue_value_integral", integral(of.queue_value_integral)),
        ("liquidity_used_total", Whole(of.liquidity_used_total)),
        ("ub_total", Whole(of.ub_total)),
        ("lb_total", Whole(of.lb_total)),
        ("turnover", Real(of.turnover)),
        ("share_gross", share(|shares| shares.gross)),
        ("share_bilateral", share(|shares| shares.bilateral)),
        ("share_multilateral", share(|shares| shares.multilateral)),
        ("share_net", share(|shares| shares.net)),
        ("stuck_ticks", count(of.stuck_ticks)),
        ("cost", Whole(of.costs.iter().sum())),
        ("time_specific_count", count(of.time_specific_count)),
        ("time_specific_value", Whole(of.time_specific_value)),
        (
            "time_specific_late_count",
            count(of.time_specific_late_count),
        ),
        ("average_net_position", Real(of.average_net_position)),
        (
            "maximum_liquidity_provision",
            Whole(of.maximum_liquidity_provision),
        ),
        (
            "system_liquidity_efficiency",
            Real(of.system_liquidity_efficiency),
        ),
        ("gini_of_provision", Real(of.gini_of_provision)),
    ];
    named.extend(COSTS.into_iter().zip(of.costs.map(Whole)));
    named
}

/// The scalars of all seeds as columns, in the order of the seeds.
#[must_use]
pub fn columns<'a>(rows: impl Iterator<Item = &'a Measures>) -> Vec<(&'static str, Column)> {
    let mut columns: Vec<(&'static str, Vec<Scalar>)> = Vec::new();
    for row in rows {
        let scalars = scalars(row);
        if columns.is_empty() {
            columns.extend(scalars.iter().map(|(name, _)| (*name, Vec::new())));
        }
        for ((_, column), (_, scalar)) in columns.iter_mut().zip(scalars) {
            column.push(scalar);
        }
    }
    columns
        .into_iter()
        .map(|(name, column)| (name, Column::of(&column)))
        .collect()
}

impl Column {
    /// Whole numbers if all are.
    fn of(scalars: &[Scalar]) -> Self {
        let whole = |scalar: &Scalar| match scalar {
            Scalar::Whole(value) => Some(*value),
            Scalar::Real(_) => None,
        };
        let real = |scalar: &Scalar| match scalar {
            Scalar::Whole(value) => *value as f64,
            Scalar::Real(value) => value.unwrap_or(f64::NAN),
        };
        let all: Option<Vec<i64>> = scalars.iter().map(whole).collect();
        all.map_or_else(
            || Self::Real(scalars.iter().map(real).collect()),
            Self::Whole,
        )
    }
}

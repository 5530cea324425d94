//! The measures of a run that are one number each, by name: the columns of a sweep.

use crate::engine::measures::{Measures, Value};
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

/// Shares of the settled value by method.
const SHARES: [&str; 4] = [
    "share_gross",
    "share_bilateral",
    "share_multilateral",
    "share_net",
];

/// Every measure that is one number, by its name in `metrics()`; shares and costs, which are several
/// there, as `share_…` and `cost_…` (and `cost`, their sum).
#[must_use]
pub fn scalars(of: &Measures) -> Vec<(&'static str, Scalar)> {
    let mut named = Vec::new();
    for (name, value) in of.by_name() {
        match value {
            Value::Count(count) => {
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                named.push((name, Scalar::Whole(count)));
            }
            Value::Cents(cents) => named.push((name, Scalar::Whole(cents))),
            Value::MaybeCount(ticks) => {
                named.push((name, Scalar::Real(ticks.map(|ticks| ticks as f64))));
            }
            Value::Integral(sum) => named.push((name, Scalar::Real(Some(sum as f64)))),
            Value::Ratio(ratio) => named.push((name, Scalar::Real(ratio))),
            Value::Shares(shares) => {
                let each = shares.map(|of| [of.gross, of.bilateral, of.multilateral, of.net]);
                let share = |at: usize| Scalar::Real(each.map(|each| each[at]));
                named.extend(SHARES.into_iter().zip((0..4).map(share)));
            }
            Value::Costs(cents) => {
                named.push(("cost", Scalar::Whole(cents.iter().sum())));
                named.extend(COSTS.into_iter().zip(cents.map(Scalar::Whole)));
            }
            Value::Fraction(_) | Value::ByAgent(_) | Value::Ticks(_) | Value::ByHour(_) => {}
        }
    }
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

//! How the traces of a sweep spread over its seeds, point by point of the grid.

use crate::engine::spread::{QUANTILES, quantiles, quantiles_of_reals};
use crate::engine::trial::{Outcome, TRACED};

/// What a band is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// A traced series, by its place in [`TRACED`].
    Traced(usize),
    /// Value settled so far over that settled by the end of the seed's run; null in a seed that
    /// settles nothing.
    Throughput,
    /// The balance of a bank, by its place among those traced.
    Balance(usize),
}

impl Series {
    /// Every series that has a band where the balances of so many banks are traced.
    pub fn all(banks: usize) -> impl Iterator<Item = Self> {
        (0..TRACED.len())
            .map(Self::Traced)
            .chain([Self::Throughput])
            .chain((0..banks).map(Self::Balance))
    }

    /// Its quantiles at a point of the grid, over the seeds in which it is not null; NaN without any.
    #[must_use]
    pub fn quantiles_at(self, point: usize, outcomes: &[Outcome]) -> [f64; QUANTILES.len()] {
        let whole = |value: &dyn Fn(&Outcome) -> i64| {
            let mut values: Vec<i64> = outcomes.iter().map(value).collect();
            quantiles(&mut values)
        };
        let found = match self {
            Self::Traced(series) => whole(&|one| one.trace[point][series]),
            Self::Balance(bank) => whole(&|one| one.balance(point, bank)),
            Self::Throughput => {
                let shares = outcomes.iter().filter_map(|one| one.throughput(point));
                quantiles_of_reals(&mut shares.collect::<Vec<f64>>())
            }
        };
        found.unwrap_or([f64::NAN; QUANTILES.len()])
    }
}

//! How figures spread over the seeds of a sweep. Sums run in the order of the seeds, so that every
//! bit is the same however the seeds were shared out.

/// Shares of the seeds that lie below each quantile.
pub const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// A measure over all seeds.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// One count or amount a seed.
    Whole(Vec<i64>),
    /// One number a seed; NaN where it is null.
    Real(Vec<f64>),
}

/// What a column says in a few figures, over the seeds in which it is not null.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Seeds in which it is not null; without any, all else is `None`.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Of the sample, over `count` - 1; `None` for one seed.
    pub standard_deviation: Option<f64>,
    /// Of the mean: standard deviation / √count.
    pub standard_error: Option<f64>,
    /// Smallest.
    pub minimum: Option<f64>,
    /// [`QUANTILES`], linear between the two nearest values.
    pub quantiles: Option<[f64; QUANTILES.len()]>,
    /// Largest.
    pub maximum: Option<f64>,
}

impl Column {
    /// Its spread.
    #[must_use]
    pub fn spread(&self) -> Spread {
        match self {
            Self::Whole(values) => {
                let mut sorted = values.clone();
                let sum: i128 = values.iter().map(|&value| i128::from(value)).sum();
                let real = |value: i64| value as f64;
                Spread {
                    quantiles: quantiles(&mut sorted),
                    minimum: sorted.first().copied().map(real),
                    maximum: sorted.last().copied().map(real),
                    ..moments(values.iter().copied().map(real), sum as f64)
                }
            }
            Self::Real(values) => {
                let known = || values.iter().copied().filter(|value| !value.is_nan());
                let mut sorted: Vec<f64> = known().collect();
                Spread {
                    quantiles: quantiles_of_reals(&mut sorted),
                    minimum: sorted.first().copied(),
                    maximum: sorted.last().copied(),
                    ..moments(known(), known().sum())
                }
            }
        }
    }
}

fn moments(values: impl Iterator<Item = f64> + Clone, sum: f64) -> Spread {
    let count = values.clone().count();
    let mean = (count > 0).then(|| sum / count as f64);
    let deviation = mean.filter(|_| count > 1).map(|mean| {
        let squares: f64 = values.map(|value| (value - mean) * (value - mean)).sum();
        (squares / (count - 1) as f64).sqrt()
    });
    Spread {
        count,
        mean,
        standard_deviation: deviation,
        standard_error: deviation.map(|deviation| deviation / (count as f64).sqrt()),
        ..Spread::default()
    }
}

/// Sorts the values and returns their [`QUANTILES`]; `None` if there are none.
#[must_use]
pub fn quantiles(values: &mut [i64]) -> Option<[f64; QUANTILES.len()]> {
    values.sort_unstable();
    spaced(values, |low, high, share| {
        // The difference of two amounts may be beyond 64 bits.
        low as f64 + (i128::from(high) - i128::from(low)) as f64 * share
    })
}

/// The same of real numbers, none of them NaN.
#[must_use]
pub fn quantiles_of_reals(values: &mut [f64]) -> Option<[f64; QUANTILES.len()]> {
    values.sort_unstable_by(f64::total_cmp);
    spaced(values, |low, high, share| low + (high - low) * share)
}

/// Quantiles of sorted values, `between` the two nearest ones.
fn spaced<T: Copy>(
    sorted: &[T],
    between: impl Fn(T, T, f64) -> f64,
) -> Option<[f64; QUANTILES.len()]> {
    let last = sorted.len().checked_sub(1)?;
    Some(QUANTILES.map(|quantile| {
        let place = quantile * last as f64;
        let low = (place as usize).min(last);
        let high = (low + 1).min(last);
        between(sorted[low], sorted[high], place - low as f64)
    }))
}

#[cfg(test)]
mod tests {
    use super::{Column, Spread, quantiles};

    #[test]
    fn quantiles_lie_between_the_two_nearest_values() {
        let mut values: Vec<i64> = (0..=10).rev().collect();
        assert_eq!(quantiles(&mut values), Some([0.5, 2.5, 5.0, 7.5, 9.5]));
        assert_eq!(quantiles(&mut [7]), Some([7.0; 5]));
        assert_eq!(quantiles(&mut []), None);
        let far = [i64::MIN, i64::MAX];
        assert!(quantiles(&mut far.clone()).is_some_and(|found| found[2].abs() < 2.0));
    }

    #[test]
    fn a_spread_leaves_out_what_is_null() {
        let spread = Column::Real(vec![4.0, f64::NAN, 8.0]).spread();
        let wanted = Spread {
            count: 2,
            mean: Some(6.0),
            standard_deviation: Some(8.0_f64.sqrt()),
            standard_error: Some(2.0),
            minimum: Some(4.0),
            quantiles: Some([4.2, 5.0, 6.0, 7.0, 7.8]),
            maximum: Some(8.0),
        };
        let rounded = |value: Option<f64>| value.map(|value| (value * 1e9).round());
        assert_eq!(
            rounded(spread.standard_error),
            rounded(wanted.standard_error)
        );
        assert_eq!(
            Spread {
                standard_error: wanted.standard_error,
                ..spread
            },
            wanted
        );
    }

    #[test]
    fn what_is_null_everywhere_has_no_spread_and_one_seed_has_no_deviation() {
        assert_eq!(Column::Real(vec![f64::NAN]).spread(), Spread::default());
        let one = Column::Whole(vec![5]).spread();
        assert_eq!((one.mean, one.standard_deviation), (Some(5.0), None));
    }
}

//! How liquidity is provided and used, agent by agent: the measures of the CPMI working group as the
//! Bank of Canada's R package `CPMIstats` 0.1.3 defines them, each settlement a moment of its own.

/// What was sent and what it took, agent by agent.
#[derive(Clone, Copy, Debug)]
pub struct Provision<'a> {
    /// Largest net debit, in cents.
    pub largest: &'a [i64],
    /// Value sent, in cents.
    pub sent: &'a [i64],
    /// Payments sent.
    pub count: &'a [u64],
}

impl Provision<'_> {
    /// Each agent's share of the provision less its share of what was sent; `None` where nothing was
    /// provided or sent.
    #[must_use]
    pub fn relative_to_usage(&self) -> Vec<Option<f64>> {
        let (provided, sent) = (total(self.largest), total(self.sent));
        (self.largest.iter().zip(self.sent))
            .map(|(&own, &own_sent)| {
                (provided > 0 && sent > 0)
                    .then(|| own as f64 / provided as f64 - own_sent as f64 / sent as f64)
            })
            .collect()
    }

    /// Sum of what agents provide beyond their share of usage.
    #[must_use]
    pub fn beyond_usage(&self) -> Option<f64> {
        (self.relative_to_usage().into_iter())
            .map(|share| share.map(|share| share.max(0.0)))
            .sum()
    }

    /// Gini coefficient of the largest net debits: half the relative mean absolute difference.
    #[must_use]
    pub fn gini(&self) -> Option<f64> {
        let mut sorted = self.largest.to_vec();
        sorted.sort_unstable();
        let count = sorted.len() as i128;
        let (mut weighted, mut sum) = (0_i128, 0_i128);
        for (rank, &value) in (1_i128..).zip(&sorted) {
            weighted += (2 * rank - count - 1) * i128::from(value);
            sum += i128::from(value);
        }
        (sum > 0).then(|| weighted as f64 / (count * sum) as f64)
    }

    /// Gini coefficient of liquidity cost, largest net debit / value sent, over the agents that sent
    /// something: Σ over pairs of m·m'·|cost - cost'| / (M²·mean cost), m payments sent and M their
    /// sum, the mean weighted by value.
    #[must_use]
    pub fn gini_of_cost(&self) -> Option<f64> {
        let mut costs: Vec<(f64, f64)> = (self.largest.iter().zip(self.sent).zip(self.count))
            .filter(|((_, sent), _)| **sent > 0)
            .map(|((&own, &sent), &count)| (own as f64 / sent as f64, count as f64))
            .collect();
        costs.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
        let (mut payments, mut weighted, mut differences) = (0.0, 0.0, 0.0);
        for (cost, count) in costs {
            differences += count * (cost * payments - weighted);
            payments += count;
            weighted += count * cost;
        }
        let (provided, sent) = (total(self.largest), total(self.sent));
        (provided > 0 && sent > 0).then(|| {
            let mean = provided as f64 / sent as f64;
            differences / (payments * payments * mean)
        })
    }
}

/// Sum of money over agents.
#[must_use]
pub fn total(values: &[i64]) -> i128 {
    values.iter().map(|&value| i128::from(value)).sum()
}

#[cfg(test)]
mod tests {
    use super::Provision;

    fn gini(largest: &[i64]) -> Option<f64> {
        let (sent, count) = (&[], &[]);
        Provision {
            largest,
            sent,
            count,
        }
        .gini()
    }

    #[test]
    fn gini_is_0_when_all_provide_alike_and_near_1_when_one_provides_all() {
        assert!(gini(&[5, 5, 5, 5]).is_some_and(|value| value.abs() < 1e-12));
        assert!(gini(&[0, 0, 0, 8]).is_some_and(|value| (value - 0.75).abs() < 1e-12));
        assert_eq!(gini(&[0, 0]), None);
    }

    /// Costs 1/2, 0 and 1/4 with 1, 2 and 1 payments: pairs 1·2·1/2 + 1·1·1/4 + 2·1·1/4 = 7/4, the
    /// mean cost 30/100, 16 pairs of payments: 1.75 / (16 · 0.3). The first provides 2/3 of it all
    /// and sends 4/10, the last 1/3 and 4/10.
    #[test]
    fn cost_and_relative_usage_follow_the_definitions() {
        let provision = Provision {
            largest: &[20, 0, 10],
            sent: &[40, 20, 40],
            count: &[1, 2, 1],
        };
        let close = |found: Option<f64>, value: f64| {
            assert!(found.is_some_and(|found| (found - value).abs() < 1e-12));
        };
        close(provision.gini_of_cost(), 1.75 / 4.8);
        let relative = provision.relative_to_usage();
        close(relative[0], 2.0 / 3.0 - 0.4);
        close(relative[1], -0.2);
        close(relative[2], 1.0 / 3.0 - 0.4);
        close(provision.beyond_usage(), 2.0 / 3.0 - 0.4);
    }
}

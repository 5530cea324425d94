//! What had settled by when: deciles, and BCBS 248 C(i) by the hour.

use crate::engine::kernel::Kernel;
use crate::engine::scenario::Hour;

/// The marks of a day: each full hour of the clock between its start and its end, and its end.
/// `start < end`, seconds since midnight. A tick belongs to the hours after the time it begins at.
#[must_use]
pub fn hours(start: u32, end: u32, ticks_per_day: u32) -> Vec<Hour> {
    let span = u64::from(end - start);
    let full = (start / 3_600 + 1)..end.div_ceil(3_600);
    full.map(|hour| hour * 3_600)
        .chain([end])
        .map(|clock| Hour {
            clock,
            ticks: (u64::from(clock - start) * u64::from(ticks_per_day)).div_ceil(span) as u32,
        })
        .collect()
}

impl Kernel {
    /// Notes what each agent has sent today by the marks up to `tick_of_day`.
    #[inline]
    pub fn pass_hours(&mut self, tick_of_day: u32) {
        while (self.scenario.hours.get(self.gauges.hours_passed))
            .is_some_and(|hour| hour.ticks <= tick_of_day)
        {
            self.gauges.hours_passed += 1;
            let sent = self.ledger.accounts.iter().map(|one| one.sent_today);
            self.gauges.sent_by_hour_today.extend(sent);
        }
    }

    /// What an agent has sent today by each mark; those still to come stand at what it is so far.
    #[must_use]
    pub fn sent_by_hour_today(&self, agent: usize) -> Vec<i64> {
        let agents = self.ledger.accounts.len();
        (0..self.scenario.hours.len())
            .map(|mark| {
                (self.gauges.sent_by_hour_today)
                    .get(mark * agents + agent)
                    .copied()
                    .unwrap_or(self.ledger.accounts[agent].sent_today)
            })
            .collect()
    }
}

/// Adds mark by mark; `sum` may be empty still.
pub fn add_marks(sum: &mut Vec<i64>, marks: &[i64]) {
    sum.resize(marks.len(), 0);
    for (sum, mark) in sum.iter_mut().zip(marks) {
        *sum += mark;
    }
}

/// Ticks by which k tenths of the value of `curve` had settled, k = 1..=10.
#[must_use]
pub fn deciles(curve: &[(u32, i64)]) -> Vec<u32> {
    let total: i128 = curve.iter().map(|point| i128::from(point.1)).sum();
    if total == 0 {
        return Vec::new();
    }
    let mut found = Vec::with_capacity(10);
    let mut sum = 0_i128;
    for &(tick, value) in curve {
        sum += i128::from(value);
        while found.len() < 10 && sum * 10 >= total * (found.len() as i128 + 1) {
            found.push(tick);
        }
    }
    found
}

/// Two ascending curves, added.
#[must_use]
pub fn added(left: &[(u32, i64)], right: &[(u32, i64)]) -> Vec<(u32, i64)> {
    let mut sum = Vec::with_capacity(left.len() + right.len());
    let (mut at, mut to) = (0, 0);
    while at < left.len() || to < right.len() {
        let next =
            |curve: &[(u32, i64)], at: usize| curve.get(at).map_or(u32::MAX, |point| point.0);
        let tick = next(left, at).min(next(right, to));
        let mut value = 0;
        if next(left, at) == tick {
            value += left[at].1;
            at += 1;
        }
        if next(right, to) == tick {
            value += right[to].1;
            to += 1;
        }
        sum.push((tick, value));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{added, deciles, hours};
    use crate::engine::scenario::Hour;

    #[test]
    fn hours_are_the_full_ones_within_the_day_and_its_end() {
        let mark = |clock, ticks| Hour { clock, ticks };
        assert_eq!(
            hours(8 * 3_600 + 1_800, 10 * 3_600 + 900, 7),
            [mark(32_400, 2), mark(36_000, 6), mark(36_900, 7)]
        );
        assert_eq!(hours(0, 86_400, 24).len(), 24);
        assert_eq!(hours(3_600, 7_200, 10), [mark(7_200, 10)]);
    }

    #[test]
    fn deciles_are_the_first_ticks_by_which_each_tenth_had_settled() {
        assert_eq!(
            deciles(&[(2, 50), (5, 30), (9, 20)]),
            [2, 2, 2, 2, 2, 5, 5, 5, 9, 9]
        );
        assert!(deciles(&[]).is_empty());
    }

    #[test]
    fn curves_add_tick_by_tick() {
        assert_eq!(
            added(&[(1, 5), (4, 1)], &[(0, 2), (4, 3)]),
            [(0, 2), (1, 5), (4, 4)]
        );
    }
}

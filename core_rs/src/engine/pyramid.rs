//! Whole days in bounded memory: per bucket of ticks the smallest and largest value of each column.

/// Extremes of one column in one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extremes {
    /// Smallest.
    pub low: i64,
    /// Largest.
    pub high: i64,
    /// Whether the largest came before the smallest.
    pub falling: bool,
}

impl Extremes {
    /// One value only.
    #[must_use]
    pub fn of(value: i64) -> Self {
        Self {
            low: value,
            high: value,
            falling: false,
        }
    }

    /// The same of values that are all `by` larger.
    #[must_use]
    pub fn raised(self, by: i64) -> Self {
        Self {
            low: self.low + by,
            high: self.high + by,
            ..self
        }
    }

    /// Takes in what came later.
    pub fn then(&mut self, later: Self) {
        // Without a branch: of two values side by side nobody knows which is the larger.
        let (lower, higher) = (later.low < self.low, later.high > self.high);
        self.falling = (lower & (!higher | later.falling)) | (!lower & !higher & self.falling);
        self.low = self.low.min(later.low);
        self.high = self.high.max(later.high);
    }
}

/// The newest bucket: each extreme in a row of its own, so that a value is compared and put away
/// without being packed together with others first.
#[derive(Clone, Copy, Debug)]
struct Open<const N: usize> {
    low: [i64; N],
    high: [i64; N],
    falling: [bool; N],
}

impl<const N: usize> Open<N> {
    fn of(values: [i64; N]) -> Self {
        Self {
            low: values,
            high: values,
            falling: [false; N],
        }
    }

    #[inline]
    fn take(&mut self, values: &[i64; N]) {
        for (at, &value) in values.iter().enumerate() {
            let (low, high) = (self.low[at], self.high[at]);
            self.falling[at] = (self.falling[at] & (value <= high)) | (value < low);
            self.low[at] = low.min(value);
            self.high[at] = high.max(value);
        }
    }

    fn extremes(&self, column: usize) -> Extremes {
        Extremes {
            low: self.low[column],
            high: self.high[column],
            falling: self.falling[column],
        }
    }

    fn bucket(&self) -> [Extremes; N] {
        std::array::from_fn(|column| self.extremes(column))
    }

    fn again(bucket: &[Extremes; N]) -> Self {
        Self {
            low: bucket.map(|extremes| extremes.low),
            high: bucket.map(|extremes| extremes.high),
            falling: bucket.map(|extremes| extremes.falling),
        }
    }
}

/// Step functions of time, sampled once a tick; when all buckets are in use their width doubles.
#[derive(Clone, Debug)]
pub struct Pyramid<const N: usize> {
    first_tick: u32,
    width_log2: u32,
    most: usize,
    /// What stands since the last push.
    last: [i64; N],
    /// The newest bucket, if it has begun, kept apart so that a push touches nothing else.
    open: Open<N>,
    is_open: bool,
    closed: Vec<[Extremes; N]>,
}

impl<const N: usize> Pyramid<N> {
    /// Columns that stand at `values` before `first_tick`; at most `most` buckets.
    #[must_use]
    pub fn new(first_tick: u32, most: usize, values: [i64; N]) -> Self {
        Self {
            first_tick,
            width_log2: 0,
            most,
            last: values,
            open: Open::of(values),
            is_open: false,
            closed: Vec::new(),
        }
    }

    /// The same step functions, all `by` higher.
    #[must_use]
    pub fn raised(&self, by: i64) -> Self {
        let raised = |bucket: &[Extremes; N]| bucket.map(|extremes| extremes.raised(by));
        Self {
            last: self.last.map(|value| value + by),
            open: Open::again(&raised(&self.open.bucket())),
            closed: self.closed.iter().map(raised).collect(),
            ..*self
        }
    }

    /// Ticks of a bucket.
    #[must_use]
    pub fn width(&self) -> u32 {
        1 << self.width_log2
    }

    /// The first tick there is a value for.
    #[must_use]
    pub fn first_tick(&self) -> u32 {
        self.first_tick
    }

    /// From `tick` on the columns stand at `values`. Ticks must ascend.
    #[inline]
    pub fn push(&mut self, tick: u32, values: &[i64; N]) {
        self.widen_for(tick);
        let bucket = self.bucket(tick);
        if bucket > self.closed.len() {
            self.stand_until(bucket);
        }
        if self.is_open {
            self.open.take(values);
        } else {
            self.is_open = true;
            if (tick - self.first_tick).is_multiple_of(self.width()) {
                self.open = Open::of(*values);
            } else {
                // What stood until now was seen in the ticks of this bucket before this one.
                self.open = Open::of(self.last);
                self.open.take(values);
            }
        }
        self.last = *values;
    }

    /// Pushes many in a row, the last of them at `newest`. The newest bucket stays in registers
    /// until the next one begins.
    pub fn push_all<'a>(&mut self, newest: u32, steps: impl Iterator<Item = (u32, &'a [i64; N])>) {
        self.widen_for(newest);
        let mut open = self.open;
        let mut last = self.last;
        let mut running = None;
        for (tick, values) in steps {
            let bucket = self.bucket(tick);
            if running == Some(bucket) {
                open.take(values);
            } else {
                (self.open, self.last) = (open, last);
                self.push(tick, values);
                open = self.open;
                running = Some(bucket);
            }
            last = *values;
        }
        (self.open, self.last) = (open, last);
    }

    /// Makes room up to `tick`; what is pushed later stands in the same buckets either way.
    #[inline]
    pub fn widen_for(&mut self, tick: u32) {
        while self.bucket(tick) >= self.most {
            self.halve();
        }
    }

    #[inline]
    fn bucket(&self, tick: u32) -> usize {
        ((tick - self.first_tick) >> self.width_log2) as usize
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.closed.push(self.open.bucket());
        }
    }

    /// Closes the buckets before `bucket`.
    fn stand_until(&mut self, bucket: usize) {
        self.close();
        self.closed.resize(bucket, self.last.map(Extremes::of));
    }

    #[cold]
    fn halve(&mut self) {
        self.close();
        let half = self.closed.len().div_ceil(2);
        for at in 0..half {
            let mut merged = self.closed[2 * at];
            if let Some(later) = self.closed.get(2 * at + 1).copied() {
                for (extremes, later) in merged.iter_mut().zip(later) {
                    extremes.then(later);
                }
            }
            self.closed[at] = merged;
        }
        self.closed.truncate(half);
        if let Some(last) = self.closed.pop() {
            self.open = Open::again(&last);
            self.is_open = true;
        }
        self.width_log2 += 1;
    }

    /// Extremes of a column over the ticks `from..to`, widened to whole buckets.
    #[must_use]
    pub fn over(&self, column: usize, from: u32, to: u32) -> Extremes {
        let from = from.max(self.first_tick);
        let to = to.max(from + 1);
        let (first, last) = (self.bucket(from), self.bucket(to - 1));
        let standing = Extremes::of(self.last[column]);
        let value = |at: usize| match self.closed.get(at) {
            Some(bucket) => bucket[column],
            None if at == self.closed.len() && self.is_open => self.open.extremes(column),
            None => standing,
        };
        let mut extremes = value(first);
        for at in first + 1..=last.min(self.closed.len() + 1) {
            extremes.then(value(at));
        }
        extremes
    }
}

#[cfg(test)]
mod tests {
    use super::{Extremes, Pyramid};

    #[test]
    fn no_extreme_is_ever_missing() {
        let mut pyramid = Pyramid::<1>::new(0, 8, [0]);
        let value = |tick: u32| i64::from(tick * 7919 % 1009);
        for tick in 0..1_000 {
            pyramid.push(tick, &[value(tick)]);
        }
        assert!(pyramid.width() >= 125);
        for (from, to) in [(0, 1_000), (0, 128), (128, 256), (896, 1_000)] {
            let found = pyramid.over(0, from, to);
            let values = || (from..to).map(value);
            assert_eq!(Some(found.low), values().min());
            assert_eq!(Some(found.high), values().max());
            let place = |wanted| (from..to).position(|tick| value(tick) == wanted);
            assert_eq!(found.falling, place(found.high) < place(found.low));
        }
    }

    #[test]
    fn widened_before_or_on_the_way_the_buckets_are_the_same() {
        let value = |tick: u32| i64::from(tick * 7_919 % 1_009) - 500;
        for (most, step) in [(8, 1), (8, 3), (16, 7), (4, 50)] {
            let (mut early, mut late) =
                (Pyramid::<1>::new(5, most, [0]), Pyramid::new(5, most, [0]));
            let ticks = || (5..900).filter(|tick| tick * 31 % step == 0);
            for batch in [
                ticks().take(9).collect::<Vec<_>>(),
                ticks().skip(9).collect(),
            ] {
                early.widen_for(batch[batch.len() - 1]);
                for tick in batch {
                    early.push(tick, &[value(tick)]);
                    late.push(tick, &[value(tick)]);
                }
                assert_eq!(early.width(), late.width());
                for (from, to) in (5..1_000).step_by(9).zip((40..1_100).step_by(11)) {
                    assert_eq!(early.over(0, from, to), late.over(0, from, to));
                }
            }
        }
    }

    #[test]
    fn values_stand_until_they_change() {
        let mut pyramid = Pyramid::<1>::new(0, 16, [5]);
        pyramid.push(3, &[9]);
        pyramid.push(10, &[2]);
        let value = |tick| pyramid.over(0, tick, tick + 1).low;
        assert_eq!([0, 2, 3, 9, 10, 15].map(value), [5, 5, 9, 9, 2, 2]);
        let whole = Extremes {
            low: 2,
            high: 9,
            falling: true,
        };
        assert_eq!(pyramid.over(0, 0, 16), whole);
    }
}

//! A set of small dense numbers that is walked in ascending order.

/// Two levels of bits, so that the next member of a sparse set is found without a scan.
#[derive(Clone, Debug, Default)]
pub struct IndexSet {
    bits: Vec<u64>,
    /// Bit w is set when `bits[w]` is not 0.
    summary: Vec<u64>,
}

impl IndexSet {
    /// An empty set of numbers below `capacity`.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let words = capacity.div_ceil(64);
        Self {
            bits: vec![0; words],
            summary: vec![0; words.div_ceil(64)],
        }
    }

    /// Adds `index`.
    #[inline]
    pub fn insert(&mut self, index: usize) {
        self.bits[index / 64] |= 1 << (index % 64);
        self.summary[index / 4096] |= 1 << (index / 64 % 64);
    }

    /// Takes `index` out.
    #[inline]
    pub fn remove(&mut self, index: usize) {
        self.bits[index / 64] &= !(1 << (index % 64));
        if self.bits[index / 64] == 0 {
            self.summary[index / 4096] &= !(1 << (index / 64 % 64));
        }
    }

    /// Whether `index` is a member.
    #[inline]
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.bits[index / 64] & (1 << (index % 64)) != 0
    }

    /// Whether there is no member.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.summary.iter().all(|&word| word == 0)
    }

    /// The smallest member that is at least `from`.
    #[inline]
    #[must_use]
    pub fn next_from(&self, from: usize) -> Option<usize> {
        let word = from / 64;
        let here = self.bits.get(word)? & (u64::MAX << (from % 64));
        if here != 0 {
            return Some(word * 64 + here.trailing_zeros() as usize);
        }
        let next = word + 1;
        let mut block = next / 64;
        let mut summary = self.summary.get(block)? & (u64::MAX << (next % 64));
        while summary == 0 {
            block += 1;
            summary = *self.summary.get(block)?;
        }
        let word = block * 64 + summary.trailing_zeros() as usize;
        Some(word * 64 + self.bits[word].trailing_zeros() as usize)
    }

    /// The members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let mut from = 0;
        std::iter::from_fn(move || {
            let found = self.next_from(from)?;
            from = found + 1;
            Some(found)
        })
    }

    /// Takes every member out.
    pub fn clear(&mut self) {
        for block in 0..self.summary.len() {
            while self.summary[block] != 0 {
                let word = block * 64 + self.summary[block].trailing_zeros() as usize;
                self.bits[word] = 0;
                self.summary[block] &= self.summary[block] - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::IndexSet;

    #[test]
    fn members_are_walked_in_ascending_order() {
        let mut set = IndexSet::new(10_000);
        for index in [9_999, 0, 63, 64, 4_095, 4_096, 5_000] {
            set.insert(index);
        }
        set.remove(64);
        assert!(set.contains(63) && !set.contains(64));
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            [0, 63, 4_095, 4_096, 5_000, 9_999]
        );
        assert_eq!(set.next_from(10_000), None);
        set.clear();
        assert!(set.is_empty() && set.next_from(0).is_none());
    }
}

//! A row of payments in queue order; places left stay as tombstones until there are many.

use crate::engine::units::{AgentId, PaymentId};

/// A payment in a queue, with what an algorithm needs to pass over it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Arrival number << 32 | part number.
    pub rank: u64,
    /// Cents; 0 marks a place that was left.
    pub amount: i64,
    /// Which.
    pub payment: PaymentId,
    /// When it arrived.
    pub arrival: u32,
    /// The side of a pair of agents that it is on, where a rail keeps them.
    pub side: u32,
    /// Who is paid.
    pub receiver: AgentId,
    /// 0..=10.
    pub priority: u8,
}

impl Entry {
    /// Its place in queue order: by priority first, unless arrival alone counts.
    #[inline]
    #[must_use]
    pub fn key(&self, by_arrival: bool) -> u64 {
        key(self.priority, self.rank, by_arrival)
    }
}

/// Bits of a rank: arrival numbers stay below 2^26.
const RANK_BITS: u32 = 58;

/// The place in queue order of a payment of this priority and rank; ascending.
#[inline]
#[must_use]
pub fn key(priority: u8, rank: u64, by_arrival: bool) -> u64 {
    if by_arrival {
        return rank;
    }
    (u64::from(10_u8.saturating_sub(priority)) << RANK_BITS) | rank
}

/// Payments in queue order.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    by_arrival: bool,
    head: u32,
    live: u32,
    value: i64,
    entries: Vec<Entry>,
}

impl Lane {
    /// An empty lane.
    #[must_use]
    pub fn new(by_arrival: bool) -> Self {
        Self {
            by_arrival,
            ..Self::default()
        }
    }

    /// How many payments are in it.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.live as usize
    }

    /// Whether none is in it.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Cents in it.
    #[inline]
    #[must_use]
    pub fn value(&self) -> i64 {
        self.value
    }

    /// The first payment.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Option<&Entry> {
        self.entries.get(self.head as usize)
    }

    /// All places from the first payment on, those left (amount 0) included.
    #[inline]
    #[must_use]
    pub fn places(&self) -> &[Entry] {
        &self.entries[self.head as usize..]
    }

    /// The payments in order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.places().iter().filter(|entry| entry.amount != 0)
    }

    /// The payments in order, to be changed in all but their place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        let places = &mut self.entries[self.head as usize..];
        places.iter_mut().filter(|entry| entry.amount != 0)
    }

    /// Where `key` is in `entries`, or would be.
    fn place(&self, key: u64) -> usize {
        self.head as usize + self.before(key)
    }

    /// How many of the places come before `key`.
    #[must_use]
    pub fn before(&self, key: u64) -> usize {
        self.leading(self.places(), key)
    }

    /// How many of some of the places come before `key`: what is asked for is mostly near the front.
    fn leading(&self, places: &[Entry], key: u64) -> usize {
        let is_before = |entry: &Entry| entry.key(self.by_arrival) < key;
        let mut end = 1;
        while places.get(end - 1).is_some_and(is_before) {
            end *= 2;
        }
        let from = end / 2;
        from + places[from..end.min(places.len())].partition_point(is_before)
    }

    /// Puts a payment in its place.
    pub fn insert(&mut self, entry: Entry) {
        let key = entry.key(self.by_arrival);
        let last = self.entries.last();
        if last.is_none_or(|last| last.key(self.by_arrival) < key) {
            self.entries.push(entry);
        } else {
            let place = self.place(key);
            let same = |found: &Entry| found.key(self.by_arrival) == key;
            if self.entries.get(place).is_some_and(same) {
                self.entries[place] = entry;
            } else {
                self.entries.insert(place, entry);
            }
        }
        self.live += 1;
        self.value += entry.amount;
    }

    /// Takes the first payment out.
    #[inline]
    pub fn pop(&mut self) -> Option<Entry> {
        let first = self.entries.get_mut(self.head as usize)?;
        let found = *first;
        first.amount = 0;
        self.live -= 1;
        self.value -= found.amount;
        self.tidy();
        Some(found)
    }

    /// Takes a payment out; `None` if it is not there.
    pub fn remove(&mut self, key: u64) -> Option<Entry> {
        if self.first()?.key(self.by_arrival) == key {
            return self.pop();
        }
        let place = self.place(key);
        let found = *self.entries.get(place)?;
        if found.key(self.by_arrival) != key || found.amount == 0 {
            return None;
        }
        self.entries[place].amount = 0;
        self.live -= 1;
        self.value -= found.amount;
        self.tidy();
        Some(found)
    }

    /// Takes out payments that are in it, given in queue order.
    pub fn remove_each<'a>(&mut self, leaving: impl Iterator<Item = &'a Entry>) {
        let mut place = self.head as usize;
        for entry in leaving {
            place += self.leading(&self.entries[place..], entry.key(self.by_arrival));
            debug_assert_eq!(self.entries[place].rank, entry.rank);
            self.entries[place].amount = 0;
            self.live -= 1;
            self.value -= entry.amount;
        }
        self.tidy();
    }

    /// Skips tombstones at the head and keeps the lane at most half empty.
    fn tidy(&mut self) {
        if self.live == 0 {
            self.entries.clear();
            self.head = 0;
            return;
        }
        while self.entries[self.head as usize].amount == 0 {
            self.head += 1;
        }
        if self.entries.len() > 64 && self.len() * 2 < self.entries.len() {
            self.entries.retain(|entry| entry.amount != 0);
            self.head = 0;
        }
    }
}

//! The queue of one sender: a bank's own (Queue 1) or its part of a rail's (Queue 2).

pub use crate::engine::lanes::Entry;
use crate::engine::lanes::{Lane, key};

/// One sender's queue: a lane for each priority, or one for all where arrival alone counts.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// By what `level` says, descending.
    lanes: Vec<(u8, Lane)>,
    count: usize,
    value: i64,
    by_arrival: bool,
}

/// A place in a queue, for walking from its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tail {
    lane: usize,
    entry: usize,
}

impl Queue {
    /// An empty queue, in order of arrival only or of priority before it.
    #[must_use]
    pub fn new(by_arrival: bool) -> Self {
        Self {
            by_arrival,
            ..Self::default()
        }
    }

    /// How many payments wait in it.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether nothing waits in it.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Cents that wait in it.
    #[inline]
    #[must_use]
    pub fn value(&self) -> i64 {
        self.value
    }

    #[inline]
    fn level(&self, priority: u8) -> u8 {
        if self.by_arrival { 0 } else { priority }
    }

    /// Puts a payment in its place.
    pub fn insert(&mut self, entry: Entry) {
        let (level, by_arrival) = (self.level(entry.priority), self.by_arrival);
        let at = self.lanes.partition_point(|lane| lane.0 > level);
        if self.lanes.get(at).is_none_or(|lane| lane.0 != level) {
            self.lanes.insert(at, (level, Lane::new(by_arrival)));
        }
        self.lanes[at].1.insert(entry);
        self.count += 1;
        self.value += entry.amount;
    }

    /// Takes the first payment out.
    pub fn pop(&mut self) -> Option<Entry> {
        let entry = self.lanes.iter_mut().find_map(|lane| lane.1.pop())?;
        self.forget(&entry);
        Some(entry)
    }

    /// Takes a payment out; `None` if it is not there.
    pub fn remove(&mut self, priority: u8, rank: u64) -> Option<Entry> {
        let level = self.level(priority);
        let key = key(priority, rank, self.by_arrival);
        let at = self.lanes.partition_point(|lane| lane.0 > level);
        let lane = self.lanes.get_mut(at).filter(|lane| lane.0 == level)?;
        let entry = lane.1.remove(key)?;
        self.forget(&entry);
        Some(entry)
    }

    /// Takes out payments that are in it, given in queue order.
    pub fn remove_each<'a>(&mut self, leaving: impl Iterator<Item = &'a Entry>) {
        let by_arrival = self.by_arrival;
        let (count, value) = (&mut self.count, &mut self.value);
        let mut leaving = leaving.peekable();
        for (level, lane) in &mut self.lanes {
            let is_here = |entry: &&Entry| by_arrival || entry.priority == *level;
            let here = std::iter::from_fn(|| leaving.next_if(is_here));
            lane.remove_each(here.inspect(|entry| {
                *count -= 1;
                *value -= entry.amount;
            }));
        }
    }

    /// Takes what left its lane out of the sums.
    fn forget(&mut self, entry: &Entry) {
        self.count -= 1;
        self.value -= entry.amount;
    }

    /// The first payment.
    #[inline]
    #[must_use]
    pub fn head(&self) -> Option<&Entry> {
        self.lanes.iter().find_map(|lane| lane.1.first())
    }

    /// The payments in queue order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.lanes.iter().flat_map(|lane| lane.1.iter())
    }

    /// The payments in queue order, to be changed in all but their place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.lanes.iter_mut().flat_map(|lane| lane.1.iter_mut())
    }

    /// The place of one of its payments in queue order; ascending.
    #[inline]
    #[must_use]
    pub fn key(&self, entry: &Entry) -> u64 {
        entry.key(self.by_arrival)
    }

    /// The place behind the last payment.
    #[inline]
    #[must_use]
    pub fn end(&self) -> Tail {
        Tail {
            lane: self.lanes.len(),
            entry: 0,
        }
    }

    /// The place behind all payments of a smaller key.
    #[must_use]
    pub fn tail_at(&self, key: u64) -> Tail {
        let reaches = |lane: &(u8, Lane)| {
            let last = lane.1.places().last();
            last.is_some_and(|last| last.key(self.by_arrival) >= key)
        };
        match self.lanes.iter().position(reaches) {
            Some(lane) => Tail {
                lane,
                entry: self.lanes[lane].1.before(key),
            },
            None => self.end(),
        }
    }

    /// Walks `tail` back over payment after payment until one of them is to be the last; `false`
    /// if none was to be.
    #[inline]
    pub fn walk_back<'a>(
        &'a self,
        tail: &mut Tail,
        mut is_last: impl FnMut(&'a Entry) -> bool,
    ) -> bool {
        loop {
            if let Some((_, lane)) = self.lanes.get(tail.lane) {
                for (at, entry) in lane.places()[..tail.entry].iter().enumerate().rev() {
                    if entry.amount != 0 && is_last(entry) {
                        tail.entry = at;
                        return true;
                    }
                }
            }
            tail.entry = 0;
            let Some(before) = tail.lane.checked_sub(1) else {
                return false;
            };
            tail.lane = before;
            tail.entry = self.lanes[before].1.places().len();
        }
    }

    /// Steps `tail` back over one payment and returns it; `None` at the front.
    pub fn step_back(&self, tail: &mut Tail) -> Option<&Entry> {
        let mut found = None;
        self.walk_back(tail, |entry| {
            found = Some(entry);
            true
        });
        found
    }

    /// The payments before `tail`, in queue order.
    pub fn before(&self, tail: Tail) -> impl Iterator<Item = &Entry> {
        (self.lanes.iter().enumerate())
            .flat_map(move |(at, (_, lane))| match at.cmp(&tail.lane) {
                std::cmp::Ordering::Less => lane.places(),
                std::cmp::Ordering::Equal => &lane.places()[..tail.entry],
                std::cmp::Ordering::Greater => &[],
            })
            .filter(|entry| entry.amount != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Queue};
    use crate::engine::units::{AgentId, PaymentId};

    fn entry(number: u32, priority: u8, amount: i64) -> Entry {
        Entry {
            rank: u64::from(number) << 32,
            amount,
            payment: PaymentId(number - 1),
            arrival: 0,
            side: 0,
            receiver: AgentId((number % 3) as u16),
            priority,
        }
    }

    fn order(queue: &Queue) -> Vec<u32> {
        queue.iter().map(|entry| entry.payment.0 + 1).collect()
    }

    #[test]
    fn priority_comes_before_arrival_and_arrival_alone_counts_under_fifo() {
        for (by_arrival, expected) in [(false, [2, 4, 1, 3]), (true, [1, 2, 3, 4])] {
            let mut queue = Queue::new(by_arrival);
            for (number, priority) in [(1, 5), (2, 9), (4, 9), (3, 5)] {
                queue.insert(entry(number, priority, 10));
            }
            assert_eq!(order(&queue), expected);
            assert_eq!((queue.len(), queue.value()), (4, 40));
        }
    }

    #[test]
    fn a_place_left_can_be_taken_again() {
        let mut queue = Queue::new(false);
        (1..=100).for_each(|number| queue.insert(entry(number, 5, 1)));
        for number in (2_u32..=100).filter(|number| number % 2 == 0) {
            assert!(queue.remove(5, u64::from(number) << 32).is_some());
            assert!(queue.remove(5, u64::from(number) << 32).is_none());
        }
        queue.insert(entry(40, 5, 7));
        assert_eq!(queue.len(), 51);
        assert_eq!(queue.value(), 57);
        assert!(order(&queue).is_sorted());
    }

    #[test]
    fn the_tail_walks_back_over_every_payment() {
        let mut queue = Queue::new(false);
        for (number, priority) in [(1, 5), (2, 9), (3, 5), (4, 0)] {
            queue.insert(entry(number, priority, 10));
        }
        queue.remove(5, 1 << 32);
        let mut tail = queue.end();
        let mut walked = Vec::new();
        while let Some(found) = queue.step_back(&mut tail) {
            walked.push(found.payment.0 + 1);
        }
        assert_eq!(walked, [4, 3, 2]);
        let mut tail = queue.end();
        queue.step_back(&mut tail);
        let before: Vec<u32> = queue
            .before(tail)
            .map(|entry| entry.payment.0 + 1)
            .collect();
        assert_eq!(before, [2, 3]);
    }
}

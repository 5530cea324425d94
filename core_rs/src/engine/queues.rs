//! The queue of one sender: a bank's own (Queue 1) or its part of a rail's (Queue 2).

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
    /// Who is paid.
    pub receiver: AgentId,
    /// 0..=10.
    pub priority: u8,
}

/// Payments of one place in the order of priorities, by rank; places left stay as tombstones.
#[derive(Clone, Debug)]
struct Lane {
    /// What the lane is sorted in by: the priority, or 0 for all under `fifo`.
    level: u8,
    head: usize,
    live: usize,
    entries: Vec<Entry>,
}

impl Lane {
    fn place(&self, rank: u64) -> usize {
        self.head + self.entries[self.head..].partition_point(|entry| entry.rank < rank)
    }

    fn insert(&mut self, entry: Entry) {
        let append = self
            .entries
            .last()
            .is_none_or(|last| last.rank < entry.rank);
        if append {
            self.entries.push(entry);
        } else {
            let place = self.place(entry.rank);
            let reuse = self
                .entries
                .get(place)
                .is_some_and(|found| found.rank == entry.rank);
            if reuse {
                self.entries[place] = entry;
            } else {
                self.entries.insert(place, entry);
            }
        }
        self.live += 1;
    }

    fn remove(&mut self, rank: u64) -> Option<Entry> {
        let place = self.place(rank);
        let found = *self.entries.get(place)?;
        if found.rank != rank || found.amount == 0 {
            return None;
        }
        self.entries[place].amount = 0;
        self.live -= 1;
        self.tidy();
        Some(found)
    }

    /// Skips tombstones at the head and keeps the lane at most half empty.
    fn tidy(&mut self) {
        if self.live == 0 {
            self.entries.clear();
            self.head = 0;
            return;
        }
        while self.entries[self.head].amount == 0 {
            self.head += 1;
        }
        if self.entries.len() > 64 && self.live * 2 < self.entries.len() {
            self.entries.retain(|entry| entry.amount != 0);
            self.head = 0;
        }
    }
}

/// What waits from one sender to one receiver.
#[derive(Clone, Copy, Debug)]
pub struct PairSum {
    /// Who is paid.
    pub receiver: AgentId,
    /// How many wait.
    pub count: u32,
    /// Cents.
    pub value: i64,
    /// The first of them in queue order.
    pub first: Entry,
}

/// One sender's queue: lanes by priority, each by rank.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    lanes: Vec<Lane>,
    count: usize,
    value: i64,
    /// Ascending by receiver; kept only where an algorithm pairs payments.
    pairs: Option<Vec<PairSum>>,
    by_arrival: bool,
}

/// Whether one payment is ahead of another in queue order.
fn comes_before(one: &Entry, other: &Entry, by_arrival: bool) -> bool {
    if by_arrival {
        one.rank < other.rank
    } else {
        (other.priority, one.rank) < (one.priority, other.rank)
    }
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
    pub fn new(by_arrival: bool, paired: bool) -> Self {
        Self {
            by_arrival,
            pairs: paired.then(Vec::new),
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
        let level = self.level(entry.priority);
        let at = self.lanes.partition_point(|lane| lane.level > level);
        if self.lanes.get(at).is_none_or(|lane| lane.level != level) {
            self.lanes.insert(
                at,
                Lane {
                    level,
                    head: 0,
                    live: 0,
                    entries: Vec::new(),
                },
            );
        }
        self.lanes[at].insert(entry);
        self.count += 1;
        self.value += entry.amount;
        let by_arrival = self.by_arrival;
        if let Some(pairs) = &mut self.pairs {
            let at = pairs.partition_point(|pair| pair.receiver < entry.receiver);
            match pairs.get_mut(at) {
                Some(pair) if pair.receiver == entry.receiver => {
                    if pair.count == 0 || comes_before(&entry, &pair.first, by_arrival) {
                        pair.first = entry;
                    }
                    pair.count += 1;
                    pair.value += entry.amount;
                }
                _ => pairs.insert(
                    at,
                    PairSum {
                        receiver: entry.receiver,
                        count: 1,
                        value: entry.amount,
                        first: entry,
                    },
                ),
            }
        }
    }

    /// Takes a payment out; `None` if it is not there.
    pub fn remove(&mut self, priority: u8, rank: u64) -> Option<Entry> {
        let level = self.level(priority);
        let at = self.lanes.partition_point(|lane| lane.level > level);
        let lane = self.lanes.get_mut(at).filter(|lane| lane.level == level)?;
        let entry = lane.remove(rank)?;
        self.count -= 1;
        self.value -= entry.amount;
        self.leave_pair(&entry);
        Some(entry)
    }

    fn leave_pair(&mut self, entry: &Entry) {
        let Some(mut pairs) = self.pairs.take() else {
            return;
        };
        if let Ok(at) = pairs.binary_search_by_key(&entry.receiver, |pair| pair.receiver) {
            let pair = &mut pairs[at];
            pair.count -= 1;
            pair.value -= entry.amount;
            if pair.count > 0 && pair.first.rank == entry.rank {
                let next = self.iter().find(|other| other.receiver == entry.receiver);
                pair.first = next.copied().unwrap_or(pair.first);
            }
        }
        self.pairs = Some(pairs);
    }

    /// The first payment.
    #[inline]
    #[must_use]
    pub fn head(&self) -> Option<&Entry> {
        let lane = self.lanes.iter().find(|lane| lane.live > 0)?;
        lane.entries.get(lane.head)
    }

    /// The payments in queue order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.lanes
            .iter()
            .flat_map(|lane| &lane.entries[lane.head..])
            .filter(|entry| entry.amount != 0)
    }

    /// Whether a payment of this place would come after another one.
    #[inline]
    #[must_use]
    pub fn has_ahead(&self, priority: u8, rank: u64) -> bool {
        let level = self.level(priority);
        self.head().is_some_and(|head| {
            let first = self.level(head.priority);
            first > level || (first == level && head.rank < rank)
        })
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

    /// Steps `tail` back over one payment and returns it; `None` at the front.
    pub fn step_back(&self, tail: &mut Tail) -> Option<&Entry> {
        loop {
            while tail.entry == 0 {
                tail.lane = tail.lane.checked_sub(1)?;
                tail.entry = self.lanes[tail.lane].entries.len();
            }
            tail.entry -= 1;
            let lane = &self.lanes[tail.lane];
            if tail.entry < lane.head {
                tail.entry = 0;
                continue;
            }
            let entry = &lane.entries[tail.entry];
            if entry.amount != 0 {
                return Some(entry);
            }
        }
    }

    /// The payments before `tail`, in queue order.
    pub fn before(&self, tail: Tail) -> impl Iterator<Item = &Entry> {
        (self.lanes.iter().enumerate())
            .flat_map(move |(at, lane)| {
                let end = match at.cmp(&tail.lane) {
                    std::cmp::Ordering::Less => lane.entries.len(),
                    std::cmp::Ordering::Equal => tail.entry.max(lane.head),
                    std::cmp::Ordering::Greater => lane.head,
                };
                &lane.entries[lane.head..end]
            })
            .filter(|entry| entry.amount != 0)
    }

    /// What waits per receiver, ascending; empty where pairs are not kept.
    #[must_use]
    pub fn pairs(&self) -> &[PairSum] {
        self.pairs.as_deref().unwrap_or_default()
    }

    /// What waits to `receiver`, where pairs are kept.
    #[must_use]
    pub fn pair(&self, receiver: AgentId) -> Option<PairSum> {
        let pairs = self.pairs();
        let at = pairs
            .binary_search_by_key(&receiver, |pair| pair.receiver)
            .ok()?;
        Some(pairs[at]).filter(|pair| pair.count > 0)
    }

    /// Whether a payment to the same receiver is ahead of `entry`, where pairs are kept.
    #[must_use]
    pub fn has_ahead_to(&self, entry: &Entry) -> bool {
        self.pair(entry.receiver)
            .is_some_and(|pair| comes_before(&pair.first, entry, self.by_arrival))
    }

    /// Starts or stops keeping sums per receiver.
    pub fn keep_pairs(&mut self, paired: bool) {
        if paired == self.pairs.is_some() {
            return;
        }
        let entries: Vec<Entry> = self.iter().copied().collect();
        *self = Self::new(self.by_arrival, paired);
        for entry in entries {
            self.insert(entry);
        }
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
            let mut queue = Queue::new(by_arrival, true);
            for (number, priority) in [(1, 5), (2, 9), (4, 9), (3, 5)] {
                queue.insert(entry(number, priority, 10));
            }
            assert_eq!(order(&queue), expected);
            assert_eq!((queue.len(), queue.value()), (4, 40));
        }
    }

    #[test]
    fn a_place_left_can_be_taken_again() {
        let mut queue = Queue::new(false, true);
        (1..=100).for_each(|number| queue.insert(entry(number, 5, 1)));
        for number in (2_u32..=100).filter(|number| number % 2 == 0) {
            assert!(queue.remove(5, u64::from(number) << 32).is_some());
            assert!(queue.remove(5, u64::from(number) << 32).is_none());
        }
        queue.insert(entry(40, 5, 7));
        assert_eq!(queue.len(), 51);
        assert_eq!(queue.value(), 57);
        let pairs: i64 = queue.pairs().iter().map(|pair| pair.value).sum();
        assert_eq!(pairs, 57);
        assert!(order(&queue).is_sorted());
    }

    #[test]
    fn the_tail_walks_back_over_every_payment() {
        let mut queue = Queue::new(false, false);
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
        assert!(queue.has_ahead(5, 9 << 32) && !queue.has_ahead(9, 1 << 32));
    }
}

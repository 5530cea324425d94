//! Letting go of payments that left: a long run needs memory for what waits, not for all that ever came.

use std::sync::Arc;

use crate::engine::payments::Payments;
use crate::engine::units::PaymentId;

/// Rows that may come between two looks; few where tests run, so that all of them have it happen.
const LEAST_ROWS: usize = if cfg!(debug_assertions) { 48 } else { 1 << 19 };
/// Rows that go or stay together.
const BLOCK: usize = if cfg!(debug_assertions) { 8 } else { 4_096 };
/// One of so many of the older rows may wait; those are looked up, not indexed.
const SPARSE: usize = 8;

impl Payments {
    /// Numbers of the payments of which all is known, ascending: all that wait, and those that left lately.
    pub fn rows(&self) -> impl Iterator<Item = u32> {
        let newest = self.sender.first() as u32..self.len() as u32;
        self.sender.numbers().iter().copied().chain(newest)
    }

    /// Lets go of the oldest payments if there are many and nearly all of them left. Of these only the status
    /// is known from then on: what was recorded of them must have been read.
    pub fn let_go(&mut self) {
        let first = self.sender.first();
        let rows = self.len() - first;
        if rows < 2 * self.looked_at + LEAST_ROWS {
            return;
        }
        let waits = |&number: &u32| self.waits(PaymentId(number));
        let kept = self.sender.numbers().iter().copied();
        let mut numbers: Vec<u32> = kept.filter(waits).collect();
        let (mut end, mut stay) = (first, numbers.len());
        let mut at = first;
        while at < self.len() {
            let block = at..self.len().min(at + BLOCK);
            at = block.end;
            numbers.extend(block.map(|row| row as u32).filter(waits));
            if numbers.len() * SPARSE <= at - first {
                (end, stay) = (at, numbers.len());
            }
        }
        self.looked_at = self.len() - end;
        if end == first {
            return;
        }
        numbers.truncate(stay);
        let numbers: Arc<[u32]> = numbers.into();
        self.sender.let_go(end, &numbers);
        self.receiver.let_go(end, &numbers);
        self.amount.let_go(end, &numbers);
        self.arrival.let_go(end, &numbers);
        self.deadline.let_go(end, &numbers);
        self.release.let_go(end, &numbers);
        self.end.let_go(end, &numbers);
        self.priority.let_go(end, &numbers);
        self.rail.let_go(end, &numbers);
        self.marks.let_go(end, &numbers);
    }
}

//! What waits on a rail from each agent to each other, and which pairs are worth a look.
//!
//! A pair that could not settle waits until something it failed by has changed: a payment between
//! the two, or, of an agent it failed at, so much money as was missing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::engine::index_set::IndexSet;
use crate::engine::lanes::{Entry, Lane};
use crate::engine::units::AgentId;

/// A pair that may settle: the smaller of its sums, then its agents' positions, lower first.
pub type RankedPair = (i64, Reverse<AgentId>, Reverse<AgentId>);

/// The level of a pair that no money of the agent alone lets settle.
pub const NEVER: i64 = i64::MAX;
/// The level of a pair that is looked at whenever something of the agent changed.
pub const ALWAYS: i64 = i64::MIN;

/// One agent's payments by receiver.
#[derive(Clone, Debug)]
struct Row {
    /// Ascending.
    receivers: Vec<AgentId>,
    lanes: Vec<Lane>,
    /// What the agent must have available before the pair is worth another look.
    levels: Vec<i64>,
    /// Whether the pair is listed as changed.
    changed: Vec<bool>,
    /// No level is below it.
    least: i64,
}

/// What waits on a rail, by sender and receiver.
#[derive(Clone, Debug)]
pub struct Pairs {
    by_arrival: bool,
    rows: Vec<Row>,
    /// Senders and receivers between whom payments came or left.
    changed: Vec<(AgentId, AgentId)>,
    /// Agents whose money, limits or reservation changed.
    pub(super) restless: IndexSet,
    /// Pairs that are to be tried, the first on top; empty once none could settle.
    pub(super) ranked: BinaryHeap<RankedPair>,
}

impl Pairs {
    /// No payments yet.
    #[must_use]
    pub fn new(agents: usize, by_arrival: bool) -> Self {
        let row = Row {
            receivers: Vec::new(),
            lanes: Vec::new(),
            levels: Vec::new(),
            changed: Vec::new(),
            least: NEVER,
        };
        Self {
            by_arrival,
            rows: vec![row; agents],
            changed: Vec::new(),
            restless: IndexSet::new(agents),
            ranked: BinaryHeap::new(),
        }
    }

    fn find(&self, sender: AgentId, receiver: AgentId) -> Option<usize> {
        let row = &self.rows[sender.index()];
        row.receivers.binary_search(&receiver).ok()
    }

    /// Puts a payment in its place.
    pub fn insert(&mut self, sender: AgentId, entry: Entry) {
        let row = &mut self.rows[sender.index()];
        let at = match row.receivers.binary_search(&entry.receiver) {
            Ok(at) => at,
            Err(at) => {
                row.receivers.insert(at, entry.receiver);
                row.lanes.insert(at, Lane::new(self.by_arrival));
                row.levels.insert(at, NEVER);
                row.changed.insert(at, false);
                at
            }
        };
        row.lanes[at].insert(entry);
        self.note(sender, at);
    }

    /// Takes a payment out.
    pub fn remove(&mut self, sender: AgentId, entry: &Entry) {
        if let Some(at) = self.find(sender, entry.receiver) {
            let lane = &mut self.rows[sender.index()].lanes[at];
            lane.remove(entry.key(self.by_arrival));
            self.note(sender, at);
        }
    }

    fn note(&mut self, sender: AgentId, at: usize) {
        let row = &mut self.rows[sender.index()];
        if !std::mem::replace(&mut row.changed[at], true) {
            self.changed.push((sender, row.receivers[at]));
        }
    }

    /// What waits from one agent to another, if anything.
    #[must_use]
    pub fn lane(&self, sender: AgentId, receiver: AgentId) -> Option<&Lane> {
        let at = self.find(sender, receiver)?;
        Some(&self.rows[sender.index()].lanes[at]).filter(|lane| !lane.is_empty())
    }

    /// Whether a payment to the same receiver is ahead of `entry`.
    #[must_use]
    pub fn has_ahead(&self, sender: AgentId, entry: &Entry) -> bool {
        let first = self.lane(sender, entry.receiver).and_then(Lane::first);
        first.is_some_and(|first| first.key(self.by_arrival) < entry.key(self.by_arrival))
    }

    /// The next pair between whom payments came or left, and forgets that they did.
    pub fn pop_changed(&mut self) -> Option<(AgentId, AgentId)> {
        let (sender, receiver) = self.changed.pop()?;
        if let Some(at) = self.find(sender, receiver) {
            self.rows[sender.index()].changed[at] = false;
        }
        Some((sender, receiver))
    }

    /// Looks at the pair again once `agent` has so much available.
    pub fn watch(&mut self, agent: AgentId, other: AgentId, level: i64) {
        if let Some(at) = self.find(agent, other) {
            let row = &mut self.rows[agent.index()];
            row.levels[at] = level;
            row.least = row.least.min(level);
        }
    }

    /// Adds the agents whose pairs with `agent` are worth a look if it has so much available.
    pub fn worth_a_look(&mut self, agent: AgentId, available: i64, others: &mut Vec<AgentId>) {
        let row = &mut self.rows[agent.index()];
        if row.least > available {
            return;
        }
        row.least = NEVER;
        for (&other, level) in row.receivers.iter().zip(&mut row.levels) {
            if *level <= available {
                *level = NEVER;
                others.push(other);
            }
            row.least = row.least.min(*level);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NEVER, Pairs};
    use crate::engine::lanes::{Entry, Lane};
    use crate::engine::units::{AgentId, PaymentId};

    fn entry(number: u32, receiver: u16, amount: i64) -> Entry {
        Entry {
            arrival: 0,
            rank: u64::from(number) << 32,
            amount,
            payment: PaymentId(number),
            receiver: AgentId(receiver),
            priority: 5,
        }
    }

    #[test]
    fn sums_follow_what_comes_and_leaves_and_each_change_is_told_once() {
        let mut pairs = Pairs::new(3, false);
        let (one, two) = (AgentId(1), AgentId(2));
        pairs.insert(one, entry(1, 2, 30));
        pairs.insert(one, entry(2, 2, 12));
        pairs.insert(two, entry(3, 1, 40));
        let sum = |pairs: &Pairs, sender, receiver| pairs.lane(sender, receiver).map(Lane::value);
        assert_eq!(sum(&pairs, one, two), Some(42));
        pairs.remove(one, &entry(1, 2, 30));
        assert_eq!(
            (sum(&pairs, one, two), sum(&pairs, two, one)),
            (Some(12), Some(40))
        );
        let mut told: Vec<_> = std::iter::from_fn(|| pairs.pop_changed()).collect();
        told.sort_unstable();
        assert_eq!(told, [(one, two), (two, one)]);
        pairs.remove(two, &entry(3, 1, 40));
        assert_eq!(sum(&pairs, two, one), None);
        assert_eq!(pairs.pop_changed(), Some((two, one)));
    }

    #[test]
    fn a_watched_pair_is_looked_at_once_when_the_money_is_there() {
        let mut pairs = Pairs::new(4, false);
        for other in 1..4 {
            pairs.insert(AgentId(0), entry(u32::from(other), other, 5));
        }
        for (other, level) in [(1, 70), (2, 50), (3, NEVER)] {
            pairs.watch(AgentId(0), AgentId(other), level);
        }
        let mut looked_at = |available| {
            let mut others = Vec::new();
            pairs.worth_a_look(AgentId(0), available, &mut others);
            others
        };
        assert_eq!(looked_at(49), []);
        assert_eq!(looked_at(69), [AgentId(2)]);
        assert_eq!(looked_at(69), []);
        assert_eq!(looked_at(70), [AgentId(1)]);
    }
}

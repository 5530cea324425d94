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
pub type RankedPair = (i64, Reverse<AgentId>, Reverse<AgentId>, PairId);

/// The level of a pair that no money of the agent alone lets settle.
pub const NEVER: i64 = i64::MAX;
/// The level of a pair that is looked at whenever something of the agent changed.
pub const ALWAYS: i64 = i64::MIN;

/// What one agent sends to another. The sides of a pair follow each other, the lower agent's first.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Side {
    lane: Lane,
    /// Where it is in the row of the agent that sends.
    place: u32,
    agent: AgentId,
    /// Of a pair's first side: whether the pair is listed as changed.
    changed: bool,
}

/// One agent's pairs.
#[derive(Clone, Debug)]
struct Row {
    /// The agents behind it in position that it has a pair with, ascending.
    behind: Vec<AgentId>,
    /// The pairs with them.
    pairs: Vec<PairId>,
    /// All its pairs, as they came up.
    all: Vec<PairId>,
    /// What the agent must have available before each of them is worth another look.
    levels: Vec<i64>,
    /// No level is below it.
    least: i64,
}

/// The number of a pair's first side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PairId(u32);

/// What waits on a rail, by sender and receiver.
#[derive(Clone, Debug)]
pub struct Pairs {
    by_arrival: bool,
    rows: Vec<Row>,
    sides: Vec<Side>,
    /// What came, and with a negative amount what left, since the lanes were last brought up to
    /// date: written in one go, they are fetched side by side.
    noted: Vec<Entry>,
    /// Pairs between whom payments came or left.
    changed: Vec<PairId>,
    /// Agents whose money, limits or reservation changed.
    pub(super) restless: IndexSet,
    /// Pairs that are to be tried, the first on top; empty once none could settle.
    pub(super) ranked: BinaryHeap<RankedPair>,
}

/// Payments noted at most before the lanes are brought up to date.
const MOST_NOTED: usize = 1_024;

impl Row {
    /// Where the pair of `low`, whose row this is, with `high` is among those behind it, or would
    /// be. Few agents are missing in a row, so it is near where it would be if none were.
    fn find(&self, low: AgentId, high: AgentId) -> Result<usize, usize> {
        let end = (high.index() - low.index() - 1).min(self.behind.len());
        let mut step = 1;
        while step <= end && self.behind[end - step] >= high {
            step *= 2;
        }
        let from = (end + 1).saturating_sub(step);
        let near = &self.behind[from..end - step / 2];
        let at = from + near.partition_point(|&agent| agent < high);
        if self.behind.get(at) == Some(&high) {
            Ok(at)
        } else {
            Err(at)
        }
    }
}

impl Pairs {
    /// No payments yet.
    #[must_use]
    pub fn new(agents: usize, by_arrival: bool) -> Self {
        let row = Row {
            behind: Vec::new(),
            pairs: Vec::new(),
            all: Vec::new(),
            levels: Vec::new(),
            least: NEVER,
        };
        Self {
            by_arrival,
            rows: vec![row; agents],
            sides: Vec::new(),
            noted: Vec::new(),
            changed: Vec::new(),
            restless: IndexSet::new(agents),
            ranked: BinaryHeap::new(),
        }
    }

    /// The side on which `sender` pays `receiver`.
    pub fn side(&mut self, sender: AgentId, receiver: AgentId) -> u32 {
        let (low, high) = (sender.min(receiver), sender.max(receiver));
        let row = &self.rows[low.index()];
        let pair = match row.find(low, high) {
            Ok(at) => row.pairs[at],
            Err(at) => self.add_pair(low, high, at),
        };
        pair.0 + u32::from(sender > receiver)
    }

    fn add_pair(&mut self, low: AgentId, high: AgentId, at: usize) -> PairId {
        let pair = PairId(self.sides.len() as u32);
        let row = &mut self.rows[low.index()];
        row.behind.insert(at, high);
        row.pairs.insert(at, pair);
        for agent in [low, high] {
            let row = &mut self.rows[agent.index()];
            self.sides.push(Side {
                lane: Lane::new(self.by_arrival),
                place: row.all.len() as u32,
                agent,
                changed: false,
            });
            row.all.push(pair);
            row.levels.push(NEVER);
        }
        pair
    }

    /// Puts a payment that knows its side in its place, sooner or later: see
    /// [`catch_up`](Self::catch_up).
    #[inline]
    pub fn note_arrival(&mut self, entry: &Entry) {
        self.note(*entry);
    }

    /// Takes a payment out, sooner or later.
    #[inline]
    pub fn note_departure(&mut self, entry: &Entry) {
        self.note(Entry {
            amount: -entry.amount,
            ..*entry
        });
    }

    #[inline]
    fn note(&mut self, entry: Entry) {
        if self.noted.len() == MOST_NOTED {
            self.catch_up();
        }
        self.noted.push(entry);
    }

    /// Brings the lanes up to date.
    pub fn catch_up(&mut self) {
        for entry in self.noted.drain(..) {
            let lane = &mut self.sides[entry.side as usize].lane;
            if entry.amount > 0 {
                lane.insert(entry);
            } else {
                lane.remove(entry.key(self.by_arrival));
            }
            let pair = PairId(entry.side & !1);
            let first = &mut self.sides[pair.0 as usize];
            if !std::mem::replace(&mut first.changed, true) {
                self.changed.push(pair);
            }
        }
    }

    /// What waits on a side; the lanes must be up to date.
    #[inline]
    #[must_use]
    pub fn lane(&self, side: u32) -> &Lane {
        debug_assert!(self.noted.is_empty());
        &self.sides[side as usize].lane
    }

    /// The two agents of a pair, in order of position, and what each of them sends to the other.
    #[inline]
    #[must_use]
    pub fn sides(&self, pair: PairId) -> [(AgentId, &Lane); 2] {
        [pair.0, pair.0 + 1].map(|side| (self.sides[side as usize].agent, self.lane(side)))
    }

    /// The next pair between whom payments came or left, and forgets that they did.
    pub fn pop_changed(&mut self) -> Option<PairId> {
        let pair = self.changed.pop()?;
        self.sides[pair.0 as usize].changed = false;
        Some(pair)
    }

    /// Looks at the pair again once its agents, in order of position, have so much available.
    pub fn watch(&mut self, pair: PairId, levels: [i64; 2]) {
        for (side, level) in (pair.0..).zip(levels) {
            let side = &self.sides[side as usize];
            let row = &mut self.rows[side.agent.index()];
            row.levels[side.place as usize] = level;
            row.least = row.least.min(level);
        }
    }

    /// Adds the agent's pairs that are worth a look if it has so much available.
    pub fn worth_a_look(&mut self, agent: AgentId, available: i64, found: &mut Vec<PairId>) {
        let row = &mut self.rows[agent.index()];
        if row.least > available {
            return;
        }
        row.least = NEVER;
        for (&pair, level) in row.all.iter().zip(&mut row.levels) {
            if *level <= available {
                *level = NEVER;
                found.push(pair);
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

    fn entry(pairs: &mut Pairs, number: u32, sender: u16, receiver: u16, amount: i64) -> Entry {
        Entry {
            arrival: 0,
            rank: u64::from(number) << 32,
            amount,
            payment: PaymentId(number),
            side: pairs.side(AgentId(sender), AgentId(receiver)),
            receiver: AgentId(receiver),
            priority: 5,
        }
    }

    #[test]
    fn sums_follow_what_comes_and_leaves_and_each_change_is_told_once() {
        let mut pairs = Pairs::new(3, false);
        let first = entry(&mut pairs, 1, 1, 2, 30);
        let second = entry(&mut pairs, 2, 1, 2, 12);
        let back = entry(&mut pairs, 3, 2, 1, 40);
        for entry in [&first, &second, &back] {
            pairs.note_arrival(entry);
        }
        pairs.catch_up();
        let sums = |pairs: &Pairs| [first.side, back.side].map(|side| pairs.lane(side).value());
        assert_eq!(sums(&pairs), [42, 40]);
        pairs.note_departure(&first);
        pairs.catch_up();
        assert_eq!(sums(&pairs), [12, 40]);
        let told: Vec<_> = std::iter::from_fn(|| pairs.pop_changed()).collect();
        assert_eq!(told.len(), 1);
        assert_eq!(
            pairs
                .sides(told[0])
                .map(|(agent, lane)| (agent, lane.len())),
            [(AgentId(1), 1), (AgentId(2), 1)]
        );
        pairs.note_departure(&back);
        pairs.catch_up();
        assert_eq!(sums(&pairs), [12, 0]);
        assert_eq!(pairs.pop_changed(), Some(told[0]));
    }

    #[test]
    fn every_two_agents_share_one_pair_whoever_is_missing() {
        let mut pairs = Pairs::new(40, true);
        let mut sides = Vec::new();
        for step in 0..40_u16 {
            let one = step * 7 % 40;
            for other in (0..40).filter(|other| other % 3 != step % 3 && *other != one) {
                sides.push((one, other, pairs.side(AgentId(one), AgentId(other))));
            }
        }
        let mut numbers: Vec<u32> = sides.iter().map(|side| side.2).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut between: Vec<(u16, u16)> = sides.iter().map(|side| (side.0, side.1)).collect();
        between.sort_unstable();
        between.dedup();
        assert_eq!(numbers.len(), between.len());
        for (one, other, side) in sides {
            assert_eq!(pairs.side(AgentId(one), AgentId(other)), side);
            assert_eq!(pairs.side(AgentId(other), AgentId(one)), side ^ 1);
            assert!(Lane::is_empty(pairs.lane(side)));
        }
    }

    #[test]
    fn a_watched_pair_is_looked_at_once_when_the_money_is_there() {
        let mut pairs = Pairs::new(4, false);
        for (other, level) in [(1, 70), (2, 50), (3, NEVER)] {
            let arrival = entry(&mut pairs, u32::from(other), 0, other, 5);
            pairs.note_arrival(&arrival);
            pairs.catch_up();
            let pair = pairs.pop_changed().unwrap();
            pairs.watch(pair, [level, NEVER]);
        }
        let mut looked_at = |available| {
            let mut found = Vec::new();
            pairs.worth_a_look(AgentId(0), available, &mut found);
            (found.into_iter().map(|pair| pairs.sides(pair)[1].0)).collect::<Vec<_>>()
        };
        assert_eq!(looked_at(49), []);
        assert_eq!(looked_at(69), [AgentId(2)]);
        assert_eq!(looked_at(69), []);
        assert_eq!(looked_at(70), [AgentId(1)]);
    }
}

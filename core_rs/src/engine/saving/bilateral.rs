//! `bilateral`: the greatest pair of prefixes of two mutual queues that may settle as a set.

use std::cmp::Reverse;

use crate::engine::errors::RunError;
use crate::engine::facts::Method;
use crate::engine::kernel::Kernel;
use crate::engine::lanes::{Entry, Lane};
use crate::engine::ledger::UNLIMITED;
use crate::engine::pairs::{ALWAYS, NEVER, PairId, Pairs};
use crate::engine::settle::{Member, URGENT};
use crate::engine::units::{AgentId, RailId};

/// What one agent sends in a set of two agents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Side {
    value: i64,
    urgent_value: i64,
    normal_count: u32,
    urgent_count: u32,
}

impl Side {
    /// The sums over payments; places left (amount 0) count nothing.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut side = Self::default();
        for entry in entries {
            side.value += entry.amount;
            let here = u32::from(entry.amount != 0);
            if entry.priority >= URGENT {
                side.urgent_value += entry.amount;
                side.urgent_count += here;
            } else {
                side.normal_count += here;
            }
        }
        side
    }

    fn is_empty(&self) -> bool {
        self.normal_count + self.urgent_count == 0
    }

    /// Drops the last payment of `prefix`, which these sums are of.
    fn drop_last(&mut self, prefix: &mut &[Entry]) {
        while let Some((last, rest)) = prefix.split_last() {
            *prefix = rest;
            if last.amount != 0 {
                self.value -= last.amount;
                if last.priority >= URGENT {
                    self.urgent_value -= last.amount;
                    self.urgent_count -= 1;
                } else {
                    self.normal_count -= 1;
                }
                return;
            }
        }
    }
}

/// What came of matching two mutual queues.
struct Match<'a> {
    /// The greatest prefixes that may settle; one is empty if none may.
    prefixes: [&'a [Entry]; 2],
    settles: bool,
    /// What each agent must have available before the match can come out otherwise.
    levels: [i64; 2],
}

impl Kernel {
    /// Whether `agent` fails the rule of section 4 if it sends `ours` to `other` against `theirs`.
    pub fn side_fails(
        &self,
        agent: AgentId,
        other: AgentId,
        ours: &Side,
        theirs: &Side,
        holds_back: bool,
    ) -> bool {
        let account = &self.ledger.accounts[agent.index()];
        let left = self.side_leaves(agent, ours, theirs, holds_back);
        if left < 0 {
            return true;
        }
        if !account.bound {
            return false;
        }
        let outflow = ours.value - theirs.value;
        let reserved = (account.reservation_left - ours.urgent_value).max(0);
        let limit = self.ledger.terms[agent.index()].bilateral(other);
        let total_limit = account.multilateral_limit;
        (ours.normal_count > 0 && left < reserved)
            || limit.is_some_and(|limit| self.ledger.outflow(agent, other) + outflow > limit)
            || (total_limit != UNLIMITED && account.net_sent_today() + outflow > total_limit)
    }

    /// What `agent` has available after sending `ours` against `theirs`.
    fn side_leaves(&self, agent: AgentId, ours: &Side, theirs: &Side, holds_back: bool) -> i64 {
        let outflow = ours.value - theirs.value;
        let paid = if holds_back { outflow.max(0) } else { outflow };
        let account = &self.ledger.accounts[agent.index()];
        account.available().saturating_sub(paid)
    }

    /// Settles the first pair of mutual queues that can, by the smaller of their sums. A pair
    /// that failed is not tried again before something that it failed by changed.
    pub fn settle_a_pair(&mut self, rail: RailId) -> Result<bool, RunError> {
        let holds_back = self.rails[rail.index()].holds_back();
        let Some(mut pairs) = self.rails[rail.index()].pairs.take() else {
            return Ok(false);
        };
        let mut members = std::mem::take(&mut self.scratch.members);
        pairs.catch_up();
        self.rank_changed_pairs(&mut pairs, holds_back);
        while let Some((smaller, Reverse(low), Reverse(high), pair)) = pairs.ranked.pop() {
            let [(_, there), (_, back)] = pairs.sides(pair);
            // A pair whose sums changed is ranked anew.
            let stale = there.value().min(back.value()) != smaller;
            if stale || there.is_empty() || back.is_empty() {
                continue;
            }
            let found =
                self.match_prefixes((low, high), (there.places(), back.places()), holds_back);
            if found.settles {
                for (sender, prefix) in [low, high].into_iter().zip(found.prefixes) {
                    let live = prefix.iter().filter(|entry| entry.amount != 0);
                    members.extend(live.map(|&entry| Member { sender, entry }));
                }
                break;
            }
            pairs.watch(pair, found.levels);
        }
        self.rails[rail.index()].pairs = Some(pairs);
        let found = !members.is_empty();
        if found {
            self.settle_waiting(&mut members, rail, Method::Bilateral)?;
        }
        self.scratch.members = members;
        Ok(found)
    }

    /// Considers the pairs between whom payments came or left, and those of agents that have got
    /// what their pairs were waiting for.
    fn rank_changed_pairs(&mut self, pairs: &mut Pairs, holds_back: bool) {
        while let Some(pair) = pairs.pop_changed() {
            self.consider(pairs, pair, holds_back);
        }
        let mut found = std::mem::take(&mut self.scratch.pairs);
        let mut from = 0;
        while let Some(at) = pairs.restless.next_from(from) {
            from = at + 1;
            let available = self.ledger.accounts[at].available();
            pairs.worth_a_look(AgentId::from_index(at), available, &mut found);
            for pair in found.drain(..) {
                self.consider(pairs, pair, holds_back);
            }
        }
        pairs.restless.clear();
        self.scratch.pairs = found;
    }

    /// Ranks a pair with both mutual queues non-empty, unless a side could not send even its first
    /// payment against all that comes back; then the pair waits for what that side lacks.
    fn consider(&self, pairs: &mut Pairs, pair: PairId, holds_back: bool) {
        let [(low, there), (high, back)] = pairs.sides(pair);
        if there.is_empty() || back.is_empty() {
            return;
        }
        let smaller = there.value().min(back.value());
        if let Some(level) = self.lacks(low, high, (there, back), holds_back) {
            pairs.watch(pair, [level, NEVER]);
        } else if let Some(level) = self.lacks(high, low, (back, there), holds_back) {
            pairs.watch(pair, [NEVER, level]);
        } else {
            (pairs.ranked).push((smaller, Reverse(low), Reverse(high), pair));
        }
    }

    /// What `agent` must have available to send its first payment against all that comes back, if
    /// it may not send it now.
    fn lacks(
        &self,
        agent: AgentId,
        other: AgentId,
        (ours, theirs): (&Lane, &Lane),
        holds_back: bool,
    ) -> Option<i64> {
        let first = ours.first()?;
        let needed = first.amount - theirs.value();
        let needed = if holds_back { needed.max(0) } else { needed };
        let account = &self.ledger.accounts[agent.index()];
        if account.available() < needed {
            return Some(needed);
        }
        if !account.bound {
            return None;
        }
        let back = Side {
            value: theirs.value(),
            ..Side::default()
        };
        let mut first = Side::of([first]);
        if holds_back {
            // An urgent payment behind it may use the reservation up against what is held back.
            first.normal_count = 0;
        }
        let fails = self.side_fails(agent, other, &first, &back, holds_back);
        fails.then_some(ALWAYS)
    }

    /// The greatest pair of prefixes of the mutual queues of two agents, if one may settle.
    #[must_use]
    pub fn matching_prefixes(&self, rail: RailId, one: AgentId, other: AgentId) -> Vec<Entry> {
        let system = &self.rails[rail.index()];
        let between = |sender: AgentId, receiver: AgentId| -> Vec<Entry> {
            let queue = system.queue(sender).iter();
            let to_receiver = queue.filter(|entry| entry.receiver == receiver);
            to_receiver.copied().collect()
        };
        let (there, back) = (between(one, other), between(other, one));
        if there.is_empty() || back.is_empty() {
            return Vec::new();
        }
        let found = self.match_prefixes((one, other), (&there, &back), system.holds_back());
        if found.settles {
            found.prefixes.concat()
        } else {
            Vec::new()
        }
    }

    /// Finds the greatest pair of prefixes, both non-empty, that may settle as a set: from the
    /// full queues, both non-empty, whoever fails drops its last payment.
    fn match_prefixes<'a>(
        &self,
        (one, other): (AgentId, AgentId),
        (there, back): (&'a [Entry], &'a [Entry]),
        holds_back: bool,
    ) -> Match<'a> {
        let agents = [one, other];
        let mut prefixes = [there, back];
        let mut sides = [Side::of(there), Side::of(back)];
        let mut levels = [NEVER; 2];
        loop {
            let failing = (0..2).find(|&at| {
                let (agent, against) = (agents[at], agents[1 - at]);
                self.side_fails(agent, against, &sides[at], &sides[1 - at], holds_back)
            });
            let settles = failing.is_none();
            if let Some(at) = failing {
                levels[at] = levels[at].min(self.level_of(
                    agents[at],
                    &sides[at],
                    &sides[1 - at],
                    holds_back,
                ));
                sides[at].drop_last(&mut prefixes[at]);
            }
            if settles || sides.iter().any(Side::is_empty) {
                return Match {
                    prefixes,
                    settles,
                    levels,
                };
            }
        }
    }

    /// What `agent`, which fails with these sides, must have available not to.
    fn level_of(&self, agent: AgentId, ours: &Side, theirs: &Side, holds_back: bool) -> i64 {
        let account = &self.ledger.accounts[agent.index()];
        if account.bound {
            return ALWAYS;
        }
        let left = self.side_leaves(agent, ours, theirs, holds_back);
        account.available().saturating_sub(left)
    }
}

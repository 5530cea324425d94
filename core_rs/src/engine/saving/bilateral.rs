//! `bilateral`: the greatest pair of prefixes of two mutual queues that may settle as a set.

use std::cmp::Reverse;

use crate::engine::errors::RunError;
use crate::engine::facts::Method;
use crate::engine::kernel::Kernel;
use crate::engine::lanes::{Entry, Lane};
use crate::engine::ledger::UNLIMITED;
use crate::engine::settle::URGENT;
use crate::engine::units::{AgentId, RailId};

/// Memory of the search for a pair.
#[derive(Debug, Default)]
pub struct Work {
    prefixes: [Vec<Entry>; 2],
}

/// A pair that may settle: the smaller of its sums, then its agents' positions, lower first.
pub type RankedPair = (i64, Reverse<AgentId>, Reverse<AgentId>);

/// What one agent sends in a set of two agents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Side {
    value: i64,
    urgent_value: i64,
    normal_count: u32,
}

impl Side {
    /// The sums over payments.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut side = Self::default();
        for entry in entries {
            side.value += entry.amount;
            if entry.priority >= URGENT {
                side.urgent_value += entry.amount;
            } else {
                side.normal_count += 1;
            }
        }
        side
    }

    fn drop(&mut self, entry: &Entry) {
        self.value -= entry.amount;
        if entry.priority >= URGENT {
            self.urgent_value -= entry.amount;
        } else {
            self.normal_count -= 1;
        }
    }
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
        let outflow = ours.value - theirs.value;
        let paid = if holds_back { outflow.max(0) } else { outflow };
        let left = account.available().saturating_sub(paid);
        if left < 0 {
            return true;
        }
        if !account.bound {
            return false;
        }
        let reserved = (account.reservation_left - ours.urgent_value).max(0);
        let limit = self.ledger.terms[agent.index()].bilateral(other);
        let total_limit = account.multilateral_limit;
        (ours.normal_count > 0 && left < reserved)
            || limit.is_some_and(|limit| self.ledger.outflow(agent, other) + outflow > limit)
            || (total_limit != UNLIMITED && account.net_sent_today() + outflow > total_limit)
    }

    /// Settles the first pair of mutual queues that can, by the smaller of their sums. A pair
    /// that failed is not tried again before one of its agents changed.
    pub fn settle_a_pair(&mut self, rail: RailId) -> Result<bool, RunError> {
        self.rank_changed_pairs(rail);
        let mut work = std::mem::take(&mut self.scratch.pairs);
        let mut found = false;
        while let Some((smaller, Reverse(low), Reverse(high))) =
            self.rails[rail.index()].ranked_pairs.pop()
        {
            let current = self.smaller_sum(rail, low, high) == Some(smaller);
            if current && work.match_prefixes(self, rail, low, high) {
                found = true;
                break;
            }
        }
        if found {
            let mut members = std::mem::take(&mut self.scratch.members);
            let both = work.prefixes.iter().flatten();
            members.extend(both.map(|entry| (entry.rank, entry.payment)));
            self.settle_set(&mut members, rail, Method::Bilateral)?;
            self.scratch.members = members;
        }
        self.scratch.pairs = work;
        Ok(found)
    }

    /// Ranks the pairs with both mutual queues non-empty of which one agent changed, but not
    /// those where a side could not send even its first payment against all that comes back. A
    /// pair whose sums changed is ranked anew; its old rank is passed over when it comes up.
    fn rank_changed_pairs(&mut self, rail: RailId) {
        let system = &self.rails[rail.index()];
        let holds_back = system.holds_back();
        let mut ranked = Vec::new();
        for at in system.restless.iter() {
            let agent = AgentId::from_index(at);
            for ours in system.queue(agent).pairs() {
                let (other, ours) = (ours.receiver, &ours.lane);
                if ours.is_empty() {
                    continue;
                }
                let Some(theirs) = system.queue(other).pair(agent) else {
                    continue;
                };
                let hopeless = first_fails(self, (agent, other), ours, theirs, holds_back)
                    || first_fails(self, (other, agent), theirs, ours, holds_back);
                if !hopeless {
                    let smaller = ours.value().min(theirs.value());
                    ranked.push((
                        smaller,
                        Reverse(agent.min(other)),
                        Reverse(agent.max(other)),
                    ));
                }
            }
        }
        let system = &mut self.rails[rail.index()];
        system.restless.clear();
        system.ranked_pairs.extend(ranked);
    }

    /// The smaller of the two sums of a pair, if both mutual queues are non-empty.
    fn smaller_sum(&self, rail: RailId, low: AgentId, high: AgentId) -> Option<i64> {
        let system = &self.rails[rail.index()];
        let there = system.queue(low).pair(high)?.value();
        let back = system.queue(high).pair(low)?.value();
        Some(there.min(back))
    }

    /// The greatest pair of prefixes of the mutual queues of two agents, if one may settle.
    #[must_use]
    pub fn matching_prefixes(&self, rail: RailId, one: AgentId, other: AgentId) -> Vec<Entry> {
        let mut work = Work::default();
        if work.match_prefixes(self, rail, one.min(other), one.max(other)) {
            work.prefixes.into_iter().flatten().collect()
        } else {
            Vec::new()
        }
    }
}

impl Work {
    /// Finds the greatest pair of prefixes, both non-empty, that may settle as a set: from the
    /// full queues, whoever fails drops its last payment.
    fn match_prefixes(
        &mut self,
        kernel: &Kernel,
        rail: RailId,
        low: AgentId,
        high: AgentId,
    ) -> bool {
        let system = &kernel.rails[rail.index()];
        let holds_back = system.holds_back();
        let agents = [low, high];
        let mut sides = [Side::default(); 2];
        for at in 0..2 {
            let (queue, other) = (system.queue(agents[at]), agents[1 - at]);
            let prefix = &mut self.prefixes[at];
            prefix.clear();
            match queue.pair(other) {
                Some(lane) => prefix.extend(lane.iter()),
                // Asked about a rail where no algorithm keeps pairs.
                None => prefix.extend(queue.iter().filter(|entry| entry.receiver == other)),
            }
            if prefix.is_empty() {
                return false;
            }
            sides[at] = Side::of(prefix.iter());
        }
        loop {
            let failing = (0..2).find(|&at| {
                let (agent, other) = (agents[at], agents[1 - at]);
                kernel.side_fails(agent, other, &sides[at], &sides[1 - at], holds_back)
            });
            let Some(at) = failing else { return true };
            if let Some(last) = self.prefixes[at].pop() {
                sides[at].drop(&last);
            }
            if self.prefixes[at].is_empty() {
                return false;
            }
        }
    }
}

/// Whether the first agent fails even if it sends its first payment only and gets all that waits
/// for it.
fn first_fails(
    kernel: &Kernel,
    (agent, other): (AgentId, AgentId),
    ours: &Lane,
    theirs: &Lane,
    holds_back: bool,
) -> bool {
    let back = Side {
        value: theirs.value(),
        ..Side::default()
    };
    let mut first = Side::of(ours.first());
    if holds_back {
        // An urgent payment behind it may use the reservation up against what is held back.
        first.normal_count = 0;
    }
    kernel.side_fails(agent, other, &first, &back, holds_back)
}

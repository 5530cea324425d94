//! `bilateral`: the greatest pair of prefixes of two mutual queues that may settle as a set.

use std::cmp::Reverse;

use crate::engine::errors::RunError;
use crate::engine::facts::Method;
use crate::engine::kernel::Kernel;
use crate::engine::ledger::UNLIMITED;
use crate::engine::queues::{Entry, PairSum};
use crate::engine::settle::URGENT;
use crate::engine::units::{AgentId, RailId};

/// Memory of the search for a pair.
#[derive(Debug, Default)]
pub struct Work {
    /// Pairs by the smaller of their sums, descending, then positions.
    pairs: Vec<(Reverse<i64>, AgentId, AgentId)>,
    prefixes: [Vec<Entry>; 2],
}

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

    /// Settles the first pair of mutual queues that can, by the smaller of their sums.
    pub fn settle_a_pair(&mut self, rail: RailId) -> Result<bool, RunError> {
        let mut work = std::mem::take(&mut self.scratch.pairs);
        work.list_pairs(self, rail);
        let mut found = false;
        for at in 0..work.pairs.len() {
            let (_, low, high) = work.pairs[at];
            if work.match_prefixes(self, rail, low, high) {
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
        } else {
            self.rails[rail.index()].restless.clear();
        }
        self.scratch.pairs = work;
        Ok(found)
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
    /// Lists the pairs with both mutual queues non-empty of which one side changed, but not those
    /// where a side could not send even its first payment against all that comes back.
    fn list_pairs(&mut self, kernel: &Kernel, rail: RailId) {
        self.pairs.clear();
        let system = &kernel.rails[rail.index()];
        let holds_back = system.holds_back();
        for at in system.restless.iter() {
            let agent = AgentId::from_index(at);
            for ours in system.queue(agent).pairs() {
                if ours.count == 0 {
                    continue;
                }
                let other = ours.receiver;
                let Some(theirs) = system.queue(other).pair(agent) else {
                    continue;
                };
                let hopeless = first_fails(kernel, agent, ours, &theirs, holds_back)
                    || first_fails(kernel, other, &theirs, ours, holds_back);
                if !hopeless {
                    let smaller = ours.value.min(theirs.value);
                    let (low, high) = (agent.min(other), agent.max(other));
                    self.pairs.push((Reverse(smaller), low, high));
                }
            }
        }
        self.pairs.sort_unstable();
        self.pairs.dedup();
    }

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
            let prefix = &mut self.prefixes[at];
            prefix.clear();
            let mutual =
                (system.queue(agents[at]).iter()).filter(|entry| entry.receiver == agents[1 - at]);
            prefix.extend(mutual.copied());
            sides[at] = Side::of(prefix.iter());
        }
        if self.prefixes.iter().any(Vec::is_empty) {
            return false;
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

/// Whether `agent` fails even if it sends its first payment only and gets all that waits for it.
fn first_fails(
    kernel: &Kernel,
    agent: AgentId,
    ours: &PairSum,
    theirs: &PairSum,
    holds_back: bool,
) -> bool {
    let back = Side {
        value: theirs.value,
        ..Side::default()
    };
    kernel.side_fails(
        agent,
        ours.receiver,
        &Side::of([&ours.first]),
        &back,
        holds_back,
    )
}

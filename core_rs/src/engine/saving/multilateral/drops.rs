//! Drops for want of money: an agent that could not pay what it sends in the set drops the last
//! payment of its queue.

use crate::engine::kernel::Kernel;
use crate::engine::ledger::UNLIMITED;
use crate::engine::queues::{Queue, Tail};
use crate::engine::rails::Rail;
use crate::engine::units::AgentId;

use super::Phases;

/// More than waits on a rail whose sums are made here, so that no sum overflows.
pub const BEYOND: i64 = 1 << 61;

/// The key behind every payment: nothing is dropped.
pub const NOTHING: u64 = u64::MAX;

/// The state of a pass.
#[derive(Debug, Default)]
pub struct Drops {
    /// Per agent, what it would have left: its means, what it gets less what it sends in the set.
    pub left: Vec<i64>,
    /// Per agent, the key of the first payment that it dropped; [`NOTHING`] if none.
    pub cut: Vec<u64>,
    /// Payments in the set.
    pub kept: i64,
    /// Per agent, the smallest shortfall at which it dropped in this phase; 0 if it did not.
    pub shortfall: Vec<i64>,
    /// Agents that dropped in this phase.
    pub droppers: Vec<AgentId>,
    /// Where `cut` is in the queue, of agents that are `located`.
    tails: Vec<Tail>,
    located: Vec<bool>,
    /// Agents that are among the failing ones, or have nothing left to drop.
    closed: Vec<bool>,
    failing: Vec<AgentId>,
}

/// What an agent can pay on top of what it gets in the set: what it has available, or less if its
/// multilateral limit leaves less room; nothing goes if only what is held back could make it good.
pub fn means(kernel: &Kernel, at: usize, holds_back: bool) -> i64 {
    let account = &kernel.ledger.accounts[at];
    let available = account.available();
    if holds_back && available < 0 {
        return -BEYOND;
    }
    let room = match account.multilateral_limit {
        UNLIMITED => UNLIMITED,
        limit => limit.saturating_sub(account.net_sent_today()),
    };
    available.min(room).clamp(-BEYOND, BEYOND)
}

impl Drops {
    /// Drops until nobody lacks money. With `phases`, in phases of falling shortfall that are kept
    /// for the next pass, starting behind those that still hold.
    pub fn run(&mut self, kernel: &Kernel, system: &Rail, phases: Option<&mut Phases>) {
        let agents = system.queues.len();
        self.tails.resize(agents, Tail::default());
        self.shortfall.resize(agents, 0);
        for flags in [&mut self.located, &mut self.closed] {
            flags.clear();
            flags.resize(agents, false);
        }
        let Some(phases) = phases else {
            self.start(kernel, system);
            self.drop_all_short_of(system, 1);
            self.end_phase();
            return;
        };
        if !phases.resume(self, kernel, system) {
            self.start(kernel, system);
            // If nobody is short, all settles, and there is nothing to go on from.
            if self.worst_shortfall().is_some() {
                phases.begin(self, kernel, system);
            }
        }
        while let Some(worst) = self.worst_shortfall() {
            self.drop_all_short_of(system, 1 << worst.ilog2());
            phases.keep(self);
            self.end_phase();
        }
    }

    /// The place of the agent's first dropped payment in its queue.
    pub fn tail(&self, at: usize, queue: &Queue) -> Tail {
        if self.located[at] {
            self.tails[at]
        } else if self.cut[at] == NOTHING {
            queue.end()
        } else {
            queue.tail_at(self.cut[at])
        }
    }

    fn start(&mut self, kernel: &Kernel, system: &Rail) {
        let holds_back = system.holds_back();
        self.left.clear();
        self.left.extend(
            (system.queues.iter().zip(&system.incoming))
                .enumerate()
                .map(|(at, (queue, incoming))| {
                    means(kernel, at, holds_back) + incoming - queue.value()
                }),
        );
        self.cut.clear();
        self.cut.resize(system.queues.len(), NOTHING);
        self.kept = system.count as i64;
    }

    /// The largest shortfall of an agent that has something left to drop.
    fn worst_shortfall(&self) -> Option<i64> {
        let least = (self.left.iter().zip(&self.closed))
            .map(|(&left, &spent)| if spent { 0 } else { left })
            .fold(0, i64::min);
        (least < 0).then_some(-least)
    }

    /// Lets every agent drop as long as it is short of at least `least`.
    fn drop_all_short_of(&mut self, system: &Rail, least: i64) {
        for at in 0..self.left.len() {
            if (self.left[at] <= -least) & !self.closed[at] {
                self.closed[at] = true;
                self.failing.push(AgentId::from_index(at));
            }
        }
        while let Some(agent) = self.failing.pop() {
            self.drop_from(system, agent, least);
        }
    }

    fn drop_from(&mut self, system: &Rail, agent: AgentId, least: i64) {
        let at = agent.index();
        let queue = &system.queues[at];
        let mut tail = self.tail(at, queue);
        let (mut own, mut dropped, mut smallest) = (self.left[at], 0, i64::MAX);
        let mut first = None;
        let stops = queue.walk_back(&mut tail, |last| {
            smallest = smallest.min(-own);
            own += last.amount;
            first = Some(last);
            dropped += 1;
            let receiver = last.receiver.index();
            let left = &mut self.left[receiver];
            *left -= last.amount;
            if *left <= -least && !self.closed[receiver] {
                self.closed[receiver] = true;
                self.failing.push(last.receiver);
            }
            own > -least
        });
        self.closed[at] = !stops;
        self.left[at] = own;
        self.kept -= dropped;
        (self.tails[at], self.located[at]) = (tail, true);
        let Some(first) = first else {
            return;
        };
        self.cut[at] = queue.key(first);
        if self.shortfall[at] == 0 {
            self.droppers.push(agent);
            self.shortfall[at] = smallest;
        }
        self.shortfall[at] = self.shortfall[at].min(smallest);
    }

    fn end_phase(&mut self) {
        for agent in self.droppers.drain(..) {
            self.shortfall[agent.index()] = 0;
        }
    }
}

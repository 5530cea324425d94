//! `multilateral`: the gridlock resolution of Bech and Soramäki [Bank of Finland DP 9/2001].
//!
//! Start with every payment that waits; while a sending agent would fail the rule of section 4,
//! it drops the last payment of its queue. Each payment is dropped at most once and each drop
//! concerns two agents, so a pass is linear in what is dropped.

use crate::engine::kernel::Kernel;
use crate::engine::ledger::UNLIMITED;
use crate::engine::queues::{Entry, Tail};
use crate::engine::rails::Rail;
use crate::engine::settle::URGENT;
use crate::engine::units::{AgentId, PaymentId, RailId};

/// One agent in a pass.
#[derive(Clone, Copy, Debug, Default)]
struct Stand {
    /// Received - sent in the set.
    net: i64,
    /// What of its queue is still in the set.
    tail: Tail,
    count: usize,
    /// Only of agents that limits or a reservation bind.
    urgent_value: i64,
    normal_count: usize,
    /// Bilateral limits exceeded towards someone it pays in the set.
    exceeded: u32,
    /// Its first slot, and how many.
    slots: (u32, u32),
    listed: bool,
}

/// One bilateral limit in a pass.
#[derive(Clone, Copy, Debug)]
struct Slot {
    counterparty: AgentId,
    /// Payments to the counterparty in the set.
    paid: u32,
    /// Net outflow beyond the limit.
    over: i64,
}

/// Memory of a pass.
#[derive(Debug, Default)]
pub struct Work {
    stands: Vec<Stand>,
    slots: Vec<Slot>,
    failing: Vec<AgentId>,
    holds_back: bool,
}

impl Work {
    /// For so many agents.
    #[must_use]
    pub fn new(agents: usize) -> Self {
        Self {
            stands: vec![Stand::default(); agents],
            ..Self::default()
        }
    }

    /// Drops until nobody fails.
    pub fn run(&mut self, kernel: &Kernel, rail: RailId) {
        self.start(kernel, rail);
        let system = &kernel.rails[rail.index()];
        while let Some(agent) = self.failing.pop() {
            self.stands[agent.index()].listed = false;
            while self.fails(kernel, agent) {
                let queue = &system.queues[agent.index()];
                let mut tail = self.stands[agent.index()].tail;
                let Some(last) = queue.step_back(&mut tail).copied() else {
                    break;
                };
                self.stands[agent.index()].tail = tail;
                self.drop(kernel, system, agent, &last);
            }
        }
    }

    /// What is left in the set.
    pub fn collect(&self, kernel: &Kernel, rail: RailId, members: &mut Vec<(u64, PaymentId)>) {
        let system = &kernel.rails[rail.index()];
        for at in system.senders.iter() {
            let stand = &self.stands[at];
            if stand.count > 0 {
                let left = system.queues[at].before(stand.tail);
                members.extend(left.map(|entry| (entry.rank, entry.payment)));
            }
        }
    }

    fn start(&mut self, kernel: &Kernel, rail: RailId) {
        let system = &kernel.rails[rail.index()];
        self.holds_back = system.holds_back();
        self.failing.clear();
        self.slots.clear();
        let mut limited = false;
        for at in system.senders.iter() {
            let queue = &system.queues[at];
            let mut stand = Stand {
                net: system.incoming[at] - queue.value(),
                tail: queue.end(),
                count: queue.len(),
                ..Stand::default()
            };
            if kernel.ledger.accounts[at].bound {
                for entry in queue.iter() {
                    if entry.priority >= URGENT {
                        stand.urgent_value += entry.amount;
                    } else {
                        stand.normal_count += 1;
                    }
                }
                let limits = &kernel.ledger.terms[at].limits.bilateral;
                stand.slots = (self.slots.len() as u32, limits.len() as u32);
                limited |= !limits.is_empty();
                self.slots
                    .extend(limits.iter().map(|&(counterparty, limit)| {
                        Slot {
                            counterparty,
                            paid: 0,
                            over: (kernel.ledger)
                                .outflow(AgentId::from_index(at), counterparty)
                                .saturating_sub(limit.0),
                        }
                    }));
            }
            self.stands[at] = stand;
        }
        if limited {
            for at in system.senders.iter() {
                for entry in system.queues[at].iter() {
                    self.count_pair(kernel, system, AgentId::from_index(at), entry, 1);
                }
            }
        }
        for at in system.senders.iter() {
            self.list(kernel, AgentId::from_index(at));
        }
    }

    fn list(&mut self, kernel: &Kernel, agent: AgentId) {
        if !self.stands[agent.index()].listed && self.fails(kernel, agent) {
            self.stands[agent.index()].listed = true;
            self.failing.push(agent);
        }
    }

    fn drop(&mut self, kernel: &Kernel, system: &Rail, agent: AgentId, entry: &Entry) {
        let sender = &mut self.stands[agent.index()];
        sender.net += entry.amount;
        sender.count -= 1;
        if kernel.ledger.accounts[agent.index()].bound {
            if entry.priority >= URGENT {
                sender.urgent_value -= entry.amount;
            } else {
                sender.normal_count -= 1;
            }
        }
        self.count_pair(kernel, system, agent, entry, -1);
        // Without a queue of its own the receiver is not tested and has no stand in this pass.
        if !system.queues[entry.receiver.index()].is_empty() {
            self.stands[entry.receiver.index()].net -= entry.amount;
            self.list(kernel, entry.receiver);
        }
    }

    /// Counts a payment in or out of the bilateral limits of its two agents.
    fn count_pair(
        &mut self,
        kernel: &Kernel,
        system: &Rail,
        sender: AgentId,
        entry: &Entry,
        sign: i64,
    ) {
        if self.slots.is_empty() {
            return;
        }
        let queue_of = |agent: AgentId| !system.queues[agent.index()].is_empty();
        let limited = |agent: AgentId| kernel.ledger.accounts[agent.index()].bound;
        if limited(sender) {
            self.move_slot(sender, entry.receiver, sign, sign * entry.amount);
        }
        if limited(entry.receiver) && queue_of(entry.receiver) {
            self.move_slot(entry.receiver, sender, 0, -sign * entry.amount);
        }
    }

    fn move_slot(&mut self, agent: AgentId, counterparty: AgentId, paid: i64, value: i64) {
        let stand = &mut self.stands[agent.index()];
        let from = stand.slots.0 as usize;
        let slots = &mut self.slots[from..from + stand.slots.1 as usize];
        let Ok(at) = slots.binary_search_by_key(&counterparty, |slot| slot.counterparty) else {
            return;
        };
        let slot = &mut slots[at];
        let exceeded = |slot: &Slot| u32::from(slot.paid > 0 && slot.over > 0);
        let before = exceeded(slot);
        slot.paid = (i64::from(slot.paid) + paid) as u32;
        slot.over += value;
        stand.exceeded = stand.exceeded + exceeded(slot) - before;
    }

    fn fails(&self, kernel: &Kernel, agent: AgentId) -> bool {
        let stand = &self.stands[agent.index()];
        if stand.count == 0 {
            return false;
        }
        let account = &kernel.ledger.accounts[agent.index()];
        let gain = if self.holds_back {
            stand.net.min(0)
        } else {
            stand.net
        };
        let left = account.available().saturating_add(gain);
        if left < 0 {
            return true;
        }
        if !account.bound {
            return false;
        }
        let reserved = (account.reservation_left - stand.urgent_value).max(0);
        let limit = account.multilateral_limit;
        stand.exceeded > 0
            || (stand.normal_count > 0 && left < reserved)
            || (limit != UNLIMITED && account.net_sent_today() - stand.net > limit)
    }
}

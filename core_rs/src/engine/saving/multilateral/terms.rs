//! Drops for want of a limit or a reservation, among what drops for want of money have left.

use crate::engine::kernel::Kernel;
use crate::engine::ledger::UNLIMITED;
use crate::engine::queues::{Entry, Tail};
use crate::engine::rails::Rail;
use crate::engine::settle::URGENT;
use crate::engine::units::AgentId;

use super::drops::Drops;

/// One agent in a pass.
#[derive(Clone, Copy, Debug, Default)]
struct Stand {
    /// Received - sent in the set.
    net: i64,
    /// What of its queue is still in the set.
    tail: Tail,
    count: usize,
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

/// The state of a pass.
#[derive(Debug, Default)]
pub struct Terms {
    stands: Vec<Stand>,
    slots: Vec<Slot>,
    failing: Vec<AgentId>,
    holds_back: bool,
}

/// Whether a reservation or a bilateral limit binds an agent that sends. (Multilateral limits are
/// kept where money is.)
pub fn bind(kernel: &Kernel, system: &Rail) -> bool {
    system.senders.iter().any(|at| {
        kernel.ledger.accounts[at].bound
            && (kernel.ledger.accounts[at].reservation_left > 0
                || !kernel.ledger.terms[at].limits.bilateral.is_empty())
    })
}

impl Terms {
    /// Drops until nobody fails, from what `drops` left, or from nothing dropped.
    pub fn run(&mut self, kernel: &Kernel, system: &Rail, drops: Option<&Drops>) {
        self.start(kernel, system, drops);
        while let Some(agent) = self.failing.pop() {
            self.stands[agent.index()].listed = false;
            while self.fails(kernel, agent) {
                let queue = &system.queues[agent.index()];
                let mut tail = self.stands[agent.index()].tail;
                let Some(last) = queue.step_back(&mut tail).copied() else {
                    break;
                };
                self.stands[agent.index()].tail = tail;
                self.drop(kernel, agent, &last);
            }
        }
    }

    /// The place of the agent's first dropped payment in its queue.
    pub fn tail(&self, at: usize) -> Tail {
        self.stands[at].tail
    }

    fn start(&mut self, kernel: &Kernel, system: &Rail, drops: Option<&Drops>) {
        self.holds_back = system.holds_back();
        self.failing.clear();
        self.slots.clear();
        self.stands.clear();
        self.stands.resize(system.queues.len(), Stand::default());
        for at in system.senders.iter() {
            let queue = &system.queues[at];
            let tail = drops.map_or(queue.end(), |drops| drops.tail(at, queue));
            self.stands[at].tail = tail;
            for entry in queue.before(tail) {
                self.stands[entry.receiver.index()].net += entry.amount;
                let stand = &mut self.stands[at];
                stand.net -= entry.amount;
                stand.count += 1;
                if entry.priority >= URGENT {
                    stand.urgent_value += entry.amount;
                } else {
                    stand.normal_count += 1;
                }
            }
            if kernel.ledger.accounts[at].bound {
                self.open_slots(kernel, AgentId::from_index(at));
            }
        }
        if !self.slots.is_empty() {
            for at in system.senders.iter() {
                for entry in system.queues[at].before(self.stands[at].tail) {
                    self.count_pair(AgentId::from_index(at), entry, 1);
                }
            }
        }
        for at in system.senders.iter() {
            self.list(kernel, AgentId::from_index(at));
        }
    }

    fn open_slots(&mut self, kernel: &Kernel, agent: AgentId) {
        let limits = &kernel.ledger.terms[agent.index()].limits.bilateral;
        self.stands[agent.index()].slots = (self.slots.len() as u32, limits.len() as u32);
        let slots = limits.iter().map(|&(counterparty, limit)| {
            let outflow = kernel.ledger.outflow(agent, counterparty);
            Slot {
                counterparty,
                paid: 0,
                over: outflow.saturating_sub(limit.0),
            }
        });
        self.slots.extend(slots);
    }

    fn list(&mut self, kernel: &Kernel, agent: AgentId) {
        if !self.stands[agent.index()].listed && self.fails(kernel, agent) {
            self.stands[agent.index()].listed = true;
            self.failing.push(agent);
        }
    }

    fn drop(&mut self, kernel: &Kernel, agent: AgentId, entry: &Entry) {
        let sender = &mut self.stands[agent.index()];
        sender.net += entry.amount;
        sender.count -= 1;
        if entry.priority >= URGENT {
            sender.urgent_value -= entry.amount;
        } else {
            sender.normal_count -= 1;
        }
        self.count_pair(agent, entry, -1);
        self.stands[entry.receiver.index()].net -= entry.amount;
        self.list(kernel, entry.receiver);
    }

    /// Counts a payment in or out of the bilateral limits of its two agents.
    fn count_pair(&mut self, sender: AgentId, entry: &Entry, sign: i64) {
        if self.slots.is_empty() {
            return;
        }
        let value = sign * entry.amount;
        self.move_slot(sender, entry.receiver, sign, value);
        self.move_slot(entry.receiver, sender, 0, -value);
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

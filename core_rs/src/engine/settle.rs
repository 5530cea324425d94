//! The one rule of settlement and what a settlement does (model, section 4).

use crate::engine::errors::RunError;
use crate::engine::facts::{Detail, Method, reason};
use crate::engine::kernel::Kernel;
use crate::engine::ledger::UNLIMITED;
use crate::engine::payments::Status;
use crate::engine::queues::Entry;
use crate::engine::record::{Kind, Subject};
use crate::engine::scenario::Discipline;
use crate::engine::units::{AgentId, PaymentId, RailId};

/// From this priority on a payment is urgent: reservations are for it.
pub const URGENT: u8 = 8;

/// Why an agent may not send, and by how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// `reason::LIQUIDITY`, `RESERVATION`, `BILATERAL_LIMIT` or `MULTILATERAL_LIMIT`.
    pub reason: u8,
    /// Missing cents.
    pub missing: i64,
}

/// A payment of a set about to settle.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Who pays.
    pub sender: AgentId,
    /// Which.
    pub entry: Entry,
}

impl Kernel {
    /// Whether a payment may settle alone, and if not, the first obstacle.
    pub fn may_settle(&self, payment: PaymentId) -> Result<(), Obstacle> {
        let sender = self.payments.sender[payment.index()];
        self.obstacle(sender, &self.entry_of(payment))
    }

    /// The same of a payment as a queue keeps it.
    #[inline(always)]
    pub fn obstacle(&self, sender: AgentId, entry: &Entry) -> Result<(), Obstacle> {
        let amount = entry.amount;
        let account = &self.ledger.accounts[sender.index()];
        let left = account.available() - amount;
        if left < 0 {
            return Err(Obstacle {
                reason: reason::LIQUIDITY,
                missing: -left,
            });
        }
        if !account.bound {
            return Ok(());
        }
        if entry.priority < URGENT && left < account.reservation_left {
            return Err(Obstacle {
                reason: reason::RESERVATION,
                missing: account.reservation_left - left,
            });
        }
        let receiver = entry.receiver;
        if let Some(limit) = self.ledger.terms[sender.index()].bilateral(receiver) {
            let over = self.ledger.outflow(sender, receiver) + amount - limit;
            if over > 0 {
                return Err(Obstacle {
                    reason: reason::BILATERAL_LIMIT,
                    missing: over,
                });
            }
        }
        let limit = account.multilateral_limit;
        if limit != UNLIMITED && account.net_sent_today() + amount > limit {
            return Err(Obstacle {
                reason: reason::MULTILATERAL_LIMIT,
                missing: account.net_sent_today() + amount - limit,
            });
        }
        Ok(())
    }

    /// Settles one payment that may settle and is in no queue.
    #[inline(always)]
    pub fn settle_alone(
        &mut self,
        sender: AgentId,
        entry: &Entry,
        rail: RailId,
    ) -> Result<(), RunError> {
        let (receiver, amount) = (entry.receiver, entry.amount);
        if self.rails[rail.index()].holds_back() {
            self.ledger.book(sender, -amount);
            self.hold_back(receiver, amount);
        } else {
            self.ledger.pay(sender, receiver, amount);
        }
        let urgent = entry.priority >= URGENT;
        (self.ledger).count_settled_alone(sender, receiver, amount, urgent);
        self.note_settled(sender, entry, rail, Method::Gross);
        if self.ledger.accounts[sender.index()].available() < 0 {
            return Err(self.broken("a sender ends a settlement with available >= 0"));
        }
        self.wake(receiver);
        Ok(())
    }

    fn hold_back(&mut self, receiver: AgentId, gain: i64) {
        if self.ledger.accounts[receiver.index()].held_back == 0 {
            self.held_back.push(receiver);
        }
        self.ledger.hold_back(receiver, gain);
    }

    /// All that a settled payment counts towards, but the accounts.
    #[inline(always)]
    fn note_settled(&mut self, sender: AgentId, entry: &Entry, rail: RailId, method: Method) {
        let (receiver, amount) = (entry.receiver, entry.amount);
        self.end_waiting(sender, entry, self.tick);
        (self.payments).set_status(entry.payment, Status::Settled, method as u8);
        self.payments.end[entry.payment.index()] = self.tick;
        self.gauges.today.settle(method, amount);
        let gauge = &mut self.gauges.agents[sender.index()];
        gauge.settled_count += 1;
        gauge.settled_by[method as usize] += amount;
        self.touch(sender);
        self.touch(receiver);
        if entry.priority >= URGENT && self.ledger.accounts[sender.index()].bound {
            self.wake(sender);
        }
        let subject = Subject {
            payment: entry.payment,
            sender,
            receiver,
            amount,
        };
        (self.log).about(
            self.tick,
            Kind::Settled,
            &subject,
            Detail::settled(rail, method),
        );
    }

    /// A payment as a member of a set.
    pub fn member(&self, payment: PaymentId) -> Member {
        Member {
            sender: self.payments.sender[payment.index()],
            entry: self.entry_of(payment),
        }
    }

    /// Settles a set of payments that wait on the rail and may settle, given sender by sender in
    /// queue order.
    pub fn settle_waiting(
        &mut self,
        members: &mut Vec<Member>,
        rail: RailId,
        method: Method,
    ) -> Result<(), RunError> {
        for of_sender in members.chunk_by(|one, next| one.sender == next.sender) {
            let sender = of_sender[0].sender;
            let leaving = of_sender.iter().map(|member| &member.entry);
            let value = leaving.clone().map(|entry| entry.amount).sum();
            self.rails[rail.index()].take_each(sender, leaving);
            self.left_queue(sender, of_sender.len() as u32, value);
        }
        self.settle_set(members, rail, method)
    }

    /// Settles a set of payments that may settle and are in no queue.
    pub fn settle_set(
        &mut self,
        members: &mut Vec<Member>,
        rail: RailId,
        method: Method,
    ) -> Result<(), RunError> {
        members.sort_unstable_by_key(|member| member.entry.rank);
        let mut net = std::mem::take(&mut self.scratch.net);
        let mut involved = std::mem::take(&mut self.scratch.involved);
        for Member { sender, entry } in members.iter() {
            involved.insert(sender.index());
            involved.insert(entry.receiver.index());
            net[sender.index()] -= entry.amount;
            net[entry.receiver.index()] += entry.amount;
        }
        let holds_back = self.rails[rail.index()].holds_back();
        for at in involved.iter() {
            let agent = AgentId::from_index(at);
            match std::mem::take(&mut net[at]) {
                gain if gain > 0 && holds_back => self.hold_back(agent, gain),
                gain => self.ledger.book(agent, gain),
            }
        }
        for Member { sender, entry } in members.iter() {
            let urgent = entry.priority >= URGENT;
            (self.ledger).count_settled(*sender, entry.receiver, entry.amount, urgent);
            self.note_settled(*sender, entry, rail, method);
        }
        for at in involved.iter() {
            self.ledger.take_peaks(AgentId::from_index(at));
            self.wake(AgentId::from_index(at));
        }
        let short = |member: &Member| self.ledger.accounts[member.sender.index()].available() < 0;
        if members.iter().any(short) {
            return Err(self.broken("a sender ends a settlement with available >= 0"));
        }
        involved.clear();
        self.scratch.net = net;
        self.scratch.involved = involved;
        members.clear();
        Ok(())
    }

    /// Works off the plain queue: the cyclic walk over the changed senders, rail by rail.
    pub fn work_off(&mut self) -> Result<(), RunError> {
        while self.changed {
            self.changed = false;
            for rail in 0..self.rails.len() {
                if self.rails[rail].immediate.is_none() {
                    continue;
                }
                let mut from = 0;
                while let Some(sender) = self.rails[rail].changed.next_from(from) {
                    self.rails[rail].changed.remove(sender);
                    self.settle_from(RailId(rail as u8), AgentId::from_index(sender))?;
                    from = sender + 1;
                }
            }
        }
        Ok(())
    }

    /// Settles from one sender's queue as long as something may.
    fn settle_from(&mut self, rail: RailId, sender: AgentId) -> Result<(), RunError> {
        while let Some(entry) = self.take_settleable(rail, sender) {
            self.left_queue(sender, 1, entry.amount);
            self.settle_alone(sender, &entry, rail)?;
        }
        Ok(())
    }

    /// Takes the payment that settles next out of the sender's queue, if one may.
    fn take_settleable(&mut self, rail: RailId, sender: AgentId) -> Option<Entry> {
        let available = self.ledger.accounts[sender.index()].available();
        let system = &self.rails[rail.index()];
        if available < system.heads[sender.index()].needs {
            return None;
        }
        let queue = system.queue(sender);
        let bypass = (system.immediate.as_ref())?.discipline == Discipline::Bypass;
        if !bypass {
            self.obstacle(sender, queue.head()?).is_ok().then_some(())?;
            return self.rails[rail.index()].pop(sender);
        }
        let may =
            |entry: &&Entry| entry.amount <= available && self.obstacle(sender, entry).is_ok();
        let next = *queue.iter().find(may)?;
        self.rails[rail.index()].take(sender, next.priority, next.rank)
    }
}

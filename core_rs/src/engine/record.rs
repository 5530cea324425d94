//! What happened: every event goes into the digest, and 5 bytes of it are kept until drained.

use crate::engine::digest::{Chain, Record};
use crate::engine::facts::{Detail, Fact, reason};
use crate::engine::payments::Payments;
use crate::engine::results::EventColumns;
use crate::engine::scenario::Scenario;
use crate::engine::units::{AgentId, PaymentId, RailId};

/// Types of event; codes as in `results::EVENT_TYPES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A payment arrived in its bank's queue.
    Arrived,
    /// It was replaced by its parts.
    Split,
    /// Its bank submitted it, in a later tick than it arrived, or after it was held.
    Released,
    /// It went back to its bank's queue.
    Held,
    /// It entered a rail's queue.
    Queued,
    /// It settled.
    Settled,
    /// It still waited at the end of its deadline tick.
    Overdue,
    /// It was dropped.
    Dropped,
    /// Its priority changed.
    Reprioritised,
    /// An intervention took effect.
    Intervened,
    /// An intervention found nothing to act on.
    Refused,
    /// A gain held back was booked.
    Credited,
    /// A day ended.
    DayClosed,
}

const KINDS: [Kind; 13] = [
    Kind::Arrived,
    Kind::Split,
    Kind::Released,
    Kind::Held,
    Kind::Queued,
    Kind::Settled,
    Kind::Overdue,
    Kind::Dropped,
    Kind::Reprioritised,
    Kind::Intervened,
    Kind::Refused,
    Kind::Credited,
    Kind::DayClosed,
];

/// What the events of a payment say of it.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Which.
    pub payment: PaymentId,
    /// Who pays.
    pub sender: AgentId,
    /// Who is paid.
    pub receiver: AgentId,
    /// Cents.
    pub amount: i64,
}

impl Subject {
    #[inline(always)]
    fn of(payments: &Payments, payment: PaymentId) -> Self {
        let at = payment.index();
        Self {
            payment,
            sender: payments.sender[at],
            receiver: payments.receiver[at],
            amount: payments.amount[at],
        }
    }
}

/// What of an event cannot be read off its payment.
#[derive(Clone, Copy, Debug)]
struct Side {
    agent: u16,
    reason: u8,
    amount: i64,
}

/// Events since the last drain, and the digest over all.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub(super) chain: Chain,
    /// Events moved out so far.
    drained: u64,
    /// Kind in the low half, method in the high half.
    kinds: Vec<u8>,
    payments: Vec<PaymentId>,
    /// Events that have one, in the order of events.
    sides: Vec<Side>,
    /// (tick, number of the first event held of it).
    marks: Vec<(u32, usize)>,
    /// Number of the first event held of the tick that runs.
    unmarked: usize,
    /// Of the agents before the first event held; empty = the opening balances.
    balances: Vec<i64>,
}

/// Most events there is room for from the start; more than are ever held undrained.
const MOST_EXPECTED: usize = 60_000_000;
const NO_PAYMENT: PaymentId = PaymentId(u32::MAX);
const NO_AGENT: AgentId = AgentId(u16::MAX);

fn has_side(kind: u8) -> bool {
    matches!(
        kind & 0xf,
        // Reprioritised, Intervened, Refused, Credited, DayClosed: the last in the list.
        8..=12
    )
}

impl Log {
    /// A log with room, not yet touched, for the events of so many payments: growing would copy
    /// what is there.
    #[must_use]
    pub fn expecting(payments: usize) -> Self {
        let events = (3 * payments).min(MOST_EXPECTED);
        Self {
            kinds: Vec::with_capacity(events),
            payments: Vec::with_capacity(events),
            ..Self::default()
        }
    }

    /// A log that goes on after the events of `chain`.
    #[must_use]
    pub fn resumed(chain: Chain, balances: Vec<i64>) -> Self {
        Self {
            drained: chain.records(),
            chain,
            balances,
            ..Self::default()
        }
    }

    /// Goes back before the first event.
    pub fn begin_again(&mut self) {
        self.clear(std::iter::empty());
        self.drained = 0;
        self.chain.begin_again();
    }

    #[inline]
    fn keep(&mut self, kind: u8, payment: PaymentId) {
        self.kinds.push(kind);
        self.payments.push(payment);
    }

    /// Notes that the events since the last close were of `tick`.
    pub fn close_tick(&mut self, tick: u32) {
        if self.kinds.len() > self.unmarked {
            self.marks.push((tick, self.unmarked));
            self.unmarked = self.kinds.len();
        }
    }

    /// A payment's event.
    #[inline(always)]
    pub fn payment(
        &mut self,
        tick: u32,
        kind: Kind,
        payments: &Payments,
        payment: PaymentId,
        detail: Detail,
    ) {
        self.about(tick, kind, &Subject::of(payments, payment), detail);
    }

    /// An event about a payment; `extra` goes into the digest only. Inlined always: the detail
    /// would else go through memory byte by byte and be read back as words.
    #[inline(always)]
    pub fn about(&mut self, tick: u32, kind: Kind, subject: &Subject, detail: Detail) {
        self.chain.push(&Record {
            tick,
            kind: kind as u8,
            method: detail.method,
            rail: detail.rail.0,
            reason: detail.reason,
            payment: subject.payment.0,
            agent: subject.sender.0,
            counterparty: subject.receiver.0,
            amount: subject.amount,
            extra: detail.extra,
        });
        let method = if kind == Kind::Settled {
            detail.method << 4
        } else {
            0xf0
        };
        self.keep(kind as u8 | method, subject.payment);
        if has_side(kind as u8) {
            self.sides.push(Side {
                agent: subject.sender.0,
                reason: detail.reason,
                amount: detail.extra as i64,
            });
        }
    }

    /// An event that is about an agent, or about all (`agent` 65,535).
    pub fn other(&mut self, tick: u32, kind: Kind, fact: Fact) {
        self.chain.push(&Record {
            tick,
            kind: kind as u8,
            method: reason::NONE,
            rail: RailId::NONE.0,
            reason: fact.reason,
            payment: fact.payment.0,
            agent: fact.agent.0,
            counterparty: NO_AGENT.0,
            amount: fact.amount,
            extra: fact.extra,
        });
        self.keep(kind as u8 | 0xf0, fact.payment);
        self.sides.push(Side {
            agent: fact.agent.0,
            reason: fact.reason,
            amount: fact.amount,
        });
    }

    /// Bytes held.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.kinds.len() * 5
            + self.sides.len() * size_of::<Side>()
            + self.marks.len() * size_of::<(u32, usize)>()
    }

    /// Payments that left since the last drain, in the order in which they left.
    #[must_use]
    pub fn left(&self) -> Vec<PaymentId> {
        (self.kinds.iter().zip(&self.payments))
            .filter(|(kind, _)| {
                matches!(
                    KINDS[usize::from(**kind & 0xf)],
                    Kind::Settled | Kind::Dropped
                )
            })
            .map(|(_, &payment)| payment)
            .collect()
    }

    /// Forgets what is held; the agents stand at `balances`.
    pub fn clear(&mut self, balances: impl Iterator<Item = i64>) {
        self.balances.clear();
        self.balances.extend(balances);
        self.drained += self.kinds.len() as u64;
        self.kinds.clear();
        self.payments.clear();
        self.sides.clear();
        self.marks.clear();
        self.unmarked = 0;
    }

    /// Balance of an agent before the first event held.
    #[must_use]
    pub fn balance_before(&self, agent: AgentId, scenario: &Scenario) -> i64 {
        (self.balances.get(agent.index()).copied())
            .unwrap_or_else(|| scenario.agents[agent.index()].balance.0)
    }

    /// What moved an agent's balance in the events held, with the ticks, in order: settlements
    /// and transfers. (Gains held back are booked in the tick of their settlement.)
    pub fn balance_moves(
        &self,
        payments: &Payments,
        agent: AgentId,
    ) -> impl Iterator<Item = (u32, i64)> {
        let mut sides = self.sides.iter();
        self.walk().filter_map(move |(tick, code, payment)| {
            let side = if has_side(code) { sides.next() } else { None };
            let at = payment.index();
            let moved = match KINDS[usize::from(code & 0xf)] {
                Kind::Settled if payments.sender[at] == agent => -payments.amount[at],
                Kind::Settled if payments.receiver[at] == agent => payments.amount[at],
                Kind::Intervened => side
                    .filter(|side| side.agent == agent.0 && side.reason == reason::TRANSFER)
                    .map_or(0, |side| side.amount),
                _ => 0,
            };
            (moved != 0).then_some((tick, moved))
        })
    }

    fn walk(&self) -> impl Iterator<Item = (u32, u8, PaymentId)> {
        let ends = (self.marks.iter().skip(1).map(|mark| mark.1)).chain([self.kinds.len()]);
        (self.marks.iter().zip(ends)).flat_map(move |(&(tick, from), to)| {
            (from..to).map(move |at| (tick, self.kinds[at], self.payments[at]))
        })
    }

    /// What is held as wide columns; `route` says which rail a payment goes to.
    #[must_use]
    pub fn columns(
        &self,
        payments: &Payments,
        route: impl Fn(PaymentId) -> RailId,
    ) -> EventColumns {
        let mut columns = EventColumns::with_room(self.kinds.len());
        let mut sides = self.sides.iter();
        for (seq, (tick, code, payment)) in (self.drained..).zip(self.walk()) {
            let kind = KINDS[usize::from(code & 0xf)];
            let side = if has_side(code) { sides.next() } else { None };
            columns.seq.push(seq);
            columns.tick.push(tick);
            columns.kind.push(code & 0xf);
            columns.method.push(match code >> 4 {
                0xf => -1,
                method => method as i8,
            });
            let mut row = Row::of(payments, payment, &route);
            match kind {
                Kind::Dropped => row.reason = i16::from(payments.detail(payment)),
                Kind::Held => row.reason = i16::from(reason::HELD),
                _ => {}
            }
            if let Some(side) = side {
                row.take(side, kind);
            }
            columns.payment.push(row.payment);
            columns.agent.push(row.agent);
            columns.counterparty.push(row.counterparty);
            columns.rail.push(row.rail);
            columns.amount.push(row.amount);
            columns.reason.push(row.reason);
        }
        columns
    }
}

struct Row {
    payment: i64,
    agent: i32,
    counterparty: i32,
    rail: i16,
    amount: i64,
    reason: i16,
}

impl Row {
    fn of(payments: &Payments, payment: PaymentId, route: impl Fn(PaymentId) -> RailId) -> Self {
        if payment == NO_PAYMENT {
            return Self {
                payment: -1,
                agent: -1,
                counterparty: -1,
                rail: -1,
                amount: 0,
                reason: -1,
            };
        }
        let at = payment.index();
        Self {
            payment: i64::from(payment.0),
            agent: i32::from(payments.sender[at].0),
            counterparty: i32::from(payments.receiver[at].0),
            rail: i16::from(route(payment).0),
            amount: payments.amount[at],
            reason: -1,
        }
    }

    fn take(&mut self, side: &Side, kind: Kind) {
        if side.reason != reason::NONE {
            self.reason = i16::from(side.reason);
        }
        if kind != Kind::Reprioritised {
            self.amount = side.amount;
            self.agent = if side.agent == NO_AGENT.0 {
                -1
            } else {
                i32::from(side.agent)
            };
        }
    }
}

//! What an event says, and the codes it says it in.

use crate::engine::units::{AgentId, PaymentId, RailId};

/// Codes as in `results::REASONS`.
pub mod reason {
    /// Held by an intervention.
    pub const HELD: u8 = 0;
    /// Its bank is in an outage.
    pub const OUTAGE: u8 = 1;
    /// Its bank's policy has not released it.
    pub const NOT_YET_RELEASED: u8 = 2;
    /// Another payment of its sender blocks it.
    pub const BEHIND_HEAD: u8 = 3;
    /// Its sender lacks liquidity.
    pub const LIQUIDITY: u8 = 4;
    /// What its sender has is reserved for urgent payments.
    pub const RESERVATION: u8 = 5;
    /// Its sender's limit on this receiver.
    pub const BILATERAL_LIMIT: u8 = 6;
    /// Its sender's limit on all.
    pub const MULTILATERAL_LIMIT: u8 = 7;
    /// A deferred-net rail settles later.
    pub const AWAITING_SETTLEMENT: u8 = 8;
    /// Dropped by an intervention.
    pub const CANCELLED: u8 = 9;
    /// Dropped by `end_of_day: reject`.
    pub const END_OF_DAY: u8 = 10;
    /// No payment has that id yet.
    pub const NO_SUCH_PAYMENT: u8 = 11;
    /// It settled or was dropped before.
    pub const ALREADY_LEFT: u8 = 12;
    /// All is so already.
    pub const NOTHING_TO_DO: u8 = 13;
    /// A payment has that id already.
    pub const DUPLICATE_ID: u8 = 14;
    /// A sum of money would leave its bounds.
    pub const TOO_MUCH: u8 = 15;
    /// The first of the interventions, in the order of `scenario::Event`.
    pub const FIRST_INTERVENTION: u8 = 16;
    /// A transfer of liquidity.
    pub const TRANSFER: u8 = 17;
    /// None.
    pub const NONE: u8 = u8::MAX;
}

/// How a payment settled; codes as in `results::METHODS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Method {
    /// Alone.
    Gross,
    /// In a pair of prefixes, or against one payment at entry.
    Bilateral,
    /// By gridlock resolution on an immediate rail.
    Multilateral,
    /// By a deferred-net rail.
    Net,
}

/// What a payment's event says besides the payment.
#[derive(Clone, Copy, Debug)]
pub struct Detail {
    /// `Method`, or the priority of an arrival; 255 = none.
    pub method: u8,
    /// Where.
    pub rail: RailId,
    /// `reason`.
    pub reason: u8,
    /// By type; goes into the digest only.
    pub extra: u64,
}

impl Detail {
    /// Nothing more.
    pub const NONE: Self = Self {
        method: reason::NONE,
        rail: RailId::NONE,
        reason: reason::NONE,
        extra: 0,
    };

    /// It happened on a rail.
    #[must_use]
    pub fn on(rail: RailId) -> Self {
        Self { rail, ..Self::NONE }
    }

    /// It settled on a rail.
    #[must_use]
    pub fn settled(rail: RailId, method: Method) -> Self {
        Self {
            method: method as u8,
            rail,
            ..Self::NONE
        }
    }

    /// For a reason.
    #[must_use]
    pub fn because(reason: u8) -> Self {
        Self {
            reason,
            ..Self::NONE
        }
    }

    /// With a number of its own.
    #[must_use]
    pub fn with(self, extra: u64) -> Self {
        Self { extra, ..self }
    }
}

/// What an event that is not a payment's says.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// Whom it is about; 65,535 = all.
    pub agent: AgentId,
    /// The payment acted on, if it is known; `u32::MAX` = none.
    pub payment: PaymentId,
    /// `reason`.
    pub reason: u8,
    /// Cents.
    pub amount: i64,
    /// By type.
    pub extra: u64,
}

impl Fact {
    /// Nothing but the reason.
    #[must_use]
    pub fn because(reason: u8) -> Self {
        Self {
            agent: AgentId(u16::MAX),
            payment: PaymentId(u32::MAX),
            reason,
            amount: 0,
            extra: 0,
        }
    }
}

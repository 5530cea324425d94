//! The engine's numbers: money, time and dense ids, each a type of its own.

use serde::{Deserialize, Serialize};

/// Money in integer minor units ("cents").
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct Amount(pub i64);

/// A tick counted from the start of the run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct Tick(pub u32);

impl Tick {
    /// Stands for "no deadline", "not yet".
    pub const NEVER: Self = Self(u32::MAX);
}

/// Index into `Scenario::agents`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct AgentId(pub u16);

/// Index into `Scenario::rails`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct RailId(pub u8);

impl RailId {
    /// Stands for "not named".
    pub const NONE: Self = Self(u8::MAX);
}

/// Dense number of a payment, in order of creation.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct PaymentId(pub u32);

/// A rate or share in billionths.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct Rate(pub u64);

/// A cost multiplier in hundredths, 0..=10_000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Hundredths(pub u32);

impl Default for Hundredths {
    fn default() -> Self {
        Self(100)
    }
}

macro_rules! dense {
    ($($id:ident)*) => {$(
        impl $id {
            /// As an index into columns.
            #[inline]
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

dense!(AgentId RailId PaymentId);

impl AgentId {
    /// The id of the agent at `index`; the scenario has at most 10,000 agents.
    #[inline]
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        debug_assert!(index <= usize::from(u16::MAX));
        Self(index as u16)
    }
}

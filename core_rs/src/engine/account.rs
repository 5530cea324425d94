//! A settlement account, and the terms on which its agent may use it.

use serde::{Deserialize, Serialize};

use crate::engine::scenario::{AgentSpec, Limits};
use crate::engine::units::AgentId;

/// No limit.
pub const UNLIMITED: i64 = i64::MAX;

/// One agent's account: all that settling one payment reads and writes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[repr(align(64))]
pub struct Account {
    pub(super) balance: i64,
    /// Credit line plus value of collateral, at most `i64::MAX`.
    pub(super) headroom: i64,
    /// Gains that `crediting: end_of_tick` books in step 7.
    pub(super) held_back: i64,
    /// Value settled today as sender.
    pub(super) sent_today: i64,
    /// Value settled today as receiver.
    pub(super) received_today: i64,
    /// Largest sent - received of the day, at least 0.
    pub(super) peak_debit: i64,
    /// Largest received - sent of the day, at least 0.
    pub(super) peak_credit: i64,
    /// What is left of the reservation for urgent payments.
    pub(super) reservation_left: i64,
    /// Largest net outflow of a day, or `UNLIMITED`.
    pub(super) multilateral_limit: i64,
    /// Value waiting in Queue 2 of all rails.
    pub(super) queued_value: i64,
    /// Payments waiting in Queue 2 of all rails.
    pub(super) queued: u32,
    /// Payments waiting in Queue 1.
    pub(super) pending: u32,
    /// Value waiting in Queue 1.
    pub(super) pending_value: i64,
    /// Whether limits or a reservation bind at all.
    pub(super) bound: bool,
    /// Whether something changed in this tick.
    #[serde(skip)]
    pub(super) touched: bool,
    /// Whether what the agent's policy looks at has changed since it last released nothing.
    #[serde(skip)]
    pub(super) stirred: bool,
}

impl Account {
    /// What can still be sent.
    #[inline]
    #[must_use]
    pub fn available(&self) -> i64 {
        self.balance.saturating_add(self.headroom)
    }

    /// Takes over what the terms say.
    pub(super) fn follow(&mut self, terms: &Terms) {
        self.headroom = terms.headroom();
        self.multilateral_limit = (terms.limits.multilateral).map_or(UNLIMITED, |limit| limit.0);
        self.bound = terms.bind();
    }

    /// Sent - received today.
    #[inline]
    #[must_use]
    pub fn net_sent_today(&self) -> i64 {
        self.sent_today - self.received_today
    }

    /// Counts what was sent; says by how much the net debit rose.
    #[inline]
    pub(super) fn send(&mut self, amount: i64, urgent: bool) -> i64 {
        let before = self.net_sent_today();
        self.sent_today += amount;
        if urgent {
            self.reservation_left = (self.reservation_left - amount).max(0);
        }
        (before + amount).max(0) - before.max(0)
    }

    /// Counts what was received; says by how much the net debit fell.
    #[inline]
    pub(super) fn receive(&mut self, amount: i64) -> i64 {
        let before = self.net_sent_today();
        self.received_today += amount;
        before.max(0) - (before - amount).max(0)
    }
}

/// What an agent may use besides its balance, and its limits; changes only by intervention.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Terms {
    pub(super) credit_limit: i64,
    pub(super) posted: i64,
    /// floor(posted * (1 - haircut)).
    pub(super) collateral: i64,
    pub(super) limits: Limits,
    pub(super) reservation: i64,
}

impl Terms {
    pub(super) fn new(spec: &AgentSpec) -> Self {
        let billion = 1_000_000_000_i128;
        let kept = billion - i128::from(spec.haircut.0);
        Self {
            credit_limit: spec.credit_limit.0,
            posted: spec.posted.0,
            collateral: (i128::from(spec.posted.0) * kept / billion) as i64,
            limits: spec.limits.clone(),
            reservation: spec.reservation_urgent.0,
        }
    }

    /// Credit line plus value of collateral.
    #[must_use]
    pub fn headroom(&self) -> i64 {
        self.credit_limit.saturating_add(self.collateral)
    }

    /// The limit on net payments to `receiver`, if there is one.
    #[must_use]
    pub fn bilateral(&self, receiver: AgentId) -> Option<i64> {
        let limits = &self.limits.bilateral;
        let at = limits.binary_search_by_key(&receiver, |limit| limit.0);
        at.ok().map(|at| limits[at].1.0)
    }

    /// Whether limits or a reservation bind at all.
    #[must_use]
    pub fn bind(&self) -> bool {
        self.reservation > 0
            || self.limits.multilateral.is_some()
            || !self.limits.bilateral.is_empty()
    }
}

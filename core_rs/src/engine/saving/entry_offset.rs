//! `entry_offset`: a payment that cannot settle at entry, against one that waits the other way.

use crate::engine::kernel::Kernel;
use crate::engine::scenario::Discipline;
use crate::engine::units::{PaymentId, RailId};

use super::bilateral::Side;

impl Kernel {
    /// The first waiting payment of the receiver back to the sender, if nothing of the sender to
    /// the same receiver is ahead of `payment` and the two may settle as a set.
    pub fn offsetting(&self, payment: PaymentId, rail: RailId) -> Option<PaymentId> {
        let own = self.entry_of(payment);
        let sender = self.payments.sender[payment.index()];
        let system = &self.rails[rail.index()];
        let pairs = system.pairs.as_ref()?;
        let discipline = system.immediate.as_ref()?.discipline;
        if discipline != Discipline::Bypass && pairs.has_ahead(sender, &own) {
            return None;
        }
        let back = pairs.lane(own.receiver, sender)?.first()?;
        let (ours, theirs) = (Side::of([&own]), Side::of([back]));
        let holds_back = system.holds_back();
        let feasible = !self.side_fails(sender, own.receiver, &ours, &theirs, holds_back)
            && !self.side_fails(own.receiver, sender, &theirs, &ours, holds_back);
        feasible.then_some(back.payment)
    }
}

//! `entry_offset`: a payment that cannot settle at entry, against one that waits the other way.

use crate::engine::kernel::Kernel;
use crate::engine::lanes::Entry;
use crate::engine::scenario::Discipline;
use crate::engine::units::{PaymentId, RailId};

use super::bilateral::Side;

impl Kernel {
    /// The first waiting payment of the receiver back to the sender, if nothing of the sender to
    /// the same receiver is ahead of `payment` and the two may settle as a set.
    pub fn offsetting(&mut self, payment: PaymentId, rail: RailId) -> Option<PaymentId> {
        let own = self.entry_of(payment);
        let sender = self.payments.sender[payment.index()];
        let system = &mut self.rails[rail.index()];
        let discipline = system.immediate.as_ref()?.discipline;
        let pairs = system.pairs.as_mut()?;
        pairs.catch_up();
        let side = pairs.side(sender, own.receiver);
        let back = *pairs.lane(side ^ 1).first()?;
        let queue = &system.queues[sender.index()];
        let is_ahead = |first: &Entry| queue.key(first) < queue.key(&own);
        if discipline != Discipline::Bypass && pairs.lane(side).first().is_some_and(is_ahead) {
            return None;
        }
        let (ours, theirs) = (Side::of([&own]), Side::of([&back]));
        let holds_back = self.rails[rail.index()].holds_back();
        let feasible = !self.side_fails(sender, own.receiver, &ours, &theirs, holds_back)
            && !self.side_fails(own.receiver, sender, &theirs, &ours, holds_back);
        feasible.then_some(back.payment)
    }
}

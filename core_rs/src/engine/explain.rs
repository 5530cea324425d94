//! Why does it wait (model, section 12).

use crate::engine::errors::Refusal;
use crate::engine::facts::reason;
use crate::engine::kernel::Kernel;
use crate::engine::payments::Status;
use crate::engine::results::Explanation;
use crate::engine::scenario::Discipline;
use crate::engine::units::{Amount, PaymentId, RailId, Tick};

impl Kernel {
    /// Why a payment waits: the first reason that applies.
    ///
    /// # Errors
    /// [`Refusal::NoSuchPayment`].
    pub fn explain(&self, id: &str) -> Result<Explanation, Refusal> {
        let payment = self
            .find(id)
            .ok_or_else(|| Refusal::NoSuchPayment(id.to_owned()))?;
        let mut answer = Explanation {
            payment: self.id(payment),
            status: 0,
            reason: None,
            missing: None,
            head: None,
            head_reason: None,
            settles_at: None,
            bilateral_would_settle: None,
            multilateral_would_settle: None,
            parts: Vec::new(),
        };
        match self.payments.status(payment) {
            Status::Pending => answer.reason = Some(self.pending_reason(payment)),
            Status::Queued => {
                answer.status = 1;
                self.explain_queued(payment, &mut answer);
            }
            Status::Settled => answer.status = 2,
            Status::Dropped => answer.status = 3,
            Status::Split => {
                answer.status = Explanation::SPLIT;
                let split = self.payments.parts_of(payment);
                let parts = split.map_or(0..0, |split| split.first.0..split.first.0 + split.parts);
                answer.parts = parts.map(|part| self.id(PaymentId(part))).collect();
            }
            Status::Gone => return Err(Refusal::NoSuchPayment(id.to_owned())),
        }
        Ok(answer)
    }

    fn explain_queued(&self, payment: PaymentId, answer: &mut Explanation) {
        let rail = self.payments.rail[payment.index()];
        answer.multilateral_would_settle = Some(self.resolvable(rail).contains(&payment));
        let Some(immediate) = &self.rails[rail.index()].immediate else {
            answer.reason = Some(reason::AWAITING_SETTLEMENT);
            answer.settles_at = self.next_settlement(rail);
            return;
        };
        let sender = self.payments.sender[payment.index()];
        let receiver = self.payments.receiver[payment.index()];
        let pair = self.matching_prefixes(rail, sender, receiver);
        answer.bilateral_would_settle = Some(pair.iter().any(|entry| entry.payment == payment));
        let head = self.rails[rail.index()].queue(sender).head();
        let head = head.map_or(payment, |head| head.payment);
        if immediate.discipline != Discipline::Bypass && head != payment {
            answer.reason = Some(reason::BEHIND_HEAD);
            answer.head = Some(self.id(head));
            answer.head_reason = (self.may_settle(head).err())
                .map(|obstacle| (obstacle.reason, Some(Amount(obstacle.missing))));
        } else if let Err(obstacle) = self.may_settle(payment) {
            answer.reason = Some(obstacle.reason);
            answer.missing = Some(Amount(obstacle.missing));
        }
    }

    /// The next tick in which a deferred-net rail settles.
    fn next_settlement(&self, rail: RailId) -> Option<Tick> {
        let settle_at = &self.rails[rail.index()].settle_at;
        let (now, day) = (self.tick_of_day(), self.scenario.ticks_per_day);
        let first = settle_at.first()?;
        let later = settle_at.iter().find(|&&tick| tick >= now);
        let tick = self.tick - now + later.map_or(first + day, |tick| *tick);
        (tick < self.ticks).then_some(Tick(tick))
    }
}

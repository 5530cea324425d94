//! Step 1: events of the file and interventions take effect (model, section 8).

use crate::engine::costs::CostKind;
use crate::engine::errors::RunError;
use crate::engine::facts::{Detail, Fact, reason};
use crate::engine::kernel::Kernel;
use crate::engine::ledger::MOST_MONEY;
use crate::engine::payments::{Order, Status, mark};
use crate::engine::record::Kind;
use crate::engine::scenario::Event;
use crate::engine::units::{AgentId, PaymentId, RailId, Tick};

/// What an event came to: whom and how much it concerned, or why it changed nothing.
type Outcome = Result<(Option<AgentId>, i64), u8>;

/// The code of an event, in the order of `results::REASONS`.
#[must_use]
pub fn code(event: &Event) -> u8 {
    let number = match event {
        Event::InjectPayment { .. } => 0,
        Event::TransferLiquidity { .. } => 1,
        Event::SetCreditLimit { .. } => 2,
        Event::SetArrivalRate { .. } => 3,
        Event::Outage { .. } => 4,
        Event::Recover { .. } => 5,
        Event::SetPolicy { .. } => 6,
        Event::SetLimits { .. } => 7,
        Event::SetLiquiditySaving { .. } => 8,
        Event::HoldPayment { .. } => 9,
        Event::ReleasePayment { .. } => 10,
        Event::CancelPayment { .. } => 11,
        Event::ReprioritisePayment { .. } => 12,
    };
    reason::FIRST_INTERVENTION + number
}

impl Kernel {
    /// Step 1: the file's events of this tick in file order, then interventions by sequence.
    pub fn intervene(&mut self) -> Result<(), RunError> {
        let scenario = std::sync::Arc::clone(&self.scenario);
        while let Some((event, number)) = self.schedule.pop(&scenario.events, self.tick) {
            let code = code(&event);
            let outcome = self.carry_out(event)?;
            let (kind, fact) = match outcome {
                Ok((agent, amount)) => (
                    Kind::Intervened,
                    Fact {
                        agent: agent.unwrap_or(AgentId(u16::MAX)),
                        amount,
                        extra: number,
                        ..Fact::because(code)
                    },
                ),
                Err(why) => (
                    Kind::Refused,
                    Fact {
                        amount: i64::from(code),
                        extra: number,
                        ..Fact::because(why)
                    },
                ),
            };
            self.log.other(self.tick, kind, fact);
        }
        Ok(())
    }

    fn carry_out(&mut self, event: Event) -> Result<Outcome, RunError> {
        Ok(match event {
            Event::InjectPayment { .. } => return self.inject(event),
            Event::TransferLiquidity { agent, amount } => {
                return self.transfer_liquidity(agent, amount.0);
            }
            Event::SetCreditLimit {
                agent,
                credit_limit,
            } => {
                self.ledger.set_credit_limit(agent, credit_limit);
                self.reconsider(agent);
                Ok((Some(agent), credit_limit.0))
            }
            Event::SetArrivalRate { agent, multiplier } => {
                match self.arrivals.set_rate(Tick(self.tick), agent, multiplier) {
                    Ok(true) => Ok((agent, 0)),
                    Ok(false) | Err(_) => Err(reason::NOTHING_TO_DO),
                }
            }
            Event::Outage { agent } => self.set_outage(agent, true),
            Event::Recover { agent } => self.set_outage(agent, false),
            Event::SetPolicy { agent, policy } => {
                self.desks[agent.index()].policy = policy;
                self.reconsider(agent);
                Ok((Some(agent), 0))
            }
            Event::SetLimits { agent, limits } => {
                self.ledger.set_limits(agent, limits);
                self.reconsider(agent);
                Ok((Some(agent), 0))
            }
            Event::SetLiquiditySaving {
                rail,
                saving,
                lsm_every_ticks,
            } => {
                if self.rails[rail.index()].set_saving(saving, lsm_every_ticks) {
                    Ok((None, 0))
                } else {
                    Err(reason::NOTHING_TO_DO)
                }
            }
            Event::HoldPayment { payment } => self.each_part(&payment, Self::hold)?,
            Event::ReleasePayment { payment } => self.each_part(&payment, Self::command)?,
            Event::CancelPayment { payment } => self.each_part(&payment, Self::cancel)?,
            Event::ReprioritisePayment { payment, priority } => {
                self.each_part(&payment, |kernel, part| kernel.reprioritise(part, priority))?
            }
        })
    }

    /// What the agent waits for may have come.
    fn reconsider(&mut self, agent: AgentId) {
        self.touch(agent);
        self.wake(agent);
        self.desks[agent.index()].quiet_until = 0;
    }

    fn inject(&mut self, event: Event) -> Result<Outcome, RunError> {
        let Event::InjectPayment {
            sender,
            receiver,
            amount,
            id,
            deadline_tick,
            priority,
            divisible,
            rail,
        } = event
        else {
            return Ok(Err(reason::NOTHING_TO_DO));
        };
        let own = format!("X{}", self.payments.next_arrival_number());
        if self.find(id.as_deref().unwrap_or(&own)).is_some() {
            return Ok(Err(reason::DUPLICATE_ID));
        }
        if self.totals.arrived_value > MOST_MONEY - amount.0 {
            return Ok(Err(reason::TOO_MUCH));
        }
        let payment = self.arrive(&Order {
            sender,
            receiver,
            amount,
            arrival: Tick(self.tick),
            deadline: deadline_tick.unwrap_or(Tick::NEVER),
            priority,
            rail: rail.unwrap_or(RailId::NONE),
            divisible,
        })?;
        self.payments.injected.push((payment, id));
        self.put_pending(payment)?;
        Ok(Ok((Some(sender), amount.0)))
    }

    fn transfer_liquidity(&mut self, agent: AgentId, amount: i64) -> Result<Outcome, RunError> {
        let account = &self.ledger.accounts[agent.index()];
        if amount < 0 && account.available() < -amount {
            return Ok(Err(reason::LIQUIDITY));
        }
        let bound = i128::from(MOST_MONEY);
        let sum = self.ledger.expected_sum + i128::from(amount);
        let balance = i128::from(account.balance) + i128::from(amount);
        if sum.abs() > bound || balance.abs() > bound {
            return Ok(Err(reason::TOO_MUCH));
        }
        self.ledger.book(agent, amount);
        self.ledger.expected_sum = sum;
        self.charge(agent, CostKind::Liquidity, self.costs.liquidity(amount))?;
        self.reconsider(agent);
        Ok(Ok((Some(agent), amount)))
    }

    fn set_outage(&mut self, agent: AgentId, outage: bool) -> Outcome {
        let desk = &mut self.desks[agent.index()];
        if desk.outage == outage {
            return Err(reason::NOTHING_TO_DO);
        }
        desk.outage = outage;
        self.reconsider(agent);
        Ok((Some(agent), 0))
    }

    /// Acts on a payment, or on all unsettled parts of one that was split.
    fn each_part(
        &mut self,
        id: &str,
        mut act: impl FnMut(&mut Self, PaymentId) -> Result<bool, RunError>,
    ) -> Result<Outcome, RunError> {
        let Some(payment) = self.find(id) else {
            return Ok(Err(reason::NO_SUCH_PAYMENT));
        };
        let parts: Vec<PaymentId> = match self.payments.status(payment) {
            Status::Split => (self.payments.parts_of(payment))
                .map(|split| split.first.0..split.first.0 + split.parts)
                .unwrap_or_default()
                .map(PaymentId)
                .filter(|&part| self.payments.waits(part))
                .collect(),
            Status::Pending | Status::Queued => vec![payment],
            _ => Vec::new(),
        };
        let Some(&first) = parts.first() else {
            return Ok(Err(reason::ALREADY_LEFT));
        };
        let (mut acted, mut value) = (false, 0);
        let sender = self.payments.sender[first.index()];
        for part in parts {
            if act(self, part)? {
                acted = true;
                value += self.payments.amount[part.index()];
            }
        }
        if !acted {
            return Ok(Err(reason::NOTHING_TO_DO));
        }
        self.reconsider(sender);
        Ok(Ok((Some(sender), value)))
    }

    /// Back to Queue 1 until released.
    fn hold(&mut self, payment: PaymentId) -> Result<bool, RunError> {
        if self.payments.has(payment, mark::HELD) {
            return Ok(false);
        }
        if self.payments.status(payment) == Status::Queued {
            self.take_queued(payment);
            self.put_pending(payment)?;
        }
        self.payments.set(payment, mark::HELD);
        self.payments.clear(payment, mark::COMMANDED);
        let detail = Detail::because(reason::HELD);
        (self.log).payment(self.tick, Kind::Held, &self.payments, payment, detail);
        Ok(true)
    }

    /// To be released in step 3, whatever the policy.
    fn command(&mut self, payment: PaymentId) -> Result<bool, RunError> {
        let pending = self.payments.status(payment) == Status::Pending;
        if !pending || self.payments.has(payment, mark::COMMANDED) {
            return Ok(false);
        }
        self.payments.clear(payment, mark::HELD);
        self.payments.set(payment, mark::COMMANDED);
        Ok(true)
    }

    fn cancel(&mut self, payment: PaymentId) -> Result<bool, RunError> {
        let at = payment.index();
        let (sender, amount) = (self.payments.sender[at], self.payments.amount[at]);
        self.charge(sender, CostKind::Drop, self.costs.dropped(amount))?;
        self.drop(payment, reason::CANCELLED, self.tick);
        Ok(true)
    }

    fn reprioritise(&mut self, payment: PaymentId, priority: u8) -> Result<bool, RunError> {
        let at = payment.index();
        if self.payments.priority[at] == priority {
            return Ok(false);
        }
        let rail = self.payments.rail[at];
        let queued = self.payments.status(payment) == Status::Queued;
        if queued {
            self.take_queued(payment);
        } else {
            self.take_pending(payment);
        }
        self.stop_waiting(self.payments.sender[at], &self.entry_of(payment));
        self.payments.priority[at] = priority;
        if queued {
            self.put_queued(payment, rail)?;
            self.wake(self.payments.sender[at]);
        } else {
            self.put_pending(payment)?;
        }
        let detail = Detail::NONE.with(u64::from(priority));
        (self.log).payment(
            self.tick,
            Kind::Reprioritised,
            &self.payments,
            payment,
            detail,
        );
        Ok(true)
    }
}

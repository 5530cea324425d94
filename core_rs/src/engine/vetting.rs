//! Whether an intervention makes sense, as far as can be said before it is due.

use crate::engine::kernel::Kernel;
use crate::engine::ledger::MOST_MONEY;
use crate::engine::payments::MOST_AMOUNT;
use crate::engine::scenario::{Event, Limits, PolicySpec};
use crate::engine::units::{AgentId, Amount, RailId, Tick};

type Verdict = Result<(), &'static str>;

impl Kernel {
    /// Whether an event makes sense in `tick`.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn check_event(&self, tick: Tick, event: &Event) -> Verdict {
        match event {
            Event::InjectPayment { .. } => self.check_injected(tick, event),
            Event::SetArrivalRate { agent, .. } => {
                agent.map_or(Ok(()), |agent| self.check_agent(agent))
            }
            Event::TransferLiquidity { agent, amount } => {
                self.check_agent(*agent)?;
                check(
                    amount.0 != 0 && in_bounds(*amount),
                    "the amount is out of bounds",
                )
            }
            Event::SetCreditLimit {
                agent,
                credit_limit,
            } => {
                self.check_agent(*agent)?;
                check_not_negative(*credit_limit)
            }
            Event::Outage { agent } | Event::Recover { agent } => self.check_agent(*agent),
            Event::SetPolicy { agent, policy } => {
                self.check_agent(*agent)?;
                check_policy(policy)
            }
            Event::SetLimits { agent, limits } => {
                self.check_agent(*agent)?;
                self.check_limits(limits)
            }
            Event::SetLiquiditySaving {
                rail,
                lsm_every_ticks,
                ..
            } => {
                self.check_rail(*rail)?;
                let immediate = self.rails[rail.index()].immediate.is_some();
                check(immediate, "the rail settles net and saves no liquidity")?;
                check(
                    *lsm_every_ticks != Some(0),
                    "lsm_every_ticks is not at least 1",
                )
            }
            Event::ReprioritisePayment { priority, .. } => check_priority(*priority),
            Event::HoldPayment { .. }
            | Event::ReleasePayment { .. }
            | Event::CancelPayment { .. } => Ok(()),
        }
    }

    fn check_injected(&self, tick: Tick, event: &Event) -> Verdict {
        let Event::InjectPayment {
            sender,
            receiver,
            amount,
            deadline_tick,
            priority,
            rail,
            ..
        } = event
        else {
            return Ok(());
        };
        self.check_agent(*sender)?;
        self.check_agent(*receiver)?;
        check(sender != receiver, "sender and receiver are the same agent")?;
        let amount_sound = (1..=MOST_AMOUNT).contains(&amount.0);
        check(amount_sound, "the amount is out of bounds")?;
        let in_time = deadline_tick.is_none_or(|deadline| deadline >= tick);
        check(in_time, "the deadline is before the arrival")?;
        rail.map_or(Ok(()), |rail| self.check_rail(rail))?;
        check_priority(*priority)
    }

    fn check_agent(&self, agent: AgentId) -> Verdict {
        check(
            agent.index() < self.ledger.accounts.len(),
            "the agent does not exist",
        )
    }

    fn check_rail(&self, rail: RailId) -> Verdict {
        check(rail.index() < self.rails.len(), "the rail does not exist")
    }

    fn check_limits(&self, limits: &Limits) -> Verdict {
        let ascending = limits
            .bilateral
            .is_sorted_by(|left, right| left.0 < right.0);
        check(ascending, "a limit is given twice")?;
        for &(agent, limit) in &limits.bilateral {
            self.check_agent(agent)?;
            check_not_negative(limit)?;
        }
        limits.multilateral.map_or(Ok(()), check_not_negative)
    }
}

/// Whether a policy is within bounds.
///
/// # Errors
/// Says what is wrong.
pub fn check_policy(policy: &PolicySpec) -> Verdict {
    let Some(split) = policy.split_above else {
        return Ok(());
    };
    check(split.amount.0 >= 0, "the amount is out of bounds")?;
    check(
        (2..=MOST_PARTS).contains(&split.parts),
        "the number of parts is out of bounds",
    )
}

/// Most parts of a split payment.
const MOST_PARTS: u32 = 1_000_000;

fn check(sound: bool, otherwise: &'static str) -> Verdict {
    if sound { Ok(()) } else { Err(otherwise) }
}

fn in_bounds(amount: Amount) -> bool {
    (-MOST_MONEY..=MOST_MONEY).contains(&amount.0)
}

fn check_not_negative(amount: Amount) -> Verdict {
    check(
        (0..=MOST_MONEY).contains(&amount.0),
        "the amount is out of bounds",
    )
}

fn check_priority(priority: u8) -> Verdict {
    check(priority <= 10, "the priority is not 0..10")
}

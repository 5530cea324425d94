//! The settlement accounts, and the sums over them that never change but by transfers.

use serde::{Deserialize, Serialize};

pub use crate::engine::account::{Account, Terms, UNLIMITED};
use crate::engine::blob;
use crate::engine::flows::Flows;
use crate::engine::scenario::{Limits, Scenario};
use crate::engine::units::{AgentId, Amount};

/// All accounts.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) accounts: Vec<Account>,
    pub(super) terms: Vec<Terms>,
    flows: Flows,
    flows_in_use: bool,
    /// Whether a limit between two agents is in force, so that flows are asked for at any time.
    flows_limited: bool,
    /// Sum of the balances, moved with every booking.
    pub(super) balances_sum: i128,
    /// Sum of the gains held back, moved with every booking.
    pub(super) held_back_sum: i128,
    /// What both must sum to: opening balances and transfers.
    pub(super) expected_sum: i128,
    /// Sum over the agents of max(0, sent - received today).
    pub(super) provision: i64,
    /// Largest of the day.
    pub(super) provision_peak: i64,
}

/// The ledger as a snapshot keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LedgerSnapshot {
    accounts: Vec<Account>,
    terms: Vec<Terms>,
    #[serde(with = "blob")]
    pub(super) flows: Vec<u8>,
    balances_sum: i128,
    held_back_sum: i128,
    expected_sum: i128,
    provision: i64,
    provision_peak: i64,
}

impl Ledger {
    /// The accounts before the first tick.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let terms: Vec<Terms> = scenario.agents.iter().map(Terms::new).collect();
        let accounts = (scenario.agents.iter().zip(&terms))
            .map(|(spec, terms)| Account {
                balance: spec.balance.0,
                headroom: terms.headroom(),
                held_back: 0,
                sent_today: 0,
                received_today: 0,
                peak_debit: 0,
                peak_credit: 0,
                reservation_left: terms.reservation,
                multilateral_limit: terms.limits.multilateral.map_or(UNLIMITED, |limit| limit.0),
                queued_value: 0,
                queued: 0,
                pending: 0,
                pending_value: 0,
                bound: terms.bind(),
                touched: false,
                stirred: true,
            })
            .collect();
        let sum = (scenario.agents.iter())
            .map(|agent| i128::from(agent.balance.0))
            .sum();
        Self {
            accounts,
            terms,
            flows: Flows::new(scenario.agents.len()),
            flows_in_use: false,
            flows_limited: (scenario.agents.iter()).any(|spec| !spec.limits.bilateral.is_empty()),
            balances_sum: sum,
            held_back_sum: 0,
            expected_sum: sum,
            provision: 0,
            provision_peak: 0,
        }
    }

    /// Adds `delta` to a balance.
    #[inline]
    pub fn book(&mut self, agent: AgentId, delta: i64) {
        self.accounts[agent.index()].balance += delta;
        self.balances_sum += i128::from(delta);
    }

    /// Moves `amount` from one balance to another.
    #[inline]
    pub fn pay(&mut self, sender: AgentId, receiver: AgentId, amount: i64) {
        self.book(sender, -amount);
        self.book(receiver, amount);
    }

    /// Keeps back a gain until step 7.
    #[inline]
    pub fn hold_back(&mut self, agent: AgentId, gain: i64) {
        self.accounts[agent.index()].held_back += gain;
        self.held_back_sum += i128::from(gain);
    }

    /// Books what was kept back from `agent` and says how much it was.
    pub fn credit_held_back(&mut self, agent: AgentId) -> i64 {
        let gain = std::mem::take(&mut self.accounts[agent.index()].held_back);
        self.held_back_sum -= i128::from(gain);
        self.book(agent, gain);
        gain
    }

    /// Counts a settled payment towards outflows, receipts and what is left of a reservation.
    #[inline]
    pub fn count_settled(&mut self, sender: AgentId, receiver: AgentId, amount: i64, urgent: bool) {
        self.note_flow(sender, receiver, amount);
        let rise = self.accounts[sender.index()].send(amount, urgent);
        let fall = self.accounts[receiver.index()].receive(amount);
        self.provision += rise - fall;
    }

    /// The same of a payment that settles alone, with the peaks after it: a sender's net debit can
    /// only rise, a receiver's only fall.
    #[inline(always)]
    pub fn count_settled_alone(
        &mut self,
        sender: AgentId,
        receiver: AgentId,
        amount: i64,
        urgent: bool,
    ) {
        self.note_flow(sender, receiver, amount);
        let payer = &mut self.accounts[sender.index()];
        let rise = payer.send(amount, urgent);
        payer.peak_debit = payer.peak_debit.max(payer.net_sent_today());
        let payee = &mut self.accounts[receiver.index()];
        let fall = payee.receive(amount);
        payee.peak_credit = payee.peak_credit.max(-payee.net_sent_today());
        self.provision += rise - fall;
        self.provision_peak = self.provision_peak.max(self.provision);
    }

    #[inline]
    fn note_flow(&mut self, sender: AgentId, receiver: AgentId, amount: i64) {
        self.flows.note(sender, receiver, amount);
        if self.flows_limited {
            self.flows.settle();
        }
        self.flows_in_use = true;
    }

    /// Takes the peaks of an agent's net position after a settlement.
    #[inline]
    pub fn take_peaks(&mut self, agent: AgentId) {
        let account = &mut self.accounts[agent.index()];
        let net = account.net_sent_today();
        account.peak_debit = account.peak_debit.max(net);
        account.peak_credit = account.peak_credit.max(-net);
        self.provision_peak = self.provision_peak.max(self.provision);
    }

    /// Today's net outflow from one agent to another.
    #[inline]
    #[must_use]
    pub fn outflow(&self, from: AgentId, to: AgentId) -> i64 {
        self.flows.get(from, to)
    }

    /// Closes a tick: until the next one, flows can be asked for.
    pub fn close_tick(&mut self) {
        self.flows.settle();
    }

    /// Replaces an agent's limits; today's outflow stays.
    pub fn set_limits(&mut self, agent: AgentId, limits: Limits) {
        self.flows.settle();
        self.flows_limited |= !limits.bilateral.is_empty();
        let terms = &mut self.terms[agent.index()];
        terms.limits = limits;
        let account = &mut self.accounts[agent.index()];
        account.follow(terms);
    }

    /// Replaces an agent's credit line.
    pub fn set_credit_limit(&mut self, agent: AgentId, credit_limit: Amount) {
        let terms = &mut self.terms[agent.index()];
        terms.credit_limit = credit_limit.0;
        self.accounts[agent.index()].follow(terms);
    }

    /// Daily counters start anew.
    pub fn forget_day(&mut self) {
        for (account, terms) in self.accounts.iter_mut().zip(&self.terms) {
            account.sent_today = 0;
            account.received_today = 0;
            account.peak_debit = 0;
            account.peak_credit = 0;
            account.reservation_left = terms.reservation;
        }
        self.provision = 0;
        self.provision_peak = 0;
        if std::mem::take(&mut self.flows_in_use) {
            self.flows.clear();
        }
    }

    /// Re-sums the accounts from scratch.
    ///
    /// # Errors
    /// Names the sum that does not hold.
    pub fn audit(&self) -> Result<(), &'static str> {
        let sum = |value: fn(&Account) -> i64| -> i128 {
            (self.accounts.iter())
                .map(|account| i128::from(value(account)))
                .sum()
        };
        if sum(|account| account.balance) != self.balances_sum {
            return Err("the balances sum to what was booked");
        }
        if sum(|account| account.held_back) != self.held_back_sum {
            return Err("the credits in flight sum to what was held back");
        }
        if self.balances_sum + self.held_back_sum != self.expected_sum {
            return Err("balances and credits in flight change only by transfers");
        }
        if sum(Account::net_sent_today) != 0 {
            return Err("what was sent today was received today");
        }
        if sum(|account| account.net_sent_today().max(0)) != i128::from(self.provision) {
            return Err("net debits sum to the liquidity provided");
        }
        Ok(())
    }

    /// What a snapshot keeps.
    #[must_use]
    pub fn snapshot(&self) -> LedgerSnapshot {
        LedgerSnapshot {
            accounts: self.accounts.clone(),
            terms: self.terms.clone(),
            flows: self.flows.packed(),
            balances_sum: self.balances_sum,
            held_back_sum: self.held_back_sum,
            expected_sum: self.expected_sum,
            provision: self.provision,
            provision_peak: self.provision_peak,
        }
    }

    /// The ledger of a snapshot.
    ///
    /// # Errors
    /// Says what contradicts itself.
    pub fn restored(data: LedgerSnapshot, agents: usize) -> Result<Self, &'static str> {
        if data.accounts.len() != agents || data.terms.len() != agents {
            return Err("the accounts are not those of the scenario");
        }
        let within = |agent: AgentId| agent.index() < agents;
        let limits_sound = data.terms.iter().all(|terms| {
            let limits = &terms.limits.bilateral;
            let money = [
                terms.credit_limit,
                terms.posted,
                terms.collateral,
                terms.reservation,
            ];
            limits.is_sorted_by(|left, right| left.0 < right.0)
                && (limits.iter()).all(|limit| within(limit.0) && not_negative(limit.1.0))
                && money.into_iter().all(not_negative)
                && terms
                    .limits
                    .multilateral
                    .is_none_or(|limit| not_negative(limit.0))
        });
        let flows = Flows::unpacked(&data.flows, agents)?;
        let money_sound = data.accounts.iter().all(|account| {
            [
                account.held_back,
                account.sent_today,
                account.received_today,
                account.peak_debit,
                account.peak_credit,
                account.reservation_left,
            ]
            .into_iter()
            .all(not_negative)
                && in_bounds(account.balance)
        });
        if !money_sound || !limits_sound || !in_bounds(data.provision) {
            return Err("an account is out of bounds");
        }
        let flows_limited = (data.terms.iter()).any(|terms| !terms.limits.bilateral.is_empty());
        let mut accounts = data.accounts;
        for (account, terms) in accounts.iter_mut().zip(&data.terms) {
            account.follow(terms);
        }
        let ledger = Self {
            accounts,
            terms: data.terms,
            flows,
            flows_in_use: true,
            flows_limited,
            balances_sum: data.balances_sum,
            held_back_sum: data.held_back_sum,
            expected_sum: data.expected_sum,
            provision: data.provision,
            provision_peak: data.provision_peak,
        };
        ledger.audit().map(|()| ledger)
    }
}

/// Largest sum of money in a run, in cents.
pub const MOST_MONEY: i64 = 9_000_000_000_000_000_000;

fn not_negative(value: i64) -> bool {
    (0..=MOST_MONEY).contains(&value)
}

fn in_bounds(value: i64) -> bool {
    (-MOST_MONEY..=MOST_MONEY).contains(&value)
}

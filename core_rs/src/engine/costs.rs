//! Costs, exact to the last fraction of a cent (model, section 9).

use serde::{Deserialize, Serialize};

use crate::engine::ledger::MOST_MONEY;
use crate::engine::scenario::{CostSpec, Scenario};
use crate::engine::units::{AgentId, Amount, Rate};

/// Kinds of cost, in the order of `results::COST_KINDS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum CostKind {
    /// Drawn credit.
    Overdraft,
    /// Posted collateral.
    Collateral,
    /// Opening balances and transfers in.
    Liquidity,
    /// Waiting.
    Delay,
    /// Becoming overdue.
    Deadline,
    /// Splitting.
    Split,
    /// Waiting at the end of a day.
    Eod,
    /// Being cancelled.
    Drop,
}

/// How many kinds there are.
pub const KINDS: usize = 8;

const BILLION: u128 = 1_000_000_000;

/// A cumulative cost: whole cents and a remainder over the denominator of its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    whole: i64,
    rest: u64,
}

/// What a charge adds: whole cents and a remainder over the denominator of its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    whole: i64,
    rest: u64,
}

impl Step {
    /// Whole cents it adds at least.
    #[must_use]
    pub fn cents(self) -> i64 {
        self.whole
    }

    /// Whether it adds nothing.
    #[inline]
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.whole == 0 && self.rest == 0
    }
}

/// The cumulative cost of the agent, or of all, grew beyond 9·10^18 cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Whose.
    pub agent: AgentId,
    /// Which.
    pub kind: CostKind,
}

/// Cumulative costs of all agents and what prices them.
#[derive(Clone, Debug)]
pub struct Costs {
    spec: CostSpec,
    denominators: [u64; KINDS],
    /// By kind, then agent: a kind that accrues is charged to all in one go.
    cells: [Vec<Cell>; KINDS],
    /// Sum of the rounded costs of all agents, by kind.
    totals: [i64; KINDS],
    /// Sum of `totals`.
    total: i64,
}

impl Costs {
    /// No costs so far.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let spec = scenario.costs.clone();
        let per_day = 1_000_000_000 * u64::from(scenario.ticks_per_day);
        let once = 1_000_000_000;
        Self {
            denominators: [per_day, per_day, once, once * 10_000, once, 1, once, once],
            cells: std::array::from_fn(|_| vec![Cell::default(); scenario.agents.len()]),
            totals: [0; KINDS],
            total: 0,
            spec,
        }
    }

    /// Charges `numerator` over the denominator of the kind.
    ///
    /// # Errors
    /// [`TooLarge`]; the run cannot go on.
    pub fn charge(
        &mut self,
        agent: AgentId,
        kind: CostKind,
        numerator: u128,
    ) -> Result<(), TooLarge> {
        if numerator == 0 {
            return Ok(());
        }
        self.charge_step(agent, kind, self.step(kind, numerator))
    }

    /// What a numerator adds, over the denominator of the kind.
    #[must_use]
    pub fn step(&self, kind: CostKind, numerator: u128) -> Step {
        if numerator == 0 {
            return Step::default();
        }
        let denominator = self.denominators[kind as usize];
        if let Ok(numerator) = u64::try_from(numerator) {
            return Step {
                whole: i64::try_from(numerator / denominator).unwrap_or(i64::MAX),
                rest: numerator % denominator,
            };
        }
        let denominator = u128::from(denominator);
        Step {
            whole: i64::try_from(numerator / denominator).unwrap_or(i64::MAX),
            rest: (numerator % denominator) as u64,
        }
    }

    /// Charges a step.
    ///
    /// # Errors
    /// [`TooLarge`]; the run cannot go on.
    #[inline]
    pub fn charge_step(
        &mut self,
        agent: AgentId,
        kind: CostKind,
        step: Step,
    ) -> Result<(), TooLarge> {
        let denominator = self.denominators[kind as usize];
        let cell = &mut self.cells[kind as usize][agent.index()];
        let before = cell.rounded(denominator);
        let sum = cell.rest + step.rest;
        let carried = sum >= denominator;
        let rest = if carried { sum - denominator } else { sum };
        let within = (cell.whole.checked_add(step.whole))
            .and_then(|whole| whole.checked_add(i64::from(carried)))
            .filter(|&whole| whole < MOST_MONEY);
        let Some(whole) = within else {
            return Err(TooLarge { agent, kind });
        };
        *cell = Cell { whole, rest };
        let rise = cell.rounded(denominator) - before;
        self.total = (self.total.checked_add(rise))
            .filter(|&total| total <= MOST_MONEY)
            .ok_or(TooLarge { agent, kind })?;
        self.totals[kind as usize] += rise;
        Ok(())
    }

    /// Whether all costs stay within their bounds when so many cents more are charged.
    #[must_use]
    pub fn have_room_for(&self, cents: i128) -> bool {
        i128::from(self.total) + cents < i128::from(MOST_MONEY)
    }

    /// Charges a step of a kind to each of some agents, with room for all of them.
    pub fn charge_steps(&mut self, kind: CostKind, steps: &[(AgentId, Step)]) {
        let denominator = self.denominators[kind as usize];
        let cells = &mut self.cells[kind as usize];
        let mut rise = 0;
        for &(agent, step) in steps {
            let cell = &mut cells[agent.index()];
            let before = cell.rounded(denominator);
            let sum = cell.rest + step.rest;
            let carried = sum >= denominator;
            *cell = Cell {
                whole: cell.whole + step.whole + i64::from(carried),
                rest: if carried { sum - denominator } else { sum },
            };
            rise += cell.rounded(denominator) - before;
        }
        self.total += rise;
        self.totals[kind as usize] += rise;
    }

    /// A rate of an amount, over the denominator of the kinds that are charged once.
    fn once(flat: Amount, rate: Rate, amount: i64) -> u128 {
        flat.0.unsigned_abs() as u128 * BILLION + u128::from(rate.0) * amount.unsigned_abs() as u128
    }

    /// Numerator of one tick of what is drawn.
    #[must_use]
    pub fn overdraft(&self, balance: i64) -> u128 {
        u128::from(balance.min(0).unsigned_abs()) * u128::from(self.spec.overdraft_rate.0)
    }

    /// Numerator of one tick of what is posted.
    #[must_use]
    pub fn collateral(&self, posted: i64) -> u128 {
        u128::from(posted.unsigned_abs()) * u128::from(self.spec.collateral_rate.0)
    }

    /// Numerator of liquidity that is brought in.
    #[must_use]
    pub fn liquidity(&self, amount: i64) -> u128 {
        Self::once(Amount(0), self.spec.liquidity_rate, amount.max(0))
    }

    /// Numerator of one tick of waiting.
    #[must_use]
    pub fn delay(&self, amount: i64, priority: u8, overdue: bool) -> u128 {
        let once = if overdue {
            self.spec.overdue_multiplier.0
        } else {
            100
        };
        let multiplier = self.spec.priority_multipliers[usize::from(priority)].0 * once;
        let flat_and_rate = Self::once(
            self.spec.delay_penalty_per_tick,
            self.spec.delay_rate_per_tick,
            amount,
        );
        match u64::try_from(flat_and_rate) {
            Ok(cost) => u128::from(cost) * u128::from(multiplier),
            Err(_) => flat_and_rate.saturating_mul(u128::from(multiplier)),
        }
    }

    /// Numerator of becoming overdue.
    #[must_use]
    pub fn deadline(&self, amount: i64) -> u128 {
        Self::once(self.spec.deadline_penalty, self.spec.deadline_rate, amount)
    }

    /// Numerator of a split into `parts`.
    #[must_use]
    pub fn split(&self, parts: u32) -> u128 {
        u128::from(self.spec.split_fee.0.unsigned_abs()) * u128::from(parts.saturating_sub(1))
    }

    /// Numerator of waiting at the end of a day.
    #[must_use]
    pub fn eod(&self, amount: i64) -> u128 {
        Self::once(self.spec.eod_penalty, self.spec.eod_rate, amount)
    }

    /// Numerator of being cancelled.
    #[must_use]
    pub fn dropped(&self, amount: i64) -> u128 {
        Self::once(
            self.spec.drop_penalty.unwrap_or(self.spec.eod_penalty),
            self.spec.drop_rate.unwrap_or(self.spec.eod_rate),
            amount,
        )
    }

    /// Cents charged to all agents so far, by kind.
    #[must_use]
    pub fn totals(&self) -> [i64; KINDS] {
        self.totals
    }

    /// Cents charged to `agent` so far, by kind.
    #[must_use]
    pub fn of_agent(&self, agent: AgentId) -> [i64; KINDS] {
        std::array::from_fn(|kind| self.cells[kind][agent.index()].rounded(self.denominators[kind]))
    }

    /// The exact cumulative costs, agent by agent.
    pub fn cells(&self) -> impl Iterator<Item = [Cell; KINDS]> {
        let agents = 0..self.cells[0].len();
        agents.map(|at| std::array::from_fn(|kind| self.cells[kind][at]))
    }

    /// Takes over the cumulative costs of a snapshot.
    ///
    /// # Errors
    /// Says what contradicts itself.
    pub fn restore(&mut self, cells: Vec<[Cell; KINDS]>) -> Result<(), &'static str> {
        if cells.len() != self.cells[0].len() {
            return Err("the costs are not those of the scenario's agents");
        }
        let mut totals = [0_i128; KINDS];
        for row in &cells {
            for (kind, cell) in row.iter().enumerate() {
                let denominator = self.denominators[kind];
                if cell.rest >= denominator || !(0..MOST_MONEY).contains(&cell.whole) {
                    return Err("a cost is out of bounds");
                }
                totals[kind] += i128::from(cell.rounded(denominator));
            }
        }
        if totals.iter().sum::<i128>() > i128::from(MOST_MONEY) {
            return Err("the costs are out of bounds");
        }
        self.totals = totals.map(|total| total as i64);
        self.total = self.totals.iter().sum();
        self.cells = std::array::from_fn(|kind| cells.iter().map(|row| row[kind]).collect());
        Ok(())
    }
}

impl Cell {
    /// Whole cents, rounded half up.
    #[inline]
    fn rounded(self, denominator: u64) -> i64 {
        self.whole + i64::from(self.rest >= denominator - denominator / 2)
    }

    /// For a hash over the cumulative costs.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.whole.to_le_bytes());
        bytes[8..].copy_from_slice(&self.rest.to_le_bytes());
        bytes
    }
}

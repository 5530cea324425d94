//! Costs that accrue tick by tick: divided when they change, added in every tick.

use crate::engine::costs::{CostKind, Costs, Step, TooLarge};
use crate::engine::units::AgentId;

/// The kinds, in the order in which they are charged.
const KINDS: [CostKind; 3] = [CostKind::Overdraft, CostKind::Collateral, CostKind::Delay];

const OVERDRAFT: usize = 0;
const COLLATERAL: usize = 1;
const DELAY: usize = 2;

/// What each agent is charged in every tick.
#[derive(Clone, Debug)]
pub struct Accruals {
    /// What an agent's waiting payments cost a tick, over the delay denominator.
    delays: Vec<u128>,
    /// As of each agent's last change.
    kinds: [Accruing; KINDS.len()],
}

/// The agents to whom one kind accrues, side by side.
#[derive(Clone, Debug)]
struct Accruing {
    /// In no order.
    steps: Vec<(AgentId, Step)>,
    /// By agent, its place in `steps`, or `NOWHERE`.
    places: Vec<u32>,
    /// Cents that `steps` add at least.
    cents: i128,
}

const NOWHERE: u32 = u32::MAX;

impl Accruing {
    fn new(agents: usize) -> Self {
        Self {
            steps: Vec::new(),
            places: vec![NOWHERE; agents],
            cents: 0,
        }
    }

    #[inline]
    fn concerns(&self, agent: AgentId) -> bool {
        self.places[agent.index()] != NOWHERE
    }

    fn step(&self, agent: AgentId) -> Option<Step> {
        let place = self.places[agent.index()];
        (self.steps.get(place as usize)).map(|&(_, step)| step)
    }

    #[inline]
    fn set(&mut self, agent: AgentId, step: Step) {
        let place = self.places[agent.index()];
        if place == NOWHERE && step.is_zero() {
            return;
        }
        self.change(agent, place, step);
    }

    fn change(&mut self, agent: AgentId, place: u32, step: Step) {
        if let Some((_, old)) = self.steps.get_mut(place as usize) {
            self.cents += i128::from(step.cents()) - i128::from(old.cents());
            *old = step;
        } else if !step.is_zero() {
            self.cents += i128::from(step.cents());
            self.places[agent.index()] = self.steps.len() as u32;
            self.steps.push((agent, step));
        }
        if step.is_zero() && place != NOWHERE {
            self.steps.swap_remove(place as usize);
            self.places[agent.index()] = NOWHERE;
            if let Some(&(moved, _)) = self.steps.get(place as usize) {
                self.places[moved.index()] = place;
            }
        }
    }
}

impl Accruals {
    /// Nothing accrues yet.
    #[must_use]
    pub fn new(agents: usize) -> Self {
        Self {
            delays: vec![0; agents],
            kinds: std::array::from_fn(|_| Accruing::new(agents)),
        }
    }

    /// Adds to what an agent's waiting payments cost a tick; says whether that can be counted.
    #[inline]
    pub fn add_delay(&mut self, agent: AgentId, delay: u128) -> bool {
        let sum = &mut self.delays[agent.index()];
        let added = sum.checked_add(delay);
        *sum = added.unwrap_or(*sum);
        added.is_some()
    }

    /// Takes from what an agent's waiting payments cost a tick.
    #[inline]
    pub fn take_delay(&mut self, agent: AgentId, delay: u128) {
        self.delays[agent.index()] -= delay;
    }

    /// Whether what waits or a drawn balance costs the agent, or will once it is refreshed.
    #[inline]
    #[must_use]
    pub fn concern(&self, agent: AgentId) -> bool {
        self.delays[agent.index()] > 0
            || self.kinds[DELAY].concerns(agent)
            || self.kinds[OVERDRAFT].concerns(agent)
    }

    /// Whether nothing accrues to anyone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.iter().all(|kind| kind.steps.is_empty())
    }

    /// Works out what accrues to an agent for what it has posted, which no event changes.
    pub fn post(&mut self, costs: &Costs, agent: AgentId, posted: i64) {
        let step = costs.step(CostKind::Collateral, costs.collateral(posted));
        self.kinds[COLLATERAL].set(agent, step);
    }

    /// Works out anew what accrues to an agent that stands at `balance`.
    pub fn refresh(&mut self, costs: &Costs, agent: AgentId, balance: i64) {
        let drawn = costs.step(CostKind::Overdraft, costs.overdraft(balance));
        self.kinds[OVERDRAFT].set(agent, drawn);
        let delay = costs.step(CostKind::Delay, self.delays[agent.index()]);
        self.kinds[DELAY].set(agent, delay);
    }

    /// Charges a tick.
    ///
    /// # Errors
    /// [`TooLarge`]; the run cannot go on.
    pub fn charge(&self, costs: &mut Costs) -> Result<(), TooLarge> {
        let most = |kind: &Accruing| kind.cents + 2 * kind.steps.len() as i128;
        if !costs.have_room_for(self.kinds.iter().map(most).sum()) {
            return self.charge_one_by_one(costs);
        }
        for (kind, accruing) in KINDS.into_iter().zip(&self.kinds) {
            costs.charge_steps(kind, &accruing.steps);
        }
        Ok(())
    }

    /// The same near the bound, agent by agent, to name the first that goes beyond it.
    fn charge_one_by_one(&self, costs: &mut Costs) -> Result<(), TooLarge> {
        for at in 0..self.delays.len() {
            let agent = AgentId::from_index(at);
            for (kind, accruing) in KINDS.into_iter().zip(&self.kinds) {
                if let Some(step) = accruing.step(agent) {
                    costs.charge_step(agent, kind, step)?;
                }
            }
        }
        Ok(())
    }
}

//! Costs that accrue tick by tick: divided when they change, added in every tick.

use crate::engine::costs::{CostKind, Costs, Step, TooLarge};
use crate::engine::index_set::IndexSet;
use crate::engine::units::AgentId;

/// The kinds, in the order in which they are charged.
const KINDS: [CostKind; 3] = [CostKind::Overdraft, CostKind::Collateral, CostKind::Delay];

/// What each agent is charged in every tick.
#[derive(Clone, Debug)]
pub struct Accruals {
    /// Agents to whom something accrues.
    accruing: IndexSet,
    /// What an agent's waiting payments cost a tick, over the delay denominator.
    delays: Vec<u128>,
    /// By agent, as of its last change.
    steps: Vec<[Step; KINDS.len()]>,
}

impl Accruals {
    /// Nothing accrues yet.
    #[must_use]
    pub fn new(agents: usize) -> Self {
        Self {
            accruing: IndexSet::new(agents),
            delays: vec![0; agents],
            steps: vec![[Step::default(); KINDS.len()]; agents],
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

    /// Whether something accrues to the agent, or will once it is refreshed.
    #[inline]
    #[must_use]
    pub fn concern(&self, agent: AgentId) -> bool {
        self.delays[agent.index()] > 0 || self.accruing.contains(agent.index())
    }

    /// Whether nothing accrues to anyone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accruing.is_empty()
    }

    /// Works out anew what accrues to an agent that stands at `balance` and has posted `posted`.
    pub fn refresh(&mut self, costs: &Costs, agent: AgentId, balance: i64, posted: i64) {
        let at = agent.index();
        let numerators = [
            costs.overdraft(balance),
            costs.collateral(posted),
            self.delays[at],
        ];
        let steps = std::array::from_fn(|kind| costs.step(KINDS[kind], numerators[kind]));
        self.steps[at] = steps;
        if steps.into_iter().all(Step::is_zero) {
            self.accruing.remove(at);
        } else {
            self.accruing.insert(at);
        }
    }

    /// Charges a tick.
    ///
    /// # Errors
    /// [`TooLarge`]; the run cannot go on.
    pub fn charge(&self, costs: &mut Costs) -> Result<(), TooLarge> {
        for at in self.accruing.iter() {
            let agent = AgentId::from_index(at);
            for (kind, step) in KINDS.into_iter().zip(self.steps[at]) {
                if !step.is_zero() {
                    costs.charge_step(agent, kind, step)?;
                }
            }
        }
        Ok(())
    }
}

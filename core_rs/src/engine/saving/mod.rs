//! Step 5: liquidity saving, algorithm by algorithm (model, section 5).

use crate::engine::errors::RunError;
use crate::engine::facts::Method;
use crate::engine::index_set::IndexSet;
use crate::engine::kernel::Kernel;
use crate::engine::pairs::PairId;
use crate::engine::scenario::Saving;
use crate::engine::settle::Member;
use crate::engine::units::{PaymentId, RailId};

mod bilateral;
mod entry_offset;
mod multilateral;

pub use multilateral::Phases;

/// Memory that the algorithms use again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Per agent, all 0 between uses.
    pub(super) net: Vec<i64>,
    /// Empty between uses.
    pub(super) involved: IndexSet,
    /// A set about to settle; empty between uses.
    pub(super) members: Vec<Member>,
    /// Queue 1 of the bank that decides; empty between uses.
    pub(super) round: Vec<PaymentId>,
    /// Pairs that are looked at; empty between uses.
    pub(super) pairs: Vec<PairId>,
    pub(super) resolution: multilateral::Work,
}

impl Scratch {
    /// For so many agents.
    #[must_use]
    pub fn new(agents: usize) -> Self {
        Self {
            net: vec![0; agents],
            involved: IndexSet::new(agents),
            members: Vec::new(),
            round: Vec::new(),
            pairs: Vec::new(),
            resolution: multilateral::Work::default(),
        }
    }
}

impl Kernel {
    /// Step 5: the first rail, and on it the first algorithm, that can settle a set settles one;
    /// the plain queue is worked off; and again, until none can.
    pub fn save_liquidity(&mut self) -> Result<(), RunError> {
        while self.save_once()? {
            self.work_off()?;
        }
        Ok(())
    }

    fn save_once(&mut self) -> Result<bool, RunError> {
        let (tick_of_day, ticks_per_day) = (self.tick_of_day(), self.scenario.ticks_per_day);
        for index in 0..self.rails.len() {
            let rail = RailId(index as u8);
            let algorithms = match &self.rails[index].immediate {
                Some(immediate) if self.rails[index].count > 0 => {
                    if !immediate.saves_in(tick_of_day, ticks_per_day) {
                        continue;
                    }
                    immediate.saving.len()
                }
                _ => continue,
            };
            for at in 0..algorithms {
                let saving = (self.rails[index].immediate.as_ref())
                    .and_then(|immediate| immediate.saving.get(at).copied());
                let settled = match saving {
                    Some(Saving::Bilateral) => self.settle_a_pair(rail)?,
                    Some(Saving::Multilateral) => self.resolve_gridlock(rail)?,
                    // It works at entry.
                    Some(Saving::EntryOffset) | None => false,
                };
                if settled {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Step 6: each deferred-net rail whose time has come settles once all that it can.
    pub fn settle_deferred(&mut self) -> Result<(), RunError> {
        let tick_of_day = self.tick_of_day();
        for index in 0..self.rails.len() {
            let rail = &self.rails[index];
            let due =
                rail.immediate.is_none() && rail.settle_at.binary_search(&tick_of_day).is_ok();
            if due && rail.count > 0 && self.resolve(RailId(index as u8), Method::Net)? {
                self.work_off()?;
                self.save_liquidity()?;
            }
        }
        Ok(())
    }

    fn resolve_gridlock(&mut self, rail: RailId) -> Result<bool, RunError> {
        if !self.rails[rail.index()].unresolved {
            return Ok(false);
        }
        let settled = self.resolve(rail, Method::Multilateral)?;
        if !settled {
            self.rails[rail.index()].unresolved = false;
        }
        Ok(settled)
    }

    fn resolve(&mut self, rail: RailId, method: Method) -> Result<bool, RunError> {
        let mut members = std::mem::take(&mut self.scratch.members);
        let mut work = std::mem::take(&mut self.scratch.resolution);
        if method == Method::Multilateral {
            let mut phases = std::mem::take(&mut self.rails[rail.index()].phases);
            work.run(self, rail, Some(&mut phases));
            self.rails[rail.index()].phases = phases;
        } else {
            work.run(self, rail, None);
        }
        members.extend(work.left(self, rail));
        debug_assert!(
            work.finds(self, rail, &members),
            "what is remembered of the last pass leads to what a fresh one finds"
        );
        self.scratch.resolution = work;
        let settled = !members.is_empty();
        if settled {
            self.settle_waiting(&mut members, rail, method)?;
        }
        self.scratch.members = members;
        Ok(settled)
    }

    /// The payments that a gridlock resolution of the rail would settle now.
    #[must_use]
    pub fn resolvable(&self, rail: RailId) -> Vec<PaymentId> {
        let mut work = multilateral::Work::default();
        work.run(self, rail, None);
        (work.left(self, rail))
            .map(|member| member.entry.payment)
            .collect()
    }
}

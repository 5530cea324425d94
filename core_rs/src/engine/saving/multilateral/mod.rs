//! `multilateral`: the gridlock resolution of Bech and Soramäki [Bank of Finland DP 9/2001].
//!
//! Start with every payment that waits; while a sending agent would fail the rule of section 4,
//! it drops the last payment of its queue. What is left does not depend on the order of drops, so
//! they are made in the order that is cheapest to repeat: first for want of money, the largest
//! shortfalls first (`drops`), remembered from pass to pass (`phases`); then for want of a limit
//! or a reservation (`terms`).

use crate::engine::kernel::Kernel;
use crate::engine::settle::Member;
use crate::engine::units::{AgentId, RailId};

mod drops;
mod phases;
mod terms;

pub use phases::Phases;

/// Memory of a pass.
#[derive(Debug, Default)]
pub struct Work {
    drops: drops::Drops,
    terms: terms::Terms,
    /// Whether `terms` has the last word on what is left.
    bound: bool,
}

impl Work {
    /// Drops until nobody fails; goes on from where the last pass went wrong if its phases are
    /// known, and from nothing dropped otherwise.
    pub fn run(&mut self, kernel: &Kernel, rail: RailId, phases: Option<&mut Phases>) {
        let system = &kernel.rails[rail.index()];
        let countable = system.value < drops::BEYOND;
        if countable {
            self.drops.run(kernel, system, phases);
        } else if let Some(phases) = phases {
            phases.forget();
        }
        self.bound = !countable || (self.drops.kept > 0 && terms::bind(kernel, system));
        if self.bound {
            let drops = countable.then_some(&self.drops);
            self.terms.run(kernel, system, drops);
        }
    }

    /// What is left in the set, sender by sender in queue order.
    pub fn left<'a>(&'a self, kernel: &'a Kernel, rail: RailId) -> impl Iterator<Item = Member> {
        let system = &kernel.rails[rail.index()];
        let any = self.bound || self.drops.kept > 0;
        let senders = any.then(|| system.senders.iter()).into_iter().flatten();
        senders.flat_map(move |at| {
            let queue = &system.queues[at];
            let left = queue.before(if self.bound {
                self.terms.tail(at)
            } else {
                self.drops.tail(at, queue)
            });
            let sender = AgentId::from_index(at);
            left.map(move |&entry| Member { sender, entry })
        })
    }

    /// Whether a pass that remembers nothing finds this set too.
    pub fn finds(&mut self, kernel: &Kernel, rail: RailId, members: &[Member]) -> bool {
        self.run(kernel, rail, None);
        let found = self.left(kernel, rail);
        (found.map(|member| member.entry.payment))
            .eq(members.iter().map(|member| member.entry.payment))
    }
}

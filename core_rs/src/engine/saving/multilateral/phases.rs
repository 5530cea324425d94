//! What a pass dropped, phase by phase of falling shortfall, kept up to date with the queues, so
//! that the next pass need not drop it all again.
//!
//! A drop stays forced as long as its agent has gained less, since then, than it was short of. So
//! a phase holds while each agent's gain stays below the smallest shortfall at which it dropped in
//! it, and the phases before hold too; the next pass goes on from the last phase that holds. The
//! greatest set is the same from wherever forced drops lead to it; this is memory, not state.
//!
//! What an agent has left at the end of a phase moves by what its means move, and by each payment
//! that comes or leaves and that the phase keeps in the set. A payment that comes behind one that
//! the phase dropped is dropped with it: nobody can send it who could not send less.

use crate::engine::kernel::Kernel;
use crate::engine::rails::Rail;
use crate::engine::units::AgentId;

use super::drops::{BEYOND, Drops, means};

/// Phases that are kept, the start with nothing dropped included; there are at most 61 levels.
const MOST: usize = 64;
/// A level of `left` that none reaches: the agent dropped nothing.
const UNREACHED: i64 = i64::MAX;

/// The end of one phase.
#[derive(Clone, Debug, Default)]
struct Phase {
    left: Vec<i64>,
    cut: Vec<u64>,
    /// Per agent, what it must have left here for one of its drops in the phase not to be forced.
    release: Vec<i64>,
    kept: i64,
}

/// A payment that came or left.
#[derive(Clone, Copy, Debug)]
struct Change {
    key: u64,
    /// Negative if it left.
    amount: i64,
    sender: AgentId,
    receiver: AgentId,
}

/// The phases of the last pass on a rail.
#[derive(Clone, Debug, Default)]
pub struct Phases {
    /// The first `held` are in use; 0 = nothing is known.
    phases: Vec<Phase>,
    held: usize,
    /// What has come and left since the last pass, in order.
    changes: Vec<Change>,
    changed_value: i64,
    /// Per agent, its means as the phases count them.
    means: Vec<i64>,
    /// By agent and phase: by how much `left` moves from this phase on. All 0 between passes.
    moves: Vec<i64>,
    /// By phase: by how much `kept` moves from it on. All 0 between passes.
    kept_moves: Vec<i64>,
    /// Agents with moves, and the sums of them so far; empty between passes.
    moving: Vec<(AgentId, i64)>,
    is_moving: Vec<bool>,
}

impl Phases {
    /// Forgets all; the next pass starts with nothing dropped.
    pub fn forget(&mut self) {
        self.held = 0;
        self.changes.clear();
        self.changed_value = 0;
    }

    /// Notes that a payment came to the rail (positive amount) or left it (negative), on which
    /// `waiting` payments wait.
    #[inline]
    pub fn note(
        &mut self,
        (sender, receiver): (AgentId, AgentId),
        key: u64,
        amount: i64,
        waiting: u64,
    ) {
        if self.held == 0 {
            return;
        }
        self.changes.push(Change {
            key,
            amount,
            sender,
            receiver,
        });
        self.changed_value = self.changed_value.saturating_add(amount.abs());
        // Beyond that, dropping all again costs less than following, or sums might overflow.
        if self.changes.len() as u64 > 64 + waiting / 16 || self.changed_value > BEYOND / 4 {
            self.forget();
        }
    }

    /// Sets `drops` to the end of the last phase that still holds; `false` if nothing is known.
    pub fn resume(&mut self, drops: &mut Drops, kernel: &Kernel, system: &Rail) -> bool {
        if self.held == 0 {
            return false;
        }
        self.moves.resize(self.means.len() * MOST, 0);
        self.kept_moves.resize(MOST, 0);
        self.is_moving.resize(self.means.len(), false);
        self.follow_changes();
        self.follow_means(kernel, system);
        self.move_on();
        if self.held == MOST {
            // Passes that appended phase to phase: make room for phases in falling order.
            self.held = MOST / 2;
        }
        let phase = &self.phases[self.held - 1];
        drops.left.clone_from(&phase.left);
        drops.cut.clone_from(&phase.cut);
        drops.kept = phase.kept;
        true
    }

    /// Begins with `drops`, where nothing is dropped yet.
    pub fn begin(&mut self, drops: &Drops, kernel: &Kernel, system: &Rail) {
        let (agents, holds_back) = (drops.left.len(), system.holds_back());
        self.means.clear();
        self.means
            .extend((0..agents).map(|at| means(kernel, at, holds_back)));
        self.keep(drops);
    }

    /// Keeps the end of a phase, if there is room.
    pub fn keep(&mut self, drops: &Drops) {
        if self.held == MOST {
            return;
        }
        if self.phases.len() == self.held {
            self.phases.push(Phase::default());
        }
        let phase = &mut self.phases[self.held];
        phase.left.clone_from(&drops.left);
        phase.cut.clone_from(&drops.cut);
        phase.kept = drops.kept;
        phase.release.clear();
        phase.release.resize(drops.left.len(), UNREACHED);
        for agent in &drops.droppers {
            let at = agent.index();
            phase.release[at] = drops.left[at].saturating_add(drops.shortfall[at]);
        }
        self.held += 1;
    }

    /// Works out by how much each payment that came or left moves what its agents have left.
    fn follow_changes(&mut self) {
        let mut changes = std::mem::take(&mut self.changes);
        for change in changes.drain(..) {
            let (sender, receiver) = (change.sender.index(), change.receiver.index());
            let held = &mut self.phases[..self.held];
            // The phases before keep the payment, this one and those behind drop it.
            let dropped_in = held.partition_point(|phase| phase.cut[sender] > change.key);
            if let Some(phase) = held.get_mut(dropped_in) {
                // Within the phase it was still there for a while: for its receiver, if it has
                // come; missing for its sender's burden, if it has left.
                let gains = if change.amount > 0 { receiver } else { sender };
                if phase.release[gains] != UNREACHED {
                    phase.release[gains] -= change.amount.abs();
                }
            }
            self.move_before(change.sender, dropped_in, -change.amount);
            self.move_before(change.receiver, dropped_in, change.amount);
            self.kept_moves[0] += change.amount.signum();
            if dropped_in < self.held {
                self.kept_moves[dropped_in] -= change.amount.signum();
            }
        }
        self.changes = changes;
        self.changed_value = 0;
    }

    /// Moves what the agent has left in the phases before `end`.
    fn move_before(&mut self, agent: AgentId, end: usize, amount: i64) {
        self.set_moving(agent);
        let row = agent.index() * MOST;
        self.moves[row] += amount;
        if end < self.held {
            self.moves[row + end] -= amount;
        }
    }

    fn set_moving(&mut self, agent: AgentId) {
        if !std::mem::replace(&mut self.is_moving[agent.index()], true) {
            self.moving.push((agent, 0));
        }
    }

    /// Only of agents that send: of others nothing depends on it.
    fn follow_means(&mut self, kernel: &Kernel, system: &Rail) {
        let holds_back = system.holds_back();
        for at in system.senders.iter() {
            let now = means(kernel, at, holds_back);
            let before = std::mem::replace(&mut self.means[at], now);
            if now != before {
                self.move_before(AgentId::from_index(at), self.held, now - before);
            }
        }
    }

    /// Moves the phases in order, up to the first in which a drop is no longer forced.
    fn move_on(&mut self) {
        let (mut holding, mut kept_move) = (0, 0);
        for (at, phase) in self.phases[..self.held].iter_mut().enumerate() {
            kept_move += self.kept_moves[at];
            phase.kept += kept_move;
            let mut holds = true;
            for (agent, moved) in &mut self.moving {
                *moved += self.moves[agent.index() * MOST + at];
                let left = &mut phase.left[agent.index()];
                *left += *moved;
                holds &= *left < phase.release[agent.index()];
            }
            if !holds {
                break;
            }
            holding = at + 1;
        }
        self.held = holding;
        self.kept_moves.fill(0);
        for (agent, _) in self.moving.drain(..) {
            let row = agent.index() * MOST;
            self.moves[row..row + MOST].fill(0);
            self.is_moving[agent.index()] = false;
        }
    }
}

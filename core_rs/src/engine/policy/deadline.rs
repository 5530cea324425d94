//! `deadline`: what is due.

use super::{Candidate, Policy, View, due_tick, is_due};

/// Waits until a payment is due.
pub struct Deadline {
    /// Ticks before the deadline, or the day's last tick, in which a payment counts as due.
    pub due_ticks: u32,
}

impl Policy for Deadline {
    fn releases(&self, view: &View, candidate: &Candidate) -> bool {
        is_due(view, candidate, self.due_ticks)
    }

    fn next_look(&self, view: &View, candidate: &Candidate) -> u32 {
        due_tick(view, candidate, self.due_ticks)
    }
}

//! `liquidity_aware`: what is due, else what leaves enough.

use super::{Candidate, Policy, View, due_tick, is_due};

/// Keeps liquidity back until a payment is due.
pub struct LiquidityAware {
    /// Running liquidity to keep, in cents.
    pub keep: i64,
    /// As in `Deadline`.
    pub due_ticks: u32,
}

impl Policy for LiquidityAware {
    fn releases(&self, view: &View, candidate: &Candidate) -> bool {
        is_due(view, candidate, self.due_ticks)
            || view.running.saturating_sub(candidate.amount) >= self.keep
    }

    fn next_look(&self, view: &View, candidate: &Candidate) -> u32 {
        due_tick(view, candidate, self.due_ticks)
    }
}

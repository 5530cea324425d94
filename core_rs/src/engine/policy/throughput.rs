//! `throughput`: keeps to a curve of shares, else to what liquidity allows.

use super::liquidity_aware::LiquidityAware;
use super::{Candidate, Policy, View, share_at};
use crate::engine::units::Rate;

/// Releases while it is behind its curve.
pub struct Throughput<'a> {
    /// (tick of the day, share of the day's value), ascending.
    pub targets: &'a [(u32, Rate)],
    /// What decides once the curve is reached.
    pub otherwise: LiquidityAware,
}

impl Policy for Throughput<'_> {
    fn releases(&self, view: &View, candidate: &Candidate) -> bool {
        let share = share_at(self.targets, view.tick - view.day_start);
        let behind = i128::from(view.released_today) * 1_000_000_000
            < i128::from(share.0) * i128::from(view.value_today);
        behind || self.otherwise.releases(view, candidate)
    }

    fn next_look(&self, view: &View, candidate: &Candidate) -> u32 {
        let now = view.tick - view.day_start;
        let next_target = (self.targets.iter())
            .find(|target| target.0 > now)
            .map_or(u32::MAX, |target| view.day_start.saturating_add(target.0));
        next_target.min(self.otherwise.next_look(view, candidate))
    }
}

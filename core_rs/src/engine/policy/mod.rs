//! When a bank submits its payments (model, section 7): one trait, one file each.

use crate::engine::scenario::PolicyKind;
use crate::engine::units::Rate;

mod deadline;
mod desk_round;
mod liquidity_aware;
mod receipt_reactive;
mod release_all;
mod throughput;

/// What a policy sees of its bank while it goes through Queue 1.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Now.
    pub tick: u32,
    /// First tick of the day.
    pub day_start: u32,
    /// Last tick of the day.
    pub day_end: u32,
    /// Available at the start of step 3 - what is queued - what was released in this step.
    pub running: i64,
    /// Value settled today as receiver.
    pub received_today: i64,
    /// Value released today, this step included.
    pub released_today: i64,
    /// Value released today + value in Queue 1, both at the start of this step.
    pub value_today: i64,
}

/// What a policy decides about.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Cents.
    pub amount: i64,
    /// `u32::MAX` = none.
    pub deadline: u32,
}

/// Decides which payments a bank submits.
pub trait Policy {
    /// Whether the candidate is released now.
    fn releases(&self, view: &View, candidate: &Candidate) -> bool;

    /// The next tick in which this candidate, held now, may be released though nothing but time
    /// changes; `u32::MAX` = never.
    fn next_look(&self, view: &View, candidate: &Candidate) -> u32;
}

/// A payment is due if min(deadline, last tick of the day) - tick <= `due_ticks`.
fn is_due(view: &View, candidate: &Candidate, due_ticks: u32) -> bool {
    candidate
        .deadline
        .min(view.day_end)
        .saturating_sub(view.tick)
        <= due_ticks
}

/// The tick in which a payment that is not due becomes so.
fn due_tick(view: &View, candidate: &Candidate, due_ticks: u32) -> u32 {
    candidate
        .deadline
        .min(view.day_end)
        .saturating_sub(due_ticks)
}

/// Calls `with` with the policy that a scenario names.
fn with_policy<T>(kind: &PolicyKind, with: impl FnOnce(&dyn Policy) -> T) -> T {
    match kind {
        PolicyKind::ReleaseAll => with(&release_all::ReleaseAll),
        &PolicyKind::Deadline { due_ticks } => with(&deadline::Deadline { due_ticks }),
        &PolicyKind::LiquidityAware { keep, due_ticks } => with(&liquidity_aware::LiquidityAware {
            keep: keep.0,
            due_ticks,
        }),
        &PolicyKind::ReceiptReactive { seed_amount } => with(&receipt_reactive::ReceiptReactive {
            seed_amount: seed_amount.0,
        }),
        PolicyKind::Throughput {
            targets,
            keep,
            due_ticks,
        } => with(&throughput::Throughput {
            targets,
            otherwise: liquidity_aware::LiquidityAware {
                keep: keep.0,
                due_ticks: *due_ticks,
            },
        }),
    }
}

/// The share to keep to at a tick of the day: that of the last target reached, else 0.
fn share_at(targets: &[(u32, Rate)], tick_of_day: u32) -> Rate {
    let reached = targets.partition_point(|target| target.0 <= tick_of_day);
    reached
        .checked_sub(1)
        .map_or(Rate(0), |last| targets[last].1)
}

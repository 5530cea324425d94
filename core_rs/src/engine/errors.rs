//! What can go wrong, one enum per operation.

use crate::engine::units::Tick;

/// A run that cannot go on; every variant is final for the run, none for the process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// `tick` was called after the end. The run itself is in order.
    #[error("the run is finished: all {ticks} ticks have been run")]
    Finished {
        /// Ticks of the run.
        ticks: u64,
    },
    /// A cumulative cost grew beyond 9·10^18 cents.
    #[error(
        "the cumulative {kind} cost of agent {agent} went beyond 9000000000000000000 cents in tick {tick}"
    )]
    CostTooLarge {
        /// Id of the agent.
        agent: String,
        /// Name of the kind.
        kind: &'static str,
        /// When.
        tick: u32,
    },
    /// Arrivals would lift the value, or the number, of payments beyond what a run may hold.
    #[error("{what} in tick {tick}")]
    TooMuch {
        /// What went beyond which bound.
        what: &'static str,
        /// When.
        tick: u32,
    },
    /// A bug: an invariant of model.md, section 1, does not hold.
    #[error("invariant broken: {invariant} (seed {seed}, tick {tick})")]
    Invariant {
        /// Which.
        invariant: &'static str,
        /// Seed of the run.
        seed: u64,
        /// When.
        tick: u32,
    },
    /// An earlier call failed; the run stays failed.
    #[error("the run has failed: {0}")]
    Failed(Box<RunError>),
}

/// An intervention or question that cannot be accepted; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The run is over.
    #[error("the run is finished: nothing can take effect any more")]
    Finished,
    /// The run has failed.
    #[error("the run has failed: {0}")]
    Failed(RunError),
    /// The tick has been run.
    #[error("tick {} has been run; the next is {}", .asked.0, .next.0)]
    Past {
        /// Asked for.
        asked: Tick,
        /// The next to be run.
        next: Tick,
    },
    /// Beyond the end of the run.
    #[error("tick {} is beyond the end of the run ({} ticks)", .asked.0, .ticks)]
    BeyondEnd {
        /// Asked for.
        asked: Tick,
        /// Ticks of the run.
        ticks: u64,
    },
    /// The event itself is no good.
    #[error("{0}")]
    Invalid(&'static str),
    /// No payment has that id.
    #[error("no payment has the id {0:?}")]
    NoSuchPayment(String),
    /// No scheduled intervention has that number.
    #[error("no intervention {0} waits to take effect")]
    NoSuchIntervention(u32),
}

/// A snapshot that cannot be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Not a snapshot, cut short, or altered.
    #[error("not an intact snapshot: {0}")]
    Damaged(&'static str),
    /// Made by another version of the engine.
    #[error("the snapshot was made by engine {found}, this is {own}")]
    OtherVersion {
        /// Version in the snapshot.
        found: String,
        /// This engine's.
        own: &'static str,
    },
    /// Made from another scenario.
    #[error("the snapshot belongs to another scenario")]
    OtherScenario,
    /// It contradicts itself.
    #[error("the snapshot contradicts itself: {0}")]
    Inconsistent(&'static str),
}

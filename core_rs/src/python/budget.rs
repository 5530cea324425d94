//! The clock of `advance`: the engine itself knows none.

#![allow(
    clippy::disallowed_types,
    reason = "the binding keeps the time, so that the engine need not"
)]

use std::time::{Duration, Instant};

/// Time that a call may take.
pub struct Budget {
    start: Instant,
    limit: Option<Duration>,
}

impl Budget {
    /// Starts now; `None` is no limit.
    pub fn starting_now(limit_ms: Option<u64>) -> Self {
        Self {
            start: Instant::now(),
            limit: limit_ms.map(Duration::from_millis),
        }
    }

    /// Whether the time is used up.
    pub fn is_spent(&self) -> bool {
        self.limit
            .is_some_and(|limit| self.start.elapsed() >= limit)
    }
}

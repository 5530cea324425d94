//! A bank's own side: its queue, its policy, and what it has submitted today.

use crate::engine::queues::Queue;
use crate::engine::scenario::{PolicyKind, PolicySpec};

/// One bank's payments desk.
#[derive(Clone, Debug)]
pub struct Desk {
    pub(super) policy: PolicySpec,
    pub(super) outage: bool,
    /// Queue 1.
    pub(super) queue: Queue,
    /// Value released today.
    pub(super) released_today: i64,
    /// The next tick in which time alone may release something.
    pub(super) quiet_until: u32,
}

impl Desk {
    /// A desk before the first tick.
    #[must_use]
    pub fn new(policy: PolicySpec) -> Self {
        Self {
            policy,
            outage: false,
            queue: Queue::new(false),
            released_today: 0,
            quiet_until: 0,
        }
    }

    /// Whether every payment is submitted as it arrives, whole.
    #[inline]
    #[must_use]
    pub fn submits_at_once(&self) -> bool {
        !self.outage
            && self.policy.split_above.is_none()
            && matches!(self.policy.kind, PolicyKind::ReleaseAll)
    }
}

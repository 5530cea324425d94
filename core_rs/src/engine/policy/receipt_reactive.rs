//! `receipt_reactive`: sends what it received [Johnson, McAndrews, Soramäki 2004].

use super::{Candidate, Policy, View};

/// Releases while receipts, and a seed, pay for it.
pub struct ReceiptReactive {
    /// Cents that may be released beyond receipts.
    pub seed_amount: i64,
}

impl Policy for ReceiptReactive {
    fn releases(&self, view: &View, candidate: &Candidate) -> bool {
        let earned = i128::from(self.seed_amount) + i128::from(view.received_today);
        i128::from(candidate.amount) <= earned - i128::from(view.released_today)
    }

    fn next_look(&self, view: &View, _: &Candidate) -> u32 {
        // A new day forgets what was released.
        view.day_end + 1
    }
}

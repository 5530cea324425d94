//! What the engine computes; the rules are in docs/model.md.

pub mod scenario;
pub mod units;

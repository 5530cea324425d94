//! What the engine computes; the rules are in docs/model.md.

pub mod arrivals;
pub mod document;
pub mod errors;
pub mod measures;
pub mod results;
pub mod sampling;
pub mod scenario;
pub mod simulation;
pub mod units;

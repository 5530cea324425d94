//! The settlement engine of Payment Simulator.
//!
//! `engine` is pure: no Python, no clock, no input or output, no threads. `python` is a thin
//! binding, built only with the feature of that name.

pub mod engine;
#[cfg(feature = "python")]
mod python;

//! What grows with a run, kept so that the next one need not ask for memory again.

use std::sync::Arc;

use crate::engine::arrivals::{ArrivalSource, Generated};
use crate::engine::deadlines::Deadlines;
use crate::engine::kernel::Kernel;
use crate::engine::payments::Payments;
use crate::engine::record::Log;
use crate::engine::scenario::Scenario;
use crate::engine::schedule::Script;
use crate::engine::units::PaymentId;

/// The parts of a run that are large or costly to make, before its first tick.
#[derive(Debug)]
pub struct Memory {
    pub(super) payments: Payments,
    pub(super) deadlines: Deadlines,
    pub(super) arrivals: ArrivalSource,
    pub(super) script: Script,
    pub(super) log: Log,
    pub(super) entering: Vec<(u64, PaymentId)>,
    pub(super) generated: Vec<Generated>,
}

impl Memory {
    /// Room for the scripted payments; the rest grows.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            payments: Payments::with_capacity(scenario.payments.sender.len()),
            deadlines: Deadlines::new(0, scenario.ticks_per_day * scenario.num_days),
            arrivals: ArrivalSource::new(scenario),
            script: Script::new(&scenario.payments),
            log: Log::expecting(scenario.payments.sender.len()),
            entering: Vec::new(),
            generated: Vec::new(),
        }
    }
}

impl Kernel {
    /// Goes back before the first tick, with another seed.
    pub fn begin_again(&mut self, seed: u64) {
        let scenario = Arc::clone(&self.scenario);
        let mut memory = Memory {
            payments: std::mem::take(&mut self.payments),
            deadlines: std::mem::take(&mut self.deadlines),
            arrivals: std::mem::take(&mut self.arrivals),
            script: std::mem::take(&mut self.script),
            log: std::mem::take(&mut self.log),
            entering: std::mem::take(&mut self.entering),
            generated: std::mem::take(&mut self.generated),
        };
        memory.payments.begin_again();
        memory.deadlines.begin_again();
        memory.arrivals.begin_again(&scenario, seed);
        memory.script.begin_again();
        memory.log.begin_again();
        memory.entering.clear();
        memory.generated.clear();
        *self = Self::in_memory(scenario, memory);
        self.seed = seed;
    }
}

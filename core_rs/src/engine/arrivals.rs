//! Generated arrivals: per bank a Poisson stream thinned to its rate (model.md section 10).
//!
//! Every candidate is addressed by (seed, agent id, day, layer, number), so what is generated at a
//! tick depends on the scenario and the current multipliers only, never on how the run got there.
//! The candidates to come lie in a heap, one per agent and layer; a tick without any costs nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use serde::{Deserialize, Serialize};

use crate::engine::scenario::Scenario;
use crate::engine::units::{AgentId, Amount, Tick};

pub use stream::profile;
use stream::{Draw, Stream};

mod stream;

/// No rate of a bank is ever multiplied by more than this: it bounds the layers of a stream.
pub const MAX_MULTIPLIER: f64 = 1_000.0;

/// A payment that arrives in the tick asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Who pays.
    pub sender: AgentId,
    /// Who is paid, never the sender.
    pub receiver: AgentId,
    /// 1..=10^15.
    pub amount: Amount,
    /// `Tick::NEVER` = none.
    pub deadline_tick: Tick,
    /// 0..=10.
    pub priority: u8,
    /// May be split.
    pub divisible: bool,
}

/// Where the arrivals of one bank stand, as a snapshot keeps it: so that whoever resumes them late in
/// the day need not draw all that came before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// From `set_arrival_rate`.
    pub multiplier: f64,
    /// Number and instant of the candidate ahead in each layer of the day that is open.
    layers: Vec<(u64, f64)>,
}

/// What `set_rate` and `resumed` refuse.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RateError {
    /// A multiplier below 0, above [`MAX_MULTIPLIER`] with the bank's windows, or not a number.
    #[error("the arrival rate of agent {agent} cannot be multiplied by {multiplier}")]
    OutOfBounds {
        /// Index of the agent.
        agent: u16,
        /// What was asked for.
        multiplier: f64,
    },
    /// What was saved does not match the scenario's agents.
    #[error("{found} arrival multipliers for {expected} agents")]
    WrongLength {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A candidate ahead lies outside of the rest of the day.
    #[error("the arrivals of agent {agent} stand nowhere in the day")]
    Nowhere {
        /// Index of the agent.
        agent: u16,
    },
}

/// The generated arrivals of a run, tick by tick.
#[derive(Clone, Debug, Default)]
pub struct ArrivalSource {
    ticks_per_day: u32,
    last_tick: u32,
    /// The first tick not yet asked for.
    next: u32,
    /// The day whose candidates are in the heap.
    day: Option<u32>,
    /// Banks with arrivals, ascending.
    streams: Vec<Stream>,
    /// (tick << 32 | stream << 16 | layer) of each layer's next candidate.
    heap: BinaryHeap<Reverse<u64>>,
    /// Of the payments of a tick, which stream they are of and what their amounts come from.
    draws: Vec<(u16, Draw)>,
}

impl ArrivalSource {
    /// The arrivals of a run from its first tick.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let streams = (scenario
            .agents
            .iter()
            .zip(&scenario.labels.agents)
            .enumerate())
        .filter_map(|(index, (agent, id))| Stream::new(scenario, index, agent, id))
        .collect();
        Self {
            ticks_per_day: scenario.ticks_per_day,
            last_tick: scenario.ticks_per_day * scenario.num_days - 1,
            next: 0,
            day: None,
            streams,
            heap: BinaryHeap::new(),
            draws: Vec::new(),
        }
    }

    /// The arrivals of a run that goes on at `next`, from where [`standings`](Self::standings) said.
    ///
    /// # Errors
    /// [`RateError`] if it cannot have said so.
    pub fn resumed(
        scenario: &Scenario,
        next: Tick,
        standings: &[Standing],
    ) -> Result<Self, RateError> {
        let mut source = Self::new(scenario);
        if standings.len() != source.streams.len() {
            return Err(RateError::WrongLength {
                found: standings.len(),
                expected: source.streams.len(),
            });
        }
        source.next = next.0;
        for (stream, standing) in source.streams.iter_mut().zip(standings) {
            stream.set_multiplier(standing.multiplier)?;
        }
        if !next.0.is_multiple_of(source.ticks_per_day) && next.0 <= source.last_tick {
            source.resume_day(next.0 / source.ticks_per_day, standings)?;
        }
        Ok(source)
    }

    /// Takes up the layers of `day` where they stood; those that had not begun start anew.
    fn resume_day(&mut self, day: u32, standings: &[Standing]) -> Result<(), RateError> {
        self.day = Some(day);
        let day_start = day * self.ticks_per_day;
        for (index, standing) in standings.iter().enumerate() {
            let stream = &mut self.streams[index];
            stream.resume_layers(
                &standing.layers,
                day,
                self.next - day_start,
                self.ticks_per_day,
            )?;
            for layer in 0..standing.layers.len() {
                self.await_layer(index, layer, day_start);
            }
            self.open_layers(index, day);
        }
        Ok(())
    }

    /// Goes back before the first tick, with the streams of another seed.
    pub fn begin_again(&mut self, scenario: &Scenario, seed: u64) {
        self.next = 0;
        self.day = None;
        self.heap.clear();
        for stream in &mut self.streams {
            stream.begin_again(seed, &scenario.labels.agents[stream.agent.index()]);
        }
    }

    /// Where each bank with arrivals stands, ascending by bank, before the tick `next`.
    #[must_use]
    pub fn standings(&self, next: Tick) -> Vec<Standing> {
        let is_open = self.day == Some(next.0 / self.ticks_per_day);
        let standing = |stream: &Stream| Standing {
            multiplier: stream.multiplier,
            layers: if is_open {
                stream.layers.iter().map(stream::Layer::place).collect()
            } else {
                Vec::new()
            },
        };
        self.streams.iter().map(standing).collect()
    }

    /// Replaces the multiplier of one bank or (`None`) of all, from tick `now` on: the tick that is
    /// about to be asked for. Says whether any bank concerned has arrivals at all.
    ///
    /// # Errors
    /// [`RateError::OutOfBounds`]; then nothing has changed.
    pub fn set_rate(
        &mut self,
        now: Tick,
        agent: Option<AgentId>,
        multiplier: f64,
    ) -> Result<bool, RateError> {
        let concerned: Vec<usize> = (self.streams.iter().enumerate())
            .filter(|(_, stream)| agent.is_none_or(|agent| stream.agent == agent))
            .map(|(index, _)| index)
            .collect();
        for &index in &concerned {
            self.streams[index].check_multiplier(multiplier)?;
        }
        // Ticks may have been left out; new layers must not start in the past.
        self.next = now.0;
        for &index in &concerned {
            self.streams[index].set_multiplier(multiplier)?;
            if let Some(day) = self.day
                && self.next / self.ticks_per_day == day
            {
                self.open_layers(index, day);
            }
        }
        Ok(!concerned.is_empty())
    }

    /// The first tick, not before the next one, in which a payment may arrive; `None` if none will
    /// at the current multipliers. Ticks before it need not be asked for.
    #[must_use]
    pub fn next_candidate(&self) -> Option<Tick> {
        if self.next > self.last_tick || self.streams.is_empty() {
            return None;
        }
        let open = self
            .day
            .is_some_and(|day| self.next / self.ticks_per_day == day);
        if !open {
            return Some(Tick(self.next));
        }
        let candidate = self
            .heap
            .peek()
            .map(|Reverse(key)| tick_of(*key).max(self.next));
        let next_day = (self.next / self.ticks_per_day + 1) * self.ticks_per_day;
        match candidate {
            Some(tick) => Some(Tick(tick)),
            None => (next_day <= self.last_tick).then_some(Tick(next_day)),
        }
    }

    /// Appends the payments that arrive in `tick`, by agent, layer and number, but not more than
    /// `at_most`. Ticks must ascend; ticks left out must be ones that `next_candidate` passed over.
    /// Says whether that was all of them.
    pub fn of_tick(&mut self, tick: Tick, at_most: usize, out: &mut Vec<Generated>) -> bool {
        self.next = tick.0;
        let day = tick.0 / self.ticks_per_day;
        if self.day != Some(day) {
            self.open_day(day);
        }
        self.next = tick.0 + 1;
        let first = out.len();
        let all = self.candidates_of(tick, day, first.saturating_add(at_most), out);
        self.work_out_amounts(day, &mut out[first..]);
        all
    }

    /// What [`of_tick`](Self::of_tick) gives, without amounts; `out` gets no longer than `most`.
    fn candidates_of(
        &mut self,
        tick: Tick,
        day: u32,
        most: usize,
        out: &mut Vec<Generated>,
    ) -> bool {
        let day_start = day * self.ticks_per_day;
        let last_tick = day_start + self.ticks_per_day - 1;
        while let Some(mut top) = self.heap.peek_mut() {
            let key = top.0;
            if tick_of(key) > tick.0 {
                break;
            }
            let number = ((key >> 16) & 0xffff) as u16;
            let stream = &mut self.streams[usize::from(number)];
            let layer = (key & 0xffff) as usize;
            while let Some(tick_in_day) = stream.layers[layer].ahead
                && day_start + tick_in_day <= tick.0
            {
                if day_start + tick_in_day == tick.0 && stream.accepts(layer, tick_in_day) {
                    if out.len() >= most {
                        return false;
                    }
                    let (generated, draw) = stream.payment(tick, layer, last_tick);
                    out.push(generated);
                    self.draws.push((number, draw));
                }
                stream.advance(layer, day, self.ticks_per_day);
            }
            match stream.layers[layer].ahead {
                Some(tick_in_day) => {
                    let tick = u64::from(day_start + tick_in_day);
                    top.0 = (tick << 32) | (key & 0xffff_ffff);
                }
                None => {
                    PeekMut::pop(top);
                }
            }
        }
        true
    }

    /// Amounts take long and wait for nothing but their own steps: the same step is done for all
    /// before the next, so that they run side by side.
    fn work_out_amounts(&mut self, day: u32, out: &mut [Generated]) {
        for (stream, draw) in &mut self.draws {
            draw.quantile = self.streams[usize::from(*stream)].quantile(draw);
        }
        for (generated, (stream, draw)) in out.iter_mut().zip(&self.draws) {
            generated.amount = self.streams[usize::from(*stream)].amount(day, draw);
        }
        self.draws.clear();
    }

    /// Starts every layer of `day` and takes it to the tick `self.next`.
    fn open_day(&mut self, day: u32) {
        self.day = Some(day);
        self.heap.clear();
        for index in 0..self.streams.len() {
            self.streams[index].layers.clear();
            self.open_layers(index, day);
        }
    }

    /// Starts the layers a stream lacks for its largest multiplier, taken to the tick `self.next`.
    fn open_layers(&mut self, index: usize, day: u32) {
        let day_start = day * self.ticks_per_day;
        let now = self.next - day_start;
        let begun = self.streams[index].layers.len();
        for layer in begun..self.streams[index].layers_needed() {
            let stream = &mut self.streams[index];
            stream.start_layer(day, self.ticks_per_day);
            while stream.layers[layer]
                .ahead
                .is_some_and(|tick_in_day| tick_in_day < now)
            {
                stream.advance(layer, day, self.ticks_per_day);
            }
            self.await_layer(index, layer, day_start);
        }
    }

    /// Puts a layer into the heap, if it has a candidate ahead.
    fn await_layer(&mut self, index: usize, layer: usize, day_start: u32) {
        if let Some(tick_in_day) = self.streams[index].layers[layer].ahead {
            let tick = u64::from(day_start + tick_in_day);
            self.heap.push(Reverse(
                (tick << 32) | ((index as u64) << 16) | layer as u64,
            ));
        }
    }
}

fn tick_of(key: u64) -> u32 {
    (key >> 32) as u32
}

#[cfg(test)]
mod tests;

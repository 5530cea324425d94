//! The candidates of one bank, layer by layer, and the payments made from them.

use super::{Generated, MAX_MULTIPLIER, RateError};
use crate::engine::sampling::{AmountSampler, BATCH, StreamKey, Words, below, gap, unit};
use crate::engine::scenario::{AgentSpec, ArrivalSpec, Scenario, WindowSpec};
use crate::engine::units::{AgentId, Amount, Tick};

/// Of a layer in a day; far fewer fit.
const MOST_CANDIDATES: u64 = 1 << 60;

/// One layer of a bank's day.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// Number of the candidate ahead.
    number: u64,
    /// Its instant, in ticks from the start of the day.
    instant: f64,
    /// The tick of the day of the candidate ahead; `None` once the day is over.
    pub(super) ahead: Option<u32>,
    /// The candidates of the batch it belongs to, and their distances from those before them.
    batch: [Words; BATCH],
    gaps: [f64; BATCH],
}

/// A payment whose amount is still to be worked out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    layer: u32,
    number: u64,
    word: u64,
    pub(super) quantile: f64,
}

/// The arrivals of one bank.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) agent: AgentId,
    key: StreamKey,
    rate: f64,
    /// From `set_arrival_rate`.
    pub(super) multiplier: f64,
    /// (first tick of the day, product of the windows from there on), ascending from tick 0.
    profile: Vec<(u32, f64)>,
    amounts: AmountSampler,
    receivers: Receivers,
    /// (priority, cumulative weight), ascending.
    priorities: Vec<(u8, u64)>,
    deadline_ticks: Option<(u32, u32)>,
    divisible: bool,
    pub(super) layers: Vec<Layer>,
}

/// Who is paid.
#[derive(Clone, Debug)]
enum Receivers {
    /// All others alike: how many they are.
    Others(u64),
    /// (agent, cumulative weight), ascending.
    Weighted(Vec<(AgentId, u64)>),
}

impl Stream {
    pub(super) fn new(
        scenario: &Scenario,
        index: usize,
        agent: &AgentSpec,
        id: &str,
    ) -> Option<Self> {
        let spec = agent.arrivals.as_ref()?;
        Some(Self {
            agent: AgentId(u16::try_from(index).ok()?),
            key: StreamKey::new(scenario.seed, id),
            rate: spec.rate_per_tick,
            multiplier: 1.0,
            profile: profile(&spec.windows),
            amounts: AmountSampler::new(spec.amounts),
            receivers: Receivers::new(spec, scenario.agents.len()),
            priorities: cumulated(&spec.priorities),
            deadline_ticks: spec.deadline_ticks,
            divisible: spec.divisible,
            layers: Vec::new(),
        })
    }

    /// Goes back before the first day, with another seed.
    pub(super) fn begin_again(&mut self, seed: u64, id: &str) {
        self.key = StreamKey::new(seed, id);
        self.multiplier = 1.0;
        self.layers.clear();
    }

    /// m of a tick of the day.
    fn multiplier_at(&self, tick_in_day: u32) -> f64 {
        let after = self
            .profile
            .partition_point(|&(start, _)| start <= tick_in_day);
        self.profile[after - 1].1 * self.multiplier
    }

    pub(super) fn check_multiplier(&self, multiplier: f64) -> Result<(), RateError> {
        let most = peak(&self.profile) * multiplier;
        if (0.0..=MAX_MULTIPLIER).contains(&multiplier) && most <= MAX_MULTIPLIER {
            Ok(())
        } else {
            Err(RateError::OutOfBounds {
                agent: self.agent.0,
                multiplier,
            })
        }
    }

    pub(super) fn set_multiplier(&mut self, multiplier: f64) -> Result<(), RateError> {
        self.check_multiplier(multiplier)?;
        self.multiplier = multiplier;
        Ok(())
    }

    /// Layers j with j >= the largest m are empty.
    pub(super) fn layers_needed(&self) -> usize {
        (peak(&self.profile) * self.multiplier).ceil() as usize
    }

    /// Adds the next layer, at its first candidate.
    pub(super) fn start_layer(&mut self, day: u32, ticks_per_day: u32) {
        let mut layer = Layer::at(0, 0.0);
        let place = (day, self.layers.len() as u32);
        layer.look_ahead(&self.key, self.rate, place, ticks_per_day);
        self.layers.push(layer);
    }

    /// Takes a layer to its next candidate.
    #[inline]
    pub(super) fn advance(&mut self, at: usize, day: u32, ticks_per_day: u32) {
        let layer = &mut self.layers[at];
        layer.number += 1;
        layer.look_ahead(&self.key, self.rate, (day, at as u32), ticks_per_day);
    }

    /// Takes up the layers of a day at `now` where [`Layer::place`] says that they stood.
    pub(super) fn resume_layers(
        &mut self,
        places: &[(u64, f64)],
        day: u32,
        now: u32,
        ticks_per_day: u32,
    ) -> Result<(), RateError> {
        for (at, &(number, instant)) in places.iter().enumerate() {
            let is_ahead = (f64::from(now)..f64::MAX).contains(&instant);
            if at >= MAX_MULTIPLIER as usize || number > MOST_CANDIDATES || !is_ahead {
                return Err(RateError::Nowhere {
                    agent: self.agent.0,
                });
            }
            let mut layer = Layer::at(number, instant);
            layer.draw_batch(&self.key, self.rate, (day, at as u32));
            layer.await_instant(ticks_per_day);
            self.layers.push(layer);
        }
        Ok(())
    }

    #[inline]
    pub(super) fn accepts(&self, layer: usize, tick_in_day: u32) -> bool {
        unit(self.layers[layer].words()[1]) < self.multiplier_at(tick_in_day) - layer as f64
    }

    /// The payment of the candidate ahead, its amount still to be worked out by
    /// [`amount`](Self::amount).
    #[inline]
    pub(super) fn payment(
        &self,
        tick: Tick,
        layer: usize,
        last_tick_of_day: u32,
    ) -> (Generated, Draw) {
        let layer_ahead = &self.layers[layer];
        let [_, _, word, receiver, deadline, priority] = *layer_ahead.words();
        let generated = Generated {
            sender: self.agent,
            receiver: self.receivers.draw(receiver, self.agent),
            amount: Amount(0),
            deadline_tick: self.deadline_ticks.map_or(Tick::NEVER, |(low, high)| {
                let drawn = below(deadline, u64::from(high - low) + 1) as u32;
                Tick(tick.0.saturating_add(low + drawn).min(last_tick_of_day))
            }),
            priority: pick(&self.priorities, priority),
            divisible: self.divisible,
        };
        let draw = Draw {
            layer: layer as u32,
            number: layer_ahead.number,
            word,
            quantile: 0.0,
        };
        (generated, draw)
    }

    /// The first half of working out an amount: many are done side by side.
    #[inline]
    pub(super) fn quantile(&self, draw: &Draw) -> f64 {
        self.amounts.quantile(draw.word)
    }

    #[inline]
    pub(super) fn amount(&self, day: u32, draw: &Draw) -> Amount {
        let redraw = |retry| self.key.words(day, draw.layer, retry, draw.number)[2];
        self.amounts.draw(draw.word, draw.quantile, redraw)
    }
}

impl Layer {
    /// A layer at a candidate whose batch is still to be drawn.
    fn at(number: u64, instant: f64) -> Self {
        Self {
            number,
            instant,
            ahead: None,
            batch: [[0; 6]; BATCH],
            gaps: [0.0; BATCH],
        }
    }

    /// Number and instant of the candidate ahead, as a snapshot keeps them.
    pub(super) fn place(&self) -> (u64, f64) {
        (self.number, self.instant)
    }

    fn in_batch(&self) -> usize {
        (self.number % BATCH as u64) as usize
    }

    fn words(&self) -> &Words {
        &self.batch[self.in_batch()]
    }

    /// Finds when the candidate `number` comes, given when the one before it came.
    #[inline]
    fn look_ahead(&mut self, key: &StreamKey, rate: f64, place: (u32, u32), ticks_per_day: u32) {
        let at = self.in_batch();
        if at == 0 {
            self.draw_batch(key, rate, place);
        }
        self.instant += self.gaps[at];
        self.await_instant(ticks_per_day);
    }

    /// Draws the whole batch that the candidate `number` belongs to, wherever in it that stands.
    #[inline]
    fn draw_batch(&mut self, key: &StreamKey, rate: f64, place: (u32, u32)) {
        let first = self.number - self.in_batch() as u64;
        self.batch = key.batch(place.0, place.1, first);
        self.gaps = self.batch.map(|words| gap(words[0], rate));
    }

    #[inline]
    fn await_instant(&mut self, ticks_per_day: u32) {
        self.ahead = (self.instant < f64::from(ticks_per_day)).then_some(self.instant as u32);
    }
}

impl Receivers {
    fn new(spec: &ArrivalSpec, agents: usize) -> Self {
        match &spec.counterparty_weights {
            Some(weights) => Self::Weighted(cumulated(weights)),
            None => Self::Others(agents as u64 - 1),
        }
    }

    fn draw(&self, word: u64, sender: AgentId) -> AgentId {
        match self {
            Self::Others(count) => {
                let drawn = below(word, *count) as u16;
                AgentId(if drawn >= sender.0 { drawn + 1 } else { drawn })
            }
            Self::Weighted(cumulative) => pick(cumulative, word),
        }
    }
}

/// Weights replaced by the sums up to and including each.
fn cumulated<T: Copy>(weights: &[(T, u64)]) -> Vec<(T, u64)> {
    let mut sum = 0;
    let add = |&(value, weight): &(T, u64)| {
        sum += weight;
        (value, sum)
    };
    weights.iter().map(add).collect()
}

/// The first value whose cumulative weight is greater than the integer draw from the total.
fn pick<T: Copy>(cumulative: &[(T, u64)], word: u64) -> T {
    let drawn = below(word, cumulative[cumulative.len() - 1].1);
    cumulative[cumulative.partition_point(|&(_, sum)| sum <= drawn)].0
}

/// The largest product of windows in the day.
fn peak(profile: &[(u32, f64)]) -> f64 {
    profile
        .iter()
        .fold(0.0, |most, &(_, product)| most.max(product))
}

/// The product of the windows that cover a tick, multiplied as listed, as steps over the day.
#[must_use]
pub fn profile(windows: &[WindowSpec]) -> Vec<(u32, f64)> {
    let mut starts: Vec<u32> = windows
        .iter()
        .flat_map(|window| [window.start_tick, window.end_tick])
        .chain([0])
        .collect();
    starts.sort_unstable();
    starts.dedup();
    let product = |tick: u32| {
        let covers = |window: &&WindowSpec| window.start_tick <= tick && tick < window.end_tick;
        windows
            .iter()
            .filter(covers)
            .fold(1.0, |product, window| product * window.rate_multiplier)
    };
    starts
        .into_iter()
        .map(|start| (start, product(start)))
        .collect()
}

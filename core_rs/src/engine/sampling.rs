//! Random words and the distributions made from them (model.md section 10).
//!
//! Everything here is a pure function of its arguments: no state, no platform. The words are single
//! ChaCha8 blocks addressed by key, nonce and counter; the numbers come from them by inverse
//! distribution functions over `libm` (pinned), because the C library's `ln` and `exp` differ from
//! machine to machine in the last bit. docs/determinism.md says how to reproduce the bytes.

// The constants of AS241 stand here with the digits of the paper.
#![allow(clippy::excessive_precision)]

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

use crate::engine::scenario::AmountSpec;
use crate::engine::units::Amount;

/// No generated amount is above this many cents.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

/// Redraws of a normal amount below one cent; each succeeds with probability 1/2 or more.
const MAX_RETRIES: u16 = u16::MAX;

/// The words of one block: 0 gap, 1 thinning, 2 amount, 3 receiver, 4 deadline, 5 priority.
pub type Words = [u64; 6];

/// Candidates that are drawn side by side.
pub const BATCH: usize = 4;

/// The random stream of one agent: a ChaCha key.
#[derive(Clone, Debug)]
pub struct StreamKey([u8; 32]);

impl StreamKey {
    /// BLAKE3("arrivals/1" ‖ seed as u64 little-endian ‖ agent id).
    #[must_use]
    pub fn new(seed: u64, agent_id: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"arrivals/1");
        hasher.update(&seed.to_le_bytes());
        hasher.update(agent_id.as_bytes());
        Self(*hasher.finalize().as_bytes())
    }

    /// The words of candidate `counter` in a layer of a day.
    #[must_use]
    pub fn words(&self, day: u32, layer: u32, retry: u16, counter: u64) -> Words {
        words_of(&self.blocks(nonce(day, layer, retry), counter)[0])
    }

    /// The words of the candidates from `first` on: side by side they take hardly longer than one.
    #[must_use]
    pub fn batch(&self, day: u32, layer: u32, first: u64) -> [Words; BATCH] {
        self.blocks(nonce(day, layer, 0), first)
            .each_ref()
            .map(words_of)
    }

    /// ChaCha8 blocks in Bernstein's original layout: 64-bit counter in state words 12 and 13 (low
    /// first), 64-bit nonce in 14 and 15.
    fn blocks(&self, nonce: u64, first: u64) -> [[u8; 64]; BATCH] {
        let mut cipher = ChaCha8Rng::from_seed(self.0);
        cipher.set_stream(nonce);
        cipher.set_block_pos(first);
        let mut blocks = [[0; 64]; BATCH];
        cipher.fill_bytes(blocks.as_flattened_mut());
        blocks
    }
}

fn nonce(day: u32, layer: u32, retry: u16) -> u64 {
    (u64::from(day) << 48) | (u64::from(layer) << 16) | u64::from(retry)
}

fn words_of(block: &[u8; 64]) -> Words {
    let (words, _) = block.as_chunks::<8>();
    std::array::from_fn(|word| u64::from_le_bytes(words[word]))
}

/// A number strictly between 0 and 1, from the upper 52 bits: `((w >> 12) + 0.5)·2^-52`.
#[must_use]
pub fn unit(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
}

/// An integer in `[0, n)`: `(w·n) >> 64`.
#[must_use]
pub fn below(word: u64, n: u64) -> u64 {
    ((u128::from(word) * u128::from(n)) >> 64) as u64
}

/// Time to the next candidate of a Poisson stream of `rate` per tick.
#[must_use]
pub fn gap(word: u64, rate: f64) -> f64 {
    -libm::log(unit(word)) / rate
}

/// The standard normal quantile of `p` in (0, 1): algorithm AS241, PPND16 (Wichura 1988).
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * horner(&CENTRE_TOP, r) / horner(&CENTRE_BOTTOM, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-libm::log(tail)).sqrt();
    let z = if r <= 5.0 {
        let r = r - 1.6;
        horner(&MIDDLE_TOP, r) / horner(&MIDDLE_BOTTOM, r)
    } else {
        let r = r - 5.0;
        horner(&FAR_TOP, r) / horner(&FAR_BOTTOM, r)
    };
    if q < 0.0 { -z } else { z }
}

/// Coefficients from the highest power down.
#[inline]
fn horner(coefficients: &[f64; 8], x: f64) -> f64 {
    let [first, rest @ ..] = coefficients;
    rest.iter().fold(*first, |sum, c| sum * x + c)
}

const CENTRE_TOP: [f64; 8] = [
    2.509_080_928_730_122_672_7e+3,
    3.343_057_558_358_812_810_5e+4,
    6.726_577_092_700_870_085_3e+4,
    4.592_195_393_154_987_145_7e+4,
    1.373_169_376_550_946_112_5e+4,
    1.971_590_950_306_551_442_7e+3,
    1.331_416_678_917_843_774_5e+2,
    3.387_132_872_796_366_608_0e+0,
];
const CENTRE_BOTTOM: [f64; 8] = [
    5.226_495_278_852_854_561_0e+3,
    2.872_908_573_572_194_267_4e+4,
    3.930_789_580_009_271_061_0e+4,
    2.121_379_430_158_659_586_7e+4,
    5.394_196_021_424_751_107_7e+3,
    6.871_870_074_920_579_083_0e+2,
    4.231_333_070_160_091_125_2e+1,
    1.0,
];
const MIDDLE_TOP: [f64; 8] = [
    7.745_450_142_783_414_076_40e-4,
    2.272_384_498_926_918_458_33e-2,
    2.417_807_251_774_506_117_70e-1,
    1.270_458_252_452_368_382_58e+0,
    3.647_848_324_763_204_605_04e+0,
    5.769_497_221_460_691_405_50e+0,
    4.630_337_846_156_545_295_90e+0,
    1.423_437_110_749_683_577_34e+0,
];
const MIDDLE_BOTTOM: [f64; 8] = [
    1.050_750_071_644_416_843_24e-9,
    5.475_938_084_995_344_946_00e-4,
    1.519_866_656_361_645_719_66e-2,
    1.481_039_764_274_800_745_90e-1,
    6.897_673_349_851_000_045_50e-1,
    1.676_384_830_183_803_849_40e+0,
    2.053_191_626_637_758_821_87e+0,
    1.0,
];
const FAR_TOP: [f64; 8] = [
    2.010_334_399_292_288_132_65e-7,
    2.711_555_568_743_487_578_15e-5,
    1.242_660_947_388_078_438_60e-3,
    2.653_218_952_657_612_309_30e-2,
    2.965_605_718_285_048_912_30e-1,
    1.784_826_539_917_291_335_80e+0,
    5.463_784_911_164_114_369_90e+0,
    6.657_904_643_501_103_777_20e+0,
];
const FAR_BOTTOM: [f64; 8] = [
    2.044_263_103_389_939_785_64e-15,
    1.421_511_758_316_445_888_70e-7,
    1.846_318_317_510_054_681_80e-5,
    7.868_691_311_456_132_591_00e-4,
    1.487_536_129_085_061_485_25e-2,
    1.369_298_809_227_358_053_10e-1,
    5.998_322_065_558_879_376_90e-1,
    1.0,
];

/// The amount distribution of one bank, its constants worked out once.
#[derive(Clone, Debug)]
pub struct AmountSampler(Law);

#[derive(Clone, Debug)]
enum Law {
    /// `mean + sd·z`, redrawn below one cent.
    Normal { mean: f64, sd: f64 },
    /// `exp(location + scale·z)`.
    Lognormal { location: f64, scale: f64 },
    /// `low + u·width`.
    Uniform { low: f64, width: f64 },
    /// An integer from 1 to `count`.
    UniformInteger { count: u64 },
    /// `-mean·ln(u)`.
    Exponential { mean: f64 },
}

impl AmountSampler {
    /// Works out the constants; `mean` and `sd` are of the amount itself.
    #[must_use]
    pub fn new(spec: AmountSpec) -> Self {
        Self(match spec {
            AmountSpec::Normal { mean, sd } => Law::Normal {
                mean: mean.0 as f64,
                sd: sd.0 as f64,
            },
            AmountSpec::Lognormal { mean, sd } => {
                let mean = mean.0 as f64;
                let ratio = sd.0 as f64 / mean;
                let variance = libm::log(1.0 + ratio * ratio);
                Law::Lognormal {
                    location: libm::log(mean) - variance / 2.0,
                    scale: variance.sqrt(),
                }
            }
            AmountSpec::Uniform { mean, sd: Some(sd) } => {
                let half = 3.0_f64.sqrt() * sd.0 as f64;
                let low = mean.0 as f64 - half;
                let high = mean.0 as f64 + half;
                Law::Uniform {
                    low,
                    width: high - low,
                }
            }
            AmountSpec::Uniform { mean, sd: None } => Law::UniformInteger {
                count: (2 * mean.0 - 1).unsigned_abs(),
            },
            AmountSpec::Exponential { mean } => Law::Exponential {
                mean: mean.0 as f64,
            },
        })
    }

    /// What the amount for `word` is made from: apart, so that many are worked out at once.
    #[must_use]
    pub fn quantile(&self, word: u64) -> f64 {
        match self.0 {
            Law::Normal { .. } | Law::Lognormal { .. } => normal_quantile(unit(word)),
            Law::Uniform { .. } | Law::UniformInteger { .. } | Law::Exponential { .. } => 0.0,
        }
    }

    /// The amount for `word` and its [`quantile`](Self::quantile); `redraw(retry)` gives word 2 of
    /// the block with that retry number.
    pub fn draw(&self, word: u64, quantile: f64, mut redraw: impl FnMut(u16) -> u64) -> Amount {
        match self.0 {
            Law::Normal { mean, sd } => {
                let mut value = mean + sd * quantile;
                let mut retry = 0;
                while value < 1.0 && retry < MAX_RETRIES {
                    retry += 1;
                    value = mean + sd * normal_quantile(unit(redraw(retry)));
                }
                cents(value)
            }
            Law::Lognormal { location, scale } => cents(libm::exp(location + scale * quantile)),
            Law::Uniform { low, width } => cents(low + unit(word) * width),
            Law::UniformInteger { count } => {
                let drawn = i64::try_from(below(word, count)).unwrap_or(MAX_AMOUNT);
                Amount(drawn.saturating_add(1).min(MAX_AMOUNT))
            }
            Law::Exponential { mean } => cents(-mean * libm::log(unit(word))),
        }
    }
}

/// Whole cents: rounded half up, at least 1, at most [`MAX_AMOUNT`].
fn cents(value: f64) -> Amount {
    let raised = value + 0.5;
    if raised >= MAX_AMOUNT as f64 {
        Amount(MAX_AMOUNT)
    } else {
        // Down to whole cents; what is below 1 is 1 anyway.
        Amount((raised as i64).max(1))
    }
}

#[cfg(test)]
mod tests;

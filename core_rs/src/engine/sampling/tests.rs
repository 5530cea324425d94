//! Published vectors, pinned bits, moments.

use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}

fn keystream(key: &str, iv: &str, counter: u64) -> Vec<u8> {
    let key: [u8; 32] = hex(key).try_into().expect("32 bytes");
    let iv: [u8; 8] = hex(iv).try_into().expect("8 bytes");
    StreamKey(key).blocks(u64::from_le_bytes(iv), counter)[0].to_vec()
}

/// draft-strombergson-chacha-test-vectors-01, ChaCha8, 256-bit keys: TC1 (zeros) and TC8.
#[test]
fn blocks_are_those_of_the_published_vectors() {
    let zeros = "00".repeat(32);
    assert_eq!(
        keystream(&zeros, "0000000000000000", 0),
        hex(
            "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e\
             984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42"
        )
    );
    assert_eq!(
        keystream(&zeros, "0000000000000000", 1),
        hex(
            "d2aefa0deaa5c151bf0adb6c01f2a5adc0fd581259f9a2aadcf20f8fd566a26b\
             5032ec38bbc5da98ee0c6f568b872a65a08abf251deb21bb4b56e5d8821e68aa"
        )
    );
    assert_eq!(
        keystream(
            "00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100",
            "0f1e2d3c4b5a6978",
            0
        ),
        hex(
            "db43ad9d1e842d1272e4530e276b3f568f8859b3f7cf6d9d2c74fa53808cb515\
             7a8ebf46ad3dcc4b6c7dadde131784b0120e0e22f6d5f9ffa7407d4a21b695d9"
        )
    );
}

#[test]
fn the_nonce_is_day_layer_retry_and_the_words_are_little_endian() {
    let key = StreamKey::new(12345, "BANK_A");
    let bytes = key.blocks((3 << 48) | (2 << 16) | 1, 7)[0];
    let words = key.words(3, 2, 1, 7);
    for (index, word) in words.iter().enumerate() {
        let part: [u8; 8] = bytes[8 * index..8 * index + 8].try_into().expect("8 bytes");
        assert_eq!(*word, u64::from_le_bytes(part));
    }
}

#[test]
fn blocks_side_by_side_are_those_one_by_one() {
    let key = StreamKey::new(12345, "BANK_A");
    for first in [0, 8, u64::from(u32::MAX) - 1] {
        let batch = key.batch(3, 2, first);
        for (lane, words) in batch.iter().enumerate() {
            assert_eq!(*words, key.words(3, 2, 0, first + lane as u64));
        }
    }
}

#[test]
fn ln_and_exp_have_the_pinned_bits() {
    let ln = [0.1, 0.5, 2.0, 10.0, 123_456.789, 1e15].map(|x| libm::log(x).to_bits());
    let exp = [-20.5, -1.0, 0.1, 1.0, 11.7, 34.5].map(|x| libm::exp(x).to_bits());
    assert_eq!(ln, LN_BITS, "{ln:#x?}");
    assert_eq!(exp, EXP_BITS, "{exp:#x?}");
}

const LN_BITS: [u64; 6] = [
    0xc002_6bb1_bbb5_5515,
    0xbfe6_2e42_fefa_39ef,
    0x3fe6_2e42_fefa_39ef,
    0x4002_6bb1_bbb5_5516,
    0x4027_7281_cad8_a844,
    0x4041_44f6_9ff9_ffc4,
];
/// The C library has `0x4005_bf0a_8b14_5769` for `exp(1)`.
const EXP_BITS: [u64; 6] = [
    0x3e15_7a3a_feed_00ab,
    0x3fd7_8b56_362c_ef38,
    0x3ff1_aec7_b35a_00d4,
    0x4005_bf0a_8b14_576a,
    0x40fd_6fbb_7095_a1e1,
    0x430b_5738_e777_c243,
];

/// Wichura's own check values.
#[test]
fn the_normal_quantile_is_that_of_the_paper() {
    let checks = [
        (0.25, -0.674_489_750_196_081_7),
        (0.001, -3.090_232_306_167_813_5),
        (1e-20, -9.262_340_089_798_408),
        (0.975, 1.959_963_984_540_054),
    ];
    for (p, z) in checks {
        assert!((normal_quantile(p) - z).abs() < 1e-14 * z.abs(), "{p}");
    }
    assert!(normal_quantile(0.5).abs() < f64::MIN_POSITIVE);
}

#[test]
fn units_lie_strictly_between_zero_and_one() {
    assert!(unit(0) > 0.0);
    assert!(unit(u64::MAX) < 1.0);
    assert_eq!(below(u64::MAX, 10), 9);
    assert_eq!(below(0, 10), 0);
}

fn moments(spec: AmountSpec) -> (f64, f64, i64, i64) {
    let sampler = AmountSampler::new(spec);
    let key = StreamKey::new(1, "MOMENTS");
    let count = 200_000_u64;
    let (mut sum, mut squares) = (0.0, 0.0);
    let (mut least, mut most) = (i64::MAX, i64::MIN);
    for i in 0..count {
        let word = key.words(0, 0, 0, i)[2];
        let redraw = |retry| key.words(0, 0, retry, i)[2];
        let amount = sampler.draw(word, sampler.quantile(word), redraw);
        sum += amount.0 as f64;
        squares += (amount.0 as f64) * (amount.0 as f64);
        least = least.min(amount.0);
        most = most.max(amount.0);
    }
    let mean = sum / count as f64;
    (
        mean,
        (squares / count as f64 - mean * mean).sqrt(),
        least,
        most,
    )
}

fn near(found: f64, expected: f64, share: f64) {
    assert!(
        (found / expected - 1.0).abs() < share,
        "{found} is not near {expected}"
    );
}

#[test]
fn amounts_have_the_moments_of_their_distribution() {
    let (mean, sd) = (Amount(100_000), Amount(30_000));
    let (m, s, _, _) = moments(AmountSpec::Lognormal { mean, sd });
    near(m, 100_000.0, 0.005);
    near(s, 30_000.0, 0.02);
    let (m, s, least, most) = moments(AmountSpec::Uniform { mean, sd: Some(sd) });
    near(m, 100_000.0, 0.005);
    near(s, 30_000.0, 0.02);
    assert!(least >= 48_038 && most <= 151_962);
    let (m, s, _, _) = moments(AmountSpec::Exponential { mean });
    near(m, 100_000.0, 0.01);
    near(s, 100_000.0, 0.02);
    let (m, s, _, _) = moments(AmountSpec::Normal {
        mean,
        sd: Amount(10_000),
    });
    near(m, 100_000.0, 0.005);
    near(s, 10_000.0, 0.02);
    let (m, _, least, most) = moments(AmountSpec::Uniform {
        mean: Amount(3),
        sd: None,
    });
    near(m, 3.0, 0.01);
    assert_eq!((least, most), (1, 5));
}

#[test]
fn a_normal_amount_below_one_cent_is_redrawn() {
    let sampler = AmountSampler::new(AmountSpec::Normal {
        mean: Amount(10),
        sd: Amount(5),
    });
    let mut asked = Vec::new();
    let amount = sampler.draw(0, sampler.quantile(0), |retry| {
        asked.push(retry);
        if retry < 3 { 0 } else { u64::MAX / 2 }
    });
    assert_eq!((amount, asked), (Amount(10), vec![1, 2, 3]));
}

#[test]
fn amounts_are_at_least_one_cent_and_at_most_the_bound() {
    assert_eq!(cents(-3.0), Amount(1));
    assert_eq!(cents(2.5), Amount(3));
    assert_eq!(cents(f64::INFINITY), Amount(MAX_AMOUNT));
}

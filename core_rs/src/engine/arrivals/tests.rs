//! What the generated arrivals promise: their statistics, and that only (scenario, tick, multipliers) matter.

use super::*;
use crate::engine::scenario::{
    AgentSpec, AmountSpec, ArrivalSpec, CostSpec, EndOfDay, Labels, Limits, PaymentTable,
    PolicyKind, PolicySpec, WindowSpec,
};
use crate::engine::units::Rate;

const ALL: usize = usize::MAX;

fn arrivals(rate: f64) -> ArrivalSpec {
    ArrivalSpec {
        rate_per_tick: rate,
        amounts: AmountSpec::Lognormal {
            mean: Amount(100_000),
            sd: Amount(30_000),
        },
        counterparty_weights: None,
        windows: Vec::new(),
        deadline_ticks: Some((10, 50)),
        priorities: vec![(5, 800_000_000), (9, 200_000_000)],
        divisible: false,
    }
}

fn scenario(ticks_per_day: u32, num_days: u32, specs: Vec<Option<ArrivalSpec>>) -> Scenario {
    let ids = (0..specs.len())
        .map(|index| format!("BANK_{index}"))
        .collect();
    let agents = (specs.into_iter())
        .map(|arrivals| AgentSpec {
            balance: Amount(0),
            credit_limit: Amount(0),
            posted: Amount(0),
            haircut: Rate(0),
            policy: PolicySpec {
                kind: PolicyKind::ReleaseAll,
                split_above: None,
            },
            limits: Limits::default(),
            reservation_urgent: Amount(0),
            arrivals,
        })
        .collect();
    Scenario {
        ticks_per_day,
        num_days,
        seed: 12345,
        end_of_day: EndOfDay::CarryOver,
        agents,
        rails: Vec::new(),
        costs: CostSpec::default(),
        payments: PaymentTable::default(),
        events: Vec::new(),
        hours: Vec::new(),
        labels: Labels {
            agents: ids,
            rails: Vec::new(),
        },
    }
}

/// Everything from `from` to `to`, with its tick.
fn collect(source: &mut ArrivalSource, from: u32, to: u32) -> Vec<(u32, Generated)> {
    let mut all = Vec::new();
    for tick in from..to {
        let mut out = Vec::new();
        assert!(source.of_tick(Tick(tick), ALL, &mut out));
        all.extend(out.into_iter().map(|payment| (tick, payment)));
    }
    all
}

/// Poisson: mean and variance of the number per tick are both the rate.
#[test]
fn counts_have_the_mean_and_variance_of_a_poisson_stream() {
    let scenario = scenario(10_000, 2, vec![Some(arrivals(2.5)), None]);
    let all = collect(&mut ArrivalSource::new(&scenario), 0, 20_000);
    let mut counts = vec![0.0_f64; 20_000];
    for (tick, _) in &all {
        counts[*tick as usize] += 1.0;
    }
    let mean = counts.iter().sum::<f64>() / 20_000.0;
    let variance = counts.iter().map(|c| (c - mean) * (c - mean)).sum::<f64>() / 19_999.0;
    // Five standard errors: sqrt(2.5 / 20,000) and about 2.5·sqrt(2 / 20,000).
    assert!((mean - 2.5).abs() < 0.056, "{mean}");
    assert!((variance - 2.5).abs() < 0.135, "{variance}");
}

#[test]
fn windows_multiply_the_rate_in_their_ticks() {
    let mut spec = arrivals(1.0);
    spec.windows = vec![
        WindowSpec {
            start_tick: 0,
            end_tick: 3_000,
            rate_multiplier: 2.5,
        },
        WindowSpec {
            start_tick: 2_000,
            end_tick: 4_000,
            rate_multiplier: 0.5,
        },
    ];
    let scenario = scenario(5_000, 1, vec![Some(spec), None]);
    let all = collect(&mut ArrivalSource::new(&scenario), 0, 5_000);
    for (from, to, rate) in [
        (0, 2_000, 2.5),
        (2_000, 3_000, 1.25),
        (3_000, 4_000, 0.5),
        (4_000, 5_000, 1.0),
    ] {
        let count = all
            .iter()
            .filter(|(tick, _)| (from..to).contains(tick))
            .count() as f64;
        let expected = rate * f64::from(to - from);
        assert!(
            (count - expected).abs() < 5.0 * expected.sqrt(),
            "{from}..{to}: {count}"
        );
    }
}

#[test]
fn receivers_and_priorities_come_with_their_weights() {
    let mut spec = arrivals(4.0);
    spec.counterparty_weights = Some(vec![
        (AgentId(1), 1_000_000_000),
        (AgentId(3), 3_000_000_000),
    ]);
    let scenario = scenario(10_000, 1, vec![Some(spec), None, None, None]);
    let all = collect(&mut ArrivalSource::new(&scenario), 0, 10_000);
    let count = all.len() as f64;
    let to = |agent| {
        all.iter()
            .filter(|(_, p)| p.receiver == AgentId(agent))
            .count() as f64
    };
    assert!(to(0) + to(2) < 0.5);
    assert!((to(1) / count - 0.25).abs() < 5.0 * (0.25 * 0.75 / count).sqrt());
    let urgent = all.iter().filter(|(_, p)| p.priority == 9).count() as f64;
    assert!((urgent / count - 0.2).abs() < 5.0 * (0.2 * 0.8 / count).sqrt());
    assert!(all.iter().all(|(_, p)| p.priority == 5 || p.priority == 9));
}

#[test]
fn without_weights_all_others_are_paid_alike_and_never_oneself() {
    let scenario = scenario(10_000, 1, vec![None, Some(arrivals(3.0)), None, None]);
    let all = collect(&mut ArrivalSource::new(&scenario), 0, 10_000);
    let count = all.len() as f64;
    for agent in [0, 2, 3] {
        let share = all
            .iter()
            .filter(|(_, p)| p.receiver == AgentId(agent))
            .count() as f64
            / count;
        assert!(
            (share - 1.0 / 3.0).abs() < 5.0 * (2.0 / 9.0 / count).sqrt(),
            "{share}"
        );
    }
    assert!(all.iter().all(|(_, p)| p.receiver != AgentId(1)));
}

#[test]
fn deadlines_lie_in_their_range_and_never_beyond_the_day() {
    let scenario = scenario(200, 3, vec![Some(arrivals(2.0)), None]);
    for (tick, payment) in collect(&mut ArrivalSource::new(&scenario), 0, 600) {
        let last = (tick / 200 + 1) * 200 - 1;
        let deadline = payment.deadline_tick.0;
        assert!(deadline >= (tick + 10).min(last) && deadline <= (tick + 50).min(last));
    }
}

fn at_rate(multiplier: f64) -> Standing {
    Standing {
        multiplier,
        layers: Vec::new(),
    }
}

#[test]
fn a_place_outside_of_the_rest_of_the_day_is_refused() {
    let scenario = scenario(40, 3, vec![Some(arrivals(0.7)), None]);
    for place in [
        (3, -1.0),
        (3, 11.9),
        (3, f64::NAN),
        (3, f64::INFINITY),
        (u64::MAX, 12.5),
    ] {
        let standing = Standing {
            multiplier: 1.0,
            layers: vec![place],
        };
        assert!(ArrivalSource::resumed(&scenario, Tick(52), &[standing]).is_err());
    }
}

#[test]
fn a_resumed_source_goes_on_as_the_undisturbed_one() {
    let specs = || vec![Some(arrivals(0.7)), None, Some(arrivals(1.3))];
    let scenario = scenario(40, 3, specs());
    let mut whole = ArrivalSource::new(&scenario);
    for cut in 0..=120 {
        let mut source = whole.clone();
        let head = collect(&mut source, 0, cut);
        let stood = source.standings(Tick(cut));
        // From where it stood, and from the day's start where that is not known.
        for standings in [stood, vec![at_rate(1.0), at_rate(1.0)]] {
            let mut resumed =
                ArrivalSource::resumed(&scenario, Tick(cut), &standings).expect("resumes");
            assert_eq!(resumed.next_candidate(), source.next_candidate());
            let tail = collect(&mut resumed, cut, 120);
            assert_eq!(
                [&head[..], &tail[..]].concat(),
                collect(&mut whole.clone(), 0, 120),
                "cut at {cut}"
            );
        }
    }
    assert!(!collect(&mut whole, 0, 120).is_empty());
}

#[test]
fn ticks_without_candidates_can_be_left_out() {
    let scenario = scenario(
        1_000,
        3,
        vec![Some(arrivals(0.01)), None, Some(arrivals(0.002))],
    );
    let whole = collect(&mut ArrivalSource::new(&scenario), 0, 3_000);
    let mut source = ArrivalSource::new(&scenario);
    let (mut skipped, mut asked) = (Vec::new(), 0);
    while let Some(tick) = source.next_candidate() {
        let mut out = Vec::new();
        source.of_tick(tick, ALL, &mut out);
        skipped.extend(out.into_iter().map(|payment| (tick.0, payment)));
        asked += 1;
    }
    assert_eq!(skipped, whole);
    assert!(asked < 60, "{asked}");
}

#[test]
fn a_multiplier_only_adds_or_removes_payments() {
    let scenario = scenario(500, 1, vec![Some(arrivals(1.0)), None, Some(arrivals(0.5))]);
    let base = collect(&mut ArrivalSource::new(&scenario), 0, 500);
    let under = |multiplier| {
        let mut source = ArrivalSource::new(&scenario);
        let mut all = collect(&mut source, 0, 200);
        assert_eq!(
            source.set_rate(Tick(200), Some(AgentId(0)), multiplier),
            Ok(true)
        );
        all.extend(collect(&mut source, 200, 500));
        all
    };
    let more = under(2.6);
    let fewer = under(0.4);
    assert!(base.iter().all(|payment| more.contains(payment)));
    assert!(fewer.iter().all(|payment| base.contains(payment)));
    assert!(more.len() > base.len() + 300 && fewer.len() < base.len() - 100);
    let of_other = |all: &[(u32, Generated)]| -> Vec<(u32, Generated)> {
        all.iter()
            .filter(|(_, p)| p.sender == AgentId(2))
            .copied()
            .collect()
    };
    assert_eq!(of_other(&more), of_other(&base));
}

#[test]
fn a_rate_raised_and_lowered_in_the_day_resumes_to_the_same_payments() {
    let scenario = scenario(300, 2, vec![Some(arrivals(0.6)), None]);
    let mut source = ArrivalSource::new(&scenario);
    collect(&mut source, 0, 50);
    source.set_rate(Tick(50), None, 3.5).expect("in bounds");
    collect(&mut source, 50, 120);
    source.set_rate(Tick(120), None, 1.5).expect("in bounds");
    let mut resumed = ArrivalSource::resumed(&scenario, Tick(120), &source.standings(Tick(120)))
        .expect("resumes");
    assert_eq!(
        collect(&mut resumed, 120, 600),
        collect(&mut source, 120, 600)
    );
}

#[test]
fn adding_a_bank_leaves_the_payments_of_others_with_weights_alone() {
    let mut spec = arrivals(1.0);
    spec.counterparty_weights = Some(vec![(AgentId(1), 1_000_000_000)]);
    let few = scenario(100, 1, vec![Some(spec.clone()), None]);
    let many = scenario(100, 1, vec![Some(spec), None, Some(arrivals(1.0))]);
    let all = collect(&mut ArrivalSource::new(&many), 0, 100);
    let of_first: Vec<_> = all
        .into_iter()
        .filter(|(_, p)| p.sender == AgentId(0))
        .collect();
    assert_eq!(of_first, collect(&mut ArrivalSource::new(&few), 0, 100));
}

#[test]
fn impossible_multipliers_are_refused_and_change_nothing() {
    let mut spec = arrivals(1.0);
    spec.windows = vec![WindowSpec {
        start_tick: 0,
        end_tick: 5,
        rate_multiplier: 10.0,
    }];
    let scenario = scenario(10, 1, vec![Some(spec), None]);
    let mut source = ArrivalSource::new(&scenario);
    for multiplier in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
        assert!(
            source.set_rate(Tick(0), None, multiplier).is_err(),
            "{multiplier}"
        );
        assert!(ArrivalSource::resumed(&scenario, Tick(0), &[at_rate(multiplier)]).is_err());
    }
    assert_eq!(source.standings(Tick(5)), vec![at_rate(1.0)]);
    assert_eq!(source.set_rate(Tick(0), Some(AgentId(1)), 2.0), Ok(false));
    assert!(ArrivalSource::resumed(&scenario, Tick(0), &[]).is_err());
}

#[test]
fn no_more_payments_are_made_than_allowed() {
    let scenario = scenario(10, 1, vec![Some(arrivals(50.0)), None]);
    let mut out = Vec::new();
    assert!(!ArrivalSource::new(&scenario).of_tick(Tick(0), 7, &mut out));
    assert_eq!(out.len(), 7);
}

/// The worked example of docs/determinism.md, computed by a second implementation in another language.
#[test]
fn the_worked_example_of_the_documentation_comes_out() {
    let mut scenario = scenario(100, 1, vec![Some(arrivals(0.5)), None, None]);
    scenario.labels.agents = ["BANK_A", "BANK_B", "BANK_C"].map(String::from).to_vec();
    let first = collect(&mut ArrivalSource::new(&scenario), 0, 5);
    let expected = [
        (3, 2, 109_876, 53, 5),
        (3, 1, 108_028, 17, 5),
        (3, 1, 108_223, 33, 5),
        (4, 1, 65_868, 29, 9),
    ]
    .map(|(tick, receiver, amount, deadline, priority)| {
        let payment = Generated {
            sender: AgentId(0),
            receiver: AgentId(receiver),
            amount: Amount(amount),
            deadline_tick: Tick(deadline),
            priority,
            divisible: false,
        };
        (tick, payment)
    });
    assert_eq!(first, expected);
}

/// A run that leaves out ticks without candidates, and one that asks for each, change rates alike.
#[test]
fn a_rate_changed_after_ticks_were_left_out_is_the_same_change() {
    let scenario = scenario(
        100,
        4,
        vec![Some(arrivals(0.03)), Some(arrivals(0.01)), None],
    );
    for change in [1, 37, 99, 100, 101, 250, 399] {
        for multiplier in [0.0, 0.5, 7.5] {
            let mut every = ArrivalSource::new(&scenario);
            let mut wanted = collect(&mut every, 0, change);
            every
                .set_rate(Tick(change), None, multiplier)
                .expect("in bounds");
            wanted.extend(collect(&mut every, change, 400));
            let mut source = ArrivalSource::new(&scenario);
            let mut found = Vec::new();
            for tick in 0..400 {
                if tick == change {
                    source
                        .set_rate(Tick(tick), None, multiplier)
                        .expect("in bounds");
                }
                if source.next_candidate() == Some(Tick(tick)) {
                    found.extend(collect(&mut source, tick, tick + 1));
                }
            }
            assert_eq!(found, wanted, "x{multiplier} at {change}");
        }
    }
}

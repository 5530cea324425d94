//! What must be true of every run of a kind (model, sections 4 and 5).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail loudly"
)]

mod cast;

use std::collections::BTreeMap;

use cast::random::Dice;
use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::{Value, json};

/// One FIFO rail, everything released at once, no limits.
fn fifo_day(seed: u64, saving: &[&str]) -> Value {
    let mut dice = Dice::new(seed);
    let banks = 2 + dice.below(5);
    let ticks = 3 + dice.below(10);
    let agents: Vec<Value> = (0..banks)
        .map(|bank| json!({"id": format!("B{bank}"), "balance": dice.below(60)}))
        .collect();
    let payments: Vec<Value> = (0..5 + dice.below(40))
        .map(|_| {
            let sender = dice.below(banks);
            let receiver = (sender + 1 + dice.below(banks - 1)) % banks;
            json!({
                "sender": format!("B{sender}"), "receiver": format!("B{receiver}"),
                "amount": 1 + dice.below(70), "arrival_tick": dice.below(ticks),
            })
        })
        .collect();
    json!({
        "ticks_per_day": ticks, "seed": 1, "agents": agents,
        "rails": [{"id": "R", "settlement_type": "immediate", "queue": "fifo",
                   "liquidity_saving": saving}],
        "initial_transactions": payments,
    })
}

/// Settlement tick by id; never = `i64::MAX`.
fn ticks(document: &Value) -> BTreeMap<String, i64> {
    (cast::fates(&cast::run(document).payments()).into_iter())
        .map(|(id, status, tick)| (id, if status == "settled" { tick } else { i64::MAX }))
        .collect()
}

fn assert_never_later(better: &Value, worse: &Value) {
    let (better, worse) = (ticks(better), ticks(worse));
    for (id, tick) in &better {
        assert!(tick <= &worse[id], "{id}: {tick} after {}", worse[id]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cast::cases(300), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn under_fifo_more_liquidity_never_settles_any_payment_later(seed in any::<u32>()) {
        for saving in [&[][..], &["multilateral"][..]] {
            let day = fifo_day(seed.into(), saving);
            let mut richer = day.clone();
            let mut dice = Dice::new(u64::from(seed) + 1);
            for agent in richer["agents"].as_array_mut().unwrap() {
                let more = agent["balance"].as_u64().unwrap() + dice.below(40);
                agent["balance"] = more.into();
            }
            assert_never_later(&richer, &day);
        }
    }

    #[test]
    fn under_fifo_gridlock_resolution_never_settles_any_payment_later(seed in any::<u32>()) {
        let (with, without) = (fifo_day(seed.into(), &["multilateral"]), fifo_day(seed.into(), &[]));
        assert_never_later(&with, &without);
    }

    #[test]
    fn on_one_fifo_rail_the_settled_set_does_not_depend_on_the_order_of_banks(
        seed in any::<u32>()
    ) {
        let day = fifo_day(seed.into(), &["multilateral"]);
        let mut turned = day.clone();
        turned["agents"].as_array_mut().unwrap().reverse();
        assert_eq!(ticks(&day), ticks(&turned));
    }

    #[test]
    fn gridlock_resolution_settles_the_unique_greatest_set(seed in any::<u32>()) {
        let document = gridlock(seed.into());
        let simulation = cast::run(&document);
        let mut found = vec![0; document["agents"].as_array().unwrap().len()];
        for (id, _) in cast::settled(&simulation) {
            let number: usize = id[1..].parse().unwrap();
            let sender = &document["initial_transactions"][number - 1]["sender"];
            found[sender.as_str().unwrap()[1..].parse::<usize>().unwrap()] += 1;
        }
        assert_eq!(found, greatest_prefixes(&document));
    }
}

/// A tick in which everything first waits on a deferred-net rail, so that only the algorithm
/// settles: with limits, reservations and overdrawn banks.
fn gridlock(seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let banks = 2 + dice.below(3);
    let agents: Vec<Value> = (0..banks)
        .map(|bank| {
            let mut agent = json!({
                "id": format!("B{bank}"),
                "balance": dice.below(50) as i64 - 10,
                "credit_limit": 10,
                "reservations": {"urgent": if dice.often(30) { dice.below(30) } else { 0 }},
            });
            if dice.often(40) {
                let other = (bank + 1) % banks;
                agent["limits"] = json!({"bilateral": {format!("B{other}"): dice.below(40)}});
            }
            if dice.often(30) {
                agent["limits"]["multilateral"] = dice.below(50).into();
            }
            agent
        })
        .collect();
    let payments: Vec<Value> = (0..1 + dice.below(11))
        .map(|_| {
            let sender = dice.below(banks);
            let receiver = (sender + 1 + dice.below(banks - 1)) % banks;
            json!({
                "sender": format!("B{sender}"), "receiver": format!("B{receiver}"),
                "amount": 1 + dice.below(40), "arrival_tick": 0,
                "priority": if dice.often(30) { 9 } else { 5 },
            })
        })
        .collect();
    json!({
        "ticks_per_day": 1, "seed": 1, "agents": agents,
        "rails": [{"id": "N", "settlement_type": "deferred_net", "settle_at_ticks": [0]}],
        "initial_transactions": payments,
    })
}

struct Bank {
    available: i64,
    reserved: i64,
    bilateral: Option<(usize, i64)>,
    multilateral: Option<i64>,
    /// Receiver, amount, urgent; in queue order.
    queue: Vec<(usize, i64, bool)>,
}

fn banks(document: &Value) -> Vec<Bank> {
    let number = |id: &Value| id.as_str().unwrap()[1..].parse::<usize>().unwrap();
    let mut banks: Vec<Bank> = (document["agents"].as_array().unwrap().iter().enumerate())
        .map(|(at, agent)| Bank {
            available: agent["balance"].as_i64().unwrap() + agent["credit_limit"].as_i64().unwrap(),
            reserved: agent["reservations"]["urgent"].as_i64().unwrap(),
            bilateral: {
                let other = (at + 1) % document["agents"].as_array().unwrap().len();
                (agent["limits"]["bilateral"][format!("B{other}")].as_i64())
                    .map(|limit| (other, limit))
            },
            multilateral: agent["limits"]["multilateral"].as_i64(),
            queue: Vec::new(),
        })
        .collect();
    for urgent in [true, false] {
        for payment in document["initial_transactions"].as_array().unwrap() {
            if (payment["priority"] == 9) == urgent {
                let entry = (
                    number(&payment["receiver"]),
                    payment["amount"].as_i64().unwrap(),
                    urgent,
                );
                banks[number(&payment["sender"])].queue.push(entry);
            }
        }
    }
    banks
}

/// The rule of section 4, written down once more and plainly.
fn may_settle(banks: &[Bank], prefixes: &[usize]) -> bool {
    let flow = |from: usize, to: usize| -> i64 {
        (banks[from].queue[..prefixes[from]].iter())
            .filter(|entry| entry.0 == to)
            .map(|entry| entry.1)
            .sum()
    };
    (0..banks.len()).filter(|&at| prefixes[at] > 0).all(|at| {
        let bank = &banks[at];
        let sent = &bank.queue[..prefixes[at]];
        let out: i64 = (0..banks.len())
            .map(|other| flow(at, other) - flow(other, at))
            .sum();
        let urgent: i64 = sent
            .iter()
            .filter(|entry| entry.2)
            .map(|entry| entry.1)
            .sum();
        let left = bank.available - out;
        let reserved = (bank.reserved - urgent).max(0);
        left >= 0
            && (sent.iter().all(|entry| entry.2) || left >= reserved)
            && bank.bilateral.is_none_or(|(other, limit)| {
                sent.iter().all(|entry| entry.0 != other)
                    || flow(at, other) - flow(other, at) <= limit
            })
            && bank.multilateral.is_none_or(|limit| out <= limit)
    })
}

/// By trying all prefix vectors: the componentwise maximum of those that may settle, which must
/// itself be one of them.
fn greatest_prefixes(document: &Value) -> Vec<usize> {
    let banks = banks(document);
    let mut greatest = vec![0; banks.len()];
    let mut prefixes = vec![0; banks.len()];
    loop {
        if may_settle(&banks, &prefixes) {
            for (most, &prefix) in greatest.iter_mut().zip(&prefixes) {
                *most = prefix.max(*most);
            }
        }
        let Some(at) = (0..banks.len()).find(|&at| prefixes[at] < banks[at].queue.len()) else {
            break;
        };
        prefixes[at] += 1;
        prefixes[..at].fill(0);
    }
    assert!(
        may_settle(&banks, &greatest),
        "not closed under the maximum"
    );
    greatest
}

#[test]
fn a_ring_of_ten_thousand_banks_settles_at_once_and_unravels_by_one_cent() {
    for (first, settled) in [(7, 10_000), (8, 0)] {
        let bank = |number: usize| format!("B{}", number % 10_000);
        let document = json!({
            "ticks_per_day": 1, "seed": 1,
            "agents": (0..10_000).map(|at| json!({"id": bank(at), "balance": 0})).collect::<Vec<_>>(),
            "rails": [{"id": "R", "settlement_type": "immediate",
                       "liquidity_saving": ["multilateral"]}],
            "initial_transactions": (0..10_000)
                .map(|at| json!({
                    "sender": bank(at), "receiver": bank(at + 1),
                    "amount": if at == 0 { first } else { 7 }, "arrival_tick": 0,
                }))
                .collect::<Vec<_>>(),
        });
        assert_eq!(cast::run(&document).state().totals.settled_count, settled);
    }
}

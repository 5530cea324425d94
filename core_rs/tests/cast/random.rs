//! Random scenario documents with everything on, from one number each.

use serde_json::{Map, Value, json};

/// A small generator of its own, so that a number always means the same document.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True in `percent` of all throws.
    pub fn often(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

/// A document with rails, limits, policies, costs, arrivals and events drawn by `seed`.
pub fn document(seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let (ticks_per_day, num_days) = (4 + dice.below(12), 1 + dice.below(3));
    let ids: Vec<String> = (0..2 + dice.below(4)).map(|at| format!("B{at}")).collect();
    let rails = rails(&mut dice, ticks_per_day);
    let mut document = json!({
        "ticks_per_day": ticks_per_day,
        "num_days": num_days,
        "seed": dice.below(1_000),
        "end_of_day": dice.pick(&["carry_over", "carry_over", "reject"]),
        "agents": ids.iter().map(|id| agent(&mut dice, id, &ids, ticks_per_day)).collect::<Vec<_>>(),
        "rails": rails,
        "costs": costs(&mut dice),
    });
    let ticks = ticks_per_day * num_days;
    let count = dice.below(40);
    let payments = (0..count)
        .map(|_| payment(&mut dice, &ids, &document["rails"], ticks))
        .collect();
    document["initial_transactions"] = payments;
    let count = dice.below(16);
    document["events"] = (0..count)
        .map(|_| event(&mut dice, &ids, &document["rails"], ticks))
        .collect();
    document
}

/// A crowded day: dozens of banks with little money, hundreds of payments from cents to millions,
/// so that many wait and the algorithms fail far more often than they settle.
pub fn crowd(seed: u64) -> Value {
    let mut dice = Dice::new(seed ^ 0x00c0_ffee);
    let (ticks_per_day, num_days) = (30 + dice.below(31), 1 + dice.below(2));
    let ticks = ticks_per_day * num_days;
    let ids: Vec<String> = (0..10 + dice.below(31))
        .map(|at| format!("B{at}"))
        .collect();
    let bound = dice.often(50);
    let agents = ids.iter().map(|id| {
        let mut agent = json!({"id": id, "balance": wide(&mut dice)});
        if bound && dice.often(30) {
            let money = (wide(&mut dice), wide(&mut dice), wide(&mut dice));
            let other = two(&mut dice, &ids).0;
            agent["reservations"] = json!({"urgent": money.0});
            if other != id {
                agent["limits"] = json!({"bilateral": {other: money.1}, "multilateral": money.2});
            }
        }
        agent
    });
    let mut document = json!({
        "ticks_per_day": ticks_per_day, "num_days": num_days, "seed": seed % 1_000,
        "agents": agents.collect::<Vec<_>>(),
        "rails": rails(&mut dice, ticks_per_day),
        "costs": costs(&mut dice),
    });
    let mut algorithms = vec!["multilateral"];
    if dice.often(50) {
        algorithms.insert(0, "bilateral");
    }
    if dice.often(25) {
        algorithms.insert(0, "entry_offset");
    }
    document["rails"][0]["liquidity_saving"] = algorithms.into();
    let mut payments = Vec::new();
    for _ in 0..150 + dice.below(350) {
        let mut payment = payment(&mut dice, &ids, &document["rails"], ticks);
        payment["amount"] = wide(&mut dice).into();
        payments.push(payment);
    }
    for _ in 0..20 + dice.below(20) {
        circle(&mut dice, &ids, ticks, &mut payments);
    }
    document["initial_transactions"] = payments.into();
    let count = dice.below(60);
    document["events"] = (0..count)
        .map(|_| event(&mut dice, &ids, &document["rails"], ticks))
        .collect();
    document
}

/// Some banks that pay about the same amount round, urgently: what gridlock resolution is for.
fn circle(dice: &mut Dice, ids: &[String], ticks: u64, payments: &mut Vec<Value>) {
    let (first, size, step) = (dice.below(40), 3 + dice.below(6), 1 + dice.below(3));
    let (amount, tick) = (1_000 + wide(dice), dice.below(ticks));
    let bank = |at: u64| &ids[(first + at * step) as usize % ids.len()];
    for at in 0..size {
        let (sender, receiver) = (bank(at), bank((at + 1) % size));
        if sender != receiver {
            payments.push(json!({
                "sender": sender, "receiver": receiver, "amount": amount + dice.below(3),
                "arrival_tick": tick, "priority": 10, "rail": "R0",
            }));
        }
    }
}

/// An amount of any size up to some millions.
fn wide(dice: &mut Dice) -> u64 {
    let bits = dice.below(23);
    1 + dice.below(1 << bits)
}

fn rails(dice: &mut Dice, ticks_per_day: u64) -> Value {
    let mut rails = Vec::new();
    for at in 0..1 + dice.below(3) {
        let mut rail = Map::new();
        rail.insert("id".into(), format!("R{at}").into());
        if at > 0 && dice.often(35) {
            let first = dice.below(ticks_per_day);
            let ticks: Vec<u64> = (first..ticks_per_day).step_by(4).collect();
            rail.insert("settlement_type".into(), "deferred_net".into());
            rail.insert("settle_at_ticks".into(), ticks.into());
        } else {
            let queue = dice.pick(&["priority_fifo", "fifo", "bypass"]);
            let crediting = dice.pick(&["immediate", "immediate", "end_of_tick"]);
            rail.insert("settlement_type".into(), "immediate".into());
            rail.insert("queue".into(), queue.into());
            rail.insert("crediting".into(), crediting.into());
            rail.insert("liquidity_saving".into(), saving(dice));
            rail.insert("lsm_every_ticks".into(), (1 + dice.below(3)).into());
        }
        if at > 0 && dice.often(30) {
            rail.insert("max_amount".into(), (20 + dice.below(60)).into());
        }
        rails.push(Value::from(rail));
    }
    rails.into()
}

fn saving(dice: &mut Dice) -> Value {
    ["entry_offset", "bilateral", "multilateral"]
        .into_iter()
        .filter(|_| dice.often(50))
        .map(Value::from)
        .collect()
}

fn policy(dice: &mut Dice, ticks_per_day: u64) -> Value {
    let due = dice.below(3);
    let mut policy = match dice.below(6) {
        0 => json!({"type": "deadline", "due_ticks": due}),
        1 => json!({"type": "liquidity_aware", "keep": dice.below(60), "due_ticks": due}),
        2 => json!({"type": "receipt_reactive", "seed_amount": dice.below(80)}),
        3 => json!({
            "type": "throughput", "keep": dice.below(60), "due_ticks": due,
            "targets": [[0, 0.2], [ticks_per_day / 2, 0.7]],
        }),
        _ => json!({"type": "release_all"}),
    };
    if dice.often(30) {
        policy["split_above"] = json!({"amount": 20 + dice.below(40), "parts": 2 + dice.below(3)});
    }
    policy
}

fn limits(dice: &mut Dice, id: &str, ids: &[String]) -> Value {
    let mut bilateral = Map::new();
    for other in ids.iter().filter(|other| *other != id) {
        if dice.often(50) {
            bilateral.insert(other.clone(), dice.below(120).into());
        }
    }
    if dice.often(50) {
        json!({"bilateral": bilateral, "multilateral": dice.below(200)})
    } else {
        json!({"bilateral": bilateral})
    }
}

fn agent(dice: &mut Dice, id: &str, ids: &[String], ticks_per_day: u64) -> Value {
    let mut agent = json!({
        "id": id,
        "balance": dice.below(150) as i64 - 20,
        "credit_limit": 20 + dice.below(40),
        "policy": policy(dice, ticks_per_day),
    });
    if dice.often(30) {
        agent["collateral"] = json!({"posted": dice.below(50), "haircut": 0.15});
    }
    if dice.often(30) {
        agent["limits"] = limits(dice, id, ids);
    }
    if dice.often(25) {
        agent["reservations"] = json!({"urgent": dice.below(60)});
    }
    if dice.often(40) {
        agent["arrival_config"] = json!({
            "rate_per_tick": 0.6,
            "distribution_type": "lognormal",
            "amount_mean": 40,
            "amount_std_dev": 30,
            "deadline_ticks": [0, 6],
            "priority": {"3": 0.5, "9": 0.5},
            "divisible": dice.often(50),
        });
    }
    agent
}

fn costs(dice: &mut Dice) -> Value {
    json!({
        "overdraft_rate": 0.013,
        "collateral_rate": 0.07,
        "liquidity_rate": 0.0021,
        "delay_penalty_per_tick": dice.below(3),
        "delay_rate_per_tick": 0.003_1,
        "priority_multipliers": {"9": 2.5, "0": 0.25},
        "overdue_multiplier": 1.5,
        "deadline_penalty": 7,
        "deadline_rate": 0.011,
        "split_fee": 3,
        "eod_penalty": 11,
        "eod_rate": 0.01,
    })
}

fn payment(dice: &mut Dice, ids: &[String], rails: &Value, ticks: u64) -> Value {
    let (sender, receiver) = two(dice, ids);
    let arrival = dice.below(ticks);
    let mut payment = json!({
        "sender": sender,
        "receiver": receiver,
        "amount": 1 + dice.below(90),
        "arrival_tick": arrival,
        "priority": dice.below(11),
        "divisible": dice.often(50),
    });
    if dice.often(50) {
        payment["deadline_tick"] = (arrival + dice.below(8)).into();
    }
    if dice.often(40) {
        payment["rail"] = rail(dice, rails);
    }
    payment
}

fn two<'a>(dice: &mut Dice, ids: &'a [String]) -> (&'a str, &'a str) {
    let sender = dice.below(ids.len() as u64) as usize;
    let step = 1 + dice.below(ids.len() as u64 - 1) as usize;
    (&ids[sender], &ids[(sender + step) % ids.len()])
}

fn rail(dice: &mut Dice, rails: &Value) -> Value {
    let count = rails.as_array().map_or(1, Vec::len) as u64;
    rails[dice.below(count) as usize]["id"].clone()
}

/// An event of any type, which may find nothing to act on.
pub fn event(dice: &mut Dice, ids: &[String], rails: &Value, ticks: u64) -> Value {
    let (agent, other) = two(dice, ids);
    let payment = format!(
        "{}{}",
        dice.pick(&["T", "T", "T", "X", "G"]),
        1 + dice.below(20)
    );
    let mut event = match dice.below(13) {
        0 => json!({"type": "inject_payment", "sender": agent, "receiver": other,
            "amount": 1 + dice.below(90), "priority": dice.below(11), "divisible": true}),
        1 => json!({"type": "transfer_liquidity", "agent": agent,
            "amount": dice.below(120) as i64 - 60}),
        2 => json!({"type": "set_credit_limit", "agent": agent, "credit_limit": dice.below(80)}),
        3 => json!({"type": "set_arrival_rate", "multiplier": 0.5}),
        4 => json!({"type": "outage", "agent": agent}),
        5 => json!({"type": "recover", "agent": agent}),
        6 => json!({"type": "set_policy", "agent": agent, "policy": policy(dice, 4)}),
        7 => json!({"type": "set_limits", "agent": agent, "limits": limits(dice, agent, ids)}),
        8 => json!({"type": "set_liquidity_saving", "rail": rails[0]["id"],
            "liquidity_saving": saving(dice)}),
        9 => json!({"type": "hold_payment", "payment": payment}),
        10 => json!({"type": "release_payment", "payment": payment}),
        11 => json!({"type": "cancel_payment", "payment": payment}),
        _ => json!({"type": "reprioritise_payment", "payment": payment,
            "priority": dice.below(11)}),
    };
    if event["amount"] == 0 {
        event["amount"] = 1.into();
    }
    event["tick"] = dice.below(ticks).into();
    event
}

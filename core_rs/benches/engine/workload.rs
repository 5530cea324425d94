//! The published workload: lognormal amounts with sd = 2 × mean, bank weights by Zipf 1.0, arrivals
//! uniform over the day; fixed seeds; deadlines, delay and overdraft costs on.

use std::sync::Arc;

use payment_simulator_core_rs::engine::scenario::{
    AgentSpec, CostSpec, Discipline, EndOfDay, Labels, Limits, PaymentIds, PaymentTable,
    PolicyKind, PolicySpec, RailSpec, Saving, Scenario, SettlementSpec,
};
use payment_simulator_core_rs::engine::units::{AgentId, Amount, Hundredths, RailId, Rate, Tick};

/// splitmix64: the engine's own generator is not what is measured.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// In (0, 1).
    pub fn unit(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.unit())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }
}

/// A day of `count` payments among `banks`, in order of arrival over `ticks`.
pub fn payments(banks: usize, count: usize, ticks: u32, seed: u64) -> PaymentTable {
    let mut dice = Dice(seed);
    let mut weights = Vec::with_capacity(banks);
    let mut sum = 0.0;
    for bank in 0..banks {
        sum += 1.0 / (bank + 1) as f64;
        weights.push(sum);
    }
    let draw = |dice: &mut Dice| {
        let wanted = dice.unit() * sum;
        AgentId(
            weights
                .partition_point(|&weight| weight < wanted)
                .min(banks - 1) as u16,
        )
    };
    let (mean, spread) = (100_000.0_f64, libm::log(5.0));
    let mut table = PaymentTable::default();
    let mut arrivals: Vec<u32> = (0..count)
        .map(|_| (dice.unit() * f64::from(ticks)) as u32)
        .collect();
    arrivals.sort_unstable();
    for arrival in arrivals {
        let sender = draw(&mut dice);
        let mut receiver = draw(&mut dice);
        while receiver == sender {
            receiver = draw(&mut dice);
        }
        let amount = libm::exp(libm::log(mean) - spread / 2.0 + spread.sqrt() * dice.normal());
        table.sender.push(sender);
        table.receiver.push(receiver);
        table.amount.push(Amount((amount + 0.5).max(1.0) as i64));
        table.arrival_tick.push(Tick(arrival));
        let deadline = arrival.saturating_add(600 + (dice.next() % 3_600) as u32);
        table
            .deadline_tick
            .push(Tick(deadline.min(ticks - 1).max(arrival)));
        table.priority.push(5);
        table.rail.push(RailId::NONE);
        table.divisible.push(false);
    }
    table.ids = PaymentIds::default();
    table
}

/// What each bank needs if every payment settles on arrival.
pub fn upper_bounds(table: &PaymentTable, banks: usize) -> Vec<i64> {
    let (mut position, mut needed) = (vec![0_i64; banks], vec![0_i64; banks]);
    for row in 0..table.sender.len() {
        let (sender, receiver) = (table.sender[row].index(), table.receiver[row].index());
        position[sender] += table.amount[row].0;
        position[receiver] -= table.amount[row].0;
        needed[sender] = needed[sender].max(position[sender]);
    }
    needed
}

/// How a scenario settles.
#[derive(Clone, Copy)]
pub struct Setup {
    pub queue: Discipline,
    pub saving: &'static [Saving],
    pub every: u32,
}

/// FIFO without saving.
pub const PLAIN: Setup = Setup {
    queue: Discipline::Fifo,
    saving: &[],
    every: 1,
};

/// A scenario of one day over the payments, each bank opening with `openings`.
pub fn scenario(
    table: PaymentTable,
    openings: &[i64],
    ticks: u32,
    days: u32,
    setup: Setup,
) -> Arc<Scenario> {
    let agent = |&balance: &i64| AgentSpec {
        balance: Amount(balance),
        credit_limit: Amount(0),
        posted: Amount(0),
        haircut: Rate(0),
        policy: PolicySpec {
            kind: PolicyKind::ReleaseAll,
            split_above: None,
        },
        limits: Limits::default(),
        reservation_urgent: Amount(0),
        arrivals: None,
    };
    Arc::new(Scenario {
        ticks_per_day: ticks,
        num_days: days,
        seed: 1,
        end_of_day: EndOfDay::CarryOver,
        agents: openings.iter().map(agent).collect(),
        rails: vec![RailSpec {
            settlement: SettlementSpec::Immediate {
                queue: setup.queue,
                credit_at_end_of_tick: false,
                saving: setup.saving.to_vec(),
                lsm_every_ticks: setup.every,
            },
            max_amount: None,
        }],
        costs: CostSpec {
            overdraft_rate: Rate(100_000),
            delay_rate_per_tick: Rate(1_000),
            priority_multipliers: [Hundredths(100); 11],
            overdue_multiplier: Hundredths(150),
            ..CostSpec::default()
        },
        payments: table,
        events: Vec::new(),
        hours: Vec::new(),
        labels: Labels {
            agents: (0..openings.len())
                .map(|bank| format!("B{bank:05}"))
                .collect(),
            rails: vec!["RTGS".to_owned()],
        },
    })
}

//! `arrival_config:` — generated arrivals of a bank.

use serde_json::Value;

use super::Clock;
use super::bounds::{
    AMOUNT, ARRIVAL_MULTIPLIER, ARRIVAL_RATE, DEFAULT_PRIORITY, MAX_CANDIDATES, MAX_PAYMENTS,
    MAX_WINDOWS, PRIORITY, TICKS, WEIGHT,
};
use super::fault::{Faults, Path};
use super::names::{Names, id_text};
use super::table::{Absent, Table, open, open_any};
use crate::engine::arrivals::{MAX_MULTIPLIER, profile};
use crate::engine::scenario::{AmountSpec, ArrivalSpec, WindowSpec};
use crate::engine::units::{AgentId, Amount};

const KEYS: [&str; 10] = [
    "agent_id",
    "rate_per_tick",
    "distribution_type",
    "amount_mean",
    "amount_std_dev",
    "counterparty_weights",
    "time_windows",
    "deadline_ticks",
    "priority",
    "divisible",
];

/// Reads an arrival configuration; `None` after a fault or if nothing would ever arrive.
pub fn read(
    value: &Value,
    path: &Path<'_>,
    faults: &Faults,
    me: AgentId,
    id: &str,
    clock: Clock,
    names: &Names,
) -> Option<ArrivalSpec> {
    let table = open(value, path, faults, &KEYS)?;
    if let Some(given) = table.get("agent_id")
        && id_text(given).as_deref() != Some(id)
    {
        table.error(
            "contradiction",
            "agent_id",
            format!("must be the agent's own id, {id}"),
            id,
        );
    }
    let rate = table.fraction("rate_per_tick", ARRIVAL_RATE, Absent::Fault);
    let amounts = amounts(&table);
    let counterparty_weights =
        (table.get("counterparty_weights")).map(|value| weights(value, &table, me, names));
    let windows = windows(&table, clock);
    let deadline_ticks = deadline_ticks(&table);
    let priorities = priorities(&table);
    let divisible = table.flag("divisible");
    // Only now may a fault in the amounts end the reading: the rest has told its own.
    let spec = ArrivalSpec {
        rate_per_tick: rate.value,
        amounts: amounts?,
        counterparty_weights,
        windows,
        deadline_ticks,
        priorities,
        divisible,
    };
    if spec
        .counterparty_weights
        .as_ref()
        .is_some_and(Vec::is_empty)
    {
        let message = "all weights are 0: nothing will arrive";
        faults.warn(
            "nothing_arrives",
            &path.key("counterparty_weights"),
            message,
        );
        return None;
    }
    let load = Load::of(&spec, clock.ticks_per_day);
    if load.payments <= 0.0 {
        let message = "the windows multiply every tick by 0: nothing will arrive";
        faults.warn("nothing_arrives", &path.key("time_windows"), message);
    }
    if load.peak > MAX_MULTIPLIER {
        let message = format!("windows that overlap multiply the rate by {}", load.peak);
        let allowed = format!("at most {MAX_MULTIPLIER} in any tick");
        table.error("out_of_range", "time_windows", message, &allowed);
    }
    Some(spec)
}

fn amounts(table: &Table<'_>) -> Option<AmountSpec> {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Normal,
        Lognormal,
        Uniform,
        Exponential,
    }
    let kinds = [
        ("normal", Kind::Normal),
        ("lognormal", Kind::Lognormal),
        ("uniform", Kind::Uniform),
        ("exponential", Kind::Exponential),
    ];
    let mean = Amount(table.whole("amount_mean", AMOUNT, Absent::Fault));
    let sd = table.whole_or_none("amount_std_dev", AMOUNT).map(Amount);
    let kind = table.required_choice("distribution_type", &kinds)?;
    let needs_sd = matches!(kind, Kind::Normal | Kind::Lognormal);
    if needs_sd && sd.is_none() {
        let message = "amount_std_dev is required by the distributions normal and lognormal";
        table.error(
            "missing",
            "amount_std_dev",
            message,
            "an integer of cents above 0",
        );
    }
    if kind == Kind::Exponential && sd.is_some() {
        let message = "an exponential distribution has no amount_std_dev: it is the mean";
        table.error("not_applicable", "amount_std_dev", message, "no such key");
    }
    if let (Kind::Uniform, Some(sd)) = (kind, sd)
        && 3 * i128::from(sd.0) * i128::from(sd.0) > i128::from(mean.0) * i128::from(mean.0)
    {
        let message = "is too large for a uniform distribution: amounts would fall below 0";
        table.error(
            "contradiction",
            "amount_std_dev",
            message,
            "at most amount_mean / sqrt(3)",
        );
    }
    Some(match kind {
        Kind::Normal => AmountSpec::Normal { mean, sd: sd? },
        Kind::Lognormal => AmountSpec::Lognormal { mean, sd: sd? },
        Kind::Uniform => AmountSpec::Uniform { mean, sd },
        Kind::Exponential => AmountSpec::Exponential { mean },
    })
}

fn weights(value: &Value, table: &Table<'_>, me: AgentId, names: &Names) -> Vec<(AgentId, u64)> {
    let path = table.path.key("counterparty_weights");
    let inner = open_any(value, &path, table.faults);
    let mut weights = Vec::new();
    for (id, value) in inner.iter().flat_map(Table::entries) {
        let agent = names.agent_key(id, &path, table.faults);
        if agent == Some(me) {
            let message = "a bank cannot pay itself";
            table.faults.error(
                "own_account",
                &path.key(id),
                message,
                Some(value),
                "another bank",
            );
        }
        let weight = WEIGHT.read(value, &path.key(id), table.faults);
        if let (Some(agent), Some(weight)) = (agent, weight)
            && weight.billionths > 0
        {
            weights.push((agent, weight.billionths.unsigned_abs()));
        }
    }
    weights.sort_unstable();
    weights
}

fn windows(table: &Table<'_>, clock: Clock) -> Vec<WindowSpec> {
    let path = table.path.key("time_windows");
    let items = table.list("time_windows");
    if items.len() > MAX_WINDOWS {
        let message = format!("{} windows are too many", items.len());
        table.error("too_many", "time_windows", message, "at most 1440 windows");
        return Vec::new();
    }
    let mut windows = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        let keys = ["start_tick", "end_tick", "rate_multiplier"];
        let Some(window) = open(item, &path, table.faults, &keys) else {
            continue;
        };
        let start_tick = window.count("start_tick", clock.tick_of_day(), Absent::Fault);
        let end_tick = window.count("end_tick", clock.end_of_window(), Absent::Fault);
        if window.get("end_tick").is_some() && end_tick <= start_tick {
            let message = "must be after start_tick: the end is exclusive";
            window.error(
                "contradiction",
                "end_tick",
                message,
                "start_tick + 1 or more",
            );
        }
        let multiplier = window.fraction("rate_multiplier", ARRIVAL_MULTIPLIER, Absent::Fault);
        windows.push(WindowSpec {
            start_tick,
            end_tick,
            rate_multiplier: multiplier.value,
        });
    }
    windows
}

fn deadline_ticks(table: &Table<'_>) -> Option<(u32, u32)> {
    let value = table.get("deadline_ticks")?;
    let path = table.path.key("deadline_ticks");
    let Some([low, high]) = value.as_array().map(Vec::as_slice) else {
        table
            .faults
            .wrong("not_a_pair", &path, value, "a pair [least, most] of ticks");
        return None;
    };
    let low = TICKS.read(low, &path.item(0), table.faults);
    let high = TICKS.read(high, &path.item(1), table.faults);
    let (low, high) = (u32::try_from(low?).ok()?, u32::try_from(high?).ok()?);
    if low > high {
        let message = "the first must not be greater than the second";
        table.error("not_ascending", "deadline_ticks", message, "[least, most]");
    }
    Some((low, high))
}

/// A priority, or weights of several.
fn priorities(table: &Table<'_>) -> Vec<(u8, u64)> {
    let path = table.path.key("priority");
    let Some(value @ Value::Object(_)) = table.get("priority") else {
        let priority = table.whole("priority", PRIORITY, Absent::Is(DEFAULT_PRIORITY));
        return vec![(priority as u8, 1)];
    };
    let mut weights = Vec::new();
    for (key, value) in open_any(value, &path, table.faults)
        .iter()
        .flat_map(Table::entries)
    {
        let priority = priority_key(key, &path, table.faults);
        let weight = WEIGHT.read(value, &path.key(key), table.faults);
        if let (Some(priority), Some(weight)) = (priority, weight)
            && weight.billionths > 0
        {
            weights.push((priority, weight.billionths.unsigned_abs()));
        }
    }
    weights.sort_unstable();
    if weights.is_empty() {
        table.error(
            "too_few",
            "priority",
            "no priority has a weight above 0",
            "{5: 0.8, 9: 0.2}",
        );
    }
    weights
}

/// A priority that is the key of a mapping; `None` after a fault.
pub fn priority_key(key: &str, path: &Path<'_>, faults: &Faults) -> Option<u8> {
    let priority = key.parse().ok().filter(|priority: &u8| *priority <= 10);
    // "07" and "+7" would be second names of 7.
    let plain = priority.filter(|priority| priority.to_string() == key);
    if plain.is_none() {
        let message = "must be a priority, an integer from 0 to 10";
        let found = Value::from(key);
        faults.error(
            "not_a_priority",
            &path.key(key),
            message,
            Some(&found),
            "0 to 10",
        );
    }
    plain
}

/// What a bank's arrivals amount to in one day at its configured rate.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Expected payments.
    pub payments: f64,
    /// Expected candidates of one layer, with the one that ends the day.
    pub candidates_per_layer: f64,
    /// The largest product of windows.
    pub peak: f64,
}

impl Load {
    /// Of one bank.
    #[must_use]
    pub fn of(spec: &ArrivalSpec, ticks_per_day: u32) -> Self {
        let steps = profile(&spec.windows);
        let ends = steps
            .iter()
            .skip(1)
            .map(|&(start, _)| start)
            .chain([ticks_per_day]);
        let mut area = 0.0;
        let mut peak = 0.0_f64;
        for (&(start, product), end) in steps.iter().zip(ends) {
            if start < ticks_per_day {
                area += product * f64::from(end.min(ticks_per_day) - start);
                peak = peak.max(product);
            }
        }
        Self {
            payments: area * spec.rate_per_tick,
            candidates_per_layer: spec.rate_per_tick * f64::from(ticks_per_day) + 1.0,
            peak,
        }
    }
}

/// Why the arrivals of `loads` at a multiplier are too many for a run, if they are.
#[must_use]
pub fn too_many(loads: &[Load], multiplier: f64, days: u32, others: f64) -> Option<String> {
    let days = f64::from(days);
    let payments: f64 = loads
        .iter()
        .map(|load| load.payments * multiplier * days)
        .sum();
    let candidates: f64 = loads
        .iter()
        .map(|load| load.candidates_per_layer * (load.peak * multiplier).ceil() * days)
        .sum();
    if payments + others > MAX_PAYMENTS as f64 {
        Some(format!(
            "about {:.0} payments would arrive",
            payments + others
        ))
    } else if candidates > MAX_CANDIDATES {
        Some(format!(
            "about {candidates:.0} possible arrivals would have to be looked at"
        ))
    } else {
        None
    }
}

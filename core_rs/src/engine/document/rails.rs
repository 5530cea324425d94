//! `rails:` — settlement systems.

use serde_json::Value;

use super::Clock;
use super::bounds::{AMOUNT, DEFAULT_LSM_EVERY, DEFAULT_RAIL, MAX_RAILS, TICKS_PER_DAY};
use super::names::Names;
use super::table::{Absent, Table, choose, open};
use crate::engine::scenario::{Discipline, RailSpec, Saving, SettlementSpec};
use crate::engine::units::{Amount, RailId};

const KEYS: [&str; 8] = [
    "id",
    "settlement_type",
    "queue",
    "crediting",
    "liquidity_saving",
    "lsm_every_ticks",
    "settle_at_ticks",
    "max_amount",
];

const SAVING: [(&str, Saving); 3] = [
    ("entry_offset", Saving::EntryOffset),
    ("bilateral", Saving::Bilateral),
    ("multilateral", Saving::Multilateral),
];

/// Reads all rails; absent means the one default rail.
pub fn read(root: &Table<'_>, clock: Clock, names: &mut Names) -> (Vec<String>, Vec<RailSpec>) {
    if root.get("rails").is_none() {
        names.rails.insert(DEFAULT_RAIL.to_owned(), RailId(0));
        return (vec![DEFAULT_RAIL.to_owned()], vec![default_rail()]);
    }
    let items = root.list("rails");
    let path = root.path.key("rails");
    if root.get("rails").is_some_and(Value::is_array) && items.is_empty() {
        let message = "an empty list: leave the key out for the default rail";
        root.error("too_few", "rails", message, "1 to 64 rails");
    }
    if items.len() > MAX_RAILS {
        let message = format!("{} rails are too many", items.len());
        root.error("too_many", "rails", message, "1 to 64 rails");
        return (Vec::new(), Vec::new());
    }
    let mut ids = Vec::with_capacity(items.len());
    let mut rails = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        if let Some(table) = open(item, &path, root.faults, &KEYS) {
            ids.push(names.add_rail(&table, index));
            rails.push(rail(&table, clock));
        }
    }
    if !rails.is_empty() && rails.iter().all(|rail| rail.max_amount.is_some()) {
        let message = "every rail has a max_amount: greater payments have nowhere to go";
        root.error(
            "contradiction",
            "rails",
            message,
            "at least one rail without max_amount",
        );
    }
    (ids, rails)
}

fn default_rail() -> RailSpec {
    let settlement = SettlementSpec::Immediate {
        queue: Discipline::PriorityFifo,
        credit_at_end_of_tick: false,
        saving: Vec::new(),
        lsm_every_ticks: DEFAULT_LSM_EVERY,
    };
    RailSpec {
        settlement,
        max_amount: None,
    }
}

fn rail(table: &Table<'_>, clock: Clock) -> RailSpec {
    let max_amount = table.whole_or_none("max_amount", AMOUNT).map(Amount);
    let types = [("immediate", false), ("deferred_net", true)];
    let deferred = table.choice("settlement_type", &types).unwrap_or(false);
    let settlement = if deferred {
        let meant = ["queue", "crediting", "liquidity_saving", "lsm_every_ticks"];
        not_applicable(
            table,
            &meant,
            "a deferred_net rail, which nets all that waits at its times",
        );
        SettlementSpec::DeferredNet {
            settle_at_ticks: settle_at_ticks(table, clock),
        }
    } else {
        not_applicable(
            table,
            &["settle_at_ticks"],
            "an immediate rail, which settles at once",
        );
        immediate(table)
    };
    RailSpec {
        settlement,
        max_amount,
    }
}

fn not_applicable(table: &Table<'_>, keys: &[&str], rail: &str) {
    for key in keys.iter().filter(|key| table.get(key).is_some()) {
        let message = format!("{key} makes no sense for {rail}");
        table.error(
            "not_applicable",
            key,
            message,
            "no such key for this settlement_type",
        );
    }
}

fn immediate(table: &Table<'_>) -> SettlementSpec {
    let disciplines = [
        ("priority_fifo", Discipline::PriorityFifo),
        ("fifo", Discipline::Fifo),
        ("bypass", Discipline::Bypass),
    ];
    let crediting = [("immediate", false), ("end_of_tick", true)];
    SettlementSpec::Immediate {
        queue: table
            .choice("queue", &disciplines)
            .unwrap_or(Discipline::PriorityFifo),
        credit_at_end_of_tick: table.choice("crediting", &crediting).unwrap_or(false),
        saving: saving(table),
        lsm_every_ticks: table.count(
            "lsm_every_ticks",
            TICKS_PER_DAY,
            Absent::Is(DEFAULT_LSM_EVERY),
        ),
    }
}

/// Reads `liquidity_saving: [...]`, algorithms without repeats.
pub fn saving(table: &Table<'_>) -> Vec<Saving> {
    let path = table.path.key("liquidity_saving");
    let mut saving = Vec::new();
    for (index, item) in table.list("liquidity_saving").iter().enumerate() {
        let path = path.item(index);
        if let Some(algorithm) = choose(item, &path, table.faults, &SAVING) {
            if saving.contains(&algorithm) {
                let message = "is listed twice";
                table
                    .faults
                    .error("duplicate", &path, message, Some(item), "each at most once");
            } else {
                saving.push(algorithm);
            }
        }
    }
    saving
}

fn settle_at_ticks(table: &Table<'_>, clock: Clock) -> Vec<u32> {
    let path = table.path.key("settle_at_ticks");
    let items = table
        .required("settle_at_ticks", "ticks of the day, [49, 99]")
        .map_or(&[][..], |_| table.list("settle_at_ticks"));
    if table.get("settle_at_ticks").is_some_and(Value::is_array) && items.is_empty() {
        let message = "a deferred_net rail needs at least one tick of the day";
        table.error("too_few", "settle_at_ticks", message, "[49, 99]");
    }
    let mut ticks = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        let Some(tick) = clock.tick_of_day().read(item, &path, table.faults) else {
            continue;
        };
        let tick = tick as u32;
        if ticks.last().is_some_and(|last| *last >= tick) {
            let message = "ticks must ascend and differ";
            table
                .faults
                .error("not_ascending", &path, message, Some(item), "a later tick");
        }
        ticks.push(tick);
    }
    ticks
}

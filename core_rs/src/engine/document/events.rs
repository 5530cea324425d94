//! `events:` and live interventions: one form, two origins.

use serde_json::Value;

use super::Clock;
use super::agents;
use super::arrivals::{Load, too_many};
use super::bounds::{AMOUNT, ARRIVAL_MULTIPLIER, LINE, MAX_EVENTS, PRIORITY, TICKS_PER_DAY};
use super::fault::{Faults, Path};
use super::names::{Names, payment_id, payment_named};
use super::payments::{deadline, priority};
use super::rails;
use super::table::{Absent, Table, Whole, open, open_any};
use crate::engine::arrivals::MAX_MULTIPLIER;
use crate::engine::sampling::MAX_AMOUNT;
use crate::engine::scenario::{AgentSpec, Event, RailSpec, ScheduledEvent, SettlementSpec};
use crate::engine::units::{AgentId, Amount, Tick};

/// What an event may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// Ids.
    pub names: &'a Names,
    /// Length of day and run.
    pub clock: Clock,
    /// The banks.
    pub agents: &'a [AgentSpec],
    /// The rails.
    pub rails: &'a [RailSpec],
}

/// Types of event with the keys that go with them.
pub(super) const TYPES: [(&str, &[&str]); 13] = [
    (
        "inject_payment",
        &[
            "sender",
            "receiver",
            "amount",
            "id",
            "deadline_tick",
            "priority",
            "divisible",
            "rail",
        ],
    ),
    ("transfer_liquidity", &["agent", "amount"]),
    ("set_credit_limit", &["agent", "credit_limit"]),
    ("set_arrival_rate", &["agent", "multiplier"]),
    ("outage", &["agent"]),
    ("recover", &["agent"]),
    ("set_policy", &["agent", "policy"]),
    ("set_limits", &["agent", "limits"]),
    (
        "set_liquidity_saving",
        &["rail", "liquidity_saving", "lsm_every_ticks"],
    ),
    ("hold_payment", &["payment"]),
    ("release_payment", &["payment"]),
    ("cancel_payment", &["payment"]),
    ("reprioritise_payment", &["payment", "priority"]),
];

/// Reads the events of a file.
pub fn read(root: &Table<'_>, stage: Stage<'_>) -> Vec<ScheduledEvent> {
    let items = root.list("events");
    let path = root.path.key("events");
    if items.len() > MAX_EVENTS {
        let message = format!("{} events are too many", items.len());
        root.error("too_many", "events", message, "at most 1000000 events");
        return Vec::new();
    }
    let mut events = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        if open_any(item, &path, root.faults).is_some_and(|table| {
            let ticks = stage.clock.tick_of_run().allowed();
            table.required("tick", &ticks).is_none()
        }) {
            continue;
        }
        if let Some((Some(tick), event)) = one(item, &path, root.faults, stage) {
            events.push(ScheduledEvent { tick, event });
        }
    }
    events
}

/// Reads one event; its tick may be left out. `None` after some faults.
pub fn one(
    value: &Value,
    path: &Path<'_>,
    faults: &Faults,
    stage: Stage<'_>,
) -> Option<(Option<Tick>, Event)> {
    let table = open_any(value, path, faults)?;
    let types = TYPES.map(|entry| (entry.0, entry));
    let (kind, own_keys) = table.required_choice("type", &types)?;
    let keys = [&["tick", "type"], own_keys].concat();
    let table = open(value, path, faults, &keys)?;
    let tick = (table.get("tick"))
        .map(|_| Tick(table.count("tick", stage.clock.tick_of_run(), Absent::Fault)));
    Some((tick, event(kind, &table, tick, stage)?))
}

fn event(kind: &str, table: &Table<'_>, tick: Option<Tick>, stage: Stage<'_>) -> Option<Event> {
    let agent = || stage.names.agent(table, "agent");
    Some(match kind {
        "inject_payment" => inject_payment(table, tick, stage),
        "transfer_liquidity" => {
            let amount = table.whole(
                "amount",
                Whole::cents(-MAX_AMOUNT, MAX_AMOUNT),
                Absent::Fault,
            );
            // One that could not be read counts as 0 from here on, and has its fault already.
            if table
                .get("amount")
                .is_some_and(|given| given.as_i64() == Some(0))
            {
                let message = "a transfer of nothing changes nothing";
                table.error("out_of_range", "amount", message, "cents, not 0");
            }
            Event::TransferLiquidity {
                agent: agent()?,
                amount: Amount(amount),
            }
        }
        "set_credit_limit" => {
            let credit_limit = Amount(table.whole("credit_limit", LINE, Absent::Fault));
            Event::SetCreditLimit {
                agent: agent()?,
                credit_limit,
            }
        }
        "set_arrival_rate" => set_arrival_rate(table, stage)?,
        "outage" => Event::Outage { agent: agent()? },
        "recover" => Event::Recover { agent: agent()? },
        "set_policy" => {
            let path = table.path.key("policy");
            let value = table.required("policy", "a policy, {type: release_all}");
            let agent = agent();
            let policy = agents::policy(value?, &path, table.faults, stage.clock);
            Event::SetPolicy {
                agent: agent?,
                policy,
            }
        }
        "set_limits" => {
            let path = table.path.key("limits");
            let value = table.required("limits", "limits, {bilateral: {BANK_B: 900000}}");
            let agent = agent();
            let me = agent.unwrap_or(AgentId(u16::MAX));
            let limits = agents::limits(value?, &path, table.faults, me, stage.names);
            Event::SetLimits {
                agent: agent?,
                limits,
            }
        }
        "set_liquidity_saving" => set_liquidity_saving(table, stage)?,
        "hold_payment" => Event::HoldPayment {
            payment: payment_named(table),
        },
        "release_payment" => Event::ReleasePayment {
            payment: payment_named(table),
        },
        "cancel_payment" => Event::CancelPayment {
            payment: payment_named(table),
        },
        _ => {
            let payment = payment_named(table);
            let priority = table.whole("priority", PRIORITY, Absent::Fault) as u8;
            Event::ReprioritisePayment { payment, priority }
        }
    })
}

fn inject_payment(table: &Table<'_>, tick: Option<Tick>, stage: Stage<'_>) -> Event {
    let (sender, receiver) = stage.names.parties(table);
    Event::InjectPayment {
        sender,
        receiver,
        amount: Amount(table.whole("amount", AMOUNT, Absent::Fault)),
        id: payment_id(table),
        deadline_tick: deadline(table, tick.map(|tick| tick.0)),
        priority: priority(table),
        divisible: table.flag("divisible"),
        rail: stage.names.rail(table, "rail"),
    }
}

fn set_arrival_rate(table: &Table<'_>, stage: Stage<'_>) -> Option<Event> {
    let multiplier = table
        .fraction("multiplier", ARRIVAL_MULTIPLIER, Absent::Fault)
        .value;
    let agent = match table.get("agent") {
        Some(_) => Some(stage.names.agent(table, "agent")?),
        None => None,
    };
    let concerned: Vec<Load> = (stage.agents.iter().enumerate())
        .filter(|(index, _)| agent.is_none_or(|agent| usize::from(agent.0) == *index))
        .filter_map(|(_, spec)| spec.arrivals.as_ref())
        .map(|spec| Load::of(spec, stage.clock.ticks_per_day))
        .collect();
    if concerned
        .iter()
        .any(|load| load.peak * multiplier > MAX_MULTIPLIER)
    {
        let message =
            format!("with the windows of the day the rate would be above {MAX_MULTIPLIER}x");
        table.error(
            "out_of_range",
            "multiplier",
            message,
            "a smaller multiplier",
        );
    } else if let Some(message) = too_many(&concerned, multiplier, stage.clock.num_days, 0.0) {
        table.error(
            "too_many",
            "multiplier",
            message,
            "at most 20000000 payments in a run",
        );
    }
    Some(Event::SetArrivalRate { agent, multiplier })
}

fn set_liquidity_saving(table: &Table<'_>, stage: Stage<'_>) -> Option<Event> {
    let named = table.required("rail", "the id of a rail of this scenario");
    let listed = table.required("liquidity_saving", "a list of algorithms, at times empty");
    let saving = rails::saving(table);
    let every = (table.get("lsm_every_ticks"))
        .map(|_| table.count("lsm_every_ticks", TICKS_PER_DAY, Absent::Fault));
    let rail = named
        .and(listed)
        .and_then(|_| stage.names.rail(table, "rail"))?;
    let spec = stage.rails.get(usize::from(rail.0));
    if spec.is_some_and(|spec| matches!(spec.settlement, SettlementSpec::DeferredNet { .. })) {
        let message = "a deferred_net rail has no liquidity saving";
        table.error("not_applicable", "rail", message, "an immediate rail");
    }
    Some(Event::SetLiquiditySaving {
        rail,
        saving,
        lsm_every_ticks: every,
    })
}

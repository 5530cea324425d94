//! `agents:` — banks, their liquidity, limits and policies.

use serde_json::Value;

use super::arrivals;
use super::bounds::{
    AMOUNT, BALANCE, DEFAULT_DUE_TICKS, DEFAULT_RATE, LINE, MAX_AGENTS, MAX_PARTS, MAX_TOTAL, RATE,
    TICKS,
};
use super::fault::{Faults, Path};
use super::names::Names;
use super::table::{Absent, Table, Whole, open, open_any};
use super::{Clock, name_label};
use crate::engine::scenario::{AgentSpec, Limits, PolicyKind, PolicySpec, SplitSpec};
use crate::engine::units::{AgentId, Amount, Rate};

const KEYS: [&str; 9] = [
    "id",
    "name",
    "balance",
    "credit_limit",
    "collateral",
    "policy",
    "limits",
    "reservations",
    "arrival_config",
];

/// Reads all agents; their ids go into `names` before anything that may name them is read.
pub fn read(root: &Table<'_>, clock: Clock, names: &mut Names) -> (Vec<String>, Vec<AgentSpec>) {
    let items = root
        .required("agents", "2 to 10000 agents")
        .map_or(&[][..], |_| root.list("agents"));
    let path = root.path.key("agents");
    if root.get("agents").is_some_and(Value::is_array) && items.len() < 2 {
        root.error(
            "too_few",
            "agents",
            "a scenario needs at least 2 agents",
            "2 to 10000 agents",
        );
    }
    if items.len() > MAX_AGENTS {
        let message = format!("{} agents are too many", items.len());
        root.error("too_many", "agents", message, "2 to 10000 agents");
        return (Vec::new(), Vec::new());
    }
    let mut ids = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        // Whatever is wrong with the item itself is told when it is read below.
        let path = path.item(index);
        let table = open_any(item, &path, root.faults);
        ids.push(table.map_or_else(String::new, |table| names.add_agent(&table, index)));
    }
    let mut total: i128 = 0;
    let mut agents = Vec::with_capacity(items.len());
    for (index, item) in items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.is_object())
    {
        let path = path.item(index);
        if let Some(table) = open(item, &path, root.faults, &KEYS) {
            let me = AgentId(u16::try_from(index).unwrap_or(u16::MAX));
            let agent = agent(&table, me, &ids[index], clock, names);
            total += i128::from(agent.balance.0.unsigned_abs());
            total += i128::from(agent.credit_limit.0) + i128::from(agent.posted.0);
            agents.push(agent);
        }
    }
    if total > i128::from(MAX_TOTAL) {
        let message = "balances, credit limits and collateral of all agents add up to too much";
        root.faults.error(
            "total_too_large",
            &path,
            message,
            serde_json::Number::from_i128(total)
                .map(Value::Number)
                .as_ref(),
            format!("at most {MAX_TOTAL}"),
        );
    }
    (ids, agents)
}

fn agent(table: &Table<'_>, me: AgentId, id: &str, clock: Clock, names: &Names) -> AgentSpec {
    name_label(table);
    let (posted, haircut) = collateral(table);
    let path = table.path.key("reservations");
    let reservations = table
        .get("reservations")
        .and_then(|value| open(value, &path, table.faults, &["urgent"]));
    let policy_path = table.path.key("policy");
    let limits_path = table.path.key("limits");
    let arrivals_path = table.path.key("arrival_config");
    AgentSpec {
        balance: Amount(table.whole("balance", BALANCE, Absent::Fault)),
        credit_limit: Amount(table.whole("credit_limit", LINE, Absent::Is(0))),
        posted,
        haircut,
        policy: table.get("policy").map_or_else(release_all, |value| {
            policy(value, &policy_path, table.faults, clock)
        }),
        limits: table.get("limits").map_or_else(Limits::default, |value| {
            limits(value, &limits_path, table.faults, me, names)
        }),
        reservation_urgent: Amount(
            reservations.map_or(0, |table| table.whole("urgent", LINE, Absent::Is(0))),
        ),
        arrivals: table.get("arrival_config").and_then(|value| {
            arrivals::read(value, &arrivals_path, table.faults, me, id, clock, names)
        }),
    }
}

fn collateral(table: &Table<'_>) -> (Amount, Rate) {
    let path = table.path.key("collateral");
    let inner = (table.get("collateral"))
        .and_then(|value| open(value, &path, table.faults, &["posted", "haircut"]));
    let Some(inner) = inner else {
        return (Amount(0), Rate(0));
    };
    let posted = inner.whole("posted", LINE, Absent::Is(0));
    let haircut = inner.fraction("haircut", RATE, Absent::Is(DEFAULT_RATE));
    (Amount(posted), Rate(haircut.billionths.unsigned_abs()))
}

fn release_all() -> PolicySpec {
    PolicySpec {
        kind: PolicyKind::ReleaseAll,
        split_above: None,
    }
}

/// Reads `policy: {type: …}`; `release_all` after a fault.
pub fn policy(value: &Value, path: &Path<'_>, faults: &Faults, clock: Clock) -> PolicySpec {
    #[derive(Clone, Copy)]
    enum Kind {
        ReleaseAll,
        Deadline,
        LiquidityAware,
        ReceiptReactive,
        Throughput,
    }
    let kinds = [
        ("release_all", Kind::ReleaseAll),
        ("deadline", Kind::Deadline),
        ("liquidity_aware", Kind::LiquidityAware),
        ("receipt_reactive", Kind::ReceiptReactive),
        ("throughput", Kind::Throughput),
    ];
    let Some(kind) =
        open_any(value, path, faults).and_then(|table| table.required_choice("type", &kinds))
    else {
        return release_all();
    };
    let keys: &[&str] = match kind {
        Kind::ReleaseAll => &["type", "split_above"],
        Kind::Deadline => &["type", "split_above", "due_ticks"],
        Kind::LiquidityAware => &["type", "split_above", "keep", "due_ticks"],
        Kind::ReceiptReactive => &["type", "split_above", "seed_amount"],
        Kind::Throughput => &["type", "split_above", "targets", "keep", "due_ticks"],
    };
    let Some(table) = open(value, path, faults, keys) else {
        return release_all();
    };
    let due_ticks = || table.count("due_ticks", TICKS, Absent::Is(DEFAULT_DUE_TICKS));
    let keep = || Amount(table.whole("keep", LINE, Absent::Fault));
    let kind = match kind {
        Kind::ReleaseAll => PolicyKind::ReleaseAll,
        Kind::Deadline => PolicyKind::Deadline {
            due_ticks: due_ticks(),
        },
        Kind::LiquidityAware => PolicyKind::LiquidityAware {
            keep: keep(),
            due_ticks: due_ticks(),
        },
        Kind::ReceiptReactive => PolicyKind::ReceiptReactive {
            seed_amount: Amount(table.whole("seed_amount", LINE, Absent::Fault)),
        },
        Kind::Throughput => PolicyKind::Throughput {
            targets: targets(&table, clock).into(),
            keep: keep(),
            due_ticks: due_ticks(),
        },
    };
    PolicySpec {
        kind,
        split_above: split_above(&table),
    }
}

fn split_above(table: &Table<'_>) -> Option<SplitSpec> {
    let path = table.path.key("split_above");
    let value = table.get("split_above")?;
    let inner = open(value, &path, table.faults, &["amount", "parts"])?;
    let amount = inner.whole("amount", AMOUNT, Absent::Fault);
    let parts = inner.count("parts", Whole::number(2, MAX_PARTS), Absent::Fault);
    if i64::from(parts) - 1 > amount {
        let message = "a payment just above the amount has too few cents for so many parts";
        inner.error("contradiction", "parts", message, "at most amount + 1");
    }
    Some(SplitSpec {
        amount: Amount(amount),
        parts,
    })
}

/// `[[tick, share], …]`: ticks of the day ascend, shares do not fall.
fn targets(table: &Table<'_>, clock: Clock) -> Vec<(u32, Rate)> {
    let path = table.path.key("targets");
    let items = table
        .required("targets", "[[tick, share], …]")
        .map_or(&[][..], |_| table.list("targets"));
    if table.get("targets").is_some_and(Value::is_array) && items.is_empty() {
        table.error(
            "too_few",
            "targets",
            "at least one target is needed",
            "[[tick, share], …]",
        );
    }
    let mut targets: Vec<(u32, Rate)> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        let Some([tick, share]) = item.as_array().map(Vec::as_slice) else {
            table
                .faults
                .wrong("not_a_pair", &path, item, "a pair [tick, share]");
            continue;
        };
        let tick = clock.tick_of_day().read(tick, &path.item(0), table.faults);
        let share = RATE.read(share, &path.item(1), table.faults);
        let (Some(tick), Some(share)) = (tick, share) else {
            continue;
        };
        let target = (tick as u32, Rate(share.billionths.unsigned_abs()));
        if targets
            .last()
            .is_some_and(|last| last.0 >= target.0 || last.1 > target.1)
        {
            let message = "targets must ascend in tick and not fall in share";
            table
                .faults
                .error("not_ascending", &path, message, Some(item), "a later tick");
        }
        targets.push(target);
    }
    targets
}

/// Reads `limits: {bilateral: {…}, multilateral: …}` of the agent `me`.
pub fn limits(
    value: &Value,
    path: &Path<'_>,
    faults: &Faults,
    me: AgentId,
    names: &Names,
) -> Limits {
    let Some(table) = open(value, path, faults, &["bilateral", "multilateral"]) else {
        return Limits::default();
    };
    let path = table.path.key("bilateral");
    let inner = table
        .get("bilateral")
        .and_then(|value| open_any(value, &path, faults));
    let mut bilateral = Vec::new();
    for (id, value) in inner.iter().flat_map(Table::entries) {
        let agent = names.agent_key(id, &path, faults);
        if agent == Some(me) {
            let message = "a bank has no limit towards itself";
            faults.error(
                "own_account",
                &path.key(id),
                message,
                Some(value),
                "another bank",
            );
        }
        let limit = LINE.read(value, &path.key(id), faults);
        if let (Some(agent), Some(limit)) = (agent, limit) {
            bilateral.push((agent, Amount(limit)));
        }
    }
    bilateral.sort_unstable();
    Limits {
        bilateral,
        multilateral: table.whole_or_none("multilateral", LINE).map(Amount),
    }
}

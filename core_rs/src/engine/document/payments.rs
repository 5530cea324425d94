//! `initial_transactions:` — scripted payments, from the document and from columns.

use super::Clock;
use super::bounds::{AMOUNT, DEADLINE, DEFAULT_PRIORITY, MAX_PAYMENTS, MAX_TOTAL, PRIORITY};
use super::columns::Columns;
use super::fault::Faults;
use super::names::{Names, payment_id};
use super::table::{Absent, Table, open};
use crate::engine::scenario::{PaymentIds, PaymentTable};
use crate::engine::units::{Amount, RailId, Tick};

const KEYS: [&str; 9] = [
    "sender",
    "receiver",
    "amount",
    "arrival_tick",
    "deadline_tick",
    "priority",
    "divisible",
    "rail",
    "id",
];

/// Reads the scripted payments, then appends those of the columns.
pub fn read(
    root: &Table<'_>,
    columns: Option<&Columns<'_>>,
    clock: Clock,
    names: &Names,
) -> PaymentTable {
    let items = root.list("initial_transactions");
    let count = items.len() + columns.map_or(0, Columns::len);
    if count > MAX_PAYMENTS {
        let message = format!("{count} payments are too many");
        root.error(
            "too_many",
            "initial_transactions",
            message,
            "at most 20000000 payments",
        );
        return PaymentTable::default();
    }
    let mut table = with_room(count);
    let path = root.path.key("initial_transactions");
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        if let Some(payment) = open(item, &path, root.faults, &KEYS) {
            push(&mut table, &payment, clock, names);
        }
    }
    if let Some(columns) = columns {
        columns.append(&mut table, clock, names, root.faults);
    }
    check_total(root, &table);
    table
}

fn with_room(count: usize) -> PaymentTable {
    PaymentTable {
        sender: Vec::with_capacity(count),
        receiver: Vec::with_capacity(count),
        amount: Vec::with_capacity(count),
        arrival_tick: Vec::with_capacity(count),
        deadline_tick: Vec::with_capacity(count),
        priority: Vec::with_capacity(count),
        rail: Vec::with_capacity(count),
        divisible: Vec::with_capacity(count),
        ids: PaymentIds::default(),
    }
}

fn push(table: &mut PaymentTable, payment: &Table<'_>, clock: Clock, names: &Names) {
    let (sender, receiver) = names.parties(payment);
    let arrival = payment.count("arrival_tick", clock.tick_of_run(), Absent::Fault);
    let row = table.sender.len();
    table.sender.push(sender);
    table.receiver.push(receiver);
    table
        .amount
        .push(Amount(payment.whole("amount", AMOUNT, Absent::Fault)));
    table.arrival_tick.push(Tick(arrival));
    table
        .deadline_tick
        .push(deadline(payment, Some(arrival)).unwrap_or(Tick::NEVER));
    table.priority.push(priority(payment));
    table
        .rail
        .push(names.rail(payment, "rail").unwrap_or(RailId::NONE));
    table.divisible.push(payment.flag("divisible"));
    if let Some(id) = payment_id(payment) {
        set_id(&mut table.ids, row, id.as_bytes());
    }
}

/// `priority`, 5 if absent.
pub fn priority(table: &Table<'_>) -> u8 {
    table.whole("priority", PRIORITY, Absent::Is(DEFAULT_PRIORITY)) as u8
}

/// `deadline_tick`, not before the arrival (if that is known).
pub fn deadline(table: &Table<'_>, arrival: Option<u32>) -> Option<Tick> {
    table.get("deadline_tick")?;
    let deadline = table.count("deadline_tick", DEADLINE, Absent::Fault);
    if let Some(arrival) = arrival
        && deadline < arrival
    {
        let message = format!("the deadline is before the arrival in tick {arrival}");
        table.error(
            "contradiction",
            "deadline_tick",
            message,
            "the arrival tick or later",
        );
    }
    Some(Tick(deadline))
}

/// Gives row `row` an id; all rows between the last one with an id and this one have none.
pub fn set_id(ids: &mut PaymentIds, row: usize, id: &[u8]) {
    pad(ids, row);
    ids.bytes.extend_from_slice(id);
    ids.offsets
        .push(u32::try_from(ids.bytes.len()).unwrap_or(u32::MAX));
}

/// Says that `rows` rows are there, the last of them without ids.
pub fn pad(ids: &mut PaymentIds, rows: usize) {
    let end = u32::try_from(ids.bytes.len()).unwrap_or(u32::MAX);
    ids.offsets.resize(rows + 1, end);
}

/// Finishes the ids once all rows are there: none at all, or one offset more than rows.
pub fn close_ids(table: &mut PaymentTable) {
    if !table.ids.offsets.is_empty() {
        pad(&mut table.ids, table.sender.len());
    }
}

fn check_total(root: &Table<'_>, table: &PaymentTable) {
    let total: i128 = table.amount.iter().map(|amount| i128::from(amount.0)).sum();
    if total > i128::from(MAX_TOTAL) {
        let message = format!("the payments add up to {total} cents");
        root.error(
            "total_too_large",
            "initial_transactions",
            message,
            "at most 9·10^18 cents",
        );
    }
}

/// Warns of deadlines that `end_of_day: reject` makes pointless.
pub fn warn_of_late_deadlines(
    faults: &Faults,
    root: &Table<'_>,
    table: &PaymentTable,
    clock: Clock,
) {
    let beyond = |(arrival, deadline): (&Tick, &Tick)| {
        *deadline != Tick::NEVER
            && deadline.0 / clock.ticks_per_day > arrival.0 / clock.ticks_per_day
    };
    let late = table
        .arrival_tick
        .iter()
        .zip(&table.deadline_tick)
        .filter(|pair| beyond(*pair));
    let count = late.count();
    if count > 0 {
        let message = format!(
            "{count} payments have a deadline beyond the day in which end_of_day: reject drops them"
        );
        faults.warn("deadline_beyond_day", &root.path.key("end_of_day"), message);
    }
}

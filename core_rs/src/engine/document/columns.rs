//! Payment columns: millions of payments that never become objects of any kind.

use super::Clock;
use super::bounds::{AMOUNT, DEADLINE, DEFAULT_PRIORITY, PRIORITY};
use super::fault::{Fault, Faults, Severity, shortened};
use super::names::{Names, is_payment_id};
use super::payments::set_id;
use super::table::Whole;
use crate::engine::scenario::PaymentTable;
use crate::engine::units::{AgentId, Amount, RailId, Tick};

/// A column of integers of any width.
#[derive(Clone, Copy, Debug)]
pub enum Integers<'a> {
    /// 8 bits, signed.
    I8(&'a [i8]),
    /// 16 bits, signed.
    I16(&'a [i16]),
    /// 32 bits, signed.
    I32(&'a [i32]),
    /// 64 bits, signed.
    I64(&'a [i64]),
    /// 8 bits.
    U8(&'a [u8]),
    /// 16 bits.
    U16(&'a [u16]),
    /// 32 bits.
    U32(&'a [u32]),
    /// 64 bits.
    U64(&'a [u64]),
}

impl Integers<'_> {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::I8(rows) => rows.len(),
            Self::I16(rows) => rows.len(),
            Self::I32(rows) => rows.len(),
            Self::I64(rows) => rows.len(),
            Self::U8(rows) => rows.len(),
            Self::U16(rows) => rows.len(),
            Self::U32(rows) => rows.len(),
            Self::U64(rows) => rows.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row; above i64 gives its maximum, which is beyond every bound.
    #[inline]
    fn at(&self, row: usize) -> i64 {
        match self {
            Self::I8(rows) => i64::from(rows[row]),
            Self::I16(rows) => i64::from(rows[row]),
            Self::I32(rows) => i64::from(rows[row]),
            Self::I64(rows) => rows[row],
            Self::U8(rows) => i64::from(rows[row]),
            Self::U16(rows) => i64::from(rows[row]),
            Self::U32(rows) => i64::from(rows[row]),
            Self::U64(rows) => i64::try_from(rows[row]).unwrap_or(i64::MAX),
        }
    }
}

/// Payment ids as one blob: id k is `bytes[offsets[k]..offsets[k+1]]`; an empty one is none.
#[derive(Clone, Copy, Debug)]
pub struct IdColumn<'a> {
    /// UTF-8, all ids after one another.
    pub bytes: &'a [u8],
    /// Rows + 1, ascending from 0.
    pub offsets: Integers<'a>,
}

/// Scripted payments as columns of one length.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// Index into the agents.
    pub sender: Integers<'a>,
    /// Index into the agents.
    pub receiver: Integers<'a>,
    /// Cents.
    pub amount: Integers<'a>,
    /// From the start of the run.
    pub arrival_tick: Integers<'a>,
    /// -1 = none.
    pub deadline_tick: Option<Integers<'a>>,
    /// 5 if absent.
    pub priority: Option<Integers<'a>>,
    /// Index into the rails; -1 = not named.
    pub rail: Option<Integers<'a>>,
    /// 0 or 1.
    pub divisible: Option<Integers<'a>>,
    /// Given ids.
    pub ids: Option<IdColumn<'a>>,
}

/// One column while it is read: its name and where its faults go.
struct Reading<'a> {
    name: &'static str,
    faults: &'a Faults,
}

impl Reading<'_> {
    fn fault(
        &self,
        code: &'static str,
        row: usize,
        message: String,
        found: impl ToString,
        allowed: &str,
    ) {
        self.faults.add(Fault {
            code,
            path: format!("payments[{row}].{}", self.name),
            message,
            found: found.to_string(),
            allowed: allowed.to_owned(),
            severity: Severity::Error,
        });
    }

    /// All rows within bounds; a row outside becomes the lower bound after a fault.
    fn read<T>(
        &self,
        column: Integers<'_>,
        bounds: Whole,
        out: &mut Vec<T>,
        make: impl Fn(i64) -> T,
    ) {
        let Whole { low, high, unit } = bounds;
        out.extend((0..column.len()).map(|row| {
            let value = column.at(row);
            if (low..=high).contains(&value) {
                make(value)
            } else {
                let allowed = format!("an integer{unit} from {low} to {high}");
                let message = format!("must be {allowed}, found {value}");
                self.fault("out_of_range", row, message, value, &allowed);
                make(low)
            }
        }));
    }
}

impl Columns<'_> {
    /// Number of payments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.amount.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all columns have one length; adds a fault for each that has not.
    fn of_one_length(&self, faults: &Faults) -> bool {
        let rows = self.len();
        let lengths = [
            ("sender", Some(self.sender.len())),
            ("receiver", Some(self.receiver.len())),
            ("arrival_tick", Some(self.arrival_tick.len())),
            (
                "deadline_tick",
                self.deadline_tick.map(|column| column.len()),
            ),
            ("priority", self.priority.map(|column| column.len())),
            ("rail", self.rail.map(|column| column.len())),
            ("divisible", self.divisible.map(|column| column.len())),
            (
                "id_offsets",
                self.ids.map(|ids| ids.offsets.len().wrapping_sub(1)),
            ),
        ];
        let mut same = true;
        for (name, length) in lengths {
            if let Some(length) = length
                && length != rows
            {
                same = false;
                faults.add(Fault {
                    code: "wrong_length",
                    path: format!("payments.{name}"),
                    message: format!("has {length} rows, amount has {rows}"),
                    found: length.to_string(),
                    allowed: rows.to_string(),
                    severity: Severity::Error,
                });
            }
        }
        same
    }

    /// Appends all rows to `table`.
    pub(super) fn append(
        &self,
        table: &mut PaymentTable,
        clock: Clock,
        names: &Names,
        faults: &Faults,
    ) {
        if !self.of_one_length(faults) {
            return;
        }
        let first = table.sender.len();
        let rows = self.len();
        let reading = |name| Reading { name, faults };
        let agent = Whole::number(0, names.agents.len() as i64 - 1);
        let to_agent = |index| AgentId(index as u16);
        reading("sender").read(self.sender, agent, &mut table.sender, to_agent);
        reading("receiver").read(self.receiver, agent, &mut table.receiver, to_agent);
        reading("amount").read(self.amount, AMOUNT, &mut table.amount, Amount);
        let ticks = clock.tick_of_run();
        let to_tick = |tick| Tick(tick as u32);
        reading("arrival_tick").read(self.arrival_tick, ticks, &mut table.arrival_tick, to_tick);
        match self.deadline_tick {
            None => table.deadline_tick.resize(first + rows, Tick::NEVER),
            Some(column) => {
                let bounds = Whole::number(-1, DEADLINE.high);
                let deadline = |tick| u32::try_from(tick).map_or(Tick::NEVER, Tick);
                reading("deadline_tick").read(column, bounds, &mut table.deadline_tick, deadline);
            }
        }
        match self.priority {
            None => table.priority.resize(first + rows, DEFAULT_PRIORITY as u8),
            Some(column) => {
                reading("priority").read(column, PRIORITY, &mut table.priority, |p| p as u8);
            }
        }
        match self.rail {
            None => table.rail.resize(first + rows, RailId::NONE),
            Some(column) => {
                let bounds = Whole::number(-1, names.rails.len() as i64 - 1);
                let rail = |index| u8::try_from(index).map_or(RailId::NONE, RailId);
                reading("rail").read(column, bounds, &mut table.rail, rail);
            }
        }
        match self.divisible {
            None => table.divisible.resize(first + rows, false),
            Some(column) => {
                let bounds = Whole::number(0, 1);
                reading("divisible").read(column, bounds, &mut table.divisible, |flag| flag == 1);
            }
        }
        self.check_rows(table, first, faults);
        if let Some(ids) = self.ids {
            append_ids(ids, table, first, faults);
        }
    }

    /// What one column alone cannot tell: payments to oneself, deadlines before the arrival.
    fn check_rows(&self, table: &PaymentTable, first: usize, faults: &Faults) {
        for row in 0..self.len() {
            let at = first + row;
            if table.sender[at] == table.receiver[at]
                && self.sender.at(row) == self.receiver.at(row)
            {
                let message = "a bank cannot pay itself".to_owned();
                let reading = Reading {
                    name: "receiver",
                    faults,
                };
                let found = self.receiver.at(row);
                reading.fault("self_payment", row, message, found, "another bank");
            }
            let (arrival, deadline) = (table.arrival_tick[at], table.deadline_tick[at]);
            if deadline < arrival {
                let message = format!("the deadline is before the arrival in tick {}", arrival.0);
                let reading = Reading {
                    name: "deadline_tick",
                    faults,
                };
                let allowed = "the arrival tick or later";
                reading.fault("contradiction", row, message, deadline.0, allowed);
            }
        }
    }
}

fn append_ids(ids: IdColumn<'_>, table: &mut PaymentTable, first: usize, faults: &Faults) {
    let reading = Reading { name: "id", faults };
    let mut start = 0;
    for row in 0..ids.offsets.len() - 1 {
        let (from, to) = (ids.offsets.at(row), ids.offsets.at(row + 1));
        let slice = (usize::try_from(from).ok().filter(|&from| from == start))
            .zip(usize::try_from(to).ok())
            .and_then(|(from, to)| ids.bytes.get(from..to));
        let Some(id) = slice else {
            let message = "id_offsets must ascend from 0 within id_bytes".to_owned();
            reading.fault("out_of_range", row, message, to, "ascending offsets");
            return;
        };
        start = usize::try_from(to).unwrap_or(start);
        if id.is_empty() {
            continue;
        }
        if is_payment_id(id) {
            set_id(&mut table.ids, first + row, id);
        } else {
            let allowed = "1 to 64 of A-Z, a-z, 0-9, _, ., : and -";
            let message = format!("an id is {allowed}");
            let found = shortened(&String::from_utf8_lossy(id));
            reading.fault("bad_id", row, message, found, allowed);
        }
    }
}

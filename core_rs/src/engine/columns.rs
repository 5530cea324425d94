//! What was recorded, as columns.

/// Columns of the tick figures; a row for each tick in which a figure changed and for each day's
/// last tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesColumns {
    /// Ascending.
    pub tick: Vec<u32>,
    /// Name and values, all as long as `tick`; names in the order of [`series_names`].
    pub columns: Vec<(String, Vec<i64>)>,
}

/// Names of the system's series, in the order of the columns.
#[must_use]
pub fn series_names() -> Vec<String> {
    let mut names: Vec<String> = [
        "arrivals",
        "settlements",
        "dropped",
        "queue_depth",
        "queue_value",
        "pending",
        "settled_value",
        "arrived_value",
        "lsm_bilateral",
        "lsm_multilateral",
        "lsm_net",
    ]
    .map(String::from)
    .to_vec();
    names.extend(
        crate::engine::results::COST_KINDS
            .iter()
            .map(|kind| format!("cost_{kind}")),
    );
    names
}

/// Events as wide columns; -1 stands for "does not apply".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventColumns {
    /// From 0, over the whole run.
    pub seq: Vec<u64>,
    /// When.
    pub tick: Vec<u32>,
    /// Index into `results::EVENT_TYPES`.
    pub kind: Vec<u8>,
    /// Number of the payment, as in [`PaymentColumns::payment`].
    pub payment: Vec<i64>,
    /// The payment's sender, or the agent acted on.
    pub agent: Vec<i32>,
    /// The payment's receiver.
    pub counterparty: Vec<i32>,
    /// Index into the scenario's rails.
    pub rail: Vec<i16>,
    /// Cents.
    pub amount: Vec<i64>,
    /// Index into `results::METHODS`.
    pub method: Vec<i8>,
    /// Index into `results::REASONS`.
    pub reason: Vec<i16>,
}

impl EventColumns {
    /// No rows yet, with room for so many: growing would copy what is there.
    #[must_use]
    pub fn with_room(rows: usize) -> Self {
        Self {
            seq: Vec::with_capacity(rows),
            tick: Vec::with_capacity(rows),
            kind: Vec::with_capacity(rows),
            payment: Vec::with_capacity(rows),
            agent: Vec::with_capacity(rows),
            counterparty: Vec::with_capacity(rows),
            rail: Vec::with_capacity(rows),
            amount: Vec::with_capacity(rows),
            method: Vec::with_capacity(rows),
            reason: Vec::with_capacity(rows),
        }
    }
}

/// Of an id, as it usually is: a letter and a number.
const ID_BYTES: usize = 10;

/// Payments as columns, in order of creation; -1 stands for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentColumns {
    /// Dense number, from 0 in order of creation.
    pub payment: Vec<u32>,
    /// All ids after one another, UTF-8.
    pub id_bytes: Vec<u8>,
    /// Id of row k is `id_bytes[id_offsets[k]..id_offsets[k + 1]]`.
    pub id_offsets: Vec<u64>,
    /// Number of the payment it is a part of.
    pub parent: Vec<i64>,
    /// Index into the agents.
    pub sender: Vec<u16>,
    /// Index into the agents.
    pub receiver: Vec<u16>,
    /// Cents.
    pub amount: Vec<i64>,
    /// 0..=10.
    pub priority: Vec<u8>,
    /// Index into the rails: the rail it went to, or will go to by what is known now.
    pub rail: Vec<i16>,
    /// When it arrived.
    pub arrival_tick: Vec<i64>,
    /// -1 = no deadline.
    pub deadline_tick: Vec<i64>,
    /// When its bank last submitted it.
    pub release_tick: Vec<i64>,
    /// When it was settled or dropped.
    pub end_tick: Vec<i64>,
    /// Index into `results::STATUSES`.
    pub status: Vec<i8>,
    /// Index into `results::METHODS`.
    pub method: Vec<i8>,
    /// Index into `results::REASONS`: why it was dropped.
    pub reason: Vec<i16>,
}

impl PaymentColumns {
    /// No rows yet, with room for so many and for their ids as they usually are.
    #[must_use]
    pub fn with_room(rows: usize) -> Self {
        Self {
            payment: Vec::with_capacity(rows),
            id_bytes: Vec::with_capacity(rows * ID_BYTES),
            id_offsets: Vec::with_capacity(rows + 1),
            parent: Vec::with_capacity(rows),
            sender: Vec::with_capacity(rows),
            receiver: Vec::with_capacity(rows),
            amount: Vec::with_capacity(rows),
            priority: Vec::with_capacity(rows),
            rail: Vec::with_capacity(rows),
            arrival_tick: Vec::with_capacity(rows),
            deadline_tick: Vec::with_capacity(rows),
            release_tick: Vec::with_capacity(rows),
            end_tick: Vec::with_capacity(rows),
            status: Vec::with_capacity(rows),
            method: Vec::with_capacity(rows),
            reason: Vec::with_capacity(rows),
        }
    }
}

/// One stored part: what was recorded since the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Series rows since the last drain.
    pub series: SeriesColumns,
    /// Events since the last drain.
    pub events: EventColumns,
    /// Payments that left (settled, dropped) since the last drain, in the order in which they left.
    pub payments: PaymentColumns,
}

//! No two payments have one id: given ids, `T<k>` of payments without, ids of injected payments.

use serde_json::Value;

use super::fault::Faults;
use super::table::Table;
use crate::engine::scenario::{Event, PaymentIds, PaymentTable, ScheduledEvent};

/// Adds a fault for each id that is taken already.
pub fn check(
    root: &Table<'_>,
    table: &PaymentTable,
    events: &[ScheduledEvent],
    scripted: usize,
    faults: &Faults,
) {
    let rows = table.sender.len();
    let injected: Vec<(usize, &str)> = (events.iter().enumerate())
        .filter_map(|(index, scheduled)| match &scheduled.event {
            Event::InjectPayment { id: Some(id), .. } => Some((index, id.as_str())),
            _ => None,
        })
        .collect();
    let tell = |place: usize, id: &[u8]| {
        let id = String::from_utf8_lossy(id);
        let message = format!("the payment id {id} is taken already");
        let (list, index) = match place.checked_sub(rows) {
            Some(event) => ("events", injected[event].0),
            None if place < scripted => ("initial_transactions", place),
            None => ("payments", place - scripted),
        };
        faults.error(
            "duplicate_id",
            &root.path.key(list).item(index).key("id"),
            message,
            Some(&Value::from(id.as_ref())),
            "a new id",
        );
    };
    let id_at = |place: usize| match place.checked_sub(rows) {
        Some(event) => injected[event].1.as_bytes(),
        None => given(&table.ids, place),
    };
    let mut places: Vec<(u64, u32)> = (0..rows + injected.len())
        .filter(|&place| !id_at(place).is_empty())
        .map(|place| (hash(id_at(place)), place as u32))
        .collect();
    for &(_, place) in &places {
        let place = place as usize;
        if let Some(row) = default_row(id_at(place))
            && row < rows
            && given(&table.ids, row).is_empty()
        {
            tell(place, id_at(place));
        }
    }
    places.sort_unstable();
    for alike in places
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|alike| alike.len() > 1)
    {
        let mut alike: Vec<usize> = alike.iter().map(|&(_, place)| place as usize).collect();
        alike.sort_unstable_by(|&a, &b| id_at(a).cmp(id_at(b)).then(a.cmp(&b)));
        for pair in alike
            .windows(2)
            .filter(|pair| id_at(pair[0]) == id_at(pair[1]))
        {
            tell(pair[1], id_at(pair[1]));
        }
    }
}

/// The id given to a row; empty if none.
fn given(ids: &PaymentIds, row: usize) -> &[u8] {
    match ids.offsets.get(row..row + 2) {
        Some(&[from, to]) => &ids.bytes[from as usize..to as usize],
        _ => &[],
    }
}

/// The row whose default id this is: `T<k>` is that of row k - 1.
fn default_row(id: &[u8]) -> Option<usize> {
    let digits = id
        .strip_prefix(b"T")
        .filter(|digits| digits.first() != Some(&b'0'))?;
    std::str::from_utf8(digits)
        .ok()?
        .parse::<usize>()
        .ok()?
        .checked_sub(1)
}

/// FNV-1a; equal hashes are compared byte by byte, so its quality only matters for the time.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

//! Ids of payments as text, made and looked up at the edge only.

use std::sync::OnceLock;

use crate::engine::kernel::Kernel;
use crate::engine::scenario::PaymentIds;
use crate::engine::units::PaymentId;

/// Rows of the file by a hash of their given id, made when first asked for.
#[derive(Debug, Default)]
pub struct GivenIds {
    rows: OnceLock<Vec<(u64, u32)>>,
}

impl GivenIds {
    fn row(&self, ids: &PaymentIds, id: &[u8]) -> Option<usize> {
        let rows = self.rows.get_or_init(|| {
            let mut rows: Vec<(u64, u32)> = (0..ids.offsets.len().saturating_sub(1))
                .map(|row| (row, given_id(ids, row)))
                .filter(|(_, id)| !id.is_empty())
                .map(|(row, id)| (hash(id), row as u32))
                .collect();
            rows.sort_unstable();
            rows
        });
        let wanted = hash(id);
        let from = rows.partition_point(|row| row.0 < wanted);
        (rows[from..].iter())
            .take_while(|row| row.0 == wanted)
            .map(|row| row.1 as usize)
            .find(|&row| given_id(ids, row) == id)
    }
}

/// The id given to a row of the file; empty if none.
#[must_use]
pub fn given_id(ids: &PaymentIds, row: usize) -> &[u8] {
    match ids.offsets.get(row..row + 2) {
        Some(&[from, to]) => ids
            .bytes
            .get(from as usize..to as usize)
            .unwrap_or_default(),
        _ => &[],
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    (bytes.iter()).fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Kernel {
    /// The id of a payment.
    #[must_use]
    pub fn id(&self, payment: PaymentId) -> String {
        let mut bytes = Vec::new();
        self.write_id(payment, &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Appends the id of a payment.
    pub fn write_id(&self, payment: PaymentId, out: &mut Vec<u8>) {
        if let Some(split) = self.payments.split_of(payment) {
            self.write_id(split.parent, out);
            out.push(b'/');
            return write_number(u64::from(payment.0 - split.first.0) + 1, out);
        }
        if let Some(rank) = self.payments.scripted_rank(payment) {
            let row = self.script.row(rank as usize);
            let given = given_id(&self.scenario.payments.ids, row);
            if given.is_empty() {
                out.push(b'T');
                return write_number(row as u64 + 1, out);
            }
            return out.extend_from_slice(given);
        }
        let injected = &self.payments.injected;
        let number = self.payments.rank(payment) >> 32;
        match injected.binary_search_by_key(&payment, |other| other.0) {
            Ok(at) => match &injected[at].1 {
                Some(id) => return out.extend_from_slice(id.as_bytes()),
                None => out.push(b'X'),
            },
            Err(_) => out.push(b'G'),
        }
        write_number(number, out);
    }

    /// The payment with this id, if it has arrived.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<PaymentId> {
        self.find_whole(id).or_else(|| {
            let (parent, part) = id.rsplit_once('/')?;
            let split = self.payments.parts_of(self.find_whole(parent)?)?;
            let part = number(part)?;
            (1..=u64::from(split.parts))
                .contains(&part)
                .then(|| PaymentId(split.first.0 + part as u32 - 1))
        })
    }

    fn find_whole(&self, id: &str) -> Option<PaymentId> {
        let table = &self.scenario.payments;
        if let Some(row) = self.given_ids.row(&table.ids, id.as_bytes()) {
            return self.scripted(row);
        }
        let injected = (self.payments.injected.iter()).find(|other| other.1.as_deref() == Some(id));
        if let Some(&(payment, _)) = injected {
            return Some(payment);
        }
        let (letter, rest) = id.split_at_checked(1)?;
        let number = number(rest)?;
        let found = match letter {
            "T" => {
                let row = usize::try_from(number.checked_sub(1)?).ok()?;
                let in_file = row < table.sender.len();
                in_file.then(|| self.scripted(row)).flatten()?
            }
            "X" | "G" => self.payments.by_arrival_number(number)?,
            _ => return None,
        };
        // Only if that is what the payment is called.
        (self.id(found) == id).then_some(found)
    }

    fn scripted(&self, row: usize) -> Option<PaymentId> {
        let rank = self.script.rank(&self.scenario.payments, row);
        self.payments.by_scripted_rank(rank as u32)
    }
}

/// A decimal number without sign or leading zero.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten()
}

fn write_number(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

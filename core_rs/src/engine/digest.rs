//! The hash chain over all events (model, section 14).

use serde::{Deserialize, Serialize};

use crate::engine::blob;

/// Records of a block.
pub const BLOCK_RECORDS: usize = 2_048;
/// Bytes of a record.
pub const RECORD_BYTES: usize = 32;

/// One event as it is hashed; fields that a type does not use are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub tick: u32,
    /// `results::EVENT_TYPES`.
    pub kind: u8,
    /// `results::METHODS`, 255 = none.
    pub method: u8,
    /// Index of the rail, 255 = none.
    pub rail: u8,
    /// `results::REASONS`, 255 = none.
    pub reason: u8,
    /// Number of the payment, `u32::MAX` = none.
    pub payment: u32,
    /// Index of the agent, `u16::MAX` = none.
    pub agent: u16,
    /// Index of the counterparty, `u16::MAX` = none.
    pub counterparty: u16,
    /// Cents.
    pub amount: i64,
    /// By type.
    pub extra: u64,
}

impl Record {
    /// Little-endian, in the order of the fields: four words, put together in registers.
    #[inline(always)]
    #[must_use]
    pub fn bytes(&self) -> [u8; RECORD_BYTES] {
        let codes = u32::from_le_bytes([self.kind, self.method, self.rail, self.reason]);
        let words = [
            u64::from(self.tick) | (u64::from(codes) << 32),
            u64::from(self.payment)
                | (u64::from(self.agent) << 32)
                | (u64::from(self.counterparty) << 48),
            self.amount as u64,
            self.extra,
        ];
        let mut bytes = [0; RECORD_BYTES];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// Bytes of D.
const HASH_BYTES: usize = 32;
/// D and a block.
const FULL_BYTES: usize = HASH_BYTES + BLOCK_RECORDS * RECORD_BYTES;

/// D and the open block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// D, then the open block, as they are hashed: given in one piece, BLAKE3 takes as many of
    /// its chunks side by side as the processor can.
    #[serde(with = "blob")]
    open: Vec<u8>,
    records: u64,
}

impl Default for Chain {
    fn default() -> Self {
        let mut open = Vec::with_capacity(FULL_BYTES);
        open.resize(HASH_BYTES, 0);
        Self { open, records: 0 }
    }
}

impl Chain {
    /// Goes back before the first record.
    pub fn begin_again(&mut self) {
        self.open.clear();
        self.open.resize(HASH_BYTES, 0);
        self.records = 0;
    }

    /// Appends a record.
    #[inline(always)]
    pub fn push(&mut self, record: &Record) {
        self.open.extend_from_slice(&record.bytes());
        self.records += 1;
        if self.open.len() == FULL_BYTES {
            self.close_block();
        }
    }

    #[cold]
    fn close_block(&mut self) {
        let closed = blake3::hash(&self.open);
        self.open.clear();
        self.open.extend_from_slice(closed.as_bytes());
    }

    /// How many records there have been.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// BLAKE3(D ‖ open block ‖ number of records).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        hash(&[&self.open, &self.records.to_le_bytes()])
    }

    /// Whether the open block is one that `push` can have left.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let Some(open) = self.open.len().checked_sub(HASH_BYTES) else {
            return false;
        };
        open.is_multiple_of(RECORD_BYTES)
            && open / RECORD_BYTES < BLOCK_RECORDS
            && self.records % BLOCK_RECORDS as u64 == (open / RECORD_BYTES) as u64
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::{BLOCK_RECORDS, Chain, Record, hash};

    #[test]
    fn the_chain_is_what_its_definition_says() {
        let record = |tick| Record {
            tick,
            kind: 5,
            amount: -2,
            ..Record::default()
        };
        let mut chain = Chain::default();
        let mut block = Vec::new();
        for tick in 0..BLOCK_RECORDS as u32 {
            chain.push(&record(tick));
            block.extend_from_slice(&record(tick).bytes());
        }
        let closed = hash(&[&[0; 32], &block]);
        assert_eq!(chain.digest(), hash(&[&closed, &2_048_u64.to_le_bytes()]));
        chain.push(&record(7));
        let count = 2_049_u64.to_le_bytes();
        assert_eq!(chain.digest(), hash(&[&closed, &record(7).bytes(), &count]));
        assert!(chain.is_sound());
    }

    #[test]
    fn a_record_is_32_little_endian_bytes() {
        let record = Record {
            tick: 0x0403_0201,
            kind: 5,
            method: 6,
            rail: 7,
            reason: 8,
            payment: 0x0c0b_0a09,
            agent: 0x0e0d,
            counterparty: 0x100f,
            amount: 0x1817_1615_1413_1211,
            extra: 0x201f_1e1d_1c1b_1a19,
        };
        assert!(record.bytes().into_iter().eq(1..=32));
    }
}

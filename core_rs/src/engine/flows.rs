//! Today's net flow between each pair of agents.

use crate::engine::ledger::MOST_MONEY;
use crate::engine::units::AgentId;

/// Today's net flow between each pair of agents.
#[derive(Clone, Debug)]
pub struct Flows {
    table: Table,
    /// Payments that are not in the table yet: it is larger than the caches are, and written in
    /// one go its cells are fetched side by side.
    noted: Vec<Flow>,
}

/// Net flows by pair.
#[derive(Clone, Debug)]
enum Table {
    /// `[high * (high - 1) / 2 + low]`: from low to high.
    Dense(Vec<i64>),
    /// Per lower agent, ascending by higher agent.
    Sparse(Vec<Vec<(AgentId, i64)>>),
}

/// Up to this many agents, a table of all pairs (17 MB) is quicker than sorted rows.
const DENSE_AGENTS: usize = 2_048;

/// A payment's share: from, to, cents.
type Flow = (AgentId, AgentId, i64);

/// Payments noted at most before they are written down.
const MOST_NOTED: usize = 256;

/// What one flow takes in `packed`, about.
const BYTES_OF_A_FLOW: usize = 6;

impl Flows {
    /// No flows yet.
    pub fn new(agents: usize) -> Self {
        Self {
            table: Table::new(agents),
            noted: Vec::with_capacity(MOST_NOTED),
        }
    }

    /// Counts a settled payment, sooner or later: see [`settle`](Self::settle).
    #[inline]
    pub fn note(&mut self, from: AgentId, to: AgentId, amount: i64) {
        if self.noted.len() == MOST_NOTED {
            self.settle();
        }
        self.noted.push((from, to, amount));
    }

    /// Writes down what was noted.
    pub fn settle(&mut self) {
        for (from, to, amount) in self.noted.drain(..) {
            self.table.add(from, to, amount);
        }
    }

    /// Net flow from one agent to another; nothing may be noted only.
    #[inline]
    pub fn get(&self, from: AgentId, to: AgentId) -> i64 {
        debug_assert!(self.noted.is_empty());
        self.table.get(from, to)
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.noted.clear();
        self.table.clear();
    }

    /// All flows as few bytes: there may be half a million in a checkpoint of a few milliseconds.
    ///
    /// Row by row of the table, the flows that are not 0: how many places after the one before, twice,
    /// and one more if it goes from the higher agent to the lower; then its size. A 0 ends a row.
    pub fn packed(&self) -> Vec<u8> {
        debug_assert!(self.noted.is_empty());
        let mut bytes = Vec::with_capacity(self.table.cells() * BYTES_OF_A_FLOW);
        match &self.table {
            Table::Dense(cells) => {
                let (mut rest, mut width) = (cells.as_slice(), 0);
                loop {
                    let (row, after) = rest.split_at(width);
                    pack_row(&mut bytes, row.iter().copied().enumerate(), 0);
                    if after.is_empty() {
                        break;
                    }
                    (rest, width) = (after, width + 1);
                }
            }
            Table::Sparse(rows) => {
                for (low, row) in rows.iter().enumerate() {
                    let cells = row.iter().map(|&(high, flow)| (high.index(), flow));
                    pack_row(&mut bytes, cells, low + 1);
                }
            }
        }
        bytes
    }

    /// The flows that `packed` wrote down.
    ///
    /// # Errors
    /// Says that they are not such flows.
    pub fn unpacked(bytes: &[u8], agents: usize) -> Result<Self, &'static str> {
        const UNSOUND: &str = "a flow is out of bounds";
        let mut flows = Self::new(agents);
        let is_dense = matches!(flows.table, Table::Dense(_));
        let mut bytes = bytes.iter().copied();
        for row in 0..agents {
            let (mut next, end) = if is_dense {
                (0, row)
            } else {
                (row + 1, agents)
            };
            loop {
                let step = number(&mut bytes).ok_or(UNSOUND)?;
                if step == 0 {
                    break;
                }
                let size = number(&mut bytes).and_then(|size| i64::try_from(size).ok());
                let size = size.filter(|size| (1..=MOST_MONEY).contains(size));
                let size = size.ok_or(UNSOUND)?;
                let column = (usize::try_from(step >> 1).ok())
                    .and_then(|gap| gap.checked_sub(1))
                    .and_then(|gap| gap.checked_add(next))
                    .filter(|&column| column < end)
                    .ok_or(UNSOUND)?;
                next = column + 1;
                let (low, high) = (row.min(column), row.max(column));
                let signed = if step & 1 == 0 { size } else { -size };
                flows
                    .table
                    .add(AgentId::from_index(low), AgentId::from_index(high), signed);
            }
        }
        if bytes.next().is_some() {
            return Err(UNSOUND);
        }
        Ok(flows)
    }
}

/// Appends the cells of a row, by ascending column from `next` on, that are not 0.
#[inline]
fn pack_row(bytes: &mut Vec<u8>, cells: impl Iterator<Item = (usize, i64)>, mut next: usize) {
    for (column, flow) in cells.filter(|cell| cell.1 != 0) {
        put(
            bytes,
            ((column - next + 1) << 1) as u64 | u64::from(flow < 0),
        );
        put(bytes, flow.unsigned_abs());
        next = column + 1;
    }
    bytes.push(0);
}

/// Appends a number: seven bits a byte, the lowest first, the top bit where more follow.
#[inline]
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The next number that `put` appended, if there is one.
#[inline]
fn number(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = bytes.next()?;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

impl Table {
    fn new(agents: usize) -> Self {
        if agents <= DENSE_AGENTS {
            Self::Dense(vec![0; agents * agents.saturating_sub(1) / 2])
        } else {
            Self::Sparse(vec![Vec::new(); agents])
        }
    }

    /// How many flows there may be.
    fn cells(&self) -> usize {
        match self {
            Self::Dense(cells) => cells.len(),
            Self::Sparse(rows) => rows.iter().map(Vec::len).sum(),
        }
    }

    #[inline]
    fn cell(low: usize, high: usize) -> usize {
        high * (high - 1) / 2 + low
    }

    #[inline]
    fn add(&mut self, from: AgentId, to: AgentId, amount: i64) {
        let (low, high, signed) = if from < to {
            (from, to, amount)
        } else {
            (to, from, -amount)
        };
        match self {
            Self::Dense(cells) => cells[Self::cell(low.index(), high.index())] += signed,
            Self::Sparse(rows) => {
                let row = &mut rows[low.index()];
                match row.binary_search_by_key(&high, |cell| cell.0) {
                    Ok(at) => row[at].1 += signed,
                    Err(at) => row.insert(at, (high, signed)),
                }
            }
        }
    }

    #[inline]
    fn get(&self, from: AgentId, to: AgentId) -> i64 {
        let (low, high) = (from.min(to), from.max(to));
        let flow = match self {
            Self::Dense(cells) => cells[Self::cell(low.index(), high.index())],
            Self::Sparse(rows) => {
                let row = &rows[low.index()];
                (row.binary_search_by_key(&high, |cell| cell.0)).map_or(0, |at| row[at].1)
            }
        };
        if from < to { flow } else { -flow }
    }

    fn clear(&mut self) {
        match self {
            Self::Dense(cells) => cells.fill(0),
            Self::Sparse(rows) => rows.iter_mut().for_each(Vec::clear),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DENSE_AGENTS, Flows};
    use crate::engine::units::AgentId;

    const AMOUNTS: [i64; 5] = [1, 127, 128, 100_000, 9_007_199_254_740_993];

    fn flows_of(agents: usize) -> Flows {
        let mut flows = Flows::new(agents);
        for (at, amount) in AMOUNTS.into_iter().enumerate() {
            let (one, other) = (AgentId::from_index(at), AgentId::from_index(agents - 1));
            flows.note(one, other, amount);
            flows.note(other, AgentId::from_index(2 * at + 1), 3 * amount);
        }
        flows.settle();
        flows
    }

    #[test]
    fn packed_flows_are_the_flows_they_were() {
        for agents in [20, DENSE_AGENTS, DENSE_AGENTS + 1] {
            let flows = flows_of(agents);
            let again = Flows::unpacked(&flows.packed(), agents).unwrap();
            let ids = || (0..agents).map(AgentId::from_index);
            for one in ids().take(20) {
                for other in ids().filter(|&other| other != one) {
                    assert_eq!(again.get(one, other), flows.get(one, other));
                }
            }
            assert_eq!(again.packed(), flows.packed());
        }
    }

    #[test]
    fn no_flows_are_packed_as_no_flows() {
        for agents in [2, 3, DENSE_AGENTS + 1] {
            let bytes = Flows::new(agents).packed();
            assert_eq!(bytes.len(), agents);
            assert!(Flows::unpacked(&bytes, agents).is_ok());
        }
    }

    #[test]
    fn bytes_that_are_no_flows_are_refused() {
        let bytes = flows_of(20).packed();
        for end in 0..bytes.len() {
            assert!(Flows::unpacked(&bytes[..end], 20).is_err());
        }
        assert!(Flows::unpacked(&[&bytes[..], &[0]].concat(), 20).is_err());
        assert!(Flows::unpacked(&bytes, 19).is_err());
        assert!(Flows::unpacked(&[1, 5, 0, 0], 2).is_err());
        assert!(
            Flows::unpacked(
                &[
                    0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
                ],
                2
            )
            .is_err()
        );
    }
}

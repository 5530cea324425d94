//! Today's net flow between each pair of agents.

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

/// A non-zero flow: from, to, cents.
pub type Flow = (AgentId, AgentId, i64);

/// Payments noted at most before they are written down.
const MOST_NOTED: usize = 256;

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

    /// All flows that are not 0.
    pub fn entries(&self) -> Vec<Flow> {
        debug_assert!(self.noted.is_empty());
        self.table.entries()
    }
}

impl Table {
    fn new(agents: usize) -> Self {
        if agents <= DENSE_AGENTS {
            Self::Dense(vec![0; agents * agents.saturating_sub(1) / 2])
        } else {
            Self::Sparse(vec![Vec::new(); agents])
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

    fn entries(&self) -> Vec<Flow> {
        let mut found = Vec::new();
        match self {
            Self::Dense(cells) => {
                let mut at = 0;
                let mut high = 1;
                while at < cells.len() {
                    let row = &cells[at..at + high];
                    found.extend(
                        (row.iter().enumerate())
                            .filter(|(_, flow)| **flow != 0)
                            .map(|(low, &flow)| {
                                (AgentId::from_index(low), AgentId::from_index(high), flow)
                            }),
                    );
                    at += high;
                    high += 1;
                }
            }
            Self::Sparse(rows) => {
                for (low, row) in rows.iter().enumerate() {
                    found.extend(
                        (row.iter().filter(|cell| cell.1 != 0))
                            .map(|&(high, flow)| (AgentId::from_index(low), high, flow)),
                    );
                }
            }
        }
        found
    }
}

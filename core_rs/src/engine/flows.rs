//! Today's net flow between each pair of agents.

use crate::engine::units::AgentId;

/// Today's net flow between each pair of agents.
#[derive(Clone, Debug)]
pub enum Flows {
    /// `[high * (high - 1) / 2 + low]`: from low to high.
    Dense(Vec<i64>),
    /// Per lower agent, ascending by higher agent.
    Sparse(Vec<Vec<(AgentId, i64)>>),
}

/// Up to this many agents, a table of all pairs (17 MB) is quicker than sorted rows.
const DENSE_AGENTS: usize = 2_048;

/// A non-zero flow: from, to, cents.
pub type Flow = (AgentId, AgentId, i64);

impl Flows {
    /// No flows yet.
    pub fn new(agents: usize) -> Self {
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

    /// Counts a settled payment.
    #[inline]
    pub fn add(&mut self, from: AgentId, to: AgentId, amount: i64) {
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

    /// Net flow from one agent to another.
    #[inline]
    pub fn get(&self, from: AgentId, to: AgentId) -> i64 {
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

    /// Forgets all.
    pub fn clear(&mut self) {
        match self {
            Self::Dense(cells) => cells.fill(0),
            Self::Sparse(rows) => rows.iter_mut().for_each(Vec::clear),
        }
    }

    /// All flows that are not 0.
    pub fn entries(&self) -> Vec<Flow> {
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

//! Figures over time: rows until drained, and charts of the whole run in bounded memory.

use std::collections::VecDeque;

use crate::engine::pyramid::{Extremes, Pyramid};
use crate::engine::results::{Figures, Frame, SeriesColumns, SeriesKey, series_names};
use crate::engine::units::{AgentId, Tick};

/// The figures of a tick as columns.
pub const FIGURES: usize = 19;
/// Figures, then their running totals (standing figures have none: 0).
const CHARTED: usize = 2 * FIGURES;
/// Balance, available, value in Queue 2.
const OF_AGENT: usize = 3;
/// Buckets of the system's pyramid.
const SYSTEM_BUCKETS: usize = 4_096;
/// Bytes for the pyramids of all agents together.
const AGENT_BYTES: usize = 48 << 20;
/// Rows and changes kept exactly, for the newest part of a chart.
const RECENT_ROWS: usize = 4_096;
const RECENT_CHANGES: usize = 8_192;
/// Changes kept at most before the charts of the agents take them in.
const MOST_CHANGES: usize = 32_768;

/// Figures that stand rather than flow: queue_depth, queue_value, pending.
const STANDING: [usize; 3] = [3, 4, 5];

/// Whether a figure has a running total.
#[must_use]
pub fn flows(figure: usize) -> bool {
    figure < FIGURES && !STANDING.contains(&figure)
}

fn row_of(figures: &Figures) -> [i64; FIGURES] {
    let mut row = [0; FIGURES];
    row[..11].copy_from_slice(&[
        figures.arrivals as i64,
        figures.settlements as i64,
        figures.dropped as i64,
        figures.queue_depth as i64,
        figures.queue_value,
        figures.pending as i64,
        figures.settled_value,
        figures.arrived_value,
        figures.lsm_bilateral as i64,
        figures.lsm_multilateral as i64,
        figures.lsm_net as i64,
    ]);
    row[11..].copy_from_slice(&figures.costs);
    row
}

/// An agent's chart values changed.
#[derive(Clone, Copy, Debug)]
struct Change {
    tick: u32,
    agent: AgentId,
    before: [i64; OF_AGENT],
}

/// Memory for sorting changes by agent.
#[derive(Clone, Debug, Default)]
struct Scratch {
    /// Per agent, the end of its part of `sorted`.
    ends: Vec<u32>,
    sorted: Vec<(u32, [i64; OF_AGENT])>,
}

/// All series of a run.
#[derive(Clone, Debug)]
pub struct Series {
    ticks: Vec<u32>,
    rows: Vec<[i64; FIGURES]>,
    last_row: Option<[i64; FIGURES]>,
    totals: [i64; FIGURES],
    recent_rows: VecDeque<(u32, [i64; CHARTED])>,
    /// From this tick on, the recent rows are complete.
    rows_from: u32,
    /// Changes of agents, oldest first; those from `folded` on are not in their charts yet.
    changes: Vec<Change>,
    folded: usize,
    system: Pyramid<CHARTED>,
    agents: Vec<Pyramid<OF_AGENT>>,
    agents_last: Vec<[i64; OF_AGENT]>,
    scratch: Scratch,
}

impl Series {
    /// Series of a run that goes on at `first_tick`, where the agents stand at `agents`
    /// (balance, available, value in Queue 2).
    #[must_use]
    pub fn new(first_tick: u32, agents: Vec<[i64; OF_AGENT]>, totals: [i64; FIGURES]) -> Self {
        let bucket = OF_AGENT * size_of::<Extremes>();
        let fitting = AGENT_BYTES / bucket / agents.len().max(1);
        // Rounded down to a power of two.
        let most = 1 << fitting.clamp(16, 2_048).ilog2();
        let mut start = [0; CHARTED];
        start[FIGURES..].copy_from_slice(&totals);
        Self {
            ticks: Vec::new(),
            rows: Vec::new(),
            last_row: None,
            totals,
            recent_rows: VecDeque::new(),
            rows_from: first_tick,
            changes: Vec::new(),
            folded: 0,
            scratch: Scratch::default(),
            system: Pyramid::new(first_tick, SYSTEM_BUCKETS, start),
            agents: (agents.iter())
                .map(|&values| Pyramid::new(first_tick, most, values))
                .collect(),
            agents_last: agents,
        }
    }

    /// Running totals of the figures, for a snapshot.
    #[must_use]
    pub fn totals(&self) -> [i64; FIGURES] {
        self.totals
    }

    /// Whether the last row says that nothing flows.
    #[must_use]
    pub fn is_still(&self) -> bool {
        (self.last_row).is_some_and(|row| (0..FIGURES).all(|at| !flows(at) || row[at] == 0))
    }

    /// Records a tick's figures; a row is kept if one changed, or at the end of a day.
    pub fn push(&mut self, tick: u32, figures: &Figures, day_ends: bool) {
        let row = row_of(figures);
        if !day_ends && self.last_row == Some(row) && self.is_still() {
            return;
        }
        let mut charted = [0; CHARTED];
        for at in (0..FIGURES).filter(|&at| flows(at)) {
            self.totals[at] = self.totals[at].saturating_add(row[at]);
        }
        charted[..FIGURES].copy_from_slice(&row);
        charted[FIGURES..].copy_from_slice(&self.totals);
        self.system.push(tick, &charted);
        if self.recent_rows.len() == RECENT_ROWS {
            self.recent_rows.pop_front();
            self.rows_from = self.recent_rows.front().map_or(tick, |row| row.0);
        }
        self.recent_rows.push_back((tick, charted));
        if day_ends || self.last_row != Some(row) {
            self.ticks.push(tick);
            self.rows.push(row);
        }
        self.last_row = Some(row);
    }

    /// Records where an agent stands after a tick.
    pub fn push_agent(&mut self, tick: u32, agent: AgentId, values: [i64; OF_AGENT]) {
        let last = &mut self.agents_last[agent.index()];
        let before = *last;
        // Each figure by itself: compared as a whole they would go through memory first.
        if (0..OF_AGENT).all(|at| before[at] == values[at]) {
            return;
        }
        *last = values;
        if self.changes.len() == MOST_CHANGES {
            self.fold();
            // One more than are asked for says from which tick on they are complete.
            let old = self.changes.len() - RECENT_CHANGES - 1;
            self.changes.drain(..old);
            self.folded = self.changes.len();
        }
        self.changes.push(Change {
            tick,
            agent,
            before,
        });
    }

    /// Takes the changes since the last time into the charts, agent by agent: a chart is larger
    /// than what the caches hold of it when every tick writes into many, and most are never drawn.
    fn fold(&mut self) {
        let Scratch { ends, sorted } = &mut self.scratch;
        let changes = &self.changes[self.folded..];
        ends.clear();
        ends.resize(self.agents.len(), 0);
        for change in changes {
            ends[change.agent.index()] += 1;
        }
        let mut sum = 0;
        for end in ends.iter_mut() {
            sum += std::mem::replace(end, sum);
        }
        sorted.resize(changes.len(), (0, [0; OF_AGENT]));
        for change in changes {
            let place = &mut ends[change.agent.index()];
            sorted[*place as usize] = (change.tick, change.before);
            *place += 1;
        }
        let mut start = 0;
        for (at, &end) in ends.iter().enumerate() {
            let own = &sorted[start..end as usize];
            start = end as usize;
            let Some(&(newest, _)) = own.last() else {
                continue;
            };
            // After a change stands what the next one found, after the last what stands now.
            let found = own[1..].iter().map(|(_, before)| before);
            let after = found.chain([&self.agents_last[at]]);
            let ticks = own.iter().map(|&(tick, _)| tick);
            self.agents[at].push_all(newest, ticks.zip(after));
        }
        self.folded = self.changes.len();
    }

    /// The newest changes, and from which tick on they are complete.
    fn recent_changes(&self) -> (&[Change], u32) {
        let from = self.changes.len().saturating_sub(RECENT_CHANGES);
        let complete_from = match from.checked_sub(1) {
            Some(left_out) => self.changes[left_out].tick + 1,
            None => self.system.first_tick(),
        };
        (&self.changes[from..], complete_from)
    }

    /// Bytes held until drained.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.rows.len() * (size_of::<[i64; FIGURES]>() + 4)
    }

    /// The rows held, as columns.
    #[must_use]
    pub fn columns(&self) -> SeriesColumns {
        SeriesColumns {
            tick: self.ticks.clone(),
            columns: (series_names().into_iter().enumerate())
                .map(|(at, name)| (name, self.rows.iter().map(|row| row[at]).collect()))
                .collect(),
        }
    }

    /// Forgets the rows held.
    pub fn clear(&mut self) {
        self.ticks.clear();
        self.rows.clear();
    }

    /// Points of a chart over the ticks `from..now`, at most `max_points`: one per tick where
    /// that fits and is known, else two per bucket with its extremes.
    #[must_use]
    pub fn frame(&mut self, keys: &[SeriesKey], from: Tick, now: u32, max_points: usize) -> Frame {
        self.fold();
        let from = from.0.max(self.system.first_tick());
        let mut frame = Frame {
            tick: Vec::new(),
            columns: vec![Vec::new(); keys.len()],
        };
        if from >= now || max_points == 0 {
            return frame;
        }
        let width = (keys.iter().map(|key| self.width(key))).max().unwrap_or(1);
        let exact = from >= self.rows_from.max(self.recent_changes().1);
        if (now - from) as usize <= max_points && (width == 1 || exact) {
            for tick in from..now {
                frame.tick.push(f64::from(tick));
            }
            for (key, column) in keys.iter().zip(&mut frame.columns) {
                self.fill_exact(key, from, now, column);
            }
            return frame;
        }
        // With room for one point only, it is the last tick's.
        let buckets = (max_points / 2).max(1) as u32;
        let start = from / width * width;
        let step = (now - start).div_ceil(buckets).div_ceil(width) * width;
        let mut low = start;
        while low < now {
            let (first, end) = (low.max(from), (low + step).min(now));
            let points = if end - first == 1 || max_points == 1 {
                1
            } else {
                2
            };
            frame.tick.extend(
                [first, end - 1][2 - points..]
                    .iter()
                    .map(|&tick| f64::from(tick)),
            );
            for (key, column) in keys.iter().zip(&mut frame.columns) {
                let extremes = self.over(key, first, end);
                let (left, right) = if extremes.falling {
                    (extremes.high, extremes.low)
                } else {
                    (extremes.low, extremes.high)
                };
                column.extend(
                    [left, right][2 - points..]
                        .iter()
                        .map(|&value| value as f64),
                );
            }
            low += step;
        }
        frame
    }

    fn column_of(key: &SeriesKey) -> (Option<AgentId>, usize) {
        match *key {
            SeriesKey::Figure(figure) => (None, usize::from(figure).min(FIGURES - 1)),
            SeriesKey::Total(figure) => (None, FIGURES + usize::from(figure).min(FIGURES - 1)),
            SeriesKey::Balance(agent) => (Some(agent), 0),
            SeriesKey::Available(agent) => (Some(agent), 1),
            SeriesKey::QueuedValue(agent) => (Some(agent), 2),
        }
    }

    fn width(&self, key: &SeriesKey) -> u32 {
        match Self::column_of(key).0 {
            Some(agent) => self.agents[agent.index()].width(),
            None => self.system.width(),
        }
    }

    fn over(&self, key: &SeriesKey, from: u32, to: u32) -> Extremes {
        match Self::column_of(key) {
            (Some(agent), column) => self.agents[agent.index()].over(column, from, to),
            (None, column) => self.system.over(column, from, to),
        }
    }

    fn fill_exact(&self, key: &SeriesKey, from: u32, now: u32, column: &mut Vec<f64>) {
        if self.width(key) == 1 {
            column.extend((from..now).map(|tick| self.over(key, tick, tick + 1).low as f64));
            return;
        }
        match Self::column_of(key) {
            (Some(agent), at) => {
                let changes: Vec<(u32, i64)> = (self.recent_changes().0.iter())
                    .filter(|change| change.agent == agent && change.tick >= from)
                    .map(|change| (change.tick, change.before[at]))
                    .collect();
                // After a change stands what the next one found, after the last what stands now.
                let standing = self.agents_last[agent.index()][at];
                let values = (changes.iter().map(|change| change.1)).chain([standing]);
                let start = changes.first().map_or(standing, |change| change.1);
                let ticks = changes.iter().map(|change| change.0);
                stand(start, ticks.zip(values.skip(1)), from, now, column);
            }
            (None, at) => {
                let after = self.recent_rows.partition_point(|row| row.0 <= from);
                let start = after
                    .checked_sub(1)
                    .map_or(0, |last| self.recent_rows[last].1[at]);
                let rows = self
                    .recent_rows
                    .range(after..)
                    .map(|row| (row.0, row.1[at]));
                stand(start, rows, from, now, column);
            }
        }
    }
}

/// Fills one value per tick of `from..now` from the changes in them.
fn stand(
    start: i64,
    changes: impl Iterator<Item = (u32, i64)>,
    from: u32,
    now: u32,
    column: &mut Vec<f64>,
) {
    let mut value = start;
    let mut next = from;
    for (tick, after) in changes {
        while next < tick.min(now) {
            column.push(value as f64);
            next += 1;
        }
        value = after;
    }
    while next < now {
        column.push(value as f64);
        next += 1;
    }
}

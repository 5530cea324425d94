//! Figures over time: rows until drained, and charts of the whole run in bounded memory.

use std::collections::VecDeque;

use crate::engine::agent_charts::{AgentCharts, stand};
use crate::engine::index_set::IndexSet;
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
/// Rows kept exactly, for the newest part of a chart.
const RECENT_ROWS: usize = 4_096;

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
    system: Pyramid<CHARTED>,
    balances: AgentCharts,
    queued: AgentCharts,
    available: Available,
}

/// What the agents can send: their balance and a constant, but for those whose credit line or
/// collateral was changed in the run, which have charts of their own from then on.
#[derive(Clone, Debug)]
struct Available {
    /// Above the balance; of those apart, until they were.
    headroom: Vec<i64>,
    apart: IndexSet,
    /// Of those apart, the tick in which they came to be; 0 of the others.
    apart_since: Vec<u32>,
    charts: AgentCharts,
}

impl Available {
    /// Records what an agent can send after a tick of which its balance is not recorded yet.
    fn push(
        &mut self,
        balances: &mut AgentCharts,
        tick: u32,
        agent: AgentId,
        balance: i64,
        available: i64,
    ) {
        let at = agent.index();
        if !self.apart.contains(at) {
            if available - balance == self.headroom[at] {
                return;
            }
            self.apart.insert(at);
            self.apart_since[at] = tick;
            self.charts.follow(balances, agent, self.headroom[at]);
        }
        self.charts.push(tick, agent, available);
    }
}

impl Series {
    /// Series of a run that goes on at `first_tick`, where the agents stand at `agents`
    /// (balance, available, value in Queue 2).
    #[must_use]
    pub fn new(first_tick: u32, agents: &[[i64; OF_AGENT]], totals: [i64; FIGURES]) -> Self {
        let bucket = OF_AGENT * size_of::<Extremes>();
        let fitting = AGENT_BYTES / bucket / agents.len().max(1);
        // Rounded down to a power of two.
        let most = 1 << fitting.clamp(16, 2_048).ilog2();
        let charts = |value: fn(&[i64; OF_AGENT]) -> i64| {
            AgentCharts::new(first_tick, most, agents.iter().map(value).collect())
        };
        let mut start = [0; CHARTED];
        start[FIGURES..].copy_from_slice(&totals);
        Self {
            ticks: Vec::new(),
            rows: Vec::new(),
            last_row: None,
            totals,
            recent_rows: VecDeque::new(),
            rows_from: first_tick,
            system: Pyramid::new(first_tick, SYSTEM_BUCKETS, start),
            balances: charts(|&[balance, _, _]| balance),
            queued: charts(|&[_, _, queued]| queued),
            available: Available {
                headroom: (agents.iter())
                    .map(|&[balance, available, _]| available - balance)
                    .collect(),
                apart: IndexSet::new(agents.len()),
                apart_since: vec![0; agents.len()],
                charts: charts(|&[_, available, _]| available),
            },
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
        let [balance, available, queued] = values;
        (self.available).push(&mut self.balances, tick, agent, balance, available);
        self.balances.push(tick, agent, balance);
        self.queued.push(tick, agent, queued);
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
        self.balances.fold();
        self.queued.fold();
        self.available.charts.fold();
        let from = from.0.max(self.system.first_tick());
        let mut frame = Frame {
            tick: Vec::new(),
            columns: vec![Vec::new(); keys.len()],
        };
        if from >= now || max_points == 0 {
            return frame;
        }
        let width = (keys.iter().map(|key| self.width(key))).max().unwrap_or(1);
        let exact = keys.iter().all(|key| from >= self.complete_from(key));
        if (now - from) as usize <= max_points && (width == 1 || exact) {
            for tick in from..now {
                frame.tick.push(f64::from(tick));
            }
            for (key, column) in keys.iter().zip(&mut frame.columns) {
                self.fill_exact(*key, from, now, column);
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

    /// The charts a series of an agent is read from, and what is added to them.
    fn of_agent(&self, key: SeriesKey) -> Result<(&AgentCharts, AgentId, i64), usize> {
        let last = FIGURES - 1;
        match key {
            SeriesKey::Figure(figure) => Err(usize::from(figure).min(last)),
            SeriesKey::Total(figure) => Err(FIGURES + usize::from(figure).min(last)),
            SeriesKey::Balance(agent) => Ok((&self.balances, agent, 0)),
            SeriesKey::QueuedValue(agent) => Ok((&self.queued, agent, 0)),
            SeriesKey::Available(agent) if self.available.apart.contains(agent.index()) => {
                Ok((&self.available.charts, agent, 0))
            }
            SeriesKey::Available(agent) => {
                let headroom = self.available.headroom[agent.index()];
                Ok((&self.balances, agent, headroom))
            }
        }
    }

    /// From this tick on, a series is known tick by tick.
    fn complete_from(&self, key: &SeriesKey) -> u32 {
        match (self.of_agent(*key), key) {
            // Before it came apart it is read from the balances.
            (Ok((charts, ..)), SeriesKey::Available(_)) => {
                charts.complete_from().max(self.balances.complete_from())
            }
            (Ok((charts, ..)), _) => charts.complete_from(),
            (Err(_), _) => self.rows_from,
        }
    }

    fn width(&self, key: &SeriesKey) -> u32 {
        match self.of_agent(*key) {
            Ok((charts, agent, _)) => charts.width(agent),
            Err(_) => self.system.width(),
        }
    }

    fn over(&self, key: &SeriesKey, from: u32, to: u32) -> Extremes {
        match self.of_agent(*key) {
            Ok((charts, agent, by)) => charts.over(agent, from, to).raised(by),
            Err(column) => self.system.over(column, from, to),
        }
    }

    fn fill_exact(&self, key: SeriesKey, from: u32, now: u32, column: &mut Vec<f64>) {
        if self.width(&key) == 1 {
            column.extend((from..now).map(|tick| self.over(&key, tick, tick + 1).low as f64));
            return;
        }
        match (self.of_agent(key), key) {
            (Ok((charts, agent, by)), SeriesKey::Available(_)) => {
                let at = agent.index();
                let apart = self.available.apart_since[at].clamp(from, now);
                let before = self.available.headroom[at];
                (self.balances).exact(agent, from, apart, before, column);
                charts.exact(agent, apart, now, by, column);
            }
            (Ok((charts, agent, by)), _) => charts.exact(agent, from, now, by, column),
            (Err(at), _) => {
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

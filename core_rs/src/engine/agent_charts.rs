//! One figure of every agent over time: charts of the whole run, and the newest changes exactly.

use crate::engine::pyramid::{Extremes, Pyramid};
use crate::engine::units::AgentId;

/// Changes kept exactly, for the newest part of a chart.
const RECENT: usize = 8_192;
/// Changes kept at most before the charts take them in.
const MOST: usize = 32_768;

/// An agent's figure changed.
#[derive(Clone, Copy, Debug)]
struct Change {
    before: i64,
    tick: u32,
    agent: AgentId,
}

/// Memory for sorting changes by agent.
#[derive(Clone, Debug, Default)]
struct Scratch {
    /// Per agent, the end of its part of `sorted`.
    ends: Vec<u32>,
    sorted: Vec<(u32, [i64; 1])>,
}

/// One figure of every agent.
#[derive(Clone, Debug)]
pub struct AgentCharts {
    first_tick: u32,
    /// Oldest first; those from `folded` on are not in the charts yet.
    changes: Vec<Change>,
    folded: usize,
    charts: Vec<Pyramid<1>>,
    last: Vec<i64>,
    scratch: Scratch,
}

impl AgentCharts {
    /// Charts of at most `most` buckets that go on at `first_tick`, where the agents stand at `values`.
    #[must_use]
    pub fn new(first_tick: u32, most: usize, values: Vec<i64>) -> Self {
        Self {
            first_tick,
            changes: Vec::new(),
            folded: 0,
            charts: (values.iter())
                .map(|&value| Pyramid::new(first_tick, most, [value]))
                .collect(),
            last: values,
            scratch: Scratch::default(),
        }
    }

    /// Where an agent stands.
    #[inline]
    #[must_use]
    pub fn standing(&self, agent: AgentId) -> i64 {
        self.last[agent.index()]
    }

    /// Records where an agent stands after a tick.
    #[inline]
    pub fn push(&mut self, tick: u32, agent: AgentId, value: i64) {
        let last = &mut self.last[agent.index()];
        let before = *last;
        if before == value {
            return;
        }
        *last = value;
        self.note(Change {
            before,
            tick,
            agent,
        });
    }

    fn note(&mut self, change: Change) {
        if self.changes.len() == MOST {
            self.fold();
            // One more than are asked for says from which tick on they are complete.
            self.changes.drain(..MOST - RECENT - 1);
            self.folded = self.changes.len();
        }
        self.changes.push(change);
    }

    /// Lets an agent go on from where it stood in `other`, `by` above.
    pub fn follow(&mut self, other: &mut Self, agent: AgentId, by: i64) {
        other.fold();
        self.fold();
        let at = agent.index();
        self.charts[at] = other.charts[at].raised(by);
        self.last[at] = other.last[at] + by;
    }

    /// Takes the changes since the last time into the charts, agent by agent: a chart is larger
    /// than what the caches hold of it when every tick writes into many, and most are never drawn.
    pub fn fold(&mut self) {
        let Scratch { ends, sorted } = &mut self.scratch;
        let changes = &self.changes[self.folded..];
        if changes.is_empty() {
            return;
        }
        ends.clear();
        ends.resize(self.charts.len(), 0);
        for change in changes {
            ends[change.agent.index()] += 1;
        }
        let mut sum = 0;
        for end in ends.iter_mut() {
            sum += std::mem::replace(end, sum);
        }
        sorted.resize(changes.len(), (0, [0]));
        for change in changes {
            let place = &mut ends[change.agent.index()];
            sorted[*place as usize] = (change.tick, [change.before]);
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
            let now = [self.last[at]];
            let found = own[1..].iter().map(|(_, before)| before);
            let ticks = own.iter().map(|&(tick, _)| tick);
            self.charts[at].push_all(newest, ticks.zip(found.chain([&now])));
        }
        self.folded = self.changes.len();
    }

    /// From this tick on, the changes kept are all.
    #[must_use]
    pub fn complete_from(&self) -> u32 {
        match self.changes.len().checked_sub(RECENT + 1) {
            Some(left_out) => self.changes[left_out].tick + 1,
            None => self.first_tick,
        }
    }

    /// Ticks of a bucket of the agent's chart.
    #[must_use]
    pub fn width(&self, agent: AgentId) -> u32 {
        self.charts[agent.index()].width()
    }

    /// Extremes over the ticks `from..to`, widened to whole buckets; what was pushed must be folded.
    #[must_use]
    pub fn over(&self, agent: AgentId, from: u32, to: u32) -> Extremes {
        debug_assert_eq!(self.folded, self.changes.len());
        self.charts[agent.index()].over(0, from, to)
    }

    /// One value, raised by `by`, per tick of `from..to`, all of them from `complete_from` on.
    pub fn exact(&self, agent: AgentId, from: u32, to: u32, by: i64, column: &mut Vec<f64>) {
        let changes: Vec<(u32, i64)> = (self.changes.iter())
            .filter(|change| change.agent == agent && change.tick >= from)
            .map(|change| (change.tick, change.before))
            .collect();
        // After a change stands what the next one found, after the last what stands now.
        let standing = self.last[agent.index()];
        let start = changes.first().map_or(standing, |change| change.1);
        let after = (changes.iter().skip(1).map(|change| change.1)).chain([standing]);
        let steps = (changes.iter().map(|change| change.0)).zip(after);
        let steps = steps.map(|(tick, value)| (tick, value + by));
        stand(start + by, steps, from, to, column);
    }
}

/// Fills one value per tick of `from..now` from the changes in them.
pub fn stand(
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

//! What is known to come: scripted payments and events, by tick.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::engine::scenario::{Event, PaymentTable, ScheduledEvent};
use crate::engine::units::Tick;

/// The scripted payments in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Rows of the table by arrival tick; `None` when the file is in that order.
    order: Option<Vec<u32>>,
    /// How many have arrived.
    next: usize,
    count: usize,
}

impl Script {
    /// The script before the first tick.
    #[must_use]
    pub fn new(table: &PaymentTable) -> Self {
        let ticks = &table.arrival_tick;
        let order = (!ticks.is_sorted()).then(|| {
            let mut rows: Vec<u32> = (0..ticks.len() as u32).collect();
            rows.sort_by_key(|&row| ticks[row as usize]);
            rows
        });
        Self {
            order,
            next: 0,
            count: ticks.len(),
        }
    }

    /// Row of the scripted arrival number `rank`.
    #[inline]
    #[must_use]
    pub fn row(&self, rank: usize) -> usize {
        (self.order.as_ref()).map_or(rank, |order| order[rank] as usize)
    }

    /// Rank of a row among the scripted arrivals.
    #[must_use]
    pub fn rank(&self, table: &PaymentTable, row: usize) -> usize {
        let Some(order) = &self.order else {
            return row;
        };
        let key = (table.arrival_tick[row], row);
        order.partition_point(|&other| (table.arrival_tick[other as usize], other as usize) < key)
    }

    /// Tick of the next arrival.
    #[inline]
    #[must_use]
    pub fn next_tick(&self, table: &PaymentTable) -> Option<Tick> {
        (self.next < self.count).then(|| table.arrival_tick[self.row(self.next)])
    }

    /// The arrivals due, by rank; see [`row`](Self::row).
    #[inline]
    #[must_use]
    pub fn due(&self, table: &PaymentTable, tick: u32) -> Range<usize> {
        let mut end = self.next;
        while end < self.count && table.arrival_tick[self.row(end)].0 <= tick {
            end += 1;
        }
        self.next..end
    }

    /// The rows of the arrivals due where they lie side by side in the table.
    #[must_use]
    pub fn rows(&self, due: &Range<usize>) -> Option<Range<usize>> {
        self.order.is_none().then(|| due.clone())
    }

    /// One more has arrived.
    #[inline]
    pub fn step(&mut self) {
        self.next += 1;
    }

    /// How many have arrived.
    #[must_use]
    pub fn position(&self) -> usize {
        self.next
    }

    /// Goes back before the first arrival.
    pub fn begin_again(&mut self) {
        self.next = 0;
    }

    /// Goes on after `position` arrivals; says whether that is how many come before `tick`.
    pub fn resume(&mut self, table: &PaymentTable, position: usize, tick: Tick) -> bool {
        if position > self.count {
            return false;
        }
        let arrives = |rank: usize| table.arrival_tick[self.row(rank)];
        let all_before = position == 0 || arrives(position - 1) < tick;
        let rest_after = position == self.count || arrives(position) >= tick;
        self.next = position;
        all_before && rest_after
    }
}

/// An intervention that waits, with its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intervention {
    /// When.
    pub tick: Tick,
    /// Number among the interventions of the run, from 0.
    pub sequence: u32,
    /// What.
    pub event: Event,
}

/// Events of the file and interventions.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Numbers of the file's events by tick, then file order.
    order: Vec<u32>,
    next: usize,
    /// By tick, then sequence.
    waiting: Vec<Intervention>,
    next_sequence: u32,
}

/// What a snapshot keeps of the schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScheduleSnapshot {
    next: u32,
    waiting: Vec<Intervention>,
    next_sequence: u32,
}

impl Schedule {
    /// The file's events.
    #[must_use]
    pub fn new(events: &[ScheduledEvent]) -> Self {
        let mut order: Vec<u32> = (0..events.len() as u32).collect();
        order.sort_by_key(|&number| events[number as usize].tick);
        Self {
            order,
            next: 0,
            waiting: Vec::new(),
            next_sequence: 0,
        }
    }

    /// Tick of the next event or intervention.
    #[inline]
    #[must_use]
    pub fn next_tick(&self, events: &[ScheduledEvent]) -> Option<Tick> {
        let scheduled = (self.order.get(self.next)).map(|&number| events[number as usize].tick);
        let waiting = self.waiting.first().map(|first| first.tick);
        match (scheduled, waiting) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (one, other) => one.or(other),
        }
    }

    /// The next one due in `tick`: the file's first, with its number there; then interventions by
    /// sequence.
    pub fn pop(&mut self, events: &[ScheduledEvent], tick: u32) -> Option<(Event, u64)> {
        if let Some(&number) = self.order.get(self.next)
            && events[number as usize].tick.0 <= tick
        {
            self.next += 1;
            return Some((events[number as usize].event.clone(), u64::from(number)));
        }
        let due = self
            .waiting
            .first()
            .is_some_and(|first| first.tick.0 <= tick);
        let first = due.then(|| self.waiting.remove(0))?;
        Some((first.event, INTERVENTION | u64::from(first.sequence)))
    }

    /// Takes in an intervention and gives it its number.
    pub fn add(&mut self, tick: Tick, event: Event) -> u32 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let at = self.waiting.partition_point(|other| other.tick <= tick);
        self.waiting.insert(
            at,
            Intervention {
                tick,
                sequence,
                event,
            },
        );
        sequence
    }

    /// Takes back an intervention; says whether it waited.
    pub fn withdraw(&mut self, sequence: u32) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|other| other.sequence != sequence);
        self.waiting.len() < before
    }

    /// Interventions that wait, by tick and sequence.
    #[must_use]
    pub fn waiting(&self) -> &[Intervention] {
        &self.waiting
    }

    /// What a snapshot keeps.
    #[must_use]
    pub fn snapshot(&self) -> ScheduleSnapshot {
        ScheduleSnapshot {
            next: self.next as u32,
            waiting: self.waiting.clone(),
            next_sequence: self.next_sequence,
        }
    }

    /// Goes on from a snapshot; says whether it fits the scenario at the start of `tick`.
    pub fn resume(
        &mut self,
        events: &[ScheduledEvent],
        data: ScheduleSnapshot,
        tick: Tick,
    ) -> bool {
        self.next = data.next as usize;
        self.waiting = data.waiting;
        self.next_sequence = data.next_sequence;
        let passed = (self.order.iter())
            .take_while(|&&number| events[number as usize].tick < tick)
            .count();
        let sorted = (self.waiting).is_sorted_by_key(|waiting| (waiting.tick, waiting.sequence));
        let numbered = (self.waiting.iter()).all(|waiting| waiting.sequence < self.next_sequence);
        let ahead = (self.waiting.first()).is_none_or(|first| first.tick >= tick);
        self.next == passed && sorted && numbered && ahead
    }
}

/// Marks the number of an intervention, as against an event of the file, in the digest.
pub const INTERVENTION: u64 = 1 << 63;

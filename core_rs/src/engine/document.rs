//! From a document to a scenario, or to all its faults together (model.md sections 2 to 10, 13).
//!
//! The document is a JSON value (YAML and Python mappings become one at the edge); millions of
//! payments come beside it as [`Columns`]. Nothing here panics, whatever the document holds.

use serde_json::Value;

pub use columns::{Columns, IdColumn, Integers};
pub use defaults::defaults;
pub use fault::{Fault, Severity, nearest, shortened};

use arrivals::{Load, too_many};
use bounds::{DEFAULT_NUM_DAYS, NUM_DAYS, SEED, TICKS_PER_DAY};
use events::Stage;
use fault::{Faults, Path};
use names::Names;
use table::{Absent, Table, Whole, open};

use crate::engine::scenario::{AgentSpec, CostSpec, EndOfDay, Event, Labels, Scenario};
use crate::engine::throughput::hours;
use crate::engine::units::{AgentId, Amount, RailId, Tick};

mod agents;
mod arrivals;
mod bounds;
mod columns;
mod costs;
mod decimal;
mod defaults;
mod events;
mod fault;
mod ids;
mod labels;
mod names;
pub mod overrides;
mod payments;
mod rails;
mod table;
#[cfg(test)]
mod tests;

use labels::name as name_label;

const KEYS: [&str; 16] = [
    "name",
    "currency",
    "start_date",
    "timezone",
    "ticks_per_day",
    "num_days",
    "seed",
    "day_start",
    "day_end",
    "end_of_day",
    "agents",
    "rails",
    "costs",
    "initial_transactions",
    "transactions_file",
    "events",
];

/// The length of day and run.
#[derive(Clone, Copy, Debug)]
struct Clock {
    ticks_per_day: u32,
    num_days: u32,
}

impl Clock {
    /// Bounds of a tick of the day.
    fn tick_of_day(self) -> Whole {
        Whole::number(0, i64::from(self.ticks_per_day) - 1)
    }

    /// Bounds of the exclusive end of a window of the day.
    fn end_of_window(self) -> Whole {
        Whole::number(1, i64::from(self.ticks_per_day))
    }

    /// Bounds of a tick of the run.
    fn tick_of_run(self) -> Whole {
        Whole::number(
            0,
            i64::from(self.ticks_per_day) * i64::from(self.num_days) - 1,
        )
    }
}

/// What a document came to.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// `None` if any fault is an error.
    pub scenario: Option<Scenario>,
    /// Errors and warnings.
    pub faults: Vec<Fault>,
}

/// Reads a document; payments in `columns` come after those of `initial_transactions`.
#[must_use]
pub fn parse(document: &Value, columns: Option<&Columns<'_>>) -> Parsed {
    let faults = Faults::default();
    let scenario = open(document, &Path::Root, &faults, &KEYS)
        .map(|root| scenario(&root, columns))
        .filter(|_| !faults.refused());
    Parsed {
        scenario,
        faults: faults.into_list(),
    }
}

/// Reads an intervention: when (`None` = in the next tick) and what.
///
/// # Errors
/// All its faults.
pub fn parse_event(
    value: &Value,
    scenario: &Scenario,
) -> Result<(Option<Tick>, Event), Vec<Fault>> {
    let faults = Faults::default();
    let names = Names {
        agents: (0_u16..)
            .map(AgentId)
            .zip(&scenario.labels.agents)
            .map(named)
            .collect(),
        rails: (0_u8..)
            .map(RailId)
            .zip(&scenario.labels.rails)
            .map(named)
            .collect(),
    };
    let stage = Stage {
        names: &names,
        clock: Clock {
            ticks_per_day: scenario.ticks_per_day,
            num_days: scenario.num_days,
        },
        agents: &scenario.agents,
        rails: &scenario.rails,
    };
    match events::one(value, &Path::Root, &faults, stage) {
        Some(event) if !faults.refused() => Ok(event),
        _ => Err(faults.into_list()),
    }
}

fn named<T>((id, name): (T, &String)) -> (String, T) {
    (name.clone(), id)
}

fn scenario(root: &Table<'_>, columns: Option<&Columns<'_>>) -> Scenario {
    let day = labels::check(root);
    if root.get("transactions_file").is_some() {
        let message = "the payment file must be read before the scenario reaches the engine";
        root.error(
            "unread_file",
            "transactions_file",
            message,
            "payments given as columns",
        );
    }
    let clock = Clock {
        ticks_per_day: root.count("ticks_per_day", TICKS_PER_DAY, Absent::Fault),
        num_days: root.count("num_days", NUM_DAYS, Absent::Is(DEFAULT_NUM_DAYS)),
    };
    let seed = root.whole("seed", SEED, Absent::Fault).unsigned_abs();
    let ends = [
        ("carry_over", EndOfDay::CarryOver),
        ("reject", EndOfDay::Reject),
    ];
    let end_of_day = root
        .choice("end_of_day", &ends)
        .unwrap_or(EndOfDay::CarryOver);
    let mut names = Names::default();
    let (agent_ids, agents) = agents::read(root, clock, &mut names);
    let (rail_ids, rails) = rails::read(root, clock, &mut names);
    let costs = costs::read(root);
    let mut payments = payments::read(root, columns, clock, &names);
    payments::close_ids(&mut payments);
    let stage = Stage {
        names: &names,
        clock,
        agents: &agents,
        rails: &rails,
    };
    let events = events::read(root, stage);
    ids::check(
        root,
        &payments,
        &events,
        root.list("initial_transactions").len(),
        root.faults,
    );
    check_load(root, &agents, clock, payments.sender.len());
    if end_of_day == EndOfDay::Reject {
        payments::warn_of_late_deadlines(root.faults, root, &payments, clock);
    }
    warn_of_split_costs(root, &agents, &events, &costs);
    Scenario {
        ticks_per_day: clock.ticks_per_day,
        num_days: clock.num_days,
        seed,
        end_of_day,
        agents,
        rails,
        costs,
        payments,
        events,
        hours: day.map_or_else(Vec::new, |(start, end)| {
            hours(start, end, clock.ticks_per_day)
        }),
        labels: Labels {
            agents: agent_ids,
            rails: rail_ids,
        },
    }
}

/// The arrivals of all banks must fit into a run.
fn check_load(root: &Table<'_>, agents: &[AgentSpec], clock: Clock, scripted: usize) {
    let loads: Vec<Load> = (agents.iter())
        .filter_map(|agent| agent.arrivals.as_ref())
        .map(|spec| Load::of(spec, clock.ticks_per_day))
        .collect();
    if let Some(message) = too_many(&loads, 1.0, clock.num_days, scripted as f64) {
        root.error(
            "too_many",
            "agents",
            message,
            "at most 20000000 payments in a run",
        );
    }
}

/// Flat costs per payment rise with the number of parts, so that splitting changes what is charged.
fn warn_of_split_costs(
    root: &Table<'_>,
    agents: &[AgentSpec],
    events: &[crate::engine::scenario::ScheduledEvent],
    costs: &CostSpec,
) {
    let flat = [
        costs.delay_penalty_per_tick,
        costs.deadline_penalty,
        costs.eod_penalty,
        costs.drop_penalty.unwrap_or_default(),
    ];
    let splits = agents.iter().any(|agent| agent.policy.split_above.is_some())
        || events.iter().any(|scheduled| {
            matches!(&scheduled.event, Event::SetPolicy { policy, .. } if policy.split_above.is_some())
        });
    if splits && flat.iter().any(|cost| *cost > Amount(0)) {
        let message = "flat costs are charged for each part of a split payment";
        root.faults.warn(
            "flat_costs_with_splitting",
            &root.path.key("costs"),
            message,
        );
    }
}

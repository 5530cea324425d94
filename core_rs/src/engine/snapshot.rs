//! A run's live state as bytes: checksum first, then bounds, then the invariants re-summed.

use std::sync::{Arc, OnceLock};

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};

use crate::engine::arrivals::{ArrivalSource, Standing};
use crate::engine::costs::{Cell, KINDS};
use crate::engine::deadlines::Deadlines;
use crate::engine::digest::Chain;
use crate::engine::errors::{RestoreError, RunError};
use crate::engine::gauges::Gauges;
use crate::engine::kernel::{Kernel, MOST_PAYMENTS};
use crate::engine::ledger::{Account, Ledger, LedgerSnapshot, MOST_MONEY};
use crate::engine::live_payments::PaymentsSnapshot;
use crate::engine::payments::{Payments, Status, mark};
use crate::engine::record::Log;
use crate::engine::results::{Figures, Totals};
use crate::engine::scenario::{PolicySpec, Saving, Scenario};
use crate::engine::schedule::ScheduleSnapshot;
use crate::engine::series::Series;
use crate::engine::simulation::Simulation;
use crate::engine::units::{AgentId, PaymentId, RailId, Tick};
use crate::engine::vetting::check_policy;

/// First bytes of every snapshot.
const MAGIC: &[u8; 8] = b"PSIMSNP2";
/// The magic and the checksum of what follows.
const HEAD_BYTES: usize = MAGIC.len() + 32;
/// What an agent takes beside its flows, about.
const BYTES_OF_AN_AGENT: usize = 1 << 10;
/// The engine whose runs can be resumed by this one.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Serialize, Deserialize)]
struct DeskState {
    policy: PolicySpec,
    outage: bool,
    released_today: i64,
}

#[derive(Serialize, Deserialize)]
struct RailState {
    /// `None` for deferred-net rails.
    saving: Option<(Vec<Saving>, u32)>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    version: String,
    scenario: [u8; 32],
    tick: u32,
    payments: PaymentsSnapshot,
    ledger: LedgerSnapshot,
    desks: Vec<DeskState>,
    rails: Vec<RailState>,
    costs: Vec<[Cell; KINDS]>,
    arrivals: Vec<Standing>,
    script_position: u32,
    schedule: ScheduleSnapshot,
    chain: Chain,
    totals: Totals,
    figures: Figures,
    gauges: Gauges,
    series_totals: [i64; 19],
}

impl Simulation {
    /// The scenario's mark in snapshots; computed at the first call, so that no checkpoint has to wait for it.
    pub fn fingerprint(&self) -> [u8; 32] {
        *(self.fingerprint).get_or_init(|| fingerprint(&self.kernel.scenario))
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, RunError> {
        let kernel = &self.kernel;
        let body = Body {
            version: ENGINE_VERSION.to_owned(),
            scenario: self.fingerprint(),
            tick: kernel.tick,
            payments: kernel.payments.snapshot(kernel.waiting()),
            ledger: kernel.ledger.snapshot(),
            desks: (kernel.desks.iter())
                .map(|desk| DeskState {
                    policy: desk.policy.clone(),
                    outage: desk.outage,
                    released_today: desk.released_today,
                })
                .collect(),
            rails: (kernel.rails.iter())
                .map(|rail| RailState {
                    saving: (rail.immediate.as_ref())
                        .map(|immediate| (immediate.saving.clone(), immediate.every_ticks)),
                })
                .collect(),
            costs: kernel.costs.cells().collect(),
            arrivals: kernel.arrivals.standings(Tick(kernel.tick)),
            script_position: kernel.script.position() as u32,
            schedule: kernel.schedule.snapshot(),
            chain: kernel.log.chain.clone(),
            totals: kernel.totals,
            figures: kernel.figures,
            gauges: kernel.gauges.clone(),
            series_totals: self.series.totals(),
        };
        // Written once, behind the place of its checksum: it may be megabytes.
        let beside = BYTES_OF_AN_AGENT * kernel.scenario.agents.len();
        let mut data = Vec::with_capacity(HEAD_BYTES + body.ledger.flows.len() + beside);
        data.extend_from_slice(MAGIC);
        data.extend_from_slice(&[0; 32]);
        let mut data = postcard::serialize_with_flavor(&body, Written(data))
            .map_err(|_| kernel.broken("a run's state can be written down"))?;
        let checksum = blake3::hash(&data[HEAD_BYTES..]);
        data[MAGIC.len()..HEAD_BYTES].copy_from_slice(checksum.as_bytes());
        Ok(data)
    }

    pub(super) fn decode(data: &[u8], scenario: Arc<Scenario>) -> Result<Self, RestoreError> {
        let body = intact(data)?;
        let body: Body = postcard::from_bytes(body)
            .map_err(|_| RestoreError::Damaged("its parts cannot be told apart"))?;
        if body.version != ENGINE_VERSION {
            return Err(RestoreError::OtherVersion {
                found: body.version,
                own: ENGINE_VERSION,
            });
        }
        let own = fingerprint(&scenario);
        if body.scenario != own {
            return Err(RestoreError::OtherScenario);
        }
        let (figures, series_totals) = (body.figures, body.series_totals);
        let kernel = resumed(body, scenario).map_err(RestoreError::Inconsistent)?;
        let series = Series::new(kernel.tick, &kernel.chart_values(), series_totals);
        let mut simulation = Self {
            kernel,
            series,
            failed: None,
            fingerprint: OnceLock::from(own),
        };
        simulation.kernel.figures = figures;
        Ok(simulation)
    }
}

/// What is serialized goes behind what is there, in pieces as large as they are given.
struct Written(Vec<u8>);

impl Flavor for Written {
    type Output = Vec<u8>;

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Self::Output> {
        Ok(self.0)
    }
}

/// The body, if the checksum says it is what was written.
fn intact(data: &[u8]) -> Result<&[u8], RestoreError> {
    let (magic, rest) =
        (data.split_at_checked(MAGIC.len())).ok_or(RestoreError::Damaged("it is too short"))?;
    let (checksum, body) =
        (rest.split_at_checked(32)).ok_or(RestoreError::Damaged("it is too short"))?;
    if magic != MAGIC {
        return Err(RestoreError::Damaged("it does not begin like one"));
    }
    if blake3::hash(body).as_bytes() != checksum {
        return Err(RestoreError::Damaged("the checksum does not match"));
    }
    Ok(body)
}

/// Tells scenarios apart: everything that shapes a run, the scripted payments by column.
fn fingerprint(scenario: &Scenario) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let shape = format!(
        "{} {} {} {:?} {:?} {:?} {:?} {:?} {:?}",
        scenario.ticks_per_day,
        scenario.num_days,
        scenario.seed,
        scenario.end_of_day,
        scenario.agents,
        scenario.rails,
        scenario.costs,
        scenario.events,
        scenario.labels,
    );
    hasher.update(shape.as_bytes());
    let table = &scenario.payments;
    hasher.update(&(table.sender.len() as u64).to_le_bytes());
    // A few of many rows: enough to tell files apart, quick for 20 million.
    let step = (table.sender.len() / 4_096).max(1);
    for row in (0..table.sender.len()).step_by(step) {
        hasher.update(&table.sender[row].0.to_le_bytes());
        hasher.update(&table.receiver[row].0.to_le_bytes());
        hasher.update(&table.amount[row].0.to_le_bytes());
        hasher.update(&table.arrival_tick[row].0.to_le_bytes());
        hasher.update(&table.deadline_tick[row].0.to_le_bytes());
        hasher.update(&[table.priority[row], table.rail[row].0]);
    }
    *hasher.finalize().as_bytes()
}

fn resumed(body: Body, scenario: Arc<Scenario>) -> Result<Kernel, &'static str> {
    let (agents, rails) = (scenario.agents.len(), scenario.rails.len());
    let mut kernel = Kernel::new(Arc::clone(&scenario));
    if body.tick > kernel.ticks {
        return Err("its tick is beyond the end of the run");
    }
    kernel.tick = body.tick;
    let tick = Tick(body.tick);
    if body.desks.len() != agents
        || body.rails.len() != rails
        || body.gauges.agents.len() != agents
        || body.gauges.closed.len() != (body.tick / scenario.ticks_per_day) as usize
    {
        return Err("its agents, rails or days are not those of the scenario");
    }
    if !body.chain.is_sound() {
        return Err("the open block of the digest is out of bounds");
    }
    let waiting: Vec<PaymentId> = body.payments.live.iter().map(|live| live.payment).collect();
    kernel.payments = Payments::restored(body.payments, MOST_PAYMENTS, (agents, rails), body.tick)?;
    kernel.ledger = Ledger::restored(body.ledger, agents)?;
    kernel.costs.restore(body.costs)?;
    kernel.arrivals = ArrivalSource::resumed(&scenario, tick, &body.arrivals)
        .map_err(|_| "its arrivals are out of bounds")?;
    let named = (kernel.payments.scripted.last())
        .map_or(0, |run| u64::from(run.rank) + u64::from(run.count));
    let fits = named <= u64::from(body.script_position)
        && (kernel.script).resume(&scenario.payments, body.script_position as usize, tick)
        && (kernel.schedule).resume(&scenario.events, body.schedule, tick);
    if !fits {
        return Err("it is not where the scenario's payments or events are at its tick");
    }
    for waiting in kernel.schedule.waiting() {
        kernel.check_event(waiting.tick, &waiting.event)?;
    }
    for (desk, state) in kernel.desks.iter_mut().zip(body.desks) {
        check_policy(&state.policy)?;
        desk.policy = state.policy;
        desk.outage = state.outage;
        desk.released_today = state.released_today;
        if !(0..=MOST_MONEY).contains(&state.released_today) {
            return Err("a bank's releases are out of bounds");
        }
    }
    for (rail, state) in kernel.rails.iter_mut().zip(body.rails) {
        if let Some((saving, every_ticks)) = state.saving
            && !(every_ticks > 0 && rail.set_saving(saving, Some(every_ticks)))
        {
            return Err("a rail's settings are out of bounds");
        }
    }
    let balances = (kernel.ledger.accounts.iter())
        .map(|account| account.balance)
        .collect();
    kernel.deadlines = Deadlines::new(body.tick, kernel.ticks);
    kernel.log = Log::resumed(body.chain, balances);
    let gauges = body.gauges;
    if !gauges.is_sound(body.tick) || !body.totals.is_sound() {
        return Err("a sum is out of bounds");
    }
    queue_again(&mut kernel, &waiting)?;
    check_queued(&kernel, &body.totals)?;
    // What was just queued again was counted anew, from nothing.
    if !kernel.gauges.wait_like(&gauges) {
        return Err("what waits is not what its sums say");
    }
    kernel.totals = body.totals;
    kernel.gauges = gauges;
    kernel.touched.clear();
    let sums = kernel
        .audit()
        .and_then(|()| kernel.check_identity(kernel.tick));
    sums.map_err(|_| "its sums do not hold")?;
    Ok(kernel)
}

/// Puts what waits back into its queues and sums, which were left out of the bytes.
fn queue_again(kernel: &mut Kernel, waiting: &[PaymentId]) -> Result<(), &'static str> {
    let sums = |account: &Account| {
        let counts = (account.pending, account.queued);
        (counts, account.pending_value, account.queued_value)
    };
    let saved: Vec<_> = kernel.ledger.accounts.iter().map(sums).collect();
    for account in &mut kernel.ledger.accounts {
        (account.pending, account.pending_value) = (0, 0);
        (account.queued, account.queued_value) = (0, 0);
        account.touched = false;
    }
    for &payment in waiting {
        kernel.payments.clear(payment, mark::WAITS | mark::WATCHED);
        let passed = kernel.payments.deadline[payment.index()] < kernel.tick;
        if passed && !kernel.payments.has(payment, mark::OVERDUE) {
            return Err("a deadline has passed unnoticed");
        }
        let rail = kernel.payments.rail[payment.index()];
        let placed = match kernel.payments.status(payment) {
            Status::Queued if rail == RailId::NONE => {
                return Err("a queued payment is on no rail");
            }
            Status::Queued => kernel.put_queued(payment, rail),
            _ => kernel.put_pending(payment),
        };
        placed.map_err(|_| "what waits costs too much")?;
    }
    if !kernel.ledger.accounts.iter().map(sums).eq(saved) {
        return Err("what waits is not what its sums say");
    }
    for at in 0..kernel.ledger.accounts.len() {
        let agent = AgentId::from_index(at);
        kernel.ledger.accounts[at].touched = false;
        kernel.wake(agent);
        let balance = kernel.ledger.accounts[at].balance;
        let posted = kernel.ledger.terms[at].posted;
        kernel.accruals.post(&kernel.costs, agent, posted);
        kernel.accruals.refresh(&kernel.costs, agent, balance);
    }
    Ok(())
}

/// The sums of what waits must be those that were saved.
fn check_queued(kernel: &Kernel, totals: &Totals) -> Result<(), &'static str> {
    let found = &kernel.totals;
    let same = found.pending_count == totals.pending_count
        && found.pending_value == totals.pending_value
        && found.queued_count == totals.queued_count
        && found.queued_value == totals.queued_value;
    let counts = totals.settled_count as u128
        + totals.dropped_count as u128
        + totals.pending_count as u128
        + totals.queued_count as u128;
    if same && counts == u128::from(totals.arrived_count) {
        Ok(())
    } else {
        Err("what waits is not what its sums say")
    }
}

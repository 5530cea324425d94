//! Results to dicts. Money stays an integer all the way.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::{dict, named};
use crate::engine::results::{
    AdvanceResult, COST_KINDS, Explanation, Figures, Frame, REASONS, RailQueue, STATUSES, State,
    Stop, TickResult, Totals,
};
use crate::engine::scenario::Labels;
use crate::engine::units::AgentId;

fn id_of(labels: &Labels, agent: AgentId) -> &str {
    labels
        .agents
        .get(usize::from(agent.0))
        .map_or("", String::as_str)
}

fn add_figures(dict: &Bound<'_, PyDict>, figures: &Figures) -> PyResult<()> {
    let py = dict.py();
    dict.set_item(pyo3::intern!(py, "arrivals"), figures.arrivals)?;
    dict.set_item(pyo3::intern!(py, "settlements"), figures.settlements)?;
    dict.set_item(pyo3::intern!(py, "dropped"), figures.dropped)?;
    dict.set_item(pyo3::intern!(py, "queue_depth"), figures.queue_depth)?;
    dict.set_item(pyo3::intern!(py, "queue_value"), figures.queue_value)?;
    dict.set_item(pyo3::intern!(py, "pending"), figures.pending)?;
    dict.set_item(pyo3::intern!(py, "settled_value"), figures.settled_value)?;
    dict.set_item(pyo3::intern!(py, "arrived_value"), figures.arrived_value)?;
    let saving = dict!(py, {
        "bilateral": figures.lsm_bilateral,
        "multilateral": figures.lsm_multilateral,
        "net": figures.lsm_net,
    });
    dict.set_item(pyo3::intern!(py, "lsm"), saving)?;
    dict.set_item(
        pyo3::intern!(py, "costs"),
        named(py, &COST_KINDS, &figures.costs)?,
    )
}

/// The tick result of interfaces.md.
pub fn tick<'py>(
    py: Python<'py>,
    result: &TickResult,
    labels: &Labels,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = dict!(py, { "tick": result.tick.0, "day": result.day });
    add_figures(&dict, &result.figures)?;
    let agents = PyList::empty(py);
    for row in &result.agents {
        agents.append(dict!(py, {
            "id": id_of(labels, row.agent),
            "balance": row.balance.0,
            "sent": row.sent.0,
            "received": row.received.0,
            "pending": row.pending,
            "queued": row.queued,
            "cost": row.cost,
        }))?;
    }
    dict.set_item(pyo3::intern!(py, "agents"), agents)?;
    Ok(dict)
}

/// Sums and last values of several ticks; `tick` is the last that ran, or `None`.
pub fn advance<'py>(py: Python<'py>, result: &AdvanceResult) -> PyResult<Bound<'py, PyDict>> {
    let stop = match result.stop {
        Stop::Done => "done",
        Stop::Finished => "finished",
        Stop::Asked => "asked",
        Stop::Full => "full",
    };
    let dict = dict!(py, {
        "ticks": result.ticks,
        "finished": result.finished,
        "stop": stop,
        "tick": result.tick.map(|tick| tick.0),
        "day": result.day,
    });
    add_figures(&dict, &result.figures)?;
    Ok(dict)
}

/// The state of interfaces.md, and which banks are in an outage.
pub fn state<'py>(py: Python<'py>, state: &State, labels: &Labels) -> PyResult<Bound<'py, PyDict>> {
    let agents = PyList::empty(py);
    for row in &state.agents {
        agents.append(dict!(py, {
            "id": id_of(labels, row.agent),
            "balance": row.balance.0,
            "credit_limit": row.credit_limit.0,
            "available": row.available.0,
            "collateral": row.collateral.0,
            "pending": row.pending,
            "queued": row.queued,
            "sent": row.sent.0,
            "received": row.received.0,
            "cost": row.cost,
        }))?;
    }
    let queues = PyDict::new(py);
    for queue in &state.queues {
        let name = labels
            .rails
            .get(usize::from(queue.rail.0))
            .map_or("", String::as_str);
        queues.set_item(name, rail_queue(py, queue, labels)?)?;
    }
    let out = state.agents.iter().filter(|row| row.outage);
    let outages: Vec<&str> = out.map(|row| id_of(labels, row.agent)).collect();
    Ok(dict!(py, {
        "tick": state.tick.0,
        "day": state.day,
        "finished": state.finished,
        "agents": agents,
        "queues": queues,
        "totals": totals(py, &state.totals)?,
        "outages": outages,
    }))
}

fn rail_queue<'py>(
    py: Python<'py>,
    queue: &RailQueue,
    labels: &Labels,
) -> PyResult<Bound<'py, PyDict>> {
    let payments = PyList::empty(py);
    for payment in &queue.payments {
        payments.append(dict!(py, {
            "id": &payment.id,
            "sender": id_of(labels, payment.sender),
            "receiver": id_of(labels, payment.receiver),
            "amount": payment.amount.0,
            "priority": payment.priority,
            "arrival_tick": payment.arrival_tick.0,
            "deadline_tick": payment.deadline_tick.map(|tick| tick.0),
        }))?;
    }
    Ok(dict!(py, { "total": queue.total, "payments": payments }))
}

fn totals<'py>(py: Python<'py>, totals: &Totals) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "arrived_count": totals.arrived_count,
        "arrived_value": totals.arrived_value,
        "settled_count": totals.settled_count,
        "settled_value": totals.settled_value,
        "dropped_count": totals.dropped_count,
        "dropped_value": totals.dropped_value,
        "pending_count": totals.pending_count,
        "pending_value": totals.pending_value,
        "queued_count": totals.queued_count,
        "queued_value": totals.queued_value,
        "costs": named(py, &COST_KINDS, &totals.costs)?,
    }))
}

fn reason_name(code: u8) -> Option<&'static str> {
    REASONS.get(usize::from(code)).copied()
}

/// Why a payment waits.
pub fn explanation<'py>(
    py: Python<'py>,
    explanation: &Explanation,
) -> PyResult<Bound<'py, PyDict>> {
    let (head_reason, head_missing) = explanation.head_reason.unzip();
    Ok(dict!(py, {
        "payment": &explanation.payment,
        "status": STATUSES.get(usize::from(explanation.status)).copied(),
        "reason": explanation.reason.and_then(reason_name),
        "missing": explanation.missing.map(|amount| amount.0),
        "head": explanation.head.as_deref(),
        "head_reason": head_reason.and_then(reason_name),
        "head_missing": head_missing.flatten().map(|amount| amount.0),
        "settlement_tick": explanation.settles_at.map(|tick| tick.0),
        "bilateral_would_settle": explanation.bilateral_would_settle,
        "multilateral_would_settle": explanation.multilateral_would_settle,
    }))
}

/// The tick column, then each series, as little-endian float64.
#[must_use]
pub fn frame_bytes(frame: &Frame) -> Vec<u8> {
    let columns = || std::iter::once(&frame.tick).chain(&frame.columns);
    let mut bytes = Vec::with_capacity(columns().map(|column| 8 * column.len()).sum());
    for value in columns().flatten() {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes
}

//! Measures to dicts, under the names of interfaces.md.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::{dict, named};
use crate::engine::measures::{AgentMeasures, Measures, Metrics, Shares};
use crate::engine::results::COST_KINDS;
use crate::engine::scenario::Labels;

/// The run's measures, with `days` (a list) and `agents` (by id).
pub fn metrics<'py>(
    py: Python<'py>,
    metrics: &Metrics,
    labels: &Labels,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = measures(py, &metrics.run, labels)?;
    let days = PyList::empty(py);
    for day in &metrics.days {
        days.append(measures(py, day, labels)?)?;
    }
    let agents = PyDict::new(py);
    for (id, agent) in labels.agents.iter().zip(&metrics.agents) {
        agents.set_item(id, agent_measures(py, agent)?)?;
    }
    dict.set_item("days", days)?;
    dict.set_item("agents", agents)?;
    Ok(dict)
}

fn by_agent<'py>(py: Python<'py>, labels: &Labels, values: &[i64]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (id, value) in labels.agents.iter().zip(values) {
        dict.set_item(id, value)?;
    }
    Ok(dict)
}

/// Shares by method; each is `None` when nothing settled.
fn shares(py: Python<'_>, shares: Option<Shares>) -> PyResult<Bound<'_, PyDict>> {
    Ok(dict!(py, {
        "gross": shares.map(|shares| shares.gross),
        "bilateral": shares.map(|shares| shares.bilateral),
        "multilateral": shares.map(|shares| shares.multilateral),
        "net": shares.map(|shares| shares.net),
    }))
}

fn measures<'py>(py: Python<'py>, of: &Measures, labels: &Labels) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "arrived_count": of.arrived_count,
        "arrived_value": of.arrived_value,
        "settled_count": of.settled_count,
        "settled_value": of.settled_value,
        "dropped_count": of.dropped_count,
        "dropped_value": of.dropped_value,
        "pending_count": of.pending_count,
        "queued_count": of.queued_count,
        "settlement_rate_count": of.settlement_rate_count,
        "settlement_rate_value": of.settlement_rate_value,
        "average_delay": of.average_delay,
        "maximum_delay": of.maximum_delay,
        "value_weighted_delay": of.value_weighted_delay,
        "rho": of.rho,
        "rho_fraction": of.rho_fraction,
        "queue_length_mean": of.queue_length_mean,
        "queue_length_max": of.queue_length_max,
        "queue_length_integral": of.queue_length_integral,
        "queue_value_mean": of.queue_value_mean,
        "queue_value_max": of.queue_value_max,
        "queue_value_integral": of.queue_value_integral,
        "liquidity_used": by_agent(py, labels, &of.liquidity_used)?,
        "ub": by_agent(py, labels, &of.ub)?,
        "lb": by_agent(py, labels, &of.lb)?,
        "liquidity_used_total": of.liquidity_used_total,
        "ub_total": of.ub_total,
        "lb_total": of.lb_total,
        "turnover": of.turnover,
        "shares": shares(py, of.shares)?,
        "deciles": &of.deciles,
        "stuck_ticks": of.stuck_ticks,
        "costs": named(py, &COST_KINDS, &of.costs)?,
        "time_specific_count": of.time_specific_count,
        "time_specific_value": of.time_specific_value,
        "time_specific_late_count": of.time_specific_late_count,
        "average_net_position": of.average_net_position,
        "maximum_liquidity_provision": of.maximum_liquidity_provision,
        "system_liquidity_efficiency": of.system_liquidity_efficiency,
        "gini_of_provision": of.gini_of_provision,
    }))
}

fn agent_measures<'py>(py: Python<'py>, of: &AgentMeasures) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "arrived_count": of.arrived_count,
        "arrived_value": of.arrived_value,
        "settled_count": of.settled_count,
        "settled_value": of.settled_value,
        "dropped_count": of.dropped_count,
        "dropped_value": of.dropped_value,
        "pending_count": of.pending_count,
        "queued_count": of.queued_count,
        "settlement_rate_count": of.settlement_rate_count,
        "settlement_rate_value": of.settlement_rate_value,
        "average_delay": of.average_delay,
        "maximum_delay": of.maximum_delay,
        "value_weighted_delay": of.value_weighted_delay,
        "rho": of.rho,
        "queue_length_integral": of.queue_length_integral,
        "queue_value_integral": of.queue_value_integral,
        "queue_value_max": of.queue_value_max,
        "liquidity_used": of.liquidity_used,
        "ub": of.ub,
        "lb": of.lb,
        "turnover": of.turnover,
        "costs": named(py, &COST_KINDS, &of.costs)?,
        "largest_positive_net_position": of.largest_positive_net_position,
        "largest_negative_net_position": of.largest_negative_net_position,
        "available_at_start_of_day": of.available_at_start_of_day,
        "gross_sent": of.gross_sent,
        "gross_received": of.gross_received,
        "time_specific_count": of.time_specific_count,
        "time_specific_value": of.time_specific_value,
        "time_specific_late_count": of.time_specific_late_count,
    }))
}

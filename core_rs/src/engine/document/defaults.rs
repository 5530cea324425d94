//! The default of every optional key, for those who describe the file format elsewhere.

use serde_json::{Value, json};

use super::bounds::{
    DEFAULT_DECIMALS, DEFAULT_DUE_TICKS, DEFAULT_LSM_EVERY, DEFAULT_NUM_DAYS, DEFAULT_PRIORITY,
    DEFAULT_RAIL,
};

/// Defaults by part of the document. A key that is absent here is required, or means nothing when
/// it is left out (no deadline, no limit, no label).
#[must_use]
pub fn defaults() -> Value {
    json!({
        "scenario": {
            "currency": {"code": "", "decimals": DEFAULT_DECIMALS},
            "num_days": DEFAULT_NUM_DAYS,
            "end_of_day": "carry_over",
            "rails": [{
                "id": DEFAULT_RAIL,
                "settlement_type": "immediate",
                "queue": "priority_fifo",
                "crediting": "immediate",
                "liquidity_saving": [],
            }],
            "costs": {},
            "initial_transactions": [],
            "events": [],
        },
        "agent": {
            "credit_limit": 0,
            "collateral": {"posted": 0, "haircut": 0},
            "policy": {"type": "release_all"},
            "reservations": {"urgent": 0},
        },
        "policy": {"due_ticks": DEFAULT_DUE_TICKS},
        "arrival_config": {
            "time_windows": [],
            "priority": DEFAULT_PRIORITY,
            "divisible": false,
        },
        "rail": {
            "settlement_type": "immediate",
            "queue": "priority_fifo",
            "crediting": "immediate",
            "liquidity_saving": [],
            "lsm_every_ticks": DEFAULT_LSM_EVERY,
        },
        "costs": {
            "overdraft_rate": 0,
            "collateral_rate": 0,
            "liquidity_rate": 0,
            "delay_penalty_per_tick": 0,
            "delay_rate_per_tick": 0,
            "priority_multipliers": {},
            "overdue_multiplier": 1,
            "deadline_penalty": 0,
            "deadline_rate": 0,
            "split_fee": 0,
            "eod_penalty": 0,
            "eod_rate": 0,
        },
        "payment": {"priority": DEFAULT_PRIORITY, "divisible": false},
    })
}

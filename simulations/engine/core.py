"""The Rust core, as far as documents need it: what it accepts, its defaults, its version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import payment_simulator_core_rs
from numpy.typing import NDArray

ENGINE_VERSION: str = payment_simulator_core_rs.__version__
PaymentColumns = Mapping[str, NDArray[Any]]


def validate(config: Mapping[str, Any], payments: PaymentColumns | None = None) -> list[dict[str, Any]]:
    """Return all faults and warnings of a config (code, path, message, found, allowed, severity).

    Makes no run. `payments` are columns as `Orchestrator.new` takes them.
    """
    return payment_simulator_core_rs.validate(dict(config), dict(payments) if payments is not None else None)


def schema_defaults() -> dict[str, Any]:
    """Return the core's defaults of the scenario file's keys."""
    return payment_simulator_core_rs.schema_defaults()

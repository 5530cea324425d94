"""The Rust engine behind the workbench's interface: copies at the border, logs crossings when asked to."""

from __future__ import annotations

import copy
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

import structlog
from payment_simulator_core_rs import Orchestrator

from simulations.engine.core import ENGINE_VERSION
from simulations.engine.protocol import Columns, PaymentColumns

__all__ = ["ENGINE_VERSION", "RustBackend"]

T = TypeVar("T")
log = structlog.get_logger("engine")


def _is_logged() -> bool:
    """Whether SIM_FFI_LOG asks for every crossing, whatever LOG_LEVEL says of the rest."""
    if os.environ.get("SIM_FFI_LOG", "").lower() != "debug":
        return False
    logging.getLogger("engine").setLevel(logging.DEBUG)
    return True


def _own(config: Any) -> Any:
    """Return a copy of a config; what is none at all is for the core to refuse, with its fault."""
    return copy.deepcopy(dict(config)) if isinstance(config, Mapping) else config


class RustBackend:
    """One run in the Rust core; implements `SimulationBackend`.

    `config` is a scenario as plain values, payments are columns with indices into its agents. Both are
    copied, so that nothing the caller does later reaches the run. `run` names it in the log.
    """

    def __init__(
        self, config: Mapping[str, Any], payments: PaymentColumns | None = None, *, run: str = ""
    ) -> None:
        self._run = run
        self._logged = _is_logged()
        columns = dict(payments) if payments is not None else None
        self._core: Orchestrator = self._call("new", lambda: Orchestrator.new(_own(config), columns))

    @classmethod
    def restore(
        cls,
        data: bytes,
        config: Mapping[str, Any],
        payments: PaymentColumns | None = None,
        *,
        run: str = "",
    ) -> Self:
        """Return the run a snapshot was taken of; ValueError if it is damaged or of something else."""
        backend = cls.__new__(cls)
        backend._run, backend._logged = run, _is_logged()
        columns = dict(payments) if payments is not None else None
        backend._core = backend._call("restore", lambda: Orchestrator.restore(data, _own(config), columns))
        return backend

    def _call(self, name: str, crossing: Callable[[], T]) -> T:
        if not self._logged:
            return crossing()
        began = time.perf_counter_ns()
        answer = crossing()
        took_us = (time.perf_counter_ns() - began) // 1000
        ticks = answer.get("ticks", 1 if name == "tick" else 0) if isinstance(answer, dict) else 0
        log.debug("engine.call", call=name, run=self._run, ticks=ticks, us=took_us)
        return answer

    def tick(self) -> dict[str, Any]:
        """Run one tick; see `SimulationBackend`."""
        return self._call("tick", self._core.tick)

    def advance(self, max_ticks: int, budget_ms: int | None = None) -> dict[str, Any]:
        """Run up to `max_ticks`; see `SimulationBackend`."""
        return self._call("advance", lambda: self._core.advance(max_ticks, budget_ms))

    def cancel(self) -> None:
        """Stop an `advance` under way in another thread; see `SimulationBackend`."""
        self._call("cancel", self._core.cancel)

    def get_state(self) -> dict[str, Any]:
        """Return the state between two ticks; see `SimulationBackend`."""
        return self._call("get_state", self._core.get_state)

    def apply(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Accept an intervention; see `SimulationBackend`."""
        return self._call("apply", lambda: self._core.apply(copy.deepcopy(dict(event))))

    def scheduled(self) -> list[dict[str, Any]]:
        """Return what has been accepted and waits; see `SimulationBackend`."""
        return self._call("scheduled", self._core.scheduled)

    def withdraw(self, sequence: int) -> None:
        """Take back an intervention; see `SimulationBackend`."""
        self._call("withdraw", lambda: self._core.withdraw(sequence))

    def explain(self, payment_id: str) -> dict[str, Any]:
        """Say why a payment waits; see `SimulationBackend`."""
        return self._call("explain", lambda: self._core.explain(payment_id))

    def frame(self, series: Sequence[str], from_tick: int, max_points: int) -> bytes:
        """Return points of a chart; see `SimulationBackend`."""
        return self._call("frame", lambda: self._core.frame(list(series), from_tick, max_points))

    def drain(self) -> dict[str, Columns]:
        """Move out the next stored part; see `SimulationBackend`."""
        return self._call("drain", self._core.drain)

    def series(self, agents: Sequence[str] | None = None) -> Columns:
        """Return the tick figures still held; see `SimulationBackend`."""
        names = list(agents) if agents is not None else None
        return self._call("series", lambda: self._core.series(names))

    def events(self) -> Columns:
        """Return the events still held; see `SimulationBackend`."""
        return self._call("events", self._core.events)

    def payments(self) -> Columns:
        """Return the payments still held; see `SimulationBackend`."""
        return self._call("payments", self._core.payments)

    def metrics(self) -> dict[str, Any]:
        """Return the measures so far; see `SimulationBackend`."""
        return self._call("metrics", self._core.metrics)

    def snapshot(self) -> bytes:
        """Return the live state; see `SimulationBackend`."""
        return self._call("snapshot", self._core.snapshot)

    def digest(self) -> str:
        """Return the hash over all events so far; see `SimulationBackend`."""
        return self._call("digest", self._core.digest)

"""What a process sees to now and then: runs that others want or that nobody has, and those that rest.

A run is handed over while its row says `running`; whoever gets it takes it up, asked or not, so that it goes
on even when the one who wanted it does not ask again.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog
from django.db import close_old_connections

from simulations.models import Run
from simulations.runs import ownership, pruning
from simulations.runs.replay import Unrepeatable

if TYPE_CHECKING:
    from simulations.runs.registry import Registry

log = structlog.get_logger(__name__)

CALM_SECONDS = 5.0  # between two looks at what rests and what nobody has
DAY_SECONDS = 86_400.0


class Rounds:
    """The rounds of one process, made in a thread that may wait for disk and database, one at a time."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._under_way = threading.Lock()
        self._calm_at = time.monotonic()
        self._pruned_at: float | None = None

    def begin(self) -> None:
        """Make a round aside, unless one is under way; the process's beat calls this and must not wait."""
        if self._under_way.acquire(blocking=False) and not self._registry.scheduler.aside(self._make):
            self._under_way.release()

    def end(self) -> None:
        """Wait for a round under way; there is none after it."""
        self._under_way.acquire()

    def _make(self) -> None:
        try:
            close_old_connections()
            self.hand_over()
            self.take_over()
            if time.monotonic() - self._calm_at >= CALM_SECONDS:
                self._calm_at = time.monotonic()
                self._registry.tidy()
                take_up(self._registry)
                self.prune_daily()
        except Exception:  # a database that cannot be reached now; the next round is soon
            log.warning("process.round_failed", exc_info=True)
        finally:
            close_old_connections()
            self._under_way.release()

    def prune_daily(self) -> None:
        """Remove, at the start and once a day, what was deleted a week ago."""
        now = time.monotonic()
        if self._pruned_at is None or now - self._pruned_at >= DAY_SECONDS:
            self._pruned_at = now
            pruning.prune(pruning.deleted_long_ago())

    def hand_over(self) -> None:
        """Give the runs that other processes want to them, stored up to where they stand."""
        if self._registry.runs_held() or time.monotonic() - self._calm_at >= CALM_SECONDS:
            for run_id in ownership.wanted_of(self._registry.me):
                self._registry.hand_over(run_id)

    def take_over(self) -> None:
        """Take up the running runs that were handed to this process."""
        running = ownership.running_of(self._registry.me)
        not_held = [run_id for run_id in running if self._registry.held(run_id) is None]
        for run in Run.objects.filter(pk__in=not_held) if not_held else ():
            bring_back(self._registry, run)


def take_up(registry: Registry) -> int:
    """Take up the runs whose server died: shown as interrupted, brought back, and let go on.

    Returns how many were taken up.
    """
    ownership.bury_the_dead()
    orphans = [run for run in ownership.orphans() if not registry.has_failed_lately(run.pk)]
    return sum(bring_back(registry, run) for run in orphans)


def bring_back(registry: Registry, run: Run) -> bool:
    """Bring a run back if it can be; one that cannot must not keep the others."""
    try:
        registry.live(run)
    except ownership.OwnedElsewhere:
        return False
    except Unrepeatable as problem:
        log.warning("run.not_brought_back", simulation_id=str(run.pk), problem=str(problem))
        return False
    except Exception:
        log.exception("run.not_brought_back", simulation_id=str(run.pk))
        return False
    return True

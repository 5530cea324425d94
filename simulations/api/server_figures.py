"""Figures of the server for those who keep it running, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily
from prometheus_client.registry import Collector

from simulations.models import Run
from simulations.runs import manager


class Runs(Collector):
    """Counted when asked for; nothing is kept between two answers."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one family a figure."""
        held = manager.held()
        yield GaugeMetricFamily(
            "payment_simulator_runs_in_memory", "Runs that this process holds.", len(held)
        )
        yield GaugeMetricFamily(
            "payment_simulator_runs_stepping",
            "Runs that this process is stepping.",
            sum(live.stepping for live in held),
        )
        yield GaugeMetricFamily(
            "payment_simulator_runs_in_trouble",
            "Runs in this process whose results cannot be stored at the moment.",
            sum(bool(live.trouble) for live in held),
        )
        runs = GaugeMetricFamily("payment_simulator_runs", "Runs on record, by status.", labels=["status"])
        found = dict(
            Run.objects.filter(deleted_at=None).values_list("status").annotate(Count("pk")).order_by()
        )
        for status in Run.Status.values:
            runs.add_metric([status], found.get(status, 0))
        yield runs


def text() -> bytes:
    """Return our figures and those of the process: memory, processor time, garbage collection."""
    ours = CollectorRegistry()
    ours.register(Runs())
    return generate_latest(ours) + generate_latest(REGISTRY)

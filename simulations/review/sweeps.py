"""Sweeps in the review site: what was run with many seeds, by whom, and what came of it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from simulations.models import Sweep
from simulations.review.lists import FactsAdmin
from simulations.templatetags.figures import decimal, duration, percent


@admin.register(Sweep)
class SweepAdmin(FactsAdmin[Sweep]):
    """Sweeps, newest first."""

    list_display = (
        "name",
        "scenario_name",
        "owner",
        "status",
        "seeds_done",
        "settled",
        "delay",
        "created_at",
    )
    list_filter = ("status", "shared", ("owner", admin.RelatedOnlyFieldListFilter), "engine_version")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    search_fields = ("name", "scenario_name", "owner__username", "id")
    fields = readonly_fields = (
        *("id", "name", "owner", "shared", "status", "failure", "scenario_name", "version", "document"),
        *("payment_file", "first_seed", "count", "liquidity_percent", "engine_version", "seeds_done"),
        *("settled", "delay", "created_at", "started_at", "finished_at", "took", "deleted_at"),
    )

    @admin.display(description="seeds done", ordering="count")
    def seeds_done(self, sweep: Sweep) -> str:
        """How many of how many."""
        return f"{sweep.done:,} of {sweep.count:,}"

    @admin.display(description="settlement rate, median")
    def settled(self, sweep: Sweep) -> str:
        """Median over the seeds."""
        return percent(_median(sweep, "settlement_rate_value"))

    @admin.display(description="average delay, median (ticks)")
    def delay(self, sweep: Sweep) -> str:
        """Median over the seeds."""
        return decimal(_median(sweep, "average_delay"))

    @admin.display(description="took")
    def took(self, sweep: Sweep) -> str:
        """Wall time."""
        return duration(sweep.seconds)

    def view_on_site(self, sweep: Sweep) -> str:
        """Its page in the workbench."""
        return reverse("sweep_results", args=[sweep.pk])


def _median(sweep: Sweep, measure: str) -> float | None:
    value: float | None = (sweep.summary or {}).get(measure, {}).get("q50")
    return value

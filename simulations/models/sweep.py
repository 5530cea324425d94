"""Sweeps: one scenario with many seeds, and what came of them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from simulations.models.run import Process
from simulations.models.scenario import Document, PaymentFile, ScenarioVersion

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class SweepQuerySet(models.QuerySet["Sweep"]):
    """Which sweeps, for whom."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> SweepQuerySet:
        """Own ones, shared ones and, for staff, all; never deleted ones."""
        sweeps = self.filter(deleted_at=None)
        if getattr(user, "is_staff", False):
            return sweeps
        return sweeps.filter(Q(owner_id=user.pk) | Q(shared=True))

    def unfinished(self) -> SweepQuerySet:
        """Waiting for their turn, or running."""
        return self.filter(deleted_at=None, status__in=Sweep.UNFINISHED)


class Sweep(models.Model):
    """A document run with `count` seeds from `first_seed` on. Its tables lie under DATA_DIR/sweeps/<id>/."""

    class Status(models.TextChoices):
        """Where a sweep stands."""

        WAITING = "waiting"
        RUNNING = "running"
        FINISHED = "finished"
        CANCELLED = "cancelled"
        FAILED = "failed"
        INTERRUPTED = "interrupted"  # its server died again and again

    UNFINISHED = (Status.WAITING, Status.RUNNING)
    MOST_SEEDS = 10_000

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sweeps")
    name = models.CharField(max_length=160)
    shared = models.BooleanField(default=False)

    # The inputs; with the engine's version they determine every figure.
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="sweeps")
    version = models.ForeignKey(
        ScenarioVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="sweeps"
    )
    payment_file = models.ForeignKey(
        PaymentFile, on_delete=models.PROTECT, null=True, blank=True, related_name="sweeps"
    )
    first_seed = models.BigIntegerField()
    count = models.PositiveIntegerField()
    liquidity_percent = models.PositiveIntegerField(default=100)
    engine_version = models.CharField(max_length=40)

    # Facts of the document, kept for lists.
    scenario_name = models.CharField(max_length=120, blank=True)
    ticks_total = models.PositiveIntegerField()
    ticks_per_day = models.PositiveIntegerField()
    num_agents = models.PositiveIntegerField()
    currency_code = models.CharField(max_length=12, blank=True)
    currency_decimals = models.PositiveSmallIntegerField(default=2)
    day_start = models.CharField(max_length=8, blank=True)  # "08:00"; empty = ticks have no clock times
    day_end = models.CharField(max_length=8, blank=True)
    start_date = models.DateField(null=True, blank=True)

    # Where it stands, and who works on it. Every write of the owner is conditional on the epoch.
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.WAITING)
    done = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(
        Process, on_delete=models.SET_NULL, null=True, blank=True, related_name="claimed_sweeps"
    )
    epoch = models.PositiveIntegerField(default=0)
    interruptions = models.PositiveSmallIntegerField(default=0)  # how often its server died meanwhile

    # What came of it: the spread of each measure over the seeds, as the engine's `summary`.
    summary = models.JSONField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    failure = models.TextField(blank=True)

    objects = SweepQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["status", "-created_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=["waiting", "running", "finished", "cancelled", "failed", "interrupted"]
                ),
                name="sweep_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(first_seed__gte=0, count__gte=1, done__lte=F("count")),
                name="sweep_seeds_are_some",
            ),
            models.CheckConstraint(
                condition=~Q(status="finished") | Q(summary__isnull=False),
                name="sweep_finished_has_a_summary",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def seeds(self) -> range:
        """The seeds, in their order."""
        return range(self.first_seed, self.first_seed + self.count)

    @property
    def last_seed(self) -> int:
        """The last of the seeds."""
        return self.seeds[-1]

    @property
    def currency(self) -> dict[str, Any]:
        """How its cents are shown: `{"code", "decimals"}`, as in a scenario file."""
        return {"code": self.currency_code, "decimals": self.currency_decimals}

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or runs."""
        return self.status in self.UNFINISHED

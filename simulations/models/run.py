"""Runs, the interventions made in them, and the processes that own them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from simulations.models.scenario import Document, PaymentFile, ScenarioVersion

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class Process(models.Model):
    """A server process that may own runs; alive as long as its heartbeat is fresh."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class RunQuerySet(models.QuerySet["Run"]):
    """Which runs, for whom."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> RunQuerySet:
        """Own ones, shared ones and, for staff, all; never deleted ones."""
        runs = self.filter(deleted_at=None)
        if getattr(user, "is_staff", False):
            return runs
        return runs.filter(Q(owner_id=user.pk) | Q(shared=True))

    def live(self) -> RunQuerySet:
        """Neither finished, stopped nor failed."""
        return self.filter(deleted_at=None, status__in=Run.LIVE)


class Run(models.Model):
    """A document, a seed and the interventions made while it ran; and what came of it."""

    class Status(models.TextChoices):
        """Where a run stands; `runs.lifecycle` says what may follow what."""

        CREATED = "created"
        RUNNING = "running"
        PAUSED = "paused"
        INTERRUPTED = "interrupted"
        FINISHED = "finished"
        STOPPED = "stopped"
        FAILED = "failed"

    class Review(models.TextChoices):
        """Where the review of a run stands."""

        NONE = "none"
        REQUESTED = "requested"
        APPROVED = "approved"
        REJECTED = "rejected"

    UNDER_REVIEW = (Review.REQUESTED, Review.APPROVED)  # then it is kept
    LIVE = (Status.CREATED, Status.RUNNING, Status.PAUSED, Status.INTERRUPTED)
    OVER = (Status.FINISHED, Status.STOPPED, Status.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="runs")
    name = models.CharField(max_length=160)
    shared = models.BooleanField(default=False)
    starred = models.BooleanField(default=False)
    tags = models.JSONField(default=list, blank=True)
    notes = models.TextField(blank=True)

    # The inputs: with the interventions they determine every event.
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="runs")
    version = models.ForeignKey(
        ScenarioVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    payment_file = models.ForeignKey(
        PaymentFile, on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    seed = models.BigIntegerField()
    liquidity_percent = models.PositiveIntegerField(default=100)
    engine_version = models.CharField(max_length=40)
    # A branch shares its parent's inputs and the interventions made before `branch_tick`.
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="branches"
    )
    branch_tick = models.PositiveIntegerField(null=True, blank=True)

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

    # Where it stands.
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.CREATED)
    tick = models.PositiveIntegerField(default=0)
    ticks_per_second = models.FloatField(null=True, blank=True)
    goal_tick = models.PositiveIntegerField(null=True, blank=True)
    goal_event = models.CharField(max_length=16, blank=True)  # it pauses at the next event of this type
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    engine_seconds = models.FloatField(default=0)
    failure = models.TextField(blank=True)

    # Who steps it. Every write of the owner is conditional on the epoch.
    claimed_by = models.ForeignKey(
        Process, on_delete=models.SET_NULL, null=True, blank=True, related_name="claimed"
    )
    wanted_by = models.ForeignKey(
        Process, on_delete=models.SET_NULL, null=True, blank=True, related_name="wanted"
    )
    epoch = models.PositiveIntegerField(default=0)

    # What came of it. `metrics` is the engine's `metrics()`; the columns are those one sorts and filters by.
    digest = models.CharField(max_length=64, blank=True)
    metrics = models.JSONField(null=True, blank=True)
    arrived_count = models.PositiveBigIntegerField(null=True, blank=True)
    arrived_value = models.PositiveBigIntegerField(null=True, blank=True)
    settled_count = models.PositiveBigIntegerField(null=True, blank=True)
    settled_value = models.PositiveBigIntegerField(null=True, blank=True)
    settlement_rate = models.FloatField(null=True, blank=True)
    average_delay = models.FloatField(null=True, blank=True)
    rho = models.FloatField(null=True, blank=True)
    liquidity_used = models.PositiveBigIntegerField(null=True, blank=True)
    total_cost = models.BigIntegerField(null=True, blank=True)

    # Review.
    review = models.CharField(max_length=10, choices=Review.choices, default=Review.NONE)
    review_note = models.TextField(blank=True)
    review_requested_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reviewed_runs",
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        permissions = [("review_run", "Can approve or reject runs")]
        indexes = [
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["status", "-created_at"]),
            models.Index(fields=["-created_at"]),
            models.Index(fields=["claimed_by"]),
            # Lists count, sort and page by this index alone: a row holds its measures as JSON and is wide,
            # 10,000 of them are some hundred megabytes.
            models.Index(
                fields=[
                    "deleted_at",
                    "created_at",
                    "owner",
                    "shared",
                    "status",
                    "name",
                    "arrived_count",
                    "settled_value",
                    "settlement_rate",
                    "average_delay",
                    "rho",
                    "liquidity_used",
                    "total_cost",
                    "engine_version",
                    "id",
                ],
                name="run_list",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "created",
                        "running",
                        "paused",
                        "interrupted",
                        "finished",
                        "stopped",
                        "failed",
                    ]
                ),
                name="run_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(review__in=["none", "requested", "approved", "rejected"]),
                name="run_review_is_known",
            ),
            models.CheckConstraint(condition=Q(seed__gte=0), name="run_seed_is_not_negative"),
            models.CheckConstraint(
                condition=Q(tick__lte=F("ticks_total")), name="run_tick_is_within_the_run"
            ),
            models.CheckConstraint(
                condition=~Q(status="finished") | Q(digest__length=64), name="run_finished_has_a_digest"
            ),
            models.CheckConstraint(
                condition=Q(parent=None, branch_tick=None)
                | Q(parent__isnull=False, branch_tick__isnull=False, branch_tick__lte=F("ticks_total")),
                name="run_branch_names_its_tick",
            ),
            models.CheckConstraint(
                condition=Q(review="none") | Q(status="finished"), name="run_reviewed_is_finished"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def currency(self) -> dict[str, Any]:
        """How its cents are shown: `{"code", "decimals"}`, as in a scenario file."""
        return {"code": self.currency_code, "decimals": self.currency_decimals}

    @property
    def is_under_review(self) -> bool:
        """Whether somebody is to decide about it, or approved of it: then it is kept."""
        return self.review in self.UNDER_REVIEW

    @property
    def is_live(self) -> bool:
        """Whether it can still go on."""
        return self.status in self.LIVE

    def part_names(self, kind: str) -> list[str]:
        """Return its files of a kind that count, in their order."""
        return list(self.artifacts.filter(kind=kind).order_by("part").values_list("name", flat=True))

    @property
    def progress(self) -> float:
        """Share of the ticks that ran, 0..1."""
        return self.tick / self.ticks_total


class Intervention(models.Model):
    """An event applied to a live run: stored before it takes effect, in the order of `seq`."""

    class Status(models.TextChoices):
        """What became of it."""

        SCHEDULED = "scheduled"
        APPLIED = "applied"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="interventions")
    seq = models.PositiveIntegerField()
    tick = models.PositiveIntegerField()  # in whose step 1 it takes effect
    made_tick = models.PositiveIntegerField()  # where the run stood when it was made
    withdrawn_tick = models.PositiveIntegerField(
        null=True, blank=True
    )  # where it stood when that was taken back
    event = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SCHEDULED)
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["run", "seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="intervention_seq_is_unique")]

    def __str__(self) -> str:
        return f"{self.event.get('type')} at tick {self.tick}"

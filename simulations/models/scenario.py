"""Scenarios: immutable documents, the versions that name them, drafts and payment files."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

models.TextField.register_lookup(Length)
models.CharField.register_lookup(Length)


# What a scenario is called whose document has no name.
UNTITLED = "Untitled"


class DocumentManager(models.Manager["Document"]):
    """Documents are found by their content."""

    def of_text(self, text: str) -> Document:
        """Return the document with this text, made if it is new."""
        sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
        document, _ = self.get_or_create(sha256=sha256, defaults={"text": text})
        return document


class Document(models.Model):
    """A scenario text, never changed. Runs and versions point here, so a run can always be repeated."""

    SCHEMA_VERSION = 1

    sha256 = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    schema_version = models.PositiveSmallIntegerField(default=SCHEMA_VERSION)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DocumentManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sha256__length=64), name="document_sha256_is_whole"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    """Which scenarios, for whom."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> ScenarioQuerySet:
        """Own ones, shared ones and, for staff, all."""
        if getattr(user, "is_staff", False):
            return self
        return self.filter(Q(owner_id=user.pk) | Q(shared=True))

    def current(self) -> ScenarioQuerySet:
        """Not archived."""
        return self.filter(archived_at=None)

    def gallery(self) -> ScenarioQuerySet:
        """The examples that come with the workbench, in the order of their cards."""
        return self.exclude(gallery=None).order_by("gallery_order")


class Scenario(models.Model):
    """A named line of versions. Gallery scenarios belong to nobody and are shared with everybody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="scenarios"
    )
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True)
    shared = models.BooleanField(default=False)
    gallery = models.SlugField(max_length=60, null=True, blank=True, unique=True)
    gallery_order = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["owner", "-updated_at"])]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="scenario_has_a_name"),
            models.CheckConstraint(
                condition=Q(owner__isnull=False) | Q(gallery__isnull=False),
                name="scenario_has_an_owner_or_is_gallery",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def latest(self) -> ScenarioVersion | None:
        """The newest version."""
        return self.versions.order_by("-number").first()


class ScenarioVersion(models.Model):
    """Version `number` of a scenario: a faultless document and who saved it."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    note = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["scenario", "number"], name="version_number_is_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_numbers_start_at_1"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} v{self.number}"


class Draft(models.Model):
    """What a person has typed and not saved; faults are allowed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="drafts")
    base = models.ForeignKey(
        ScenarioVersion, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    text = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "scenario"], name="draft_one_a_person_and_scenario"),
        ]

    def __str__(self) -> str:
        return f"draft of {self.scenario}"


def upload_name(file: PaymentFile, _name: str) -> str:
    """Uploads are named by content, never by what the browser calls them."""
    return f"{file.sha256}.csv"


class PaymentFile(models.Model):
    """An attached payment file, kept by its sha256. A document names it in `transactions_file`."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.FileField(upload_to=upload_name, max_length=100)
    original_name = models.CharField(max_length=200)
    dialect = models.CharField(max_length=20)
    rows = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sha256__length=64), name="payment_file_sha256_is_whole"),
            models.CheckConstraint(condition=Q(rows__gte=1), name="payment_file_has_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.original_name} ({self.rows} payments)"

    def facts(self) -> dict[str, Any]:
        """What a list or the API shows of the file."""
        return {"sha256": self.sha256, "name": self.original_name, "rows": self.rows, "dialect": self.dialect}


class FileImport(models.Model):
    """A large payment file on its way in: read in the background, whoever looks.

    The upload lies under `path` until it is taken or refused. `told_at` is the sign of life of the process
    that reads it; when that is old, the next one that is asked reads it again from the start.
    """

    class State(models.TextChoices):
        """Where an import stands."""

        READING = "reading"
        TAKEN = "taken"
        REFUSED = "refused"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imports")
    scenario = models.ForeignKey(
        Scenario, on_delete=models.CASCADE, null=True, blank=True, related_name="imports"
    )
    """Into which it is attached; until it is taken, none for a file that makes a scenario of its own."""
    attaches = models.BooleanField(default=False)
    name = models.CharField(max_length=200)
    fraction_percent = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    percent = models.PositiveSmallIntegerField(default=0)
    refusal = models.JSONField(default=dict, blank=True)
    file = models.ForeignKey(PaymentFile, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    told_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"

    @property
    def path(self) -> Path:
        """Where the upload lies while it is read."""
        return Path(settings.MEDIA_ROOT) / "incoming" / f"{self.pk}.csv"

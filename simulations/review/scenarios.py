"""Scenarios, their versions and payment files in the review site."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from simulations.models import Intervention, PaymentFile, Scenario, ScenarioVersion
from simulations.review.lists import FactsAdmin, FactsInline


class VersionsOfScenario(FactsInline[ScenarioVersion, Scenario]):
    """Its versions, newest first."""

    model = ScenarioVersion
    fields = readonly_fields = ("number", "document", "note", "author", "created_at")
    show_change_link = True


@admin.register(Scenario)
class ScenarioAdmin(FactsAdmin[Scenario]):
    """Scenarios, last changed first."""

    list_display = ("name", "owner", "shared", "versions_count", "runs_count", "updated_at", "archived_at")
    list_filter = (
        "shared",
        ("archived_at", admin.EmptyFieldListFilter),
        ("gallery", admin.EmptyFieldListFilter),
    )
    list_select_related = ("owner",)
    date_hierarchy = "updated_at"
    search_fields = ("name", "description", "owner__username", "id")
    fields = readonly_fields = (
        "id",
        "name",
        "description",
        "owner",
        "tags",
        "shared",
        "gallery",
        "archived_at",
        "created_at",
        "updated_at",
    )
    inlines = (VersionsOfScenario,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scenario]:
        """With the counts of the list."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                version_count=Count("versions", distinct=True),
                run_count=Count("versions__runs", distinct=True),
            )
        )

    @admin.display(description="versions", ordering="version_count")
    def versions_count(self, scenario: Scenario) -> int:
        """How many versions it has."""
        return int(getattr(scenario, "version_count", 0))

    @admin.display(description="runs", ordering="run_count")
    def runs_count(self, scenario: Scenario) -> str:
        """How often it ran, linked to these runs."""
        count = int(getattr(scenario, "run_count", 0))
        address = reverse("admin:simulations_run_changelist")
        return format_html('<a href="{}?version__scenario__id__exact={}">{}</a>', address, scenario.pk, count)

    def view_on_site(self, scenario: Scenario) -> str:
        """The editor in the workbench."""
        return reverse("scenario_edit", args=[scenario.pk])


@admin.register(ScenarioVersion)
class ScenarioVersionAdmin(FactsAdmin[ScenarioVersion]):
    """Versions: the exact text that ran."""

    list_display = ("__str__", "document", "author", "note", "created_at")
    list_select_related = ("scenario", "author", "document")
    date_hierarchy = "created_at"
    search_fields = ("scenario__name", "note", "document__sha256")
    fields = readonly_fields = (
        "scenario",
        "number",
        "author",
        "note",
        "created_at",
        "hash_of_text",
        "text",
    )

    @admin.display(description="sha256")
    def hash_of_text(self, version: ScenarioVersion) -> str:
        """Hash of the text."""
        return str(version.document_id)

    @admin.display(description="text")
    def text(self, version: ScenarioVersion) -> str:
        """The text as it was saved."""
        return format_html('<pre class="document">{}</pre>', version.document.text)


@admin.register(PaymentFile)
class PaymentFileAdmin(FactsAdmin[PaymentFile]):
    """Payment files, by content."""

    list_display = ("original_name", "dialect", "rows", "bytes", "uploaded_by", "created_at", "sha256")
    list_select_related = ("uploaded_by",)
    date_hierarchy = "created_at"
    search_fields = ("original_name", "sha256", "uploaded_by__username")
    fields = readonly_fields = list_display


@admin.register(Intervention)
class InterventionAdmin(FactsAdmin[Intervention]):
    """What people did in runs."""

    list_display = ("__str__", "run", "seq", "status", "reason", "made_by", "made_at")
    list_filter = ("status",)
    list_select_related = ("run", "made_by")
    date_hierarchy = "made_at"
    search_fields = ("run__name", "run__id", "made_by__username")
    fields = readonly_fields = ("run", "seq", "tick", "event", "status", "reason", "made_by", "made_at")

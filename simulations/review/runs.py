"""Runs in the review site: found, looked through, approved or rejected; results are nobody's to edit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from simulations.models import Artifact, Intervention, Run
from simulations.review import run_page, states
from simulations.review.lists import FactsAdmin, FactsInline
from simulations.templatetags import figures

DECISIONS = {"approve": states.approve, "reject": states.reject}


def badge(status: str) -> str:
    """A state as the workbench shows it."""
    return format_html('<span class="badge badge-{}">{}</span>', status, status)


class InterventionsOfRun(FactsInline[Intervention, Run]):
    """What people did while it ran."""

    model = Intervention
    fields = readonly_fields = ("seq", "tick", "event", "status", "reason", "made_by", "made_at")


class ArtifactsOfRun(FactsInline[Artifact, Run]):
    """What is stored of it."""

    model = Artifact
    fields = readonly_fields = ("name", "kind", "rows", "bytes", "from_tick", "to_tick")
    verbose_name_plural = "stored parts"


@admin.register(Run)
class RunAdmin(FactsAdmin[Run]):
    """Runs, newest first."""

    list_display = (
        "name",
        "scenario",
        "owner",
        "state",
        "review_state",
        "settled_share",
        "settled_money",
        "delay",
        "created_at",
    )
    list_filter = (
        "review",
        "status",
        "shared",
        ("owner", admin.RelatedOnlyFieldListFilter),
        "engine_version",
    )
    list_select_related = ("owner", "version__scenario", "reviewed_by")
    date_hierarchy = "created_at"
    search_fields = ("name", "scenario_name", "owner__username", "digest", "id")
    search_help_text = "Name, scenario, owner, id or digest."
    actions = ["approve_chosen", "export_csv", "delete_selected"]
    inlines = (InterventionsOfRun, ArtifactsOfRun)
    change_form_template = "admin/simulations/run/change_form.html"
    fieldsets = (
        ("Run", {"fields": ("id", "name", "owner", "state", "shared", "notes", "failure")}),
        (
            "Inputs: with the interventions they determine every event",
            {
                "fields": (
                    "scenario",
                    "document_hash",
                    "payment_file",
                    "seed",
                    "liquidity_percent",
                    "engine_version",
                )
            },
        ),
        (
            "What came of it",
            {"fields": ("digest", "ticks_run", "created_at", "started_at", "finished_at", "engine_time")},
        ),
        (
            "Review",
            {
                "fields": (
                    "review_state",
                    "review_requested_at",
                    "reviewed_by",
                    "reviewed_at",
                    "review_note",
                    "reviewed_own",
                )
            },
        ),
    )

    @admin.display(description="status", ordering="status")
    def state(self, run: Run) -> str:
        """Where it stands."""
        return badge(run.status)

    @admin.display(description="review", ordering="review")
    def review_state(self, run: Run) -> str:
        """Where its review stands."""
        return "–" if run.review == Run.Review.NONE else badge(run.review)

    @admin.display(description="scenario", ordering="scenario_name")
    def scenario(self, run: Run) -> str:
        """Its scenario, linked to the version it ran."""
        if run.version is None:
            return run.scenario_name or "–"
        address = reverse("admin:simulations_scenarioversion_change", args=[run.version_id])
        return format_html('<a href="{}">{}</a>', address, run.version)

    @admin.display(description="scenario's sha256")
    def document_hash(self, run: Run) -> str:
        """Hash of the exact text it ran."""
        return str(run.document_id)

    @admin.display(description="settled", ordering="settlement_rate")
    def settled_share(self, run: Run) -> str:
        """Settled ÷ arrived."""
        return figures.percent(run.settlement_rate)

    @admin.display(description="settled value", ordering="settled_value")
    def settled_money(self, run: Run) -> str:
        """In the scenario's currency."""
        return figures.money(run.settled_value, run.currency)

    @admin.display(description="average delay", ordering="average_delay")
    def delay(self, run: Run) -> str:
        """In ticks, over all arrived payments."""
        return figures.decimal(run.average_delay, 1)

    @admin.display(description="ticks")
    def ticks_run(self, run: Run) -> str:
        """How far it came."""
        return f"{run.tick:,} of {run.ticks_total:,}"

    @admin.display(description="engine time")
    def engine_time(self, run: Run) -> str:
        """Time the engine computed, without waiting."""
        return figures.duration(run.engine_seconds)

    @admin.display(description="by its owner")
    def reviewed_own(self, run: Run) -> str:
        """Whether the owner decided, which only the sole active user may."""
        own = run.reviewed_by_id is not None and run.reviewed_by_id == run.owner_id
        return "Yes: the owner was the only active user." if own else "No"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """Deleted runs are for the audit log only."""
        return super().get_queryset(request).filter(deleted_at=None)

    def view_on_site(self, run: Run) -> str:
        """The result page in the workbench."""
        return reverse("run_results" if run.status in Run.OVER else "run_live", args=[run.pk])

    # Who may what.

    def has_view_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        """Reviewers see runs, too."""
        return super().has_view_permission(request, obj) or self.has_review_permission(request)

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Whether this person may approve and reject."""
        return bool(request.user.has_perm(states.PERMISSION))

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        """By permission; runs under review or approved stay."""
        allowed = request.user.has_perm("simulations.delete_run")
        return allowed and (obj is None or (not obj.is_under_review and not obj.is_live))

    # Verbs.

    @admin.action(description="Approve", permissions=["review"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Approve each chosen run whose review was asked for."""
        approved = 0
        for run in queryset:
            try:
                states.approve(run, cast(User, request.user))
                approved += 1
            except states.ReviewRefused as refused:
                self.message_user(request, f"“{run.name}”: {refused}", messages.WARNING)
        if approved:
            self.message_user(request, f"Approved: {approved}.", messages.SUCCESS)

    def get_deleted_objects(
        self, objs: Sequence[Run] | QuerySet[Run], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name what goes and what stays, with the reason; stored parts are no things of their own."""
        goes = [run for run in objs if self.has_delete_permission(request, run)]
        stays = [
            f"{run.name} ({'review ' + run.review if run.is_under_review else run.status})"
            for run in objs
            if run not in goes
        ]
        names = [f"{run.name}, {run.status}, by {run.owner}" for run in goes]
        return names, {"runs": len(goes)}, set(), stays

    def delete_model(self, request: HttpRequest, obj: Run) -> None:
        """Take one away."""
        states.take_away(obj, cast(User, request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        """Take the chosen ones away; one that may not go stays and says why."""
        for run in queryset:
            try:
                states.take_away(run, cast(User, request.user))
            except states.ReviewRefused as refused:
                self.message_user(request, str(refused), messages.WARNING)

    # The page of a run.

    def get_urls(self) -> list[URLPattern]:
        """The decision has an address of its own."""
        decide: Callable[..., HttpResponse] = self.admin_site.admin_view(require_POST(self.decide))
        return [path("<uuid:run_id>/decide/", decide, name="simulations_run_decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Approve or reject, with a note."""
        if not self.has_review_permission(request):
            raise PermissionDenied("You may not review runs.")
        run = get_object_or_404(self.get_queryset(request), pk=run_id)
        verb = DECISIONS.get(request.POST.get("decision", ""))
        if verb is None:
            return HttpResponseBadRequest("The decision is approve or reject.")
        try:
            verb(run, cast(User, request.user), request.POST.get("note", ""))
        except states.ReviewRefused as refused:
            self.message_user(request, str(refused), messages.ERROR)
        else:
            self.message_user(request, f"“{run.name}” is {run.review}.", messages.SUCCESS)
        return redirect("admin:simulations_run_change", run.pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Facts, measures, charts, and the decision where it is this person's."""
        run = self.get_object(request, object_id)
        more: dict[str, Any] = {"title": "Review a run"}
        if isinstance(run, Run):
            user = cast(User, request.user)
            more |= {
                "run": run,
                "chart_data": run_page.chart_data(run),
                "may_decide": states.may_decide(run, user),
                "is_own": run.owner_id == user.pk,
                "is_requested": run.review == Run.Review.REQUESTED,
            }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | more)

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        """An empty table says nothing: interventions only where there are some."""
        has_any = isinstance(obj, Run) and obj.interventions.exists()
        return self.inlines if has_any else (ArtifactsOfRun,)

"""The audit log and personal tokens in the review site."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from simulations.models import ApiToken, AuditEntry, Run
from simulations.review.lists import FactsAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(FactsAdmin[AuditEntry]):
    """Who did what, when; kept when the thing is gone."""

    list_display = ("at", "actor", "action", "target", "details")
    list_display_links = ("at",)
    list_filter = ("target_kind", ("actor", admin.RelatedOnlyFieldListFilter), "action")
    list_select_related = ("actor",)
    date_hierarchy = "at"
    search_fields = ("action", "target_id", "actor__username")
    search_help_text = "Action, id of the thing, or who."
    fields = readonly_fields = ("at", "actor", "action", "target", "details")

    @admin.display(description="target", ordering="target_id")
    def target(self, entry: AuditEntry) -> str:
        """The thing, linked while it is there."""
        name = f"{entry.target_kind} {entry.target_id[:8]}"
        if entry.target_kind == "run" and Run.objects.filter(pk=entry.target_id, deleted_at=None).exists():
            address = reverse("admin:simulations_run_change", args=[entry.target_id])
            return format_html('<a href="{}">{}</a>', address, name)
        return name


@admin.register(ApiToken)
class ApiTokenAdmin(FactsAdmin[ApiToken]):
    """Personal tokens: who has one, when it was used; the token itself nobody can read."""

    list_display = ("name", "user", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    search_fields = ("name", "user__username")
    fields = readonly_fields = list_display
    actions = ["revoke", "export_csv"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """As for deleting: who may take a token away may end it."""
        return bool(request.user.has_perm("simulations.delete_apitoken"))

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """End the chosen tokens at once."""
        count = sum(ApiToken.objects.revoke(token, request.user) for token in queryset)
        self.message_user(request, f"Revoked: {count}.", messages.SUCCESS)

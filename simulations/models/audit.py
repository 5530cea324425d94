"""Who did what, when, to which thing; kept when the thing is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class AuditManager(models.Manager["AuditEntry"]):
    """Entries are only ever added."""

    def record(
        self,
        actor: AbstractBaseUser | AnonymousUser | None,
        action: str,
        target: models.Model,
        **details: Any,
    ) -> AuditEntry:
        """Add an entry. `action` is a verb with its noun (`run.started`); `details` must be JSON."""
        return self.create(
            actor_id=actor.pk if actor is not None else None,
            action=action,
            target_kind=target._meta.model_name or "",
            target_id=str(target.pk),
            details=details,
        )


class AuditEntry(models.Model):
    """One line of the audit log; names its target by text, so that it outlives it."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    action = models.CharField(max_length=60)
    target_kind = models.CharField(max_length=40)
    target_id = models.CharField(max_length=64, db_index=True)
    details = models.JSONField(default=dict, blank=True)

    objects = AuditManager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.target_kind} {self.target_id}"

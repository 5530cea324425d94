"""Signing in: the first link, personal tokens, and what a person prefers."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.dispatch import Signal
from django.utils import timezone

from simulations.models.audit import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

token_revoked = Signal()  # `sender` ApiToken, `user_id` whose it was


class FirstLink(models.Model):
    """The link printed at a start; only the hash of its token is kept, and it works once."""

    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    consumed_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"first link of {self.created_at:%Y-%m-%d %H:%M}"


class ApiTokenManager(models.Manager["ApiToken"]):
    """Tokens are made and found by their plain text, which is never stored."""

    PREFIX = "ps_"

    @staticmethod
    def hash_of(plain: str) -> str:
        """Return what is stored of a token: SHA-256, enough for 256 random bits."""
        return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()

    def issue(self, user: User, name: str) -> tuple[ApiToken, str]:
        """Make a token; the second part is its plain text, for its owner's eyes, once."""
        plain = self.PREFIX + secrets.token_urlsafe(32)
        return self.create(user=user, name=name, token_hash=self.hash_of(plain)), plain

    def valid(self, plain: str) -> ApiToken | None:
        """Return the token with this plain text if it is not revoked and its owner is active."""
        return (
            self.select_related("user")
            .filter(token_hash=self.hash_of(plain), revoked_at=None, user__is_active=True)
            .first()
        )

    def revoke(self, token: ApiToken, by: AbstractBaseUser | AnonymousUser) -> bool:
        """End a token at once and write it down; False when it had ended before."""
        now = timezone.now()
        if not self.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            return False
        token.revoked_at = now
        AuditEntry.objects.record(by, "token.revoked", token, name=token.name)
        token_revoked.send(sender=ApiToken, user_id=token.user_id)
        return True


class ApiToken(models.Model):
    """A personal token for scripts; stored hashed, shown once, revocable."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenManager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name


class Preference(models.Model):
    """How a person likes the pages."""

    class Theme(models.TextChoices):
        """Light and dark; `system` follows the device."""

        SYSTEM = "system"
        LIGHT = "light"
        DARK = "dark"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    page_size = models.PositiveSmallIntegerField(default=50)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(page_size__gte=10, page_size__lte=500),
                name="preference_page_size_in_bounds",
            )
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user}"

"""Signing in: the first link, personal tokens, and what a person prefers."""

from django.conf import settings
from django.db import models


class FirstLink(models.Model):
    """The link printed at a start; only the hash of its token is kept, and it works once."""

    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    consumed_at = models.DateTimeField(null=True, blank=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"first link of {self.created_at:%Y-%m-%d %H:%M}"


class ApiToken(models.Model):
    """A personal token for scripts; stored hashed, shown once, revocable."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

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

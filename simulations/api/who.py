"""Who is asking: a personal token, or the session of a browser.

A token says by itself that the request is meant. A session does not, so that requests which change something
must not come from a page of another site: browsers name the page's origin, programs name none. Scripts that
signed in by session therefore need no CSRF token.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import APIKeyCookie, HttpBearer

from simulations.models import ApiToken

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
USED_AGAIN_AFTER = timedelta(minutes=1)


class Asked(HttpRequest):
    """A request to the API: signed in."""

    user: User


class Token(HttpBearer):
    """`Authorization: Bearer ps_…`. A wrong one is refused even with a session beside it."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Sign the token's owner in for this request."""
        found = ApiToken.objects.valid(token)
        if found is None:
            raise HttpError(401, "This token is unknown or revoked.")
        now = timezone.now()
        if found.last_used_at is None or now - found.last_used_at > USED_AGAIN_AFTER:
            ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        request.user = found.user
        return found.user


class Session(APIKeyCookie):
    """The session cookie of someone who signed in."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self) -> None:
        # The origin is checked below instead of a CSRF token.
        super().__init__(csrf=False)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the session's user; refuse what another site's page sends."""
        if not request.user.is_authenticated:
            return None
        if request.method not in SAFE_METHODS and not is_of_this_site(request):
            raise HttpError(403, "This request comes from a page of another site.")
        return request.user


def is_of_this_site(request: HttpRequest) -> bool:
    """Whether a request comes from a page of this site or from no page at all.

    Every browser sends `Sec-Fetch-Site` (since 2023) or, with whatever changes something, `Origin`.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    return origin in settings.CSRF_TRUSTED_ORIGINS or urlsplit(origin).netloc == request.get_host()

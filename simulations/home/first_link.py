"""The first link: one printed address that signs the local administrator in, once.

The token rides in the fragment, which no server sees; the page posts it. Only its SHA-256 is stored. It is
consumed by a conditional UPDATE, so that two who hold it cannot both come in, and dies after use, after an
hour, after ten wrong tries, at the next start, and as soon as anyone has a password.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import secrets
from datetime import timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from simulations.models import FirstLink

LIFETIME = timedelta(hours=1)
WRONG_TRIES_MAX = 10
TOKEN_BYTES = 16
LOCAL_ADMINISTRATOR = "admin"


def hash_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def ensure_administrator() -> None:
    """Make the local administrator where there is no user yet, without a password that one could guess."""
    if not User.objects.exists():
        User.objects.create_superuser(LOCAL_ADMINISTRATOR, password=None)


def local_administrator() -> User | None:
    """Return the administrator a link may sign in: none as soon as any user has a password."""
    if User.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).exists():
        return None
    return User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def renew(host: str) -> str | None:
    """Forget every earlier link; return a new token, or None where no link may be given out."""
    FirstLink.objects.all().delete()
    is_local = is_loopback(host) and not os.environ.get("DATABASE_URL")
    if not (is_local and local_administrator()):
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    FirstLink.objects.create(token_hash=hash_of(token))
    return token


def consume(token: str) -> User | None:
    """Return whom the token signs in and use it up; a wrong one gives None and counts against the link."""
    user = local_administrator()
    now = timezone.now()
    open_links = FirstLink.objects.filter(
        consumed_at=None, wrong_tries__lt=WRONG_TRIES_MAX, created_at__gt=now - LIFETIME
    )
    if user is not None and open_links.filter(token_hash=hash_of(token)).update(consumed_at=now):
        return user
    open_links.update(wrong_tries=F("wrong_tries") + 1)
    return None

"""System checks: settings that would fail later, in a way nobody understands, are refused at the start."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

IN_MEMORY = "channels.layers.InMemoryChannelLayer"
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


@register(Tags.compatibility)
def check_workers_can_speak(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Several workers need a channel layer that reaches all of them, and a database that all may write."""
    workers = os.environ.get("WEB_CONCURRENCY", "1")
    if not workers.isdigit() or int(workers) < 2:
        return []
    found: list[CheckMessage] = []
    if settings.CHANNEL_LAYERS["default"]["BACKEND"] == IN_MEMORY:
        found.append(
            Error(
                f"WEB_CONCURRENCY asks for {workers} workers, but the channel layer is in memory.",
                hint="Set REDIS_URL, or run one process: pages would miss what happens in other workers.",
                id="simulations.E001",
            )
        )
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(
            Error(
                f"WEB_CONCURRENCY asks for {workers} workers, but the database is SQLite.",
                hint="Set DATABASE_URL to a PostgreSQL database, or run one process.",
                id="simulations.E002",
            )
        )
    return found


@register(Tags.files)
def check_data_dir(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Runs and uploads are written there."""
    if os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"DATA_DIR {settings.DATA_DIR} cannot be written.",
            hint="Give this user the right to write there, or set DATA_DIR to a folder of its own.",
            id="simulations.E003",
        )
    ]


@register(Tags.staticfiles)
def check_hashed_files_are_collected(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """With STATIC_HASHED every page names files through a manifest that `collectstatic` writes."""
    if not settings.STATIC_HASHED or (settings.STATIC_ROOT / "staticfiles.json").exists():
        return []
    return [
        Warning(
            "STATIC_HASHED is on, but there are no collected files.",
            hint="Run `manage.py collectstatic --noinput` before the server starts.",
            id="simulations.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_others_come_by_https(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A site that answers to other names than this machine's sends cookies over the network."""
    if settings.HTTPS or set(settings.ALLOWED_HOSTS) <= LOOPBACK:
        return []
    return [
        Warning(
            "ALLOWED_HOSTS names more than this machine, but HTTPS is off: cookies travel in the clear.",
            hint="Put a proxy with TLS in front and set HTTPS=1.",
            id="simulations.W002",
        )
    ]

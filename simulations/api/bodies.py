"""What comes in: a scenario as the whole body, JSON or YAML."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.parser import Parser

from simulations.api.refusals import TooLarge, TooMany
from simulations.config import strict_json
from simulations.config.faults import Fault, ScenarioRefused
from simulations.models import Run, Sweep

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SCENARIO_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A scenario; its schema is at /api/schema.json.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}
QUOTA_WINDOW = timedelta(minutes=1)


class StrictParser(Parser):
    """JSON bodies, in which no key may be given twice."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return the body. Raises ValueError."""
        found: dict[str, Any] = strict_json.loads(request.body)
        return found


def scenario_text(request: HttpRequest) -> str:
    """Return the request's body as text, whatever its content type says. Raises TooLarge, ScenarioRefused."""
    most = settings.MAX_DOCUMENT_BYTES
    length = request.headers.get("Content-Length", "")
    body = b"" if length.isdecimal() and int(length) > most else request.body
    if len(body) > most or (length.isdecimal() and int(length) > most):
        raise TooLarge(f"A scenario has at most {most:,} bytes; attach payments as a file.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise ScenarioRefused([Fault("encoding", "", "The body is not UTF-8 text.", line=line)]) from None


def require_quota(user: User, kind: type[Run] | type[Sweep] = Run) -> None:
    """Raise TooMany when a person made more runs, or sweeps, within a minute than one may."""
    most = settings.API_RUNS_PER_MINUTE
    since = timezone.now() - QUOTA_WINDOW
    made = kind._default_manager.filter(owner=user, created_at__gt=since).order_by("-created_at")
    noun = "sweeps" if kind is Sweep else "simulations"
    oldest = made[most - 1 : most].values_list("created_at", flat=True).first()
    if oldest is not None:
        seconds = max(1, round((oldest + QUOTA_WINDOW - timezone.now()).total_seconds()))
        raise TooMany(f"At most {most} {noun} a minute. Try again in {seconds} s.", seconds)

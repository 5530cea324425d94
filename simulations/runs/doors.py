"""How a socket comes in: a browser by its cookie and from our own pages, a script by its token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from channels.sessions import CookieMiddleware
from django.conf import settings

from simulations.runs import seats

Application = Callable[[dict[str, Any], Any, Any], Awaitable[Any]]


class SocketDoor:
    """Tells tokens from cookies. A foreign page can send our cookie but no header of its own choice.

    So a socket with `Authorization: Bearer …` needs no Origin; a cookie counts only beside ours. A foreign
    Origin is refused at the handshake, none at all is nobody: accepted, and told so by its close code.
    Whose cookie it is, `seats` finds out, once.
    """

    def __init__(self, inner: Application) -> None:
        self.without_cookie = inner
        self.by_cookie: Application = AllowedHostsOriginValidator(CookieMiddleware(inner))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Pass a socket on."""
        token = bearer(scope["headers"])
        if token is not None:
            return await self.without_cookie({**scope, "token": token}, receive, send)
        origin, host = (_header(scope["headers"], name) for name in (b"origin", b"host"))
        if origin is None:
            return await self.without_cookie(scope, receive, send)
        if not is_of_this_site(origin, host):
            return await WebsocketDenier()(scope, receive, send)
        return await self.by_cookie(scope, receive, send)


class Nowhere(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Where no run can be: says so by its close code, which a refused handshake would hide."""

    async def connect(self) -> None:
        """Accept, and close at once."""
        await self.accept()
        await self.close(seats.NO_SUCH_RUN)


def is_of_this_site(origin: str, host: str | None) -> bool:
    """Whether a page of `origin` was served by us: cookies go to every port of a host, a page has one."""
    return host is None or urlsplit(origin).netloc == host or origin in settings.CSRF_TRUSTED_ORIGINS


def _header(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str | None:
    return next((value.decode("latin-1") for name, value in headers if name.lower() == wanted), None)


def bearer(headers: list[tuple[bytes, bytes]]) -> str | None:
    """Return the token of an Authorization header, None where there is no such header."""
    header = _header(headers, b"authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""

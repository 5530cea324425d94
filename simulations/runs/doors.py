"""How a socket comes in: a browser by its cookie and from our own pages, a script by its token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator

Application = Callable[[dict[str, Any], Any, Any], Awaitable[Any]]


class SocketDoor:
    """Tells tokens from cookies. A foreign page can send our cookie but no header of its own choice.

    So a socket with `Authorization: Bearer …` needs no Origin; one without needs ours.
    """

    def __init__(self, inner: Application) -> None:
        self.by_token = inner
        self.by_cookie: Application = AllowedHostsOriginValidator(AuthMiddlewareStack(inner))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Pass a socket on."""
        token = bearer(scope["headers"])
        if token is None:
            return await self.by_cookie(scope, receive, send)
        return await self.by_token({**scope, "token": token}, receive, send)


def bearer(headers: list[tuple[bytes, bytes]]) -> str | None:
    """Return the token of an Authorization header, None where there is no such header."""
    for name, value in headers:
        if name.lower() == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else ""
    return None

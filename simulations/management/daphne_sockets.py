"""Daphne's sockets as we serve them.

Large frames may leave, every close code is sent, who asks and does not read is let go, and nothing is
formatted that nobody logs.
"""

from __future__ import annotations

from typing import Any

import autobahn.twisted.websocket
import autobahn.websocket.protocol
from daphne.ws_protocol import WebSocketProtocol

# That may wait for somebody to read it. Frames wait for acknowledgements, at most 1 MB of them: what grows
# beyond that is answers to questions.
MOST_WAITING_BYTES = 8 * 1024 * 1024
NORMAL = 1000


class Socket(WebSocketProtocol):  # type: ignore[misc]
    """Daphne's socket, whose limit holds for what comes in only: a whole day is one large frame."""

    maxMessagePayloadSize: int

    def serverClose(self, code: int | None = None) -> None:
        """Close with any code: Autobahn refuses to send 1011 and 1013, which the standard has for servers."""
        self.sendCloseFrame(code=NORMAL if code is None else code, reasonUtf8=None, isReply=False)

    def sendMessage(self, *args: Any, **options: Any) -> None:
        """Send a message of any size."""
        most, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*args, **options)
        finally:
            self.maxMessagePayloadSize = most
        if _waiting_bytes(self.transport) > MOST_WAITING_BYTES:
            self.dropConnection(abort=True)  # a close code would wait behind all that is not read


def _waiting_bytes(transport: Any) -> int:
    """Return how much was handed to a connection of Twisted's and not yet to the system."""
    whole = len(getattr(transport, "dataBuffer", b"")) - getattr(transport, "offset", 0)
    return whole + int(getattr(transport, "_tempDataLen", 0))


def log_plainly() -> None:
    """Keep Autobahn from colouring and laying out what it might log of each message and connection.

    It does so before it looks whether anybody wants the log; with two hundred watchers that is a sixteenth of
    all that the interpreter does.
    """
    for module in (autobahn.websocket.protocol, autobahn.twisted.websocket):
        for name in ("hltype", "hlval", "pformat"):
            if hasattr(module, name):
                setattr(module, name, _as_it_is)


def _as_it_is(value: object, *_: object, **__: object) -> object:
    return value

"""One end of a WebSocket that costs the program little, so that many of them leave the server its machine.

Whole unmasked frames come in, as the server sends them; what goes out is masked with zeros, which the
protocol allows and which leaves the bytes as they are.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FINAL, MASKED = 0x80, 0x80
SHORT, LONG = 126, 127  # length bytes that say: two, or eight, more bytes hold the length
HEAD_END = b"\r\n\r\n"
OPEN_SECONDS = 60.0

OnMessage = Callable[[bytes | dict[str, Any]], None]


class Wire(asyncio.Protocol):
    """A socket that calls back with each message: bytes for a binary one, an object for a JSON one."""

    def __init__(self, on_message: OnMessage) -> None:
        loop = asyncio.get_running_loop()
        self.on_message = on_message
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()  # the close code, 0 without one
        self._code = 0
        self._left = bytearray()

    @classmethod
    async def open(cls, url: str, path: str, headers: dict[str, str], on_message: OnMessage) -> Self:
        """Connect and shake hands."""
        address = urlsplit(url)
        loop = asyncio.get_running_loop()
        assert address.hostname is not None and address.port is not None
        _, wire = await loop.create_connection(lambda: cls(on_message), address.hostname, address.port)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {address.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        wire.transport.write("\r\n".join(lines).encode() + HEAD_END)
        await asyncio.wait_for(wire.opened, OPEN_SECONDS)
        return wire

    def say(self, message: dict[str, Any]) -> None:
        """Send a message."""
        self._send(TEXT, orjson.dumps(message))

    def abort(self) -> None:
        """Be gone without a word."""
        self.transport.abort()

    # -- what asyncio calls -----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Take whole frames off what came."""
        self._left += data
        if not self.opened.done() and not self._shake():
            return
        while (frame := self._frame()) is not None:
            self._take(*frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("closed before it was open"))
        if not self.closed.done():
            self.closed.set_result(self._code)

    # -- frames -----------------------------------------------------------------------------------------

    def _shake(self) -> bool:
        head, end, rest = bytes(self._left).partition(HEAD_END)
        if not end:
            return False
        if b" 101 " not in head.partition(b"\r\n")[0]:
            self.opened.set_exception(ConnectionError(head.decode(errors="replace")))
            self.transport.abort()
            return False
        self._left = bytearray(rest)
        self.opened.set_result(None)
        return True

    def _frame(self) -> tuple[int, bytes] | None:
        """Return kind and payload of the next frame, None as long as it is not whole."""
        left = self._left
        if len(left) < 2:
            return None
        begin, size = 2, left[1]
        if size >= SHORT:
            begin = 4 if size == SHORT else 10
            size = int.from_bytes(left[2:begin], "big")
        if len(left) < begin + size:
            return None
        kind, payload = left[0] & 0x0F, bytes(left[begin : begin + size])
        del left[: begin + size]
        return kind, payload

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == BINARY:
            self.on_message(payload)
        elif kind == TEXT:
            self.on_message(orjson.loads(payload))
        elif kind == PING:
            self._send(PONG, payload)
        elif kind == CLOSE:
            self._code = int.from_bytes(payload[:2], "big")
            self._send(CLOSE, payload[:2])
            self.transport.close()

    def _send(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        head = bytes([FINAL | kind, MASKED | min(size, SHORT)])
        if size >= SHORT:
            head += size.to_bytes(2, "big")
        self.transport.write(head + bytes(4) + payload)

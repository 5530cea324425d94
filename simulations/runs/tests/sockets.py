"""Clients of the socket, through the real ASGI application, session cookie and all."""

import asyncio
import json
from typing import Any

import numpy as np
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from simulations.models import Run
from simulations.runs.frames import HEADER
from webapp.asgi import application

in_thread = database_sync_to_async
ORIGIN = (b"origin", b"http://localhost")


def cookie_of(person: User | None) -> list[tuple[bytes, bytes]]:
    """Return the headers of a browser in which a person is signed in."""
    if person is None:
        return [ORIGIN]
    client = Client()
    client.force_login(person)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return [ORIGIN, (b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode())]


class Watcher:
    """A client of the socket that keeps what it was told."""

    def __init__(self, run: Run, headers: list[tuple[bytes, bytes]]) -> None:
        self.socket = WebsocketCommunicator(application, f"/ws/simulations/{run.pk}", headers=headers)
        self.said: list[dict[str, Any]] = []

    async def __aenter__(self) -> "Watcher":
        connected, _ = await self.socket.connect(timeout=10)
        assert connected
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.disconnect(timeout=10)

    async def send(self, **message: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(message))

    async def hear(self, kind: str, seconds: float = 20.0) -> Any:
        """Return the data of the next message of a kind; frames as (header, columns)."""
        async with asyncio.timeout(seconds):
            while True:
                output = await self.socket.receive_output(timeout=seconds)
                if output["type"] == "websocket.close":
                    return output["code"]
                if output.get("bytes") is not None:
                    frame = output["bytes"]
                    header = HEADER.unpack_from(frame)
                    columns = np.frombuffer(frame[HEADER.size :], "<f8").reshape(header[2], header[3])
                    if kind == "binary":
                        return header, columns
                    continue
                message = json.loads(output["text"])
                self.said.append(message)
                if message["type"] == kind:
                    return message["data"]

    async def until_status(self, status: str) -> dict[str, Any]:
        while True:
            data = await self.hear("status")
            if data["status"] == status:
                return dict(data)


async def watcher(run: Run, person: User | None) -> Watcher:
    return Watcher(run, await in_thread(cookie_of)(person))

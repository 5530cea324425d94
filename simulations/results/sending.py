"""Sending files: made under a temporary name, streamed, and gone afterwards."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.conf import settings
from django.http import StreamingHttpResponse

CHUNK_BYTES = 256 * 1024


def temporary_path(suffix: str) -> Path:
    """Return a new path beside the runs, so that a large export does not fill a small temporary folder."""
    folder = Path(settings.DATA_DIR) / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{uuid.uuid4().hex}{suffix}"


def send_away(path: Path, name: str, content_type: str) -> StreamingHttpResponse:
    """Return a download of a file that is removed when it was sent or the browser went away."""
    size = path.stat().st_size
    file = path.open("rb")
    # The open file outlives its name: nothing is left behind however the response ends.
    path.unlink()
    response = StreamingHttpResponse(_chunks(file), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Length"] = str(size)
    return response


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


def remove(path: Path) -> None:
    """Remove an unfinished file."""
    with suppress(FileNotFoundError):
        path.unlink()

"""`manage.py serve`: ready with one link, refuses plainly, ends politely."""

import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def serve(data_dir: Path, port: int) -> subprocess.Popen[str]:
    """Start a server with a DATA_DIR of its own."""
    kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "WEB_CONCURRENCY"}}
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        cwd=ROOT,
        env=kept | {"DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said_until_ready(process: subprocess.Popen[str]) -> str:
    """What it printed before it listened."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("Ready"):
            return said
    raise AssertionError(f"never ready:\n{said}{process.stderr.read() if process.stderr else ''}")


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def running(tmp_path: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that is ready, and what it said."""
    process = serve(tmp_path, port)
    try:
        yield process, said_until_ready(process)
    finally:
        process.kill()
        process.communicate()


def test_it_gives_out_one_link_serves_and_ends_at_a_signal(running, port: int, tmp_path: Path) -> None:
    process, said = running
    assert re.findall(r"http://127\.0\.0\.1:\d+/first#\S{22}\n", said) == [
        f"http://127.0.0.1:{port}/first#{said.split('#')[1][:22]}\n"
    ]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in") as page:
        assert page.status == 200
    key = tmp_path / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    process.terminate()
    assert process.wait(timeout=30) == 0


def test_a_taken_port_and_a_taken_database_are_told_in_one_line(running, port: int, tmp_path: Path) -> None:
    def refusal(data_dir: Path, port: int) -> str:
        other = serve(data_dir, port)
        _, said = other.communicate(timeout=120)
        assert other.returncode == 1
        assert len(said.splitlines()) == 1
        return said

    assert f"Port {port} is in use" in refusal(tmp_path, port)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    assert "Another server works on" in refusal(tmp_path, free)

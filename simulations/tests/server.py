"""A real workbench in a process of its own: `manage.py serve` on a DATA_DIR of its own."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
for name in {names!r}:
    defaults = dict(is_staff={staff}, is_superuser={staff})
    user, _ = User.objects.get_or_create(username=name, defaults=defaults)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    print("session", store.session_key)
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Workbench:
    """`manage.py serve` on a DATA_DIR of its own; may be killed and started again."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    first_link: str = ""
    start_seconds: float = 0.0

    @property
    def url(self) -> str:
        """Where the start page is."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The environment of every command on this workbench."""
        kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
        return kept | {"DATA_DIR": str(self.data_dir)} | self.settings

    def start(self) -> None:
        """Start and wait until it answers; the first link is what it printed."""
        started = time.monotonic()
        with (self.data_dir / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
            )
        output = self._read_until(b"Ready", started + START_SECONDS)
        self.start_seconds = time.monotonic() - started
        link = re.search(r"http://\S+/first#\S+", output)
        self.first_link = link.group() if link else ""

    def _read_until(self, word: bytes, deadline: float) -> str:
        assert self.process is not None and self.process.stdout is not None
        output, stream = b"", self.process.stdout.fileno()
        while word not in output:
            ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(stream, 65_536) if ready else b""
            assert more, f"the workbench did not start:\n{output.decode()}{self.log()}"
            output += more
        return output.decode()

    def log(self) -> str:
        """What the server wrote to its log."""
        return (self.data_dir / "server.log").read_text()

    def kill(self) -> None:
        """End the server as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self._end()

    def stop(self) -> int:
        """Ask the server to end; return its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self._end()

    def _end(self) -> int:
        assert self.process is not None and self.process.stdout is not None
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        self.process = None
        return status

    def manage(self, *arguments: str) -> str:
        """Run a management command on the same data and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def session(self, name: str, *, staff: bool = False) -> str:
        """Return the session key of a person, made if new; the cookie is named `sessionid`."""
        return self.sessions([name], staff=staff)[0]

    def sessions(self, names: list[str], *, staff: bool = False) -> list[str]:
        """Return the session keys of several people in one go."""
        printed = self.manage("shell", "-v", "0", "-c", SESSION.format(names=names, staff=staff))
        return re.findall(r"session (\w+)", printed)

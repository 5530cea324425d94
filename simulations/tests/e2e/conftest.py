"""A real server in a process of its own, a real browser, and an ear for every complaint of a page."""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 60


def chromium_path() -> str:
    """Return the browser's path; skip where there is none, but never in CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("CI must run the browser tests, and there is no Chromium")
    if found is None:
        pytest.skip("no Chromium on this machine: the browser tests need one")
    return found


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
    process: subprocess.Popen[str] | None = None
    first_link: str = ""
    start_seconds: float = 0.0

    @property
    def url(self) -> str:
        """Where the start page is."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The environment of every command on this workbench."""
        kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
        return kept | {"DATA_DIR": str(self.data_dir)}

    def start(self) -> None:
        """Start and wait until it answers; the first link is what it printed."""
        started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port)],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=(self.data_dir / "server.log").open("a"),
            text=True,
        )
        output = ""
        assert self.process.stdout is not None
        while "Ready" not in output:
            left = started + START_SECONDS - time.monotonic()
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, left))
            line = self.process.stdout.readline() if ready else ""
            assert line, f"the workbench did not start:\n{output}{self.log()}"
            output += line
        self.start_seconds = time.monotonic() - started
        link = re.search(r"http://\S+/first#\S+", output)
        self.first_link = link.group() if link else ""

    def log(self) -> str:
        """What the server wrote to its log."""
        return (self.data_dir / "server.log").read_text()

    def kill(self) -> None:
        """End the server as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self) -> int:
        """Ask the server to end; return its exit status."""
        assert self.process is not None
        self.process.terminate()
        status = self.process.wait(timeout=30)
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


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    """A started workbench."""
    bench = Workbench(tmp_path)
    bench.start()
    yield bench
    if bench.process is not None:
        bench.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the whole run."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Complaints:
    """Everything a page said that it should not have: console, errors, policy violations."""

    heard: list[str] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        """Hear every page of a context."""
        context.expose_function("reportViolation", self.heard.append)
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e =>"
            " reportViolation(`CSP ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))"
        )
        context.on("console", self._console)
        context.on("weberror", lambda error: self.heard.append(f"error: {error.error}"))

    def _console(self, message: ConsoleMessage) -> None:
        self.heard.append(f"console {message.type}: {message.text}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Fail the test when a page complained."""
    complaints = Complaints()
    yield complaints
    assert complaints.heard == []


@pytest.fixture(params=["1440", "390"])
def page(browser: Browser, complaints: Complaints, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page at a desk's and at a phone's width."""
    width = int(request.param)
    context = browser.new_context(viewport={"width": width, "height": 900 if width > 600 else 800})
    complaints.listen(context)
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Iterator[object]:
    """Return a function that keeps a screenshot where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")

    def keep(page: Page, name: str) -> None:
        if folder:
            width = (page.viewport_size or {"width": 0})["width"]
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)

    yield keep

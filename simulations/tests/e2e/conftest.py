"""A real server, a real browser, and an ear for every complaint of a page."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from simulations.tests.server import Workbench

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str:
    """Return the browser's path; skip where there is none, but never in CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("CI must run the browser tests, and there is no Chromium")
    if found is None:
        pytest.skip("no Chromium on this machine: the browser tests need one")
    return found


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
    expected: list[str] = field(default_factory=list)

    def expect(self, words: str) -> None:
        """Let pass what a test provokes, a killed server's refused connections for instance."""
        self.expected.append(words)

    def unexpected(self) -> list[str]:
        """Return what no test asked for."""
        return [said for said in self.heard if not any(words in said for words in self.expected)]

    def listen(self, context: BrowserContext) -> None:
        """Hear every page of a context."""
        context.expose_function("reportViolation", self._violation)
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e =>"
            " reportViolation(`CSP ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))"
        )
        context.on("console", self._console)
        context.on("weberror", lambda error: self.heard.append(f"error: {error.error}"))

    def _violation(self, words: str) -> None:
        self.heard.append(words)

    def _console(self, message: ConsoleMessage) -> None:
        self.heard.append(f"console {message.type}: {message.text}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Fail the test when a page complained."""
    complaints = Complaints()
    yield complaints
    assert complaints.unexpected() == []


@pytest.fixture(params=["1440", "390"])
def page(
    browser: Browser, workbench: Workbench, complaints: Complaints, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page at a desk's and at a phone's width; closed before its server is."""
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

"""Frames drawn a second by the live page in a real Chromium, counted at the canvas, not at our own scripts.

Starts a server and a browser of its own: the twelve-bank day at 10 ticks a second, the gallery's busy day
(20,000 payments in 600 ticks) at 60, and sixty banks at full speed. An animation frame counts as drawn when
at least one chart was painted in it. Prints one JSON object.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Browser, Page, sync_playwright

from simulations.tests.bench.frames import Server, scenario
from simulations.tests.e2e.conftest import FLAGS, chromium_path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SECONDS = 6.0
COUNT_PAINTED = """
window.painted = {animation: 0, charts: 0, binary: 0};
let touched = 0;
const clear = CanvasRenderingContext2D.prototype.clearRect;
CanvasRenderingContext2D.prototype.clearRect = function (...box) {
  touched += 1;
  return clear.apply(this, box);
};
(function look() {
  requestAnimationFrame(() => {
    if (touched) window.painted.animation += 1;
    window.painted.charts += touched;
    touched = 0;
    look();
  });
})();
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...how) {
    super(...how);
    this.addEventListener("message", (event) => {
      if (typeof event.data !== "string") window.painted.binary += 1;
    });
  }
};
"""
READ = """() => ({
  ...window.painted, at: performance.now(), tick: document.querySelector("#run-tick").textContent,
})"""


def measured(
    browser: Browser, server: Server, document: dict[str, Any], speed: float | None
) -> dict[str, float]:
    """Watch a run for a while; return what came and what was painted, a second."""
    run = server.create_of(document)
    if speed is not None:
        server.client.post(f"/runs/{run}/speed", data={"ticks_per_second": speed})
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    session = server.client.cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": session, "url": server.bench.url}])
    context.add_init_script(COUNT_PAINTED)
    page: Page = context.new_page()
    page.goto(f"{server.bench.url}/runs/{run}/")
    page.wait_for_function("() => document.querySelector('#run-link').textContent === 'live'")
    server.start(run)
    page.wait_for_timeout(1_000)
    before = page.evaluate(READ)
    page.wait_for_timeout(SECONDS * 1_000)
    after = page.evaluate(READ)
    context.close()
    server.stop(run)
    seconds = (after["at"] - before["at"]) / 1_000
    ticks = int(after["tick"].replace(",", "")) - int(before["tick"].replace(",", ""))
    figures = {
        f"{name}_per_second": (after[name] - before[name]) / seconds
        for name in ("animation", "charts", "binary")
    }
    return figures | {"ticks_per_second": ticks / seconds}


def example(name: str) -> dict[str, Any]:
    """Return a scenario of the gallery as JSON has it."""
    text = (EXAMPLES / name / "scenario.yaml").read_text()
    document: dict[str, Any] = json.loads(json.dumps(yaml.safe_load(text), default=str))
    return document


def main() -> None:
    """Measure at the tick rate and at full speed."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        server = Server(Path(folder))
        try:
            result = {
                "twelve_banks_at_10": measured(browser, server, example("twelve-banks"), 10.0),
                "busy_day_at_60": measured(browser, server, example("busy-day"), 60.0),
                "sixty_banks_at_full_speed": measured(browser, server, {**scenario(1), "num_days": 50}, None),
            }
        finally:
            server.bench.stop()
            browser.close()
    json.dump(result, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

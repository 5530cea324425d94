"""Many seeds, as a person asks for them and looks at what comes of them: bands instead of lines."""

import re

import duckdb
from playwright.sync_api import Locator, Page, expect

from simulations.tests.e2e.test_editor import ready
from simulations.tests.e2e.test_journey import sign_in_first
from simulations.tests.server import Workbench

SWEEP_MILLISECONDS = 60_000
CHARTS = [
    *("balance", "arrived_value_total", "settled_value_total", "throughput"),
    *("pending", "queue_depth", "queue_value", "cost_total"),
]
# Which share of the pixels of a chart is not transparent.
DRAWN = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let drawn = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) drawn += 1;
  return drawn / (data.length / 4);
}"""


def run_seeds(page: Page, workbench: Workbench, seeds: int) -> None:
    """Run the twelve banks with many seeds and wait for what comes of them."""
    sign_in_first(page, workbench)
    page.get_by_role("link", name=re.compile("Look inside.*Twelve banks")).click()
    opener = page.get_by_role("button", name="with…")
    expect(opener).to_be_visible()
    ready(page)
    opener.click()
    page.get_by_label("Number of seeds").fill(str(seeds))
    page.locator("#run-dialog").get_by_role("button", name="Run").click()
    expect(page.locator("#sweep-charts")).to_have_attribute("data-drawn", "yes", timeout=SWEEP_MILLISECONDS)


def chart(page: Page, key: str) -> Locator:
    """Return the figure of a chart."""
    return page.locator(f"[data-chart={key}]")


def last_row(page: Page, key: str) -> list[str]:
    """Return the last row of a chart's table."""
    chart(page, key).get_by_role("button", name="Table").click()
    row = page.locator("#chart-table tbody tr").last.locator("td").all_inner_texts()
    page.locator("#chart-table").get_by_role("button", name="Close").click()
    return row


def test_many_seeds_come_back_as_bands(page: Page, workbench: Workbench, shoot):
    run_seeds(page, workbench, 60)
    assert page.locator("[data-chart]").evaluate_all("all => all.map(each => each.dataset.chart)") == CHARTS
    for key in CHARTS:
        expect(chart(page, key).locator(".legend li")).to_have_count(6 if key == "throughput" else 5)
        assert chart(page, key).locator("canvas").evaluate(DRAWN) > 0.02, key
    assert last_row(page, "throughput")[-6:] == ["100.0 %"] * 6
    assert all("EUR" in amount for amount in last_row(page, "cost_total")[-5:])
    shoot(page, "sweep")
    page.emulate_media(color_scheme="dark")
    shoot(page, "sweep-dark")


def test_another_bank_is_chosen_by_keys_and_stays_chosen(page: Page, workbench: Workbench):
    run_seeds(page, workbench, 12)
    choice = page.get_by_label("Bank", exact=True)
    expect(choice.locator("option")).to_have_count(10)
    first = choice.input_value()
    heading = chart(page, "balance").get_by_role("heading")
    expect(heading).to_have_text(f"Balances · {first}")
    before = last_row(page, "balance")
    choice.focus()
    page.keyboard.press("ArrowDown")
    chosen = choice.input_value()
    assert chosen != first
    expect(heading).to_have_text(f"Balances · {chosen}")
    after = last_row(page, "balance")
    assert len(after) == len(before)
    assert after != before
    page.reload()
    expect(heading).to_have_text(f"Balances · {chosen}")
    assert last_row(page, "balance") == after


def test_a_drag_zooms_all_bands(page: Page, workbench: Workbench):
    run_seeds(page, workbench, 12)
    over = chart(page, "queue_value").locator(".u-over")
    over.scroll_into_view_if_needed()
    area = over.bounding_box()
    assert area
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] * 0.3, middle)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.6, middle, steps=4)
    page.mouse.up()
    resets = page.get_by_role("button", name="Whole run")
    expect(resets).to_have_count(len(CHARTS))
    resets.first.click()
    expect(resets).to_have_count(0)


def test_a_sweep_of_an_older_version_is_drawn_with_the_bands_it_has(page: Page, workbench: Workbench):
    run_seeds(page, workbench, 3)
    [bands] = workbench.data_dir.glob("sweeps/*/bands.parquet")
    with duckdb.connect() as connection:
        older = "COLUMNS('^(tick|[a-s].*_total_q|pending|queue).*')"
        connection.execute(f"CREATE TABLE older AS SELECT {older} FROM '{bands}'")
        connection.execute(f"COPY older TO '{bands}'")
    page.reload()
    expect(page.locator("#sweep-charts")).to_have_attribute("data-drawn", "yes")
    expect(page.locator("[data-chart]")).to_have_count(len(CHARTS) - 2)
    expect(page.locator("#sweep-charts canvas")).to_have_count(len(CHARTS) - 2)


def test_any_seed_becomes_a_run(page: Page, workbench: Workbench):
    run_seeds(page, workbench, 3)
    seed = page.locator("#seeds-table tbody th").last.inner_text()
    page.get_by_role("button", name=f"Run seed {seed}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(f"seed {seed}"))

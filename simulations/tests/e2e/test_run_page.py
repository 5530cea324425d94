"""The live page beyond playing: stepping in, pictures as tables, looking back, branching."""

import re

from playwright.sync_api import Page, expect

from simulations.tests.e2e.test_journey import run_card, sign_in_first, tick
from simulations.tests.server import Workbench


def run_to_a_rest(page: Page, workbench: Workbench) -> int:
    """Start the twelve banks and pause them after some ticks; return the tick they rest at."""
    sign_in_first(page, workbench)
    run_card(page, "Twelve banks")
    page.wait_for_function("() => Number(document.querySelector('#run-tick').textContent) > 8")
    page.keyboard.press("Space")
    expect(page.locator("#run-badge")).to_have_text("paused")
    return tick(page)


def test_a_person_steps_in_and_takes_it_back(page: Page, workbench: Workbench):
    rests_at = run_to_a_rest(page, workbench)
    page.keyboard.press("i")
    page.get_by_label("What happens").select_option("set_policy")
    page.get_by_label("Policy:", exact=True).select_option("throughput")
    expect(page.get_by_label("Targets")).to_be_visible()
    page.get_by_label("Bank:").fill("acacia")
    page.get_by_label("Keep").fill("1,000.00")
    page.get_by_label("Targets").fill("70 80 %\n60 50 %")
    page.get_by_label("At tick").fill(str(rests_at + 20))
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#intervene-targets_error")).to_contain_text("ascend")
    page.get_by_label("Targets").fill("60 50 %\n70 80 %")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#intervene-form [role=status]")).to_contain_text("takes effect")
    page.locator("#intervene-close").click()
    made = page.locator("#interventions tbody tr")
    expect(made).to_contain_text("ACACIA")
    made.get_by_role("button", name="Withdraw").click()
    expect(made).to_contain_text("withdrawn")


def test_the_pictures_are_tables_one_click_away_and_move_by_keys(page: Page, workbench: Workbench):
    run_to_a_rest(page, workbench)
    for key in ("map", "heat"):
        said = page.locator(f"#{key}-said")
        expect(said).not_to_be_empty()
        before = said.inner_text()
        page.locator(f"#{key} canvas").focus()
        page.keyboard.press("ArrowRight")
        expect(said).not_to_have_text(before)
    page.locator("[data-table=heat]").click()
    heads = page.locator("#chart-table thead th")
    expect(heads).to_have_count(13)
    page.locator("#chart-table-close").click()


def test_a_person_looks_back_and_branches_from_there(page: Page, workbench: Workbench):
    rests_at = run_to_a_rest(page, workbench)
    arrived_now = page.locator("[data-stat=arrived]").inner_text()
    slider = page.get_by_label("Look back")
    slider.focus()
    for _ in range(rests_at - 4):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#queue")).to_contain_text(re.compile("As it was|Nothing waits"))
    expect(page.locator("[data-stat=arrived]")).not_to_have_text(arrived_now)
    page.get_by_role("button", name="Back to now").click()
    expect(page.locator("[data-stat=arrived]")).to_have_text(arrived_now)
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Branch here").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("from tick 4")
    expect(page.locator("#run-tick")).to_have_text("4")
    expect(page.locator(".legend-beside").first).to_contain_text("Settled in")
    page.locator(".crumbs a", has_text="Twelve banks").last.click()
    expect(page.locator(".crumbs")).to_contain_text("from tick 4")


def test_marks_say_what_happened_by_pointer_and_by_keys(page: Page, workbench: Workbench, shoot):
    sign_in_first(page, workbench)
    run_card(page, "Outage at noon")
    flag = page.locator("[data-chart=balances] .chart-flag").first
    flag.scroll_into_view_if_needed()
    flag.hover()
    tip = page.get_by_role("tooltip")
    expect(tip).to_contain_text("outage ACACIA (scenario)")
    shoot(page, "marks")
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)
    flag.focus()
    expect(tip).to_contain_text("outage ACACIA (scenario)")

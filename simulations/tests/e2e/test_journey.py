"""The main job, as a person does it: from the first link to a reviewed run."""

import re

from playwright.sync_api import Page, expect

from simulations.tests.server import Workbench

PASSWORD = "a long enough pass phrase"
DAY_MILLISECONDS = 60_000


def sign_in_first(page: Page, workbench: Workbench) -> None:
    """Follow the first link and choose a password."""
    page.goto(workbench.first_link)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.goto(workbench.url)


def run_card(page: Page, title: str) -> None:
    """Press Run on a gallery card."""
    page.get_by_role("button", name=f"Run {title}", exact=True).click()
    expect(page.locator("#run-link")).to_have_text("live")
    expect(page.locator("#run-badge")).to_have_text("running")


def tick(page: Page) -> int:
    """Return the tick that the live page shows."""
    return int(page.locator("#run-tick").inner_text().replace(",", ""))


def test_a_day_from_the_first_link_to_an_approved_run(page: Page, workbench: Workbench, shoot):
    sign_in_first(page, workbench)
    shoot(page, "start")
    run_card(page, "Twelve banks")
    run_page = page.url
    expect(page.locator("#run-badge")).to_have_text("running")
    page.wait_for_function("() => Number(document.querySelector('#run-tick').textContent) > 5")

    page.keyboard.press("Space")
    expect(page.locator("#run-badge")).to_have_text("paused")
    paused_at = tick(page)
    assert 5 < paused_at < 100
    shoot(page, "live")

    page.keyboard.press(".")
    expect(page.locator("#run-tick")).to_have_text(str(paused_at + 1))
    page.locator("[data-verb=step]").click()
    expect(page.locator("#run-tick")).to_have_text(str(paused_at + 2))

    page.reload()
    expect(page.locator("#run-link")).to_have_text("live")
    expect(page.locator("#run-tick")).to_have_text(str(paused_at + 2))
    expect(page.locator("#run-badge")).to_have_text("paused")

    page.keyboard.press("Space")
    expect(page.locator("#run-badge")).to_have_text("finished", timeout=DAY_MILLISECONDS)
    shoot(page, "finished")
    page.locator("#results-link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Twelve banks")
    digest = re.search(r"\b[0-9a-f]{64}\b", page.content())
    assert digest
    shoot(page, "results")
    page.get_by_role("button", name="Request review").click()

    page.goto(f"{workbench.url}/history/")
    expect(page.get_by_role("link", name=re.compile("Twelve banks")).first).to_be_visible()
    shoot(page, "history")

    identity = run_page.rstrip("/").split("/")[-1]
    page.goto(f"{workbench.url}/admin/simulations/run/{identity}/change/")
    assert digest.group() in page.content()
    shoot(page, "admin")


def test_the_first_link_works_once(page: Page, workbench: Workbench, complaints):
    complaints.expect("403")
    sign_in_first(page, workbench)
    page.context.clear_cookies()
    page.goto(workbench.first_link)
    expect(page).to_have_url(re.compile("/first|/sign-in"))
    page.goto(workbench.url)
    expect(page).to_have_url(re.compile("/sign-in"))


def test_two_tabs_show_one_run_and_either_may_steer(page: Page, workbench: Workbench):
    sign_in_first(page, workbench)
    run_card(page, "Twelve banks")
    for control in ("#run-until", "#run-to-tick"):
        expect(page.locator(control)).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator("#run-badge")).to_have_text("paused")
    second = page.context.new_page()
    second.goto(page.url)
    expect(second.locator("#run-link")).to_have_text("live")
    paused_at = tick(second)
    expect(page.locator("#run-tick")).to_have_text(str(paused_at))
    second.keyboard.press(".")
    for tab in (page, second):
        expect(tab.locator("#run-tick")).to_have_text(str(paused_at + 1))
    second.close()


def test_a_run_outlives_its_page_and_its_server(page: Page, workbench: Workbench, complaints):
    complaints.expect("ERR_CONNECTION_REFUSED")
    sign_in_first(page, workbench)
    run_card(page, "Twelve banks")
    page.wait_for_function("() => Number(document.querySelector('#run-tick').textContent) > 3")
    run_page = page.url
    page.goto("about:blank")
    workbench.kill()
    workbench.start()
    page.goto(run_page)
    expect(page.locator("#run-link")).to_have_text("live")
    badge = page.locator("#run-badge")
    expect(badge).to_have_text(re.compile("running|paused|finished"), timeout=DAY_MILLISECONDS)
    if badge.inner_text() == "paused":
        page.keyboard.press("Space")
    expect(badge).to_have_text("finished", timeout=DAY_MILLISECONDS)
    identity = run_page.rstrip("/").split("/")[-1]
    assert "identical" in workbench.manage("verify_run", identity)


def test_a_page_left_open_goes_on_by_itself_after_its_server_was_killed(
    page: Page, workbench: Workbench, complaints
):
    # htmx tells on the console, in two lines, of each part it asked the killed server for.
    htmx = ("htmx:sendError", "htmx:afterRequest")
    for words in ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", *htmx):
        complaints.expect(words)
    sign_in_first(page, workbench)
    run_card(page, "Twelve banks")
    page.wait_for_function("() => Number(document.querySelector('#run-tick').textContent) > 3")
    workbench.kill()
    link = page.locator("#run-link")
    expect(link).to_have_text("reconnecting")
    shown = tick(page)
    workbench.start()
    expect(link).to_have_text("live", timeout=DAY_MILLISECONDS)
    expect(page.locator("#run-badge")).to_have_text("finished", timeout=DAY_MILLISECONDS)
    assert tick(page) > shown
    identity = page.url.rstrip("/").split("/")[-1]
    assert "identical" in workbench.manage("verify_run", identity)


def test_the_second_start_is_quick(workbench: Workbench):
    workbench.stop()
    workbench.start()
    assert workbench.first_link
    # Under three seconds on an idle machine; the bound leaves room for a busy one.
    assert workbench.start_seconds < 10

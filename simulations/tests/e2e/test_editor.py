"""Writing a scenario in the browser: one text, two views, and nothing typed is lost."""

from playwright.sync_api import Page, expect

from simulations.tests.e2e.test_journey import sign_in_first
from simulations.tests.server import Workbench


def begin(page: Page, workbench: Workbench) -> None:
    """Sign in and begin with the smallest file."""
    sign_in_first(page, workbench)
    page.goto(f"{workbench.url}/scenarios/new")
    page.get_by_role("button", name="Start with this").click()
    expect(page.locator("#check-head")).to_have_text("Ready to run")
    ready(page)


def ready(page: Page) -> None:
    """Wait for the editor's scripts."""
    page.wait_for_function("() => document.querySelector('#yaml-editor').shadowRoot !== null")


def text(page: Page) -> str:
    """Return the text as the editor holds it."""
    return str(page.evaluate("() => PS.yaml.text()"))


def show(page: Page, view: str) -> None:
    """Press Form or YAML."""
    page.get_by_role("group", name="View").get_by_role("button", name=view, exact=True).click()


def box(page: Page, path: str):
    """Return the form's box of a path."""
    return page.locator(f'#form-view [data-path="{path}"]')


def test_the_form_and_the_text_are_one_document(page: Page, workbench: Workbench, shoot):
    begin(page, workbench)
    box(page, "agents[0].balance").fill("12,345.67")
    box(page, "agents[0].balance").press("Enter")
    expect(page.get_by_text("differs from version 1")).to_be_visible()
    assert "{id: BANK_A, balance: 1234567}   # cents" in text(page), "the comment stays"

    page.get_by_role("button", name="Add a bank").click()
    expect(box(page, "agents[2].id")).to_have_value("BANK_C")
    shoot(page, "editor-form")

    show(page, "YAML")
    page.locator("#yaml-editor .cm-content").click()
    page.keyboard.press("Control+z")
    show(page, "Form")
    expect(box(page, "agents[2].id")).to_have_count(0)
    expect(box(page, "agents[0].balance")).to_have_value("12,345.67")


def test_a_fault_shows_on_the_line_beside_the_box_and_in_the_summary(page: Page, workbench: Workbench, shoot):
    begin(page, workbench)
    show(page, "YAML")
    page.locator("#yaml-editor .cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("costs: {overdraft_rate: 2")
    expect(page.locator("#check-head")).to_have_text("1 fault")
    expect(page.locator("#yaml-editor .cm-lint-marker-error")).to_have_count(1)
    shoot(page, "editor-yaml")

    show(page, "Form")
    expect(box(page, "costs.overdraft_rate")).to_have_attribute("aria-invalid", "true")
    page.locator(".fault").click()
    expect(box(page, "costs.overdraft_rate")).to_be_focused()
    page.reload()
    ready(page)
    expect(page.locator("#check-head")).to_have_text("1 fault")

    page.get_by_role("tab", name="Costs").click()
    box(page, "costs.overdraft_rate").fill("0.5")
    box(page, "costs.overdraft_rate").press("Tab")
    expect(page.locator("#check-head")).to_have_text("Ready to run")


def test_a_changed_scenario_is_saved_and_run_with_a_seed_by_keyboard(page: Page, workbench: Workbench):
    begin(page, workbench)
    box(page, "agents[0].balance").fill("500")
    page.keyboard.press("Control+s")
    page.keyboard.type("less money")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    ready(page)
    assert "balance: 50000}" in text(page)

    page.get_by_role("button", name="with…").press("Enter")
    page.get_by_label("Seed", exact=True).last.fill("11")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("seed 11")


def test_typing_over_all_of_the_text_replaces_it(page: Page, workbench: Workbench):
    begin(page, workbench)
    show(page, "YAML")
    page.locator("#yaml-editor .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("seed: 7")
    assert text(page) == "seed: 7"
    page.keyboard.press("Control+a")
    page.keyboard.type('"')
    assert text(page) == '"seed: 7"', "a quote is put around what is selected"


def test_enter_opens_the_banks_between_the_bounds(page: Page, workbench: Workbench):
    begin(page, workbench)
    page.get_by_role("button", name="Open between LB and UB…").click()
    percent = page.get_by_label("Per cent of the way from LB to UB")
    percent.fill("120")
    percent.press("Enter")
    expect(percent).to_be_visible()
    percent.fill("100")
    percent.press("Enter")
    expect(percent).to_be_hidden()
    expect(box(page, "agents[0].balance")).to_have_value("2,500.00")

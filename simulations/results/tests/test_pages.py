"""The result pages of one run."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from simulations.models import Run
from simulations.results.tests.cast import TEXT, TICKS, finished_run, live_run, new_run, version_of
from simulations.runs import manager

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = (
    ("run_results", ()),
    ("run_report", ()),
    ("run_curves", ()),
    ("run_balances", ()),
    ("result_banks", ()),
    ("run_bank", ("NORD",)),
    ("run_payments", ()),
    ("run_payment", ("P1",)),
    ("run_events", ()),
    ("run_scenario", ()),
    ("run_measures", ("csv",)),
    ("run_definitions", ("csv",)),
    ("run_days", ()),
)


@pytest.fixture
def client(owner, as_person):
    return as_person(owner)


@pytest.fixture
def cast(request, as_person):
    """Return a function that gives the client of one of the cast by name."""
    return lambda name: as_person(request.getfixturevalue(name))


def address(name: str, run: Run, *more: str) -> str:
    return reverse(name, args=(run.pk, *more))


@pytest.mark.parametrize(("name", "more"), PAGES)
def test_a_page_is_for_owner_staff_and_teammates_only(name, more, owner, cast, client):
    run = finished_run(owner)
    path = address(name, run, *more)
    assert client.get(path).status_code == 200
    assert cast("staff").get(path).status_code == 200
    assert cast("stranger").get(path).status_code == 404
    assert Client().get(path).status_code == 302
    Run.objects.update(shared=True)
    assert cast("teammate").get(path).status_code == 200


def test_only_the_owner_writes_labels(owner, cast, client):
    run = finished_run(owner)
    path = address("run_label", run)
    given = {"name": "Friday", "tags": "Stress,  fridays, stress", "notes": "odd"}
    assert cast("stranger").post(path, given).status_code == 404
    assert cast("staff").post(path, given).status_code == 403
    Run.objects.update(shared=True)
    assert cast("teammate").post(path, given).status_code == 403
    assert client.post(path, given).status_code == 302
    run.refresh_from_db()
    assert (run.name, run.tags, run.notes) == ("Friday", ["stress", "fridays"], "odd")


def test_the_owner_reads_who_decided_and_why_until_it_is_asked_for_again(owner, client, staff):
    run = finished_run(owner)
    decided = {"review": "rejected", "review_note": "Seed 7 differs.", "reviewed_by": staff}
    Run.objects.update(reviewed_at=timezone.now(), **decided)
    page = client.get(address("run_results", run)).text
    assert f"Rejected by {staff.username}" in page
    assert "Seed 7 differs." in page
    Run.objects.update(review="requested")
    assert "Seed 7 differs." not in client.get(address("run_results", run)).text


def test_faulty_labels_are_told_and_nothing_is_written(owner, client):
    run = finished_run(owner)
    answer = client.post(address("run_label", run), {"name": "", "tags": "x" * 31, "notes": ""})
    assert answer.status_code == 400
    assert "at most 30 characters" in answer.content.decode()
    assert Run.objects.get().name == run.name


def test_the_overview_shows_the_measures_in_currency_units(owner, client):
    page = client.get(address("run_results", finished_run(owner))).content.decode()
    assert "1,449.99 EUR" in page  # what arrived: 300 + 100 + 999.99 + 50
    assert "450.00 EUR" in page
    assert "Settled value / arrived value." in page


def test_the_published_sets_stand_with_their_definitions_and_sources(owner, client):
    page = client.get(address("run_results", finished_run(owner))).content.decode()
    assert "CPMIstats" in page
    assert "Value sent / Σ banks of their largest net debit." in page
    assert "https://www.bis.org/publ/bcbs248.htm" in page


def test_the_days_of_a_run_stand_side_by_side_of_all_banks_and_of_one(owner, client):
    text = TEXT.replace("seed: 3", "seed: 3\nnum_days: 12")
    run = new_run(owner, version_of(owner, text))
    assert "measured when the run is over" in client.get(address("run_days", run)).text
    manager.tick(run, 12 * TICKS)
    page = client.get(address("run_days", run))
    rows = {row.measure.key: row.values for _, group in page.context["groups"] for row in group}
    # Everything arrives on day 0; P3 waits for ever, on each of the ten days of this page.
    assert rows["arrived_value"] == ["1,449.99", "1,449.99", *9 * ["0.00"]]
    assert rows["queue_value_max"] == 11 * ["999.99"]
    assert page.context["pager"].pages == 2
    bank = client.get(address("run_days", run) + "?bank=NORD&page=2").context
    assert bank["days"] == [10, 11]
    rows = {row.measure.key: row.values for _, group in bank["groups"] for row in group}
    assert rows["gross_sent"] == ["350.00", "0.00", "0.00"]
    assert rows["liquidity_used"] == ["350.00", "0.00", "0.00"]
    assert client.get(address("run_days", run) + "?bank=NOBODY").status_code == 404


def test_a_decile_at_the_first_tick_is_shown(owner, client):
    text = TEXT.replace("arrival_tick: 1}", "arrival_tick: 0}")
    page = client.get(address("run_results", finished_run(owner, version_of(owner, text)))).context
    shown = {line.measure.key: line.value for _, lines in page["published"] for line in lines}
    assert shown["deciles.1"] == "0.00 ticks"
    assert {"time_specific_value", "time_specific_count", "time_specific_late_count"} <= shown.keys()


def test_throughput_by_hour_stands_against_the_baselines(owner, client):
    version = version_of(owner)
    base = finished_run(owner, version, liquidity_percent=65)
    run = finished_run(owner, version)
    hours = client.get(address("run_results", run) + f"?baseline={base.pk}").context["hours"]
    assert [hour.by for hour in hours][0::9] == ["09:00", "18:00"]
    # The 300.00 of P1 were sent by nine, of 450.00; with less money P4 never settles, so of 400.00.
    assert (hours[0].shown, hours[0].base, hours[0].change.text) == ("66.67 %", "75.00 %", "−8.33 pp")
    assert client.get(address("run_bank", run, "SUND")).context["hours"][0].shown == "0.00 %"


def test_a_queue_that_nothing_can_free_is_called_a_deadlock(owner, client):
    page = client.get(address("run_results", finished_run(owner))).content.decode()
    assert "RTGS: deadlock" in page


def test_a_baseline_is_the_newest_approved_run_unless_another_is_chosen(owner, client):
    version = version_of(owner)
    first = finished_run(owner, version, name="Approved one")
    Run.objects.filter(pk=first.pk).update(review="approved")
    run = finished_run(owner, version, liquidity_percent=50)
    context = client.get(address("run_results", run)).context
    assert context["base"] == first
    rate = next(line for line in context["headline"] if line.measure.key == "settlement_rate_value")
    assert rate.change.good is False
    assert client.get(address("run_results", run) + "?baseline=none").context["base"] is None
    chosen = client.get(address("run_results", first) + f"?baseline={run.pk}").context
    assert chosen["base"] == run


def test_a_branch_is_measured_against_its_parent(owner, client):
    parent = finished_run(owner)
    event = {"type": "transfer_liquidity", "agent": "WEST", "amount": 100_000}
    run = manager.branch(parent, 3, owner, events=[event])
    manager.tick(run, TICKS)
    page = client.get(address("run_results", run))
    assert page.context["base"] == parent
    assert page.context["facts"]["marks"] == [{"tick": 3, "what": "transfer_liquidity"}]
    assert f"/compare/?run={parent.pk}&amp;run={run.pk}" in page.content.decode()
    rate = next(line for line in page.context["headline"] if line.measure.key == "settlement_rate_value")
    assert rate.change.good is True


def test_a_strangers_run_is_no_baseline(owner, stranger, client):
    theirs, mine = finished_run(stranger), finished_run(owner)
    assert client.get(address("run_results", mine) + f"?baseline={theirs.pk}").status_code == 404
    assert client.get(address("run_results", mine) + "?baseline=nonsense").status_code == 404


def test_the_curves_end_where_the_measures_do(owner, client):
    run = finished_run(owner)
    assert run.metrics is not None
    columns = client.get(address("run_curves", run)).json()["columns"]
    assert columns["tick"][0] == 0
    assert columns["tick"][-1] == TICKS - 1
    assert columns["settled_value"][-1] == run.metrics["settled_value"]
    assert columns["arrivals"][-1] == run.metrics["arrived_count"]
    # A delay cost that is the same in every tick is stored once and counts in each.
    assert columns["cost_delay"][-1] == run.metrics["costs"]["delay"] > 0


def test_a_window_of_the_curves_goes_on_from_what_came_before(owner, client):
    run = finished_run(owner)
    whole = client.get(address("run_curves", run)).json()["columns"]
    part = client.get(address("run_curves", run) + "?from=10&to=15").json()["columns"]
    assert (part["tick"][0], part["tick"][-1]) == (10, 15)
    assert part["settled_value"][-1] == whole["settled_value"][-1]
    assert part["cost_delay"][-1] < whole["cost_delay"][-1]


def test_balances_are_drawn_for_the_banks_asked_for(owner, client):
    run = finished_run(owner)
    columns = client.get(address("run_balances", run) + "?bank=NORD&bank=SUND&bank=NOBODY").json()["columns"]
    assert set(columns) == {"tick", "NORD", "SUND"}
    assert (columns["NORD"][0], columns["NORD"][-1]) == (50_000, 15_000)
    assert columns["SUND"][-1] == 20_000
    assert columns["tick"][-1] == TICKS - 1


def test_the_window_of_balances_begins_with_what_stood(owner, client):
    run = finished_run(owner)
    columns = client.get(address("run_balances", run) + "?bank=NORD&from=5&to=6").json()["columns"]
    assert columns == {"tick": [5, 6], "NORD": [20_000, 15_000]}


@pytest.mark.parametrize("query", ["from=-1", "from=x&to=y", "from=99999999", "to=0", "bank=%00"])
def test_a_senseless_window_breaks_nothing(owner, client, query):
    run = finished_run(owner)
    assert client.get(address("run_curves", run) + f"?{query}").status_code == 200
    assert client.get(address("run_balances", run) + f"?{query}").status_code == 200


def test_a_paused_run_that_was_stepped_is_stored_before_it_is_read(owner, client):
    run = new_run(owner)
    for ticks in (1, 2):
        manager.tick(run)
        page = client.get(address("run_results", run))
        assert page.context["stored_ticks"] == ticks
        assert "Pausing it" not in page.content.decode(), "it is paused"
    curves = client.get(address("run_curves", run)).json()["columns"]
    assert curves["tick"][-1] == 1


def test_a_run_that_rests_shows_what_is_stored_so_far(owner, client):
    run = live_run(owner)
    page = client.get(address("run_results", run))
    assert page.status_code == 200
    assert "stored so far" in page.content.decode()
    figures = {line.measure.key: line.value for line in page.context["headline"]}
    assert figures["arrived_count"] == "4"
    assert figures["settled_value"] == "450.00 EUR"
    banks = client.get(address("result_banks", run)).context["rows"]
    assert {row["bank"]: row["gross_sent"] for row in banks} == {"NORD": 35_000, "SUND": 10_000, "WEST": 0}


def test_a_run_that_has_not_begun_says_what_to_do(owner, client):
    run = new_run(owner)
    for name, more in PAGES:
        answer = client.get(address(name, run, *more))
        assert answer.status_code == (404 if name in {"run_payment", "run_measures"} else 200)
    assert "Nothing is stored" in client.get(address("run_results", run)).content.decode()


def test_banks_are_found_and_sorted(owner, client):
    path = address("result_banks", finished_run(owner))
    assert [row["bank"] for row in client.get(path + "?q=northern").context["rows"]] == ["NORD"]
    sent = [row["gross_sent"] for row in client.get(path + "?sort=gross_sent").context["rows"]]
    assert sent == sorted(sent)
    assert client.get(path + "?sort=nonsense&page=99").status_code == 200


def test_a_banks_day_names_its_counterparties(owner, client):
    run = finished_run(owner)
    page = client.get(address("run_bank", run, "NORD"))
    others = {row["other"]: row["sent"] for row in page.context["counterparties"]}
    assert others == {"SUND": 30_000, "WEST": 5_000}
    assert client.get(address("run_bank", run, "NOBODY")).status_code == 404


def test_the_citation_has_all_that_repeats_the_run(owner, client):
    run = finished_run(owner, seed=9)
    citation = client.get(address("run_results", run)).context["citation"]
    for word in (run.document_id, run.digest, "seed 9", run.engine_version):
        assert word in citation.text
    assert citation.command == f"python manage.py simulate {run.document_id[:12]}.yaml --seed 9 --json"
    half = finished_run(owner, liquidity_percent=50)
    assert client.get(address("run_results", half)).context["citation"].command == ""


def test_pages_carry_their_data_without_inline_script_or_style(owner, client):
    page = client.get(address("run_results", finished_run(owner))).content.decode()
    assert " style=" not in page
    assert "<script>" not in page
    banks = page.split('id="banks-index" type="application/json">')[1].split("</script>")[0]
    assert json.loads(banks) == {"NORD": 0, "SUND": 1, "WEST": 2}

"""Payments and events as pages of long tables."""

import time

import pytest
from django.urls import reverse

from simulations.models import Run
from simulations.results.tests.cast import finished_run, with_payments

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(owner, as_person):
    return as_person(owner)


@pytest.fixture
def run(owner) -> Run:
    return finished_run(owner)


def ids(client, run: Run, query: str) -> list[str]:
    """Return the payments a page shows."""
    page = client.get(reverse("run_payments", args=(run.pk,)) + f"?{query}")
    assert page.status_code == 200
    return [row["id"] for row in page.context["rows"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["P1", "P2", "P3", "P4"]),
        ("q=p2", ["P2"]),
        ("bank=WEST", ["P2", "P3", "P4"]),
        ("sender=NORD", ["P1", "P4"]),
        ("sender=NORD&receiver=WEST", ["P4"]),
        ("status=queued", ["P3"]),
        ("status=settled&status=queued", ["P1", "P2", "P3", "P4"]),
        ("method=gross", ["P1", "P2", "P4"]),
        ("least=100&most=300.00", ["P1", "P2"]),
        ("least=999.99", ["P3"]),
        ("from=4&to=5", ["P2", "P3"]),
        ("sort=-amount", ["P3", "P1", "P2", "P4"]),
        ("sort=id", ["P1", "P2", "P3", "P4"]),
        ("sort=-sender", ["P3", "P2", "P1", "P4"]),
        ("status=lost&sort=nothing", ["P1", "P2", "P3", "P4"]),
        ("q=' OR 1=1 --", []),
    ],
)
def test_payments_are_filtered_and_sorted(client, run, query, expected):
    assert ids(client, run, query) == expected


@pytest.mark.parametrize("query", ["least=x", "most=nan", "from=-1", "to=soon", f"least={'9' * 60}"])
def test_a_filter_that_makes_no_sense_is_told_beside_its_field(client, run, query):
    page = client.get(reverse("run_payments", args=(run.pk,)) + f"?{query}")
    assert page.status_code == 200
    assert page.context["faults"].keys() == {query.split("=")[0]}
    assert "field-error" in page.content.decode()


def test_a_million_payments_are_paged_quickly(client, run, settings):
    with_payments(run, 1_000_000)
    path = reverse("run_payments", args=(run.pk,))
    client.get(path)
    started = time.perf_counter()
    page = client.get(path + "?sort=-amount&bank=NORD&page=3&size=100")
    took = time.perf_counter() - started
    amounts = [row["amount"] for row in page.context["rows"]]
    assert len(amounts) == 100
    assert amounts == sorted(amounts, reverse=True)
    assert page.context["pager"].total == 1_000_000
    assert page.context["pager"].first == 201
    assert took < 5, f"{took:.2f} s"


def test_a_page_beyond_the_end_is_the_last_one(client, run):
    with_payments(run, 60)
    page = client.get(reverse("run_payments", args=(run.pk,)) + "?page=999999999&size=25")
    assert page.context["pager"].number == 3
    assert len(page.context["rows"]) == 10


def test_all_pages_together_are_all_payments(client, run):
    with_payments(run, 260)
    seen = [name for page in (1, 2, 3) for name in ids(client, run, f"sort=amount&size=100&page={page}")]
    assert len(seen) == len(set(seen)) == 260


def test_a_payment_tells_its_story(client, run):
    page = client.get(reverse("run_payment", args=(run.pk, "P3")))
    assert page.context["payment"]["status"] == "queued"
    assert page.context["payment"]["delay"] == 15
    kinds = [event["type"] for event in page.context["events"]]
    assert kinds[0] == "arrived"
    assert "queued" in kinds
    assert client.get(reverse("run_payment", args=(run.pk, "P9"))).status_code == 404


def test_the_parts_of_a_split_payment_name_one_another(client, owner):
    from simulations.results.tests.cast import TEXT, version_of

    text = TEXT.replace(
        "name: Northern Bank,",
        "name: Northern Bank, policy: {type: release_all, split_above: {amount: 20000, parts: 3}},",
    ).replace("amount: 30000, arrival_tick: 1", "amount: 30000, arrival_tick: 1, divisible: true")
    run = finished_run(owner, version_of(owner, text))
    page = client.get(reverse("run_payment", args=(run.pk, "P1/2")))
    assert page.status_code == 200
    assert [row["id"] for row in page.context["family"]] == ["P1/1", "P1/3"]


@pytest.mark.parametrize(
    ("query", "check"),
    [
        ("type=settled", lambda row: row["type"] == "settled"),
        ("type=settled&type=queued", lambda row: row["type"] in {"settled", "queued"}),
        ("bank=SUND", lambda row: "SUND" in {row["agent"], row["counterparty"]}),
        ("from=4&to=5", lambda row: 4 <= row["tick"] <= 5),
    ],
)
def test_events_are_filtered(client, run, query, check):
    rows = client.get(reverse("run_events", args=(run.pk,)) + f"?{query}").context["rows"]
    assert rows
    assert all(check(row) for row in rows)


def test_events_are_in_order_and_name_their_payments(client, run):
    rows = client.get(reverse("run_events", args=(run.pk,))).context["rows"]
    assert [row["seq"] for row in rows] == list(range(len(rows)))
    assert {row["id"] for row in rows if row["type"] == "settled"} == {"P1", "P2", "P4"}
    newest = client.get(reverse("run_events", args=(run.pk,)) + "?sort=-seq").context["rows"]
    assert newest[0]["seq"] == rows[-1]["seq"]

"""The start page: the gallery one click from a run, and what this person's runs do."""

import pytest
from django.contrib.auth.models import User

from simulations.models import Document, Run
from simulations.scenarios.gallery import examples, sync_gallery


@pytest.fixture
def run(owner: User) -> Run:
    """A running run of the owner."""
    return Run.objects.create(
        owner=owner,
        name="Morning",
        document=Document.objects.of_text("a: day"),
        seed=1,
        engine_version="0",
        ticks_total=100,
        ticks_per_day=100,
        tick=40,
        num_agents=2,
        status="running",
        currency_code="EUR",
    )


def test_every_example_is_a_card_that_runs_at_one_click(owner: User, as_person) -> None:
    sync_gallery()
    page = as_person(owner).get("/").text
    for example in examples():
        assert example.title in page
        assert example.question in page
    assert page.count('name="start" value="1"') == len(examples()) > 0


def test_a_click_on_a_card_makes_a_run_of_ones_own(owner: User, teammate: User, as_person) -> None:
    sync_gallery()
    page = as_person(owner).get("/").text
    scenario = page.split('name="scenario" value="')[1].split('"')[0]
    for person in (owner, teammate):
        answer = as_person(person).post("/runs/new", {"scenario": scenario})
        run = Run.objects.get(owner=person)
        assert answer["Location"] == f"/runs/{run.pk}/"


def test_running_now_shows_where_it_stands(run: Run, owner: User, as_person) -> None:
    part = as_person(owner).get("/running-now").text
    assert "Morning" in part
    assert "40 of 100 ticks" in part
    assert "badge-running" in part


def test_a_teammate_sees_it_once_shared_and_a_stranger_never(
    run: Run, teammate: User, stranger: User, as_person
) -> None:
    assert "Morning" not in as_person(stranger).get("/").text
    Run.objects.update(shared=True)
    page = as_person(teammate).get("/").text
    assert "Morning" in page
    assert "by owner" in page


def test_recent_runs_show_what_came_of_them(run: Run, owner: User, as_person) -> None:
    Run.objects.update(
        status="finished", digest="0" * 64, settled_value=123_456, settlement_rate=0.5, average_delay=2.25
    )
    page = as_person(owner).get("/").text
    assert "1,234.56 EUR" in page
    assert "50.0 %" in page
    assert "2.2 ticks" in page


def test_an_empty_start_page_says_what_to_do(owner: User, as_person) -> None:
    assert "Nothing has run yet" in as_person(owner).get("/").text


def test_who_has_no_password_is_reminded(owner: User, as_person) -> None:
    client = as_person(owner)
    assert "You have no password yet" not in client.get("/").text
    owner.set_unusable_password()
    owner.save()
    assert "You have no password yet" in as_person(owner).get("/").text


def test_only_staff_are_shown_the_way_to_review(owner: User, staff: User, as_person) -> None:
    assert 'href="/admin/"' not in as_person(owner).get("/").text
    assert 'href="/admin/"' in as_person(staff).get("/").text


def test_pages_that_are_refused_are_whole_pages(owner: User, as_person) -> None:
    client = as_person(owner)
    page = client.get("/no-such-page")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert "<style" not in page.text and "<script" not in page.text

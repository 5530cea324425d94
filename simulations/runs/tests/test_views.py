"""The pages of a run for its owner, a teammate, a stranger, staff and nobody."""

import re

import pytest
from django.urls import reverse

from simulations.models import Document, Run, Scenario, ScenarioVersion
from simulations.runs import manager
from simulations.runs.tests.cast import TWO_BANKS, new_run, run_to_status

pytestmark = pytest.mark.django_db(transaction=True)
Status = Run.Status

PAGES = ["run_live", "run_banks", "run_queue", "run_feed", "run_status", "run_verify"]
STEERED = ["run_intervene"]
OWNED = ["run_share", "run_star", "run_delete"]


@pytest.fixture
def scenario(owner) -> Scenario:
    """A scenario with a version."""
    scenario = Scenario.objects.create(owner=owner, name="Two banks")
    ScenarioVersion.objects.create(scenario=scenario, number=1, document=Document.objects.of_text(TWO_BANKS))
    return scenario


@pytest.fixture
def run(owner) -> Run:
    run = new_run(owner)
    manager.tick(run, count=8)
    return run


def url(name: str, run: Run, **more: object) -> str:
    return reverse(name, kwargs={"run_id": run.pk, **more})


@pytest.mark.parametrize("name", PAGES)
def test_owner_staff_and_teammate_see_every_page(name, run, staff, teammate, as_person) -> None:
    Run.objects.update(shared=True)
    for person in (run.owner, staff, teammate):
        assert as_person(person).get(url(name, run)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_cannot_watch_a_run(name, run, stranger, as_person) -> None:
    assert as_person(stranger).get(url(name, run)).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_nobody_is_sent_to_the_door(name, run, client) -> None:
    answer = client.get(url(name, run))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in")


@pytest.mark.parametrize("verb", ["start", "pause", "resume", "step", "run_to", "speed", "stop"])
def test_only_owner_and_staff_steer(verb, run, stranger, teammate, as_person) -> None:
    Run.objects.update(shared=True)
    assert as_person(teammate).post(url("run_command", run, verb=verb)).status_code == 403
    Run.objects.update(shared=False)
    assert as_person(stranger).post(url("run_command", run, verb=verb)).status_code == 404
    assert Run.objects.get(pk=run.pk).status == Status.PAUSED


@pytest.mark.parametrize("name", STEERED)
def test_only_owner_and_staff_step_in(name, run, stranger, teammate, as_person) -> None:
    assert as_person(stranger).get(url(name, run)).status_code == 404
    Run.objects.update(shared=True)
    assert as_person(teammate).get(url(name, run)).status_code == 403
    assert as_person(teammate).post(url("run_withdraw", run, seq=0)).status_code == 403
    assert as_person(teammate).get(url("run_interventions", run)).status_code == 200


@pytest.mark.parametrize("name", OWNED)
def test_sharing_starring_and_deleting_are_the_owners(name, run, teammate, staff, as_person) -> None:
    assert as_person(teammate).post(url(name, run)).status_code == 404
    Run.objects.update(shared=True)
    assert as_person(teammate).post(url(name, run)).status_code == 403
    assert as_person(staff).post(url(name, run)).status_code == 403
    assert Run.objects.visible_to(run.owner).exists()


def test_a_run_is_started_from_a_scenario_and_watched(scenario, owner, as_person) -> None:
    answer = as_person(owner).post(
        reverse("run_create"), {"scenario": scenario.pk, "seed": "9", "liquidity_percent": "80", "start": "1"}
    )
    run = Run.objects.get()
    assert answer["Location"] == url("run_live", run)
    assert (run.seed, run.liquidity_percent, run.name) == (9, 80, "Two banks v1 · seed 9 · 80 %")
    assert run.ticks_per_second == 2.0
    assert run.status == Status.RUNNING


def test_without_start_it_waits(scenario, owner, as_person) -> None:
    as_person(owner).post(reverse("run_create"), {"scenario": scenario.pk})
    run = Run.objects.get()
    assert (run.status, run.seed, run.liquidity_percent) == (Status.CREATED, 5, 100)


def test_what_was_typed_stays_when_it_is_wrong(scenario, owner, as_person) -> None:
    typed = {"scenario": scenario.pk, "seed": "minus one", "name": "My very own name"}
    answer = as_person(owner).post(reverse("run_create"), typed)
    assert answer.status_code == 400
    assert b"minus one" in answer.content
    assert b"My very own name" in answer.content
    assert not Run.objects.exists()


def test_a_teammate_runs_a_shared_scenario_into_a_run_of_their_own(scenario, teammate, as_person) -> None:
    Scenario.objects.update(shared=True)
    as_person(teammate).post(reverse("run_create"), {"scenario": scenario.pk})
    assert Run.objects.get().owner == teammate


@pytest.mark.parametrize("given", ["scenario", "version"])
def test_a_stranger_runs_nothing(given, scenario, stranger, as_person) -> None:
    value = scenario.pk if given == "scenario" else scenario.versions.get().pk
    assert as_person(stranger).post(reverse("run_create"), {given: value}).status_code == 404
    assert not Run.objects.exists()


@pytest.mark.parametrize("given", [{}, {"scenario": "x"}, {"version": "x"}, {"version": "9" * 30}])
def test_what_is_not_there_cannot_be_run(given, owner, as_person) -> None:
    assert as_person(owner).post(reverse("run_create"), given).status_code == 404


def test_forms_steer_without_the_socket(run, owner, as_person) -> None:
    client = as_person(owner)
    client.post(url("run_command", run, verb="step"))
    assert manager.state(run)["tick"] == 9
    client.post(url("run_command", run, verb="speed"), {"ticks_per_second": ""})
    client.post(url("run_command", run, verb="run_to"), {"tick": "12"})
    assert run_to_status(run, Status.PAUSED).tick == 12
    client.post(url("run_command", run, verb="start"))
    assert run_to_status(run, Status.FINISHED).digest


def test_an_impossible_command_is_explained(run, owner, as_person) -> None:
    manager.stop(run)
    client = as_person(owner)
    answer = client.post(url("run_command", run, verb="start"), headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert b"The run is stopped" in answer.content
    page = client.post(url("run_command", run, verb="start"), follow=True)
    assert b"The run is stopped: it cannot start" in page.content


@pytest.mark.parametrize("typed", ["", "soon", "-1", "9" * 40, "3"])
def test_a_senseless_tick_is_explained(typed, run, owner, as_person) -> None:
    answer = as_person(owner).post(
        url("run_command", run, verb="run_to"), {"tick": typed}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 409
    assert b"tick must be" in answer.content


def test_sharing_lets_others_watch_until_it_is_withdrawn(run, owner, stranger, as_person) -> None:
    mine, theirs = as_person(owner), as_person(stranger)
    mine.post(url("run_share", run), {"shared": "on"})
    assert theirs.get(url("run_live", run)).status_code == 200
    mine.post(url("run_share", run))
    assert theirs.get(url("run_live", run)).status_code == 404


def test_a_star_is_put_and_taken(run, owner, as_person) -> None:
    client = as_person(owner)
    client.post(url("run_star", run), {"starred": "on"})
    assert Run.objects.get().starred
    client.post(url("run_star", run))
    assert not Run.objects.get().starred


def test_a_deleted_run_is_found_nowhere(run, owner, as_person) -> None:
    client = as_person(owner)
    client.post(url("run_delete", run))
    for name in PAGES:
        assert client.get(url(name, run)).status_code == 404


def test_a_run_under_review_is_not_deleted(run, owner, as_person) -> None:
    manager.tick(run, count=100)
    Run.objects.update(review=Run.Review.REQUESTED)
    page = as_person(owner).post(url("run_delete", run), follow=True)
    assert b"cannot be deleted while its review is requested" in page.content
    assert Run.objects.visible_to(owner).exists()


def test_the_banks_table_shows_money_and_finds_by_name(run, owner, as_person) -> None:
    client = as_person(owner)
    state = manager.state(run)
    page = client.get(url("run_banks", run)).content.decode()
    for agent in state["agents"]:
        assert f"{agent['balance'] / 100:,.2f}" in page
    assert "polyline" in page
    found = client.get(url("run_banks", run), {"q": "b"}).content.decode()
    assert 'data-bank="B"' in found
    assert 'data-bank="A"' not in found
    assert "No bank is called" in client.get(url("run_banks", run), {"q": "zzz"}).content.decode()


def test_the_queue_says_why_each_payment_waits(owner, as_person) -> None:
    run = new_run(
        owner,
        "ticks_per_day: 5\nseed: 1\nagents:\n- {id: A, balance: 100}\n- {id: B, balance: 0}\n"
        "initial_transactions:\n"
        "- {sender: A, receiver: B, amount: 150, arrival_tick: 0, id: BIG}\n"
        "- {sender: A, receiver: B, amount: 10, arrival_tick: 0, id: SMALL}\n",
    )
    manager.tick(run)
    page = as_person(owner).get(url("run_queue", run)).content.decode()
    assert "its bank lacks liquidity: 0.50 missing" in page
    assert "behind BIG" in page


@pytest.mark.parametrize(
    ("balance", "ticks", "free"),
    [
        (100, [3], "the settlement at tick 3<"),
        (0, [3], "the settlement at tick 3, if liquidity allows by then<"),
        (0, [0], "nothing: its rail does not settle again in this run<"),
    ],
)
def test_what_waits_for_netting_is_told_when_it_may_settle(balance, ticks, free, owner, as_person) -> None:
    run = new_run(
        owner,
        f"ticks_per_day: 5\nseed: 1\nagents:\n- {{id: A, balance: {balance}}}\n- {{id: B, balance: 0}}\n"
        f"rails:\n- {{id: ACH, settlement_type: deferred_net, settle_at_ticks: {ticks}}}\n"
        "initial_transactions:\n- {sender: A, receiver: B, amount: 50, arrival_tick: 0}\n",
    )
    manager.tick(run)
    page = as_person(owner).get(url("run_queue", run)).content.decode()
    assert "its rail settles later" in page
    assert free in page


def test_the_feed_says_what_was_refused_and_shows_money_only(owner, as_person) -> None:
    run = new_run(
        owner,
        "ticks_per_day: 5\nseed: 1\nagents:\n- {id: A, balance: 100}\n- {id: B, balance: 0}\n"
        "events:\n- {tick: 0, type: transfer_liquidity, agent: A, amount: -20}\n"
        "- {tick: 0, type: transfer_liquidity, agent: A, amount: -900}\n"
        "- {tick: 0, type: cancel_payment, payment: NONE}\n- {tick: 0, type: outage, agent: B}\n",
    )
    manager.tick(run)
    page = as_person(owner).get(url("run_feed", run)).content.decode()
    assert "transfer liquidity: liquidity" in page
    assert "cancel payment: no such payment" in page
    assert re.findall(r"-?\d+\.\d\d", page) == ["-0.20"], "neither codes nor noughts are shown as money"


def test_the_feed_filters_by_type_and_bank(run, owner, as_person) -> None:
    client = as_person(owner)
    settled = client.get(url("run_feed", run), {"type": "settled"}).content.decode()
    assert ">settled<" in settled
    assert ">arrived<" not in settled
    assert "No event fits" in client.get(url("run_feed", run), {"agent": "NOBODY"}).content.decode()


def test_the_pages_hold_no_inline_script_or_style(run, owner, as_person) -> None:
    client = as_person(owner)
    for name in PAGES:
        page = client.get(url(name, run)).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        for tag in page.split("<script")[1:]:
            head = tag.split(">")[0]
            assert "src=" in head or 'type="application/json"' in head


def test_events_of_the_scenario_stand_on_the_time_axes_too(owner, as_person) -> None:
    events = [(12, "B"), (4, "A")]
    lines = [f"- {{tick: {tick}, type: outage, agent: {bank}}}\n" for tick, bank in events]
    text = f"{TWO_BANKS}events:\n{''.join(lines)}"
    page = as_person(owner).get(url("run_interventions", new_run(owner, text)))
    assert page.context["marks"] == [
        {"tick": 4, "text": "outage A (scenario)"},
        {"tick": 12, "text": "outage B (scenario)"},
    ]

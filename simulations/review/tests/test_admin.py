"""The review site: staff find, read, decide and export; nobody edits a result; others stay outside."""

import csv
import io
from uuid import uuid4

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from simulations.models import (
    ApiToken,
    Artifact,
    AuditEntry,
    Document,
    Intervention,
    PaymentFile,
    Run,
    Scenario,
    ScenarioVersion,
)

MODELS = [ApiToken, AuditEntry, Intervention, PaymentFile, Run, Scenario, ScenarioVersion]


@pytest.fixture
def run(owner: User) -> Run:
    """A finished run of the owner, with a version and an intervention."""
    document = Document.objects.of_text("ticks_per_day: 10")
    scenario = Scenario.objects.create(owner=owner, name="Two banks")
    version = ScenarioVersion.objects.create(scenario=scenario, number=1, document=document, author=owner)
    run = Run.objects.create(
        owner=owner,
        name="=Two banks",
        document=document,
        version=version,
        scenario_name="Two banks",
        seed=7,
        engine_version="0",
        ticks_total=10,
        ticks_per_day=10,
        tick=10,
        num_agents=2,
        currency_code="EUR",
        status="finished",
        digest="ab" * 32,
        settled_count=3,
        settled_value=123_456,
        settlement_rate=0.75,
        metrics={"settled_value": 123_456, "settlement_rate_value": 0.75, "costs": {"delay": 500}},
    )
    Intervention.objects.create(
        run=run, seq=1, tick=4, made_tick=4, event={"type": "outage", "agent": "A"}, made_by=owner
    )
    return run


def page_of(run: Run) -> str:
    return reverse("admin:simulations_run_change", args=[run.pk])


def act(client, action: str, *runs: Run, **more: str):
    """Choose runs in the list and an action on them."""
    form = {"action": action, "_selected_action": [str(run.pk) for run in runs], **more}
    return client.post(reverse("admin:simulations_run_changelist"), form, follow=True)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_opens_searches_and_exports(model, run: Run, staff: User, as_person) -> None:
    client = as_person(staff)
    ApiToken.objects.issue(staff, "script")
    AuditEntry.objects.record(staff, "run.finished", run)
    address = reverse(f"admin:simulations_{model._meta.model_name}_changelist")
    assert client.get(address).status_code == 200
    assert client.get(address, {"q": "two"}).status_code == 200
    chosen = [row.pk for row in model.objects.all()]
    answer = client.post(address, {"action": "export_csv", "_selected_action": chosen})
    if chosen:
        rows = list(csv.reader(io.StringIO(b"".join(answer).decode())))
        assert len(rows) == len(chosen) + 1


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_is_added_or_edited_here(model, run: Run, staff: User, rf) -> None:
    request = rf.get("/admin/")
    request.user = staff
    admin = site.get_model_admin(model)
    assert not admin.has_add_permission(request)
    assert not admin.has_change_permission(request)
    assert not admin.has_change_permission(request, model.objects.first())


def test_an_impossible_date_shows_the_whole_list(run: Run, staff: User, as_person) -> None:
    address = reverse("admin:simulations_run_changelist")
    answer = as_person(staff).get(address, {"created_at__year": "9" * 23}, follow=True)
    assert answer.status_code == 200
    assert run.name in answer.content.decode()


def test_posting_to_the_page_of_a_run_changes_nothing(run: Run, staff: User, as_person) -> None:
    answer = as_person(staff).post(page_of(run), {"name": "Better", "settled_count": "99"})
    assert answer.status_code == 403
    run.refresh_from_db()
    assert (run.name, run.settled_count) == ("=Two banks", 3)


def test_the_page_of_a_run_has_facts_measures_and_interventions(run: Run, staff: User, as_person) -> None:
    page = as_person(staff).get(page_of(run)).text
    for words in ("1,234.56 EUR", "75.00 %", "Cost: delay", "5.00 EUR", "ab" * 32, run.document_id, "outage"):
        assert words in page


def test_the_page_of_a_run_has_charts_of_what_is_stored(run: Run, staff: User, as_person) -> None:
    import numpy as np

    from simulations import storage

    columns = {
        name: np.array([1, 2]) for name in ("queue_depth", "pending", "arrived_value", "settled_value")
    }
    part = storage.write_part(run.pk, "series", 0, {"tick": np.array([0, 5]), **columns}, {})
    Artifact.objects.create(
        run=run, kind="series", part=0, name=part.name, rows=2, bytes=part.bytes, from_tick=0, to_tick=9
    )
    page = as_person(staff).get(page_of(run)).text
    assert '"arrived": [1, 2, 3, 4, 5, 7, 9, 11, 13]' in page, "a row counts until the next"


@pytest.mark.parametrize("who", ["owner", "teammate", "stranger"])
def test_others_stay_outside(who: str, run: Run, request: pytest.FixtureRequest, as_person) -> None:
    Run.objects.update(shared=True, review="requested")
    client = as_person(request.getfixturevalue(who))
    decide = reverse("admin:simulations_run_decide", args=[run.pk])
    for address in (reverse("admin:index"), page_of(run)):
        assert client.get(address).status_code == 302
    assert client.post(decide, {"decision": "approve"}).status_code == 302
    assert Run.objects.get().review == "requested"


def test_the_anonymous_are_sent_to_the_door(run: Run, client) -> None:
    assert client.get(page_of(run))["Location"].startswith("/sign-in?next=/admin/")


def test_staff_without_rights_see_nothing(run: Run, staff: User, as_person) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=False)
    client = as_person(staff)
    assert client.get(page_of(run)).status_code == 403
    assert client.post(reverse("admin:simulations_run_decide", args=[run.pk])).status_code == 403


def test_a_reviewer_among_the_staff_sees_and_decides_but_deletes_nothing(
    run: Run, staff: User, as_person
) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=False)
    staff.user_permissions.add(Permission.objects.get(codename="review_run"))
    Run.objects.update(review="requested")
    client = as_person(staff)
    assert "Decide" in client.get(page_of(run)).text
    decide = reverse("admin:simulations_run_decide", args=[run.pk])
    assert "is approved" in client.post(decide, {"decision": "approve"}, follow=True).text
    assert client.post(reverse("admin:simulations_run_delete", args=[run.pk])).status_code == 403


def test_rejecting_needs_a_note_and_says_so(run: Run, staff: User, as_person) -> None:
    Run.objects.update(review="requested")
    decide = reverse("admin:simulations_run_decide", args=[run.pk])
    client = as_person(staff)
    assert "needs a note" in client.post(decide, {"decision": "reject"}, follow=True).text
    client.post(decide, {"decision": "reject", "note": "Seed 7 differs."})
    assert Run.objects.get().review_note == "Seed 7 differs."


def test_a_decision_is_posted(run: Run, staff: User, as_person) -> None:
    Run.objects.update(review="requested")
    decide = reverse("admin:simulations_run_decide", args=[run.pk])
    assert as_person(staff).get(decide, {"decision": "approve"}).status_code == 405
    assert as_person(staff).post(decide, {"decision": "maybe"}).status_code == 400
    assert Run.objects.get().review == "requested"


def test_approving_in_bulk_approves_what_was_asked_for_and_names_the_rest(
    run: Run, staff: User, as_person
) -> None:
    other = Run.objects.get(pk=run.pk)
    other.pk, other.name, other.review = uuid4(), "Another", "requested"
    other.save(force_insert=True)
    page = act(as_person(staff), "approve_chosen", run, other).text
    assert "Approved: 1." in page
    assert "nobody has asked" in page
    assert Run.objects.get(pk=other.pk).review == "approved"


def test_deleting_asks_first_and_names_what_goes(run: Run, staff: User, as_person) -> None:
    client = as_person(staff)
    question = act(client, "delete_selected", run).text
    assert "Are you sure" in question
    assert "=Two banks, finished, by owner" in question
    assert Run.objects.get().deleted_at is None
    act(client, "delete_selected", run, post="yes")
    assert Run.objects.get().deleted_at is not None
    assert client.get(page_of(run)).status_code == 302
    assert AuditEntry.objects.get(action="run.deleted").details["digest"] == "ab" * 32


def test_what_is_approved_is_not_deleted_even_in_bulk(run: Run, staff: User, as_person) -> None:
    Run.objects.update(review="approved")
    client = as_person(staff)
    assert "review approved" in act(client, "delete_selected", run).text
    act(client, "delete_selected", run, post="yes")
    assert Run.objects.get().deleted_at is None


def test_no_exported_cell_is_a_formula(run: Run, staff: User, as_person) -> None:
    answer = act(as_person(staff), "export_csv", run)
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode())))
    assert rows[1][0] == "'=Two banks"
    assert "<" not in "".join(rows[1])


def test_tokens_are_revoked_here_but_never_read(run: Run, owner: User, staff: User, as_person) -> None:
    token, plain = ApiToken.objects.issue(owner, "script")
    client = as_person(staff)
    address = reverse("admin:simulations_apitoken_changelist")
    page = client.get(reverse("admin:simulations_apitoken_change", args=[token.pk])).text
    assert token.token_hash not in page
    client.post(address, {"action": "revoke", "_selected_action": [token.pk]})
    assert ApiToken.objects.valid(plain) is None


def test_the_index_says_how_many_runs_wait(run: Run, staff: User, as_person) -> None:
    client = as_person(staff)
    assert "No run waits for review" in client.get("/admin/").text
    Run.objects.update(review="requested")
    assert "1 run waits for review" in client.get("/admin/").text


def test_the_owner_asks_for_review_on_the_result_page(run: Run, owner: User, as_person) -> None:
    answer = as_person(owner).post(reverse("review_request", args=[run.pk]))
    assert answer["Location"] == reverse("run_results", args=[run.pk])
    assert Run.objects.get().review == "requested"


@pytest.mark.parametrize(("who", "status"), [("teammate", 403), ("stranger", 403), ("staff", 403)])
def test_nobody_else_asks(who: str, status: int, run: Run, request, as_person) -> None:
    Run.objects.update(shared=True)
    client = as_person(request.getfixturevalue(who))
    assert client.post(reverse("review_request", args=[run.pk])).status_code == status


def test_a_stranger_learns_nothing(run: Run, stranger: User, as_person) -> None:
    assert as_person(stranger).post(reverse("review_request", args=[run.pk])).status_code == 404

"""The review of a run: who may ask, who may decide, and that nothing is decided twice."""

import pytest
from django.contrib.auth.models import Permission, User

from simulations.models import AuditEntry, Document, Run
from simulations.review import states
from simulations.review.states import ReviewRefused


@pytest.fixture
def run(owner: User) -> Run:
    """A finished run of the owner."""
    return Run.objects.create(
        owner=owner,
        name="A day",
        document=Document.objects.of_text("a: day"),
        seed=1,
        engine_version="0",
        ticks_total=10,
        ticks_per_day=10,
        tick=10,
        num_agents=2,
        status="finished",
        digest="0" * 64,
    )


@pytest.fixture
def reviewer(teammate: User) -> User:
    """One who may review, and is not staff."""
    teammate.user_permissions.add(Permission.objects.get(codename="review_run"))
    return User.objects.get(pk=teammate.pk)


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_asked_for_then_approved_with_who_when_and_note(run: Run, owner: User, reviewer: User) -> None:
    states.request_review(run, owner)
    assert run.review_requested_at is not None
    states.approve(run, reviewer, " Looks right. ")
    assert (run.review, run.reviewed_by, run.review_note) == ("approved", reviewer, "Looks right.")
    assert run.reviewed_at is not None
    assert actions() == ["review.requested", "review.approved"]


def test_rejected_with_a_note_then_asked_for_again(run: Run, owner: User, reviewer: User) -> None:
    states.request_review(run, owner)
    with pytest.raises(ReviewRefused, match="needs a note"):
        states.reject(run, reviewer, "  ")
    states.reject(run, reviewer, "Seed 7 differs.")
    states.request_review(run, owner)
    assert run.review == "requested"


@pytest.mark.parametrize("status", ["created", "running", "paused", "interrupted", "stopped", "failed"])
def test_only_a_finished_run_can_be_reviewed(status: str, run: Run, owner: User) -> None:
    Run.objects.update(status=status)
    with pytest.raises(ReviewRefused, match=f"this one is {status}"):
        states.request_review(run, owner)


def test_asking_twice_is_refused(run: Run, owner: User) -> None:
    states.request_review(run, owner)
    with pytest.raises(ReviewRefused, match="requested already"):
        states.request_review(run, owner)


def test_only_the_owner_asks(run: Run, staff: User) -> None:
    with pytest.raises(ReviewRefused, match="Only the owner"):
        states.request_review(run, staff)


@pytest.mark.parametrize("review", ["none", "approved", "rejected"])
def test_nothing_is_decided_that_nobody_asked_for(review: str, run: Run, reviewer: User) -> None:
    Run.objects.update(review=review)
    with pytest.raises(ReviewRefused):
        states.approve(run, reviewer)
    assert Run.objects.get().review == review


def test_deciding_needs_the_permission(run: Run, owner: User, stranger: User) -> None:
    states.request_review(run, owner)
    with pytest.raises(ReviewRefused, match="may not review"):
        states.approve(run, stranger)


def test_nobody_approves_their_own_while_others_are_there(run: Run, owner: User, stranger: User) -> None:
    owner.is_superuser = True
    owner.save()
    states.request_review(run, owner)
    assert not states.may_decide(run, owner)
    with pytest.raises(ReviewRefused, match="their own"):
        states.approve(run, owner)


def test_the_only_active_user_may_and_the_log_says_so(run: Run, owner: User, stranger: User) -> None:
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    owner.is_superuser = True
    owner.save()
    states.request_review(run, owner)
    assert states.may_decide(run, owner)
    states.approve(run, owner)
    assert AuditEntry.objects.get(action="review.approved").details["own_run"] is True


def test_the_second_of_two_deciders_is_refused(run: Run, owner: User, reviewer: User, staff: User) -> None:
    states.request_review(run, owner)
    stale = Run.objects.get(pk=run.pk)
    states.approve(run, reviewer)
    with pytest.raises(ReviewRefused, match="approved"):
        states.reject(stale, staff, "Too late.")
    assert Run.objects.get().reviewed_by == reviewer


@pytest.mark.parametrize("review", ["requested", "approved"])
def test_runs_under_review_or_approved_stay(review: str, run: Run, staff: User) -> None:
    Run.objects.update(review=review)
    with pytest.raises(ReviewRefused, match=f"its review is {review}"):
        states.take_away(run, staff)
    assert Run.objects.get().deleted_at is None


def test_a_live_run_is_not_taken_away_under_its_watchers(run: Run, staff: User) -> None:
    Run.objects.update(status="running", digest="")
    with pytest.raises(ReviewRefused, match="stop it"):
        states.take_away(run, staff)


def test_what_is_taken_away_leaves_its_hashes_in_the_log(run: Run, staff: User) -> None:
    states.take_away(run, staff)
    kept = AuditEntry.objects.get(action="run.deleted").details
    assert kept["digest"] == "0" * 64
    assert kept["document"] == run.document_id
    assert not Run.objects.visible_to(staff).exists()

"""The state machine: every pair of states, every cause."""

from itertools import product

import pytest

from simulations.models import AuditEntry, Run
from simulations.runs import lifecycle
from simulations.runs.lifecycle import TRANSITIONS, Cause, Conflict, move
from simulations.runs.ownership import Gone, LostClaim
from simulations.runs.tests.cast import new_run

Status = Run.Status
ARROWS = {(arrow.source, arrow.target): arrow for arrow in TRANSITIONS}
NEEDS = {"digest": "0" * 64}


def stand(run: Run, status: str) -> Run:
    """Put a run into a state without asking."""
    Run.objects.filter(pk=run.pk).update(status=status, digest="0" * 64)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize(("source", "target"), list(product(Status, Status)))
def test_a_person_moves_a_run_exactly_where_the_table_allows(source, target, owner) -> None:
    run = stand(new_run(owner), source)
    arrow = ARROWS.get((source, target))
    if arrow is not None and Cause.PERSON in arrow.causes:
        move(run, target, owner)
        assert Run.objects.get(pk=run.pk).status == target
        entry = AuditEntry.objects.filter(target_id=str(run.pk)).first()
        assert entry is not None
        assert (entry.action, entry.actor) == (arrow.action, owner)
    else:
        with pytest.raises(Conflict) as refused:
            move(run, target, owner)
        assert refused.value.status == source
        assert refused.value.possible == lifecycle.VERBS[source]
        assert Run.objects.get(pk=run.pk).status == source


@pytest.mark.parametrize(("source", "target"), list(product(Status, Status)))
def test_a_process_moves_a_run_exactly_where_the_table_allows(source, target, owner) -> None:
    run = stand(new_run(owner), source)
    arrow = ARROWS.get((source, target))
    if arrow is not None and Cause.PROCESS in arrow.causes:
        assert move(run, target, None).status == target
    else:
        with pytest.raises(Conflict):
            move(run, target, None)


def test_final_states_lead_nowhere() -> None:
    assert not [arrow for arrow in TRANSITIONS if arrow.source in Run.OVER]


def test_every_state_says_what_is_possible() -> None:
    assert set(lifecycle.VERBS) == set(Status)


def test_an_owner_that_lost_its_claim_moves_nothing(owner) -> None:
    run = stand(new_run(owner), Status.RUNNING)
    Run.objects.filter(pk=run.pk).update(epoch=run.epoch + 1)
    with pytest.raises(LostClaim):
        move(run, Status.FINISHED, None, **NEEDS)
    assert Run.objects.get(pk=run.pk).status == Status.RUNNING


def test_the_first_start_and_the_end_are_dated(owner) -> None:
    run = new_run(owner)
    started = move(run, Status.RUNNING, owner).started_at
    move(run, Status.PAUSED, owner)
    move(run, Status.RUNNING, owner)
    assert run.started_at == started is not None
    move(run, Status.FINISHED, None, **NEEDS)
    assert run.finished_at is not None


@pytest.mark.parametrize(("status", "left"), [("paused", ("stop", "delete")), ("finished", ("delete",))])
def test_of_another_engine_only_what_needs_no_engine_is_possible(status, left, owner) -> None:
    run = stand(new_run(owner), status)
    run.engine_version = "0.0.0-older"
    assert lifecycle.possible(run) == left
    with pytest.raises(Conflict, match=", ".join(left)) as refused:
        lifecycle.require(run, "pause")
    assert refused.value.possible == left


def test_what_never_ran_can_begin_on_any_engine_and_what_is_reviewed_is_kept(owner) -> None:
    run = stand(new_run(owner), Status.CREATED)
    run.engine_version = "0.0.0-older"
    assert lifecycle.possible(run) == lifecycle.VERBS[Status.CREATED]
    run = stand(run, Status.FINISHED)
    run.review = Run.Review.APPROVED
    assert lifecycle.possible(run) == ("branch",)


def test_what_is_being_taken_up_again_is_to_be_asked_once_more(owner) -> None:
    run = stand(new_run(owner), Status.INTERRUPTED)
    with pytest.raises(Gone, match="taken up again"):
        lifecycle.require(run, "apply")
    with pytest.raises(Conflict):
        lifecycle.require(run, "tick")
    lifecycle.require(run, "stop")


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("speed", "change its speed"),
        ("apply", "be intervened in"),
        ("tick", "run a tick"),
        ("pause", "pause"),
    ],
)
def test_a_conflict_is_a_sentence(verb, said, owner) -> None:
    with pytest.raises(Conflict, match=f"The run is finished: it cannot {said}"):
        lifecycle.require(stand(new_run(owner), Status.FINISHED), verb)


def test_a_conflict_tells_a_person_what_to_do_instead(owner) -> None:
    run = stand(new_run(owner), Status.FINISHED)
    with pytest.raises(Conflict, match=r"is finished: it cannot start\. Possible now: branch, delete\."):
        move(run, Status.RUNNING, owner)

"""The review of a run: none → requested → approved | rejected → requested again. The verbs, with who may.

Each is a conditional UPDATE: two who press at once cannot both succeed, and nobody overwrites a decision.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from simulations.models import AuditEntry, Run

PERMISSION = "simulations.review_run"


class ReviewRefused(ValueError):
    """Why not, in words for the person who asked."""


def request_review(run: Run, user: User) -> None:
    """Ask for the review of one's own finished run; again, after a rejection."""
    if run.owner_id != user.pk:
        raise ReviewRefused("Only the owner of a run may ask for its review.")
    asked = Run.objects.filter(
        pk=run.pk,
        deleted_at=None,
        status=Run.Status.FINISHED,
        review__in=(Run.Review.NONE, Run.Review.REJECTED),
    ).update(review=Run.Review.REQUESTED, review_requested_at=timezone.now())
    run.refresh_from_db()
    if not asked:
        if run.status != Run.Status.FINISHED:
            raise ReviewRefused(f"Only a finished run can be reviewed; this one is {run.status}.")
        raise ReviewRefused(f"Its review is {run.review} already.")
    AuditEntry.objects.record(user, "review.requested", run)


def approve(run: Run, user: User, note: str = "") -> None:
    """Approve a run whose review was asked for; its numbers are then the baseline of its scenario."""
    _decide(run, user, Run.Review.APPROVED, note)


def reject(run: Run, user: User, note: str) -> None:
    """Reject a run whose review was asked for, and say why."""
    if not note.strip():
        raise ReviewRefused("A rejection needs a note: its owner must know what to change.")
    _decide(run, user, Run.Review.REJECTED, note)


def take_away(run: Run, user: User) -> None:
    """Delete a run that is over; the audit log keeps its inputs' hashes and its digest.

    Runs under review or approved stay, and live ones are stopped on their page first.
    """
    taken = (
        Run.objects.filter(pk=run.pk, deleted_at=None, status__in=Run.OVER)
        .exclude(review__in=Run.UNDER_REVIEW)
        .update(deleted_at=timezone.now())
    )
    if not taken:
        run.refresh_from_db()
        why = f"its review is {run.review}" if run.is_under_review else "it is not over: stop it on its page"
        raise ReviewRefused(f"“{run.name}” stays: {why}.")
    AuditEntry.objects.record(
        user,
        "run.deleted",
        run,
        name=run.name,
        document=run.document_id,
        payment_file=run.payment_file_id,
        seed=run.seed,
        engine_version=run.engine_version,
        digest=run.digest,
    )


def may_decide(run: Run, user: User) -> bool:
    """Whether this person may approve or reject this run, now."""
    return run.review == Run.Review.REQUESTED and _hindrance(run, user) is None


def is_only_active_user(user: User) -> bool:
    """Whether there is nobody else who could review."""
    return user.is_active and not User.objects.filter(is_active=True).exclude(pk=user.pk).exists()


def _hindrance(run: Run, user: User) -> str | None:
    if not user.has_perm(PERMISSION):
        return "You may not review runs."
    if run.owner_id == user.pk and not is_only_active_user(user):
        return "Nobody reviews their own run while others can."
    return None


def _decide(run: Run, user: User, decision: Run.Review, note: str) -> None:
    hindrance = _hindrance(run, user)
    if hindrance:
        raise ReviewRefused(hindrance)
    decided = Run.objects.filter(pk=run.pk, deleted_at=None, review=Run.Review.REQUESTED).update(
        review=decision, review_note=note.strip(), reviewed_at=timezone.now(), reviewed_by=user
    )
    run.refresh_from_db()
    if not decided:
        raise ReviewRefused(f"Its review is {run.review}: nobody has asked for one that is still open.")
    AuditEntry.objects.record(
        user, f"review.{decision.value}", run, note=note.strip(), own_run=run.owner_id == user.pk
    )

"""The thing you asked for, or 404: the only way to fetch a run or a scenario for a person.

Strangers get 404 (they learn nothing, not even that it exists), teammates 403 where they lack a right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from simulations.models import Run, Scenario, Sweep

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from simulations.models.run import RunQuerySet

    Person = AbstractBaseUser | AnonymousUser


def visible_run(user: Person, run_id: UUID | str) -> Run:
    """Return a run this person may see with all that belongs to it, or raise Http404."""
    related = ("document", "version__scenario", "payment_file", "owner", "parent")
    return _the_run(Run.objects.visible_to(user).select_related(*related), run_id)


def watchable_run(user: Person, run_id: UUID | str) -> Run:
    """The same for those who watch it go on, again and again: its row, the rest when it is asked for."""
    return _the_run(Run.objects.visible_to(user).defer("metrics"), run_id)


def _the_run(runs: RunQuerySet, run_id: UUID | str) -> Run:
    try:
        return runs.get(pk=run_id)
    except Run.DoesNotExist:
        raise Http404("No such run.") from None


def steerable_run(user: Person, run_id: UUID | str) -> Run:
    """Return a run this person may steer and stop: its owner, or staff. Else 403, for strangers 404."""
    run = visible_run(user, run_id)
    if not may_steer(user, run):
        raise PermissionDenied("Only the owner of a run may steer it. Branch or duplicate it into your own.")
    return run


def owned_run(user: Person, run_id: UUID | str) -> Run:
    """Return a run this person may share, edit and delete: its owner. Else 403, for strangers 404."""
    run = visible_run(user, run_id)
    if run.owner_id != user.pk:
        raise PermissionDenied("Only the owner of a run may do this.")
    return run


def may_steer(user: Person, run: Run | Sweep) -> bool:
    """Whether this person may steer and stop the run, or cancel the sweep."""
    return run.owner_id == user.pk or bool(getattr(user, "is_staff", False))


def visible_sweep(user: Person, sweep_id: UUID | str) -> Sweep:
    """Return a sweep this person may see, or raise Http404."""
    sweeps = Sweep.objects.visible_to(user).select_related("document", "version", "payment_file", "owner")
    sweep = sweeps.select_related("claimed_by").filter(pk=sweep_id).first()
    if sweep is None:
        raise Http404("No such sweep.")
    return sweep


def steerable_sweep(user: Person, sweep_id: UUID | str) -> Sweep:
    """Return a sweep this person may cancel: its owner, or staff. Else 403, for strangers 404."""
    sweep = visible_sweep(user, sweep_id)
    if not may_steer(user, sweep):
        raise PermissionDenied("Only the owner of a sweep may do this. Make one of your own.")
    return sweep


def owned_sweep(user: Person, sweep_id: UUID | str) -> Sweep:
    """Return a sweep this person may share and delete: its owner. Else 403, for strangers 404."""
    sweep = visible_sweep(user, sweep_id)
    if sweep.owner_id != user.pk:
        raise PermissionDenied("Only the owner of a sweep may do this.")
    return sweep


def visible_scenario(user: Person, scenario_id: UUID | str) -> Scenario:
    """Return a scenario this person may see, or raise Http404."""
    scenario = Scenario.objects.visible_to(user).select_related("owner").filter(pk=scenario_id).first()
    if scenario is None:
        raise Http404("No such scenario.")
    return scenario


def owned_scenario(user: Person, scenario_id: UUID | str) -> Scenario:
    """Return a scenario this person may edit, share and archive: its owner. Else 403, for strangers 404."""
    scenario = visible_scenario(user, scenario_id)
    if scenario.owner_id != user.pk:
        raise PermissionDenied("Only the owner of a scenario may change it. Duplicate it into your own.")
    return scenario

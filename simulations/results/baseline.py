"""The run that another is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from simulations import access
from simulations.models import Run
from simulations.results import intraday
from simulations.results.catalogue import GROUPS, HEADLINE
from simulations.results.measures import Change, Group, Measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulations.access import Person

NONE = "none"
MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Line:
    """A measure of a run and, against a baseline, how it differs."""

    measure: Measure
    value: str
    base: str
    change: Change | None


def baseline_of(run: Run, user: Person, wanted: str) -> Run | None:
    """Return the run asked for by its id; else a branch's parent, else the newest approved one.

    `wanted` is `none` for no baseline. Raises Http404 for a run this person may not see.
    """
    if wanted == NONE:
        return None
    if wanted:
        return access.visible_run(user, _uuid(wanted))
    if run.parent_id is not None:
        return Run.objects.visible_to(user).filter(pk=run.parent_id).first()
    if run.version is None:
        return None
    approved = Run.objects.visible_to(user).filter(review=Run.Review.APPROVED)
    return approved.filter(version__scenario=run.version.scenario_id).exclude(pk=run.pk).first()


def candidates(run: Run, user: Person) -> list[Run]:
    """Return runs worth comparing with: over, of the same scenario, the newest first."""
    others = Run.objects.visible_to(user).filter(status__in=Run.OVER).exclude(pk=run.pk)
    same = (
        others.filter(document=run.document_id)
        if run.version is None
        else others.filter(version__scenario=run.version.scenario_id)
    )
    return list(same.only("pk", "name", "review")[:MOST_CANDIDATES])


def lines(
    measures: tuple[Measure, ...],
    values: Mapping[str, Any],
    base: Mapping[str, Any] | None,
    currency: Mapping[str, object],
) -> list[Line]:
    """Return measures with their figures; left out are those nobody has, and details that are zero."""
    found = []
    for measure in measures:
        value = measure.of(values)
        against = measure.of(base) if base is not None else None
        if not measure.tells_something((value, against)):
            continue
        found.append(
            Line(
                measure,
                measure.shown(value, currency),
                measure.shown(against, currency),
                measure.change(value, against, currency),
            )
        )
    return found


def headline(
    values: Mapping[str, Any], base: Mapping[str, Any] | None, currency: Mapping[str, object]
) -> list[Line]:
    """Return the measures one reads first."""
    return lines(HEADLINE, values, base, currency)


def groups(
    values: Mapping[str, Any], base: Mapping[str, Any] | None, currency: Mapping[str, object]
) -> list[tuple[str, list[Line]]]:
    """Return the measures that belong to no published set by group, empty groups left out."""
    own = [group for group in GROUPS if not group.source]
    found = [(group.title, lines(group.measures, values, base, currency)) for group in own]
    return [(title, each) for title, each in found if each]


def published(
    values: Mapping[str, Any], base: Mapping[str, Any] | None, currency: Mapping[str, object]
) -> list[tuple[Group, list[Line]]]:
    """Return the published sets of measures, empty ones left out."""
    found = [(group, lines(group.measures, values, base, currency)) for group in intraday.GROUPS]
    return [(group, each) for group, each in found if each]


@dataclass(frozen=True)
class Hour:
    """BCBS 248 C(i): the share 0..1 of the value sent that was sent by then; None where nothing was sent."""

    by: str
    share: float | None
    base: str
    change: Change | None

    @property
    def shown(self) -> str:
        """The share as people read it."""
        return intraday.THROUGHPUT.shown(self.share, {})


def hours(values: Mapping[str, Any], base: Mapping[str, Any] | None) -> list[Hour]:
    """Return throughput by hour, without hours where the scenario has no clock or the run is not over."""
    measure = intraday.THROUGHPUT
    others: Mapping[str, float | None] = (base or {}).get(measure.key, {})
    return [
        Hour(by, share, measure.shown(others.get(by), {}), measure.change(share, others.get(by), {}))
        for by, share in values.get(measure.key, {}).items()
    ]


def _uuid(text: str) -> UUID:
    from django.http import Http404

    try:
        return UUID(text)
    except ValueError:
        raise Http404("No such run.") from None

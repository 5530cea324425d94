"""Tags of the review site, where it meets what other capabilities know."""

from __future__ import annotations

from django import template

from simulations.models import Run
from simulations.results.catalogue import GROUPS

register = template.Library()

Shown = tuple[str, str, str]


@register.simple_tag
def review_queue() -> int:
    """How many runs wait for a decision."""
    return Run.objects.filter(deleted_at=None, review=Run.Review.REQUESTED).count()


@register.simple_tag
def measure_groups(run: Run) -> list[tuple[str, list[Shown]]]:
    """Each group of measures with label, figure and explanation of those that the run has."""
    groups = []
    for group in GROUPS:
        values = [(measure, measure.of(run.metrics or {})) for measure in group.measures]
        shown = [
            (measure.label, measure.shown(value, run.currency), measure.tip)
            for measure, value in values
            if value is not None
        ]
        if shown:
            groups.append((group.title, shown))
    return groups

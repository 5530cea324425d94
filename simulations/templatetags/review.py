"""Tags of the review site."""

from django import template

from simulations.models import Run

register = template.Library()


@register.simple_tag
def review_queue() -> int:
    """How many runs wait for a decision."""
    return Run.objects.filter(deleted_at=None, review=Run.Review.REQUESTED).count()

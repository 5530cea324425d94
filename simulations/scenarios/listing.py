"""The list of scenarios: what one may see, searched, narrowed and sorted by its address."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict

from simulations.models import Preference, Run, Scenario

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SHOWS = {
    "all": "All",
    "mine": "Mine",
    "shared": "Shared",
    "gallery": "Gallery",
    "archived": "Archived",
}
ORDERS = {
    "updated": ["-updated_at", "name"],
    "name": ["name", "-updated_at"],
    "versions": ["-version_count", "name"],
    "last-run": ["-last_run_at", "name"],
}
TAGS_SHOWN = 30


@dataclass(frozen=True)
class Asked:
    """What the address asks for; anything it does not know is as if it were not there."""

    search: str = ""
    show: str = "all"
    tag: str = ""
    order: str = "updated"

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        """Read it from a query string."""
        show, order = query.get("show", ""), query.get("order", "")
        return cls(
            search=query.get("q", "").strip()[:100],
            show=show if show in SHOWS else "all",
            tag=query.get("tag", "").strip()[:40],
            order=order if order in ORDERS else "updated",
        )

    def address(self, **changes: str) -> str:
        """Return the query string of this list with something else asked for."""
        asked = {"q": self.search, "show": self.show, "tag": self.tag, "order": self.order, **changes}
        defaults = {"q": "", "show": "all", "tag": "", "order": "updated"}
        return "?" + urlencode({key: value for key, value in asked.items() if value != defaults.get(key, "")})


def scenarios_for(user: User, asked: Asked) -> QuerySet[Scenario]:
    """Return the scenarios asked for that this person may see, with counts and their last own run."""
    found = Scenario.objects.visible_to(user).select_related("owner")
    found = found.exclude(archived_at=None) if asked.show == "archived" else found.current()
    if asked.show == "mine":
        found = found.filter(owner=user)
    elif asked.show == "shared":
        found = found.filter(shared=True, gallery=None)
    elif asked.show == "gallery":
        found = found.exclude(gallery=None)
    for word in asked.search.split():
        found = found.filter(
            Q(name__icontains=word)
            | Q(description__icontains=word)
            | Q(owner__username__icontains=word)
            | _tagged(word)
        )
    if asked.tag:
        found = found.filter(_tagged(asked.tag, whole=True))
    runs = Run.objects.visible_to(user).filter(version__scenario=OuterRef("pk")).order_by("-created_at")
    return found.annotate(
        version_count=Count("versions"),
        last_run_id=Subquery(runs.values("pk")[:1]),
        last_run_at=Subquery(runs.values("created_at")[:1]),
        last_run_status=Subquery(runs.values("status")[:1]),
    ).order_by(*ORDERS[asked.order])


def _tagged(word: str, whole: bool = False) -> Q:
    """Match tags in their JSON text, which databases keep with or without escapes."""
    texts = {json.dumps(word), json.dumps(word, ensure_ascii=False)}
    condition = Q()
    for text in texts:
        condition |= Q(tags__icontains=text if whole else text.strip('"'))
    return condition


def page_of(user: User, found: QuerySet[Scenario], number: str) -> Page[Scenario]:
    """Return one page, as long as this person likes."""
    preference = Preference.objects.filter(user=user).first()
    return Paginator(found, preference.page_size if preference else 50).get_page(number)


def tags_for(user: User) -> list[str]:
    """Return the tags in use on what this person may see, the most used first."""
    counted: dict[str, int] = {}
    for tags in Scenario.objects.visible_to(user).current().exclude(tags=[]).values_list("tags", flat=True):
        for tag in tags:
            counted[tag] = counted.get(tag, 0) + 1
    return sorted(counted, key=lambda tag: (-counted[tag], tag))[:TAGS_SHOWN]

"""Pages of long tables: which one, how long, and the addresses of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest

from simulations.models import Preference

PAGE_SIZES = (25, 50, 100, 250, 500)
MOST_ROWS_IN = 2**62


@dataclass(frozen=True)
class Pager:
    """Where in a table a page stands. Pages count from 1; `query` is the rest of the address."""

    number: int
    size: int
    total: int
    query: str

    @property
    def first(self) -> int:
        """The number of the page's first row, 0 of an empty table."""
        return min(self.total, (self.number - 1) * self.size + 1)

    @property
    def last(self) -> int:
        """The number of the page's last row."""
        return min(self.total, self.number * self.size)

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return max(1, -(-self.total // self.size))

    @property
    def previous(self) -> int | None:
        """The page before."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page after."""
        return self.number + 1 if self.number < self.pages else None


def page_size(request: HttpRequest) -> int:
    """Return the rows a page has for this person."""
    wanted = request.GET.get("size", "")
    if wanted.isdecimal() and int(wanted[:6]) in PAGE_SIZES:
        return int(wanted)
    user = cast(User, request.user)
    stored = Preference.objects.filter(user=user).values_list("page_size", flat=True).first()
    return stored or 50


def page_number(request: HttpRequest) -> int:
    """Return the page asked for, 1 where that makes no sense."""
    text = request.GET.get("page", "")
    number = int(text) if text.isdecimal() and len(text) < 10 else 1
    return max(1, number)


def without(request: HttpRequest, *names: str) -> str:
    """Return the query of the address without some parameters and empty ones, ready to be added to."""
    query = request.GET.copy()
    for name in [*names, *(key for key in query if not any(query.getlist(key)))]:
        query.pop(name, None)
    return query.urlencode() + "&" if query else ""

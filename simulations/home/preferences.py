"""How a person likes the pages, kept in the database and, for the theme, in a cookie of each browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.http import HttpResponse

from simulations.models import Preference
from simulations.templatetags.frame import THEME_COOKIE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Answer = TypeVar("Answer", bound=HttpResponse)
YEAR_SECONDS = 31_536_000


def preference_of(user: User) -> Preference:
    """Return a person's preferences, the defaults where none are stored."""
    return Preference.objects.filter(user=user).first() or Preference(user=user)


def remember_theme(answer: Answer, user: User, *, secure: bool) -> Answer:
    """Put the person's theme into the browser, so that the next page is drawn right from its first byte.

    Readable by scripts: the theme buttons change it without waiting for the server.
    """
    answer.set_cookie(
        THEME_COOKIE, preference_of(user).theme, max_age=YEAR_SECONDS, samesite="Lax", secure=secure
    )
    return answer

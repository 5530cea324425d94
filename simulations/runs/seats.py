"""Who sits at a socket: checked when it opens, at every steering action and every half minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import Http404
from django.utils.crypto import constant_time_compare

from simulations import access
from simulations.models import ApiToken, Run

NOT_SIGNED_IN, NO_SUCH_RUN, TOO_MUCH, BROKEN, TRY_AGAIN = 4001, 4004, 4008, 1011, 1013


MOST_REMEMBERED = 10_000
_owners: dict[str, int] = {}  # session key -> user


class SeatLost(Exception):
    """The socket has to close. `code` is its close code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Ticket:
    """What a socket came with."""

    session_key: str | None
    token: str | None = None

    @classmethod
    def of(cls, scope: dict[str, Any]) -> Ticket:
        """Read it from a socket's scope."""
        if "token" in scope:
            return cls(None, scope["token"])
        return cls(scope.get("cookies", {}).get(settings.SESSION_COOKIE_NAME))


@dataclass(frozen=True)
class Seat:
    """A person at a run."""

    user: AbstractBaseUser
    run: Run
    may_steer: bool


def take_seat(ticket: Ticket, run_id: UUID) -> Seat:
    """Return who sits where, from the database. Raises `SeatLost`.

    A session that was signed out or whose password changed since, and an account that was closed, lose it.
    """
    user = _owner_of_session(ticket.session_key) if ticket.token is None else _owner_of_token(ticket.token)
    if user is None:
        raise SeatLost(NOT_SIGNED_IN)
    try:
        run = access.watchable_run(user, run_id)
    except Http404:
        raise SeatLost(NO_SUCH_RUN) from None
    return Seat(user, run, access.may_steer(user, run))


def _owner_of_token(plain: str) -> AbstractBaseUser | None:
    token = ApiToken.objects.valid(plain)
    return token.user if token is not None else None


def user_id_of(ticket: Ticket) -> int | None:
    """Return whose session a socket came with, unchecked; None for no session and for tokens."""
    key = ticket.session_key
    user_id = _user_id_in(SessionStore(key)) if key is not None else None
    if key is not None and user_id is not None:
        if len(_owners) >= MOST_REMEMBERED:
            _owners.clear()
        _owners[key] = user_id
    return user_id


def remembered_user_id_of(ticket: Ticket) -> int | None:
    """Return whose session it was when a socket last came with it: a session has one owner for life."""
    return _owners.get(ticket.session_key) if ticket.session_key is not None else None


def _user_id_in(session: SessionStore) -> int | None:
    found = session.get(SESSION_KEY)
    return int(found) if found is not None else None


def _owner_of_session(key: str | None) -> AbstractBaseUser | None:
    session = SessionStore(key) if key is not None else None
    user_id = _user_id_in(session) if session is not None else None
    if session is None or user_id is None:
        return None
    try:
        user = get_user_model().objects.get(pk=user_id, is_active=True)
    except get_user_model().DoesNotExist:
        return None
    same = constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    return user if same else None

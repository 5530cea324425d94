"""Who sits at a socket: checked when it opens, at every steering action and every half minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import Http404
from django.utils.crypto import constant_time_compare

from simulations import access
from simulations.models import ApiToken, Run

NOT_SIGNED_IN, NO_SUCH_RUN, TOO_MUCH, BROKEN, TRY_AGAIN = 4001, 4004, 4008, 1011, 1013


class SeatLost(Exception):
    """The socket has to close. `code` is its close code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Ticket:
    """What a socket came with."""

    user_id: int | None
    session_key: str | None
    token: str | None = None

    @classmethod
    def of(cls, scope: dict[str, Any]) -> Ticket:
        """Read it from a socket's scope."""
        if "token" in scope:
            return cls(None, None, scope["token"])
        user, session = scope.get("user"), scope.get("session")
        return cls(getattr(user, "pk", None), session.session_key if session is not None else None)


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
    user = _owner_of_token(ticket.token) if ticket.token is not None else _owner_of_session(ticket)
    if user is None:
        raise SeatLost(NOT_SIGNED_IN)
    try:
        run = access.visible_run(user, run_id)
    except Http404:
        raise SeatLost(NO_SUCH_RUN) from None
    return Seat(user, run, access.may_steer(user, run))


def _owner_of_token(plain: str) -> AbstractBaseUser | None:
    token = ApiToken.objects.valid(plain)
    return token.user if token is not None else None


def _owner_of_session(ticket: Ticket) -> AbstractBaseUser | None:
    user = get_user_model().objects.filter(pk=ticket.user_id or 0, is_active=True).first()
    return user if user is not None and _session_holds(ticket.session_key, user) else None


def _session_holds(key: str | None, user: AbstractBaseUser) -> bool:
    if key is None:
        return False
    session = SessionStore(key)
    return str(session.get(SESSION_KEY)) == str(user.pk) and constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()
    )

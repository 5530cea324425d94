"""Whoever loses the right to watch loses open sockets at once, wherever it was taken: page, admin, shell."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from simulations.models.account import token_revoked
from simulations.runs.notices import seats_changed

HARMLESS = frozenset({"last_login"})  # what signing in writes


@receiver(post_save, sender=User)
def user_saved(
    instance: User, *, created: bool, update_fields: frozenset[str] | None = None, **_: Any
) -> None:
    """Have the sockets of somebody see whether they may stay: the account may be closed, the password new."""
    if not created and not (update_fields is not None and update_fields <= HARMLESS):
        transaction.on_commit(partial(seats_changed, user_id=instance.pk))


@receiver(post_delete, sender=User)
def user_deleted(instance: User, **_: Any) -> None:
    """Have the sockets of somebody see that the account is gone."""
    transaction.on_commit(partial(seats_changed, user_id=instance.pk))


@receiver(post_delete, sender=Session)
def session_ended(instance: Session, **_: Any) -> None:
    """Have the sockets of a session that is over see that: somebody signed out, here or in the admin."""
    if instance.expire_date <= timezone.now():  # nobody sits there any more; there may be many
        return
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id is not None:
        transaction.on_commit(partial(seats_changed, user_id=int(user_id)))


@receiver(token_revoked)
def token_gone(user_id: int, **_: Any) -> None:
    """Have the sockets that came with a token see that it is revoked."""
    transaction.on_commit(partial(seats_changed, user_id=user_id))

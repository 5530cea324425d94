"""Connections of threads that live as long as the server: kept where a database is a file."""

from __future__ import annotations

from django.db import close_old_connections, connection


def done_with_database() -> None:
    """Have this thread keep its connection to a database file, and close others, and one that broke.

    To open a file's takes as long as several questions. Not for threads that come and go: theirs would stay
    open until a collection.
    """
    if connection.vendor == "sqlite":
        connection.close_at = None  # never too old
    close_old_connections()

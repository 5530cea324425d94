"""DuckDB as it is used here: a connection in memory for one call, that touches nothing but named files."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import duckdb

THREADS = 2


class Stopped(Exception):
    """Somebody asked to end what was being read."""


class Watch:
    """What another thread sees of the queries made under it, and the way to end them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._opened = 0
        self._stopped = False

    def stop(self) -> None:
        """End the query under way, and refuse those to come, with `Stopped`."""
        with self._lock:
            self._stopped = True
            if self._connection is not None:
                self._connection.interrupt()

    def progress(self) -> tuple[int, float]:
        """Return how many connections were opened so far, and the share 0..1 of the query under way."""
        with self._lock:
            share = self._connection.query_progress() / 100 if self._connection is not None else 0.0
            return self._opened, min(1.0, max(0.0, share))

    def _holds(self, connection: duckdb.DuckDBPyConnection | None) -> None:
        with self._lock:
            self._connection = connection
            self._opened += connection is not None
            if self._stopped:
                raise Stopped


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Let `watch` see, and end, the queries made in this block; raises `Stopped` where it ended one."""
    token = _watch.set(watch)
    try:
        yield
    except duckdb.InterruptException:
        raise Stopped from None
    finally:
        _watch.reset(token)


@dataclass(frozen=True)
class _Shared:
    connection: duckdb.DuckDBPyConnection
    paths: frozenset[Path]
    folder: Path | None

    def covers(self, paths: Iterable[Path]) -> bool:
        return all(path in self.paths or self.folder in path.parents for path in paths)


_shared: ContextVar[_Shared | None] = ContextVar("shared", default=None)


@contextmanager
def shared(paths: Iterable[Path] = (), folder: Path | None = None) -> Iterator[None]:
    """Have each `connect` in this block that asks for `paths` and files in `folder` only use one database.

    Opening a database takes longer than most queries. Temporary tables and types stay each connection's own.
    """
    these = frozenset(paths)
    with _opened(sorted(these), folder) as connection, _used(_Shared(connection, these, folder)):
        yield


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Have each `connect` in this block that asks for files in `folder` only use the database kept for it.

    It stays open, with the memory it wrote from: to get that anew takes half as long as to write. After an
    error the next block has a new one.
    """
    connection = _keeping.of(folder)
    try:
        with _used(_Shared(connection, frozenset(), folder)):
            yield
    except duckdb.Error:
        _keeping.forget(folder, connection)
        raise


@contextmanager
def _used(common: _Shared) -> Iterator[None]:
    token = _shared.set(common)
    try:
        yield
    finally:
        _shared.reset(token)


@contextmanager
def connect(paths: Sequence[Path] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection that may read and write `paths` only, loads no extensions and uses few threads."""
    common = _shared.get()
    # What is watched has its own database: a shared one is locked, and its progress would be of others, too.
    if common is not None and _watch.get() is None and common.covers(paths):
        with common.connection.cursor() as cursor:
            yield cursor
        return
    with _opened(paths, None) as connection:
        yield connection


@contextmanager
def _opened(paths: Sequence[Path], folder: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    watch = _watch.get()
    connection = _spare.take()
    try:
        if watch is not None:
            connection.execute("SET enable_progress_bar = true")
            connection.execute("SET enable_progress_bar_print = false")
            connection.execute("SET progress_bar_time = 0")
            watch._holds(connection)
        _confine(connection, paths, folder)
        yield connection
    finally:
        if watch is not None:
            watch._holds(None)
        connection.close()
        _spare.prepare()


def _confine(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], folder: Path | None) -> None:
    """Let a database touch nothing but `paths` and what is in `folder`, for good."""
    folders = [f"{folder}/"] if folder is not None else []
    connection.execute(
        f"SET allowed_paths = [{_quoted(paths)}]; SET allowed_directories = [{_quoted(folders)}]; "
        "SET enable_external_access = false; SET lock_configuration = true"
    )


class _Spare:
    """A database of the next call, opened by a thread while this one's caller goes on.

    It takes longer to open one than to read a small file. Nothing is in it, and no file is open to it yet.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opening: Future[duckdb.DuckDBPyConnection] | None = None

    def take(self) -> duckdb.DuckDBPyConnection:
        """Return a database that nobody else has."""
        with self._lock:
            opening, self._opening = self._opening, None
        return opening.result() if opening is not None else _database()

    def prepare(self) -> None:
        """Have the next one opened, unless there is one."""
        opening: Future[duckdb.DuckDBPyConnection] = Future()
        with self._lock:
            if self._opening is not None:
                return
            self._opening = opening
        # Waited for at the end of the process: a thread cut off within DuckDB would bring it down.
        opener = threading.Thread(target=self._open, args=(opening,), name="spare-database")
        try:
            opener.start()
        except RuntimeError as problem:  # no more threads to be had; whoever waits must not wait for ever
            with self._lock:
                self._opening = None
            opening.set_exception(problem)

    @staticmethod
    def _open(opening: Future[duckdb.DuckDBPyConnection]) -> None:
        try:
            opening.set_result(_database())
        except BaseException as problem:
            opening.set_exception(problem)


_spare = _Spare()


class _Keeping:
    """Databases that stay open, one for each folder that is written to all day."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_folder: dict[Path, duckdb.DuckDBPyConnection] = {}

    def of(self, folder: Path) -> duckdb.DuckDBPyConnection:
        """Return the folder's; opened when first asked for."""
        with self._lock:
            if folder not in self._by_folder:
                connection = _spare.take()
                # Those who write have threads of their own; a second one here takes longer than it helps.
                connection.execute("SET threads = 1")
                _confine(connection, (), folder)
                self._by_folder[folder] = connection
            return self._by_folder[folder]

    def forget(self, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
        """Keep it no longer; whoever writes through it just now may do so to the end."""
        with self._lock:
            if self._by_folder.get(folder) is connection:
                del self._by_folder[folder]

    def close(self) -> None:
        """Keep none."""
        with self._lock:
            self._by_folder.clear()


_keeping = _Keeping()
atexit.register(_keeping.close)


def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        ":memory:",
        config={
            "threads": THREADS,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "enable_external_file_cache": False,
            "python_enable_replacements": False,
            # DuckDB 2.0.0 fails to bind `filename` under a filter and a small LIMIT with it.
            "disabled_optimizers": "late_materialization",
        },
    )


def _quoted(texts: Iterable[object]) -> str:
    return ", ".join("'" + str(text).replace("'", "''") + "'" for text in texts)

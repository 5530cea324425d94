"""A run made on the command line and kept in the workbench: made as any other, only without a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from simulations.config.document import parse_yaml
from simulations.config.importing import inspect
from simulations.models import Document, Run
from simulations.runs import manager
from simulations.runs.creation import create_run
from simulations.runs.registry import registry
from simulations.scenarios.attaching import ORDER, keep_file
from simulations.scenarios.text.spans import set_value
from simulations.storage.exporting import Labels, export, stored_rows

SLICE_TICKS = 100_000


class NoSuchUser(ValueError):
    """Nobody has that name, or none was given and it is not clear whose run it is."""


def owner(name: str | None) -> User:
    """Return the user of that name; without one, the only active user there is."""
    users = User.objects.filter(is_active=True)
    if name is not None:
        users = users.filter(username=name)
    found = list(users[:2])
    if len(found) == 1:
        return found[0]
    if name is not None:
        raise NoSuchUser(f"there is no active user {name!r}")
    raise NoSuchUser("say whose run it is: --user NAME" if found else "there is no user yet: make run")


@contextmanager
def saved(text: str, payments: Path | None, *, seed: int | None, user: User) -> Iterator[Run]:
    """Make a run that is in the history like any other; this process lets go of it afterwards.

    A payment file is kept by its content, and the document names it so.
    """
    if payments is not None:
        document = parse_yaml(text)
        decimals = (document.get("currency") or {}).get("decimals", 2)
        facts = inspect(payments, decimals=decimals, ticks_per_day=document["ticks_per_day"])
        file = keep_file(user, payments, payments.name, facts)
        text = set_value(text, ("transactions_file",), file.sha256, ORDER)
    try:
        yield create_run(user, document=Document.objects.of_text(text), seed=seed)
    finally:
        manager.shut_down()


def play(run: Run, ticks: int, show: Callable[[int], None]) -> None:
    """Run a number of ticks and store what was recorded."""
    while run.tick < ticks:
        manager.tick(run, count=min(SLICE_TICKS, ticks - run.tick))
        show(run.tick)
    manager.keep(run)


def report(run: Run, took: float) -> dict[str, Any]:
    """Return what `--json` prints."""
    metrics = manager.metrics(run)
    return {
        "metrics": metrics,
        "agents": manager.state(run)["agents"],
        "digest": registry.live(run).now(lambda backend: backend.digest()),
        "wall_s": took,
        "ticks": run.tick,
        "payments": metrics["arrived_count"],
    }


def write_files(run: Run, folder: Path, config: dict[str, Any]) -> list[Path]:
    """Write `series`, `payments` and `events` as .parquet and .csv; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in ("series", "payments", "events"):
        names = run.part_names(kind)
        for form in ("parquet", "csv"):
            target = folder / f"{kind}.{form}"
            export(stored_rows(run.pk, kind, names), target, form, Labels.of(config))
            written.append(target)
    return written

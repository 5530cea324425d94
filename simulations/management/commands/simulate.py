"""`manage.py simulate`: run a scenario file without a server and, unless it is saved, without a database."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

from django.core.management.base import BaseCommand
from pydantic import ValidationError
from rich.console import Console

from simulations.config.faults import Fault, ScenarioRefused, check_text, faults_of
from simulations.config.inputs import RunInput, prepare
from simulations.config.loader import read_text
from simulations.config.overrides import overridden
from simulations.engine.rust_backend import RustBackend
from simulations.management.printing import print_summary, print_sweep, progress
from simulations.management.sweeping import swept, write_files
from simulations.storage.exporting import Labels
from simulations.storage.tape import Tape

SLICE_MS = 100
_TICKS = 1_000_000


def seed_range(text: str) -> range:
    """Read `A..B`, both ends included."""
    first, dots, last = text.partition("..")
    if not dots or not first.isdigit() or not last.isdigit() or int(first) > int(last):
        raise ArgumentTypeError(f"takes A..B such as 1..100, found {text!r}")
    return range(int(first), int(last) + 1)


def positive(text: str) -> int:
    """Read a whole number from 1."""
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"takes a whole number from 1, found {text!r}")
    return int(text)


class Command(BaseCommand):
    """Run one scenario, or one scenario with many seeds."""

    help = "Run a scenario file and print its measures."
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's way)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to run, with which changes, and where the results go."""
        add = parser.add_argument
        add("scenario", type=Path, help="YAML or JSON file")
        add("--payments", type=Path, metavar="FILE.csv", help="payment file for this scenario")
        seeds = parser.add_mutually_exclusive_group()
        seeds.add_argument("--seed", type=int, help="in place of the scenario's")
        seeds.add_argument("--seeds", type=seed_range, metavar="A..B", help="one run for each seed")
        add("--threads", type=positive, help="runs at the same time (with --seeds)")
        add("--set", dest="changes", action="append", default=[], metavar="PATH=VALUE", help="change a value")
        add("--ticks", type=positive, metavar="N", help="stop after N ticks")
        add("--json", dest="as_json", action="store_true", help="print one JSON object")
        add(
            "--output",
            type=Path,
            metavar="DIR",
            help="write series, payments, events (or seeds, bands): Parquet and CSV",
        )
        add("--save", action="store_true", help="keep the run in the workbench's history")
        add("--user", metavar="NAME", help="whose run it is (with --save)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it; exit 2 with one line per fault if it cannot be run."""
        scenario: Path = options["scenario"]
        if options["seeds"] is not None and options["save"]:
            self._refuse(scenario, [Fault("contradiction", "", "--seeds goes without --save")])
        if options["threads"] and options["seeds"] is None:
            self._refuse(scenario, [Fault("contradiction", "", "--threads goes with --seeds only")])
        try:
            text = self._text(scenario, options["changes"])
            payments = options["payments"] or _named_beside(scenario, text)
            given = prepare(text, seed=options["seed"], payment_path=payments)
        except ScenarioRefused as refused:
            self._refuse(scenario, refused.faults)
        except OSError as problem:
            self._refuse(scenario, [Fault("unreadable", "", f"cannot be read: {problem}")])
        if options["seeds"] is not None:
            self._sweep(given, options)
        elif options["save"]:
            self._save(text, payments, options)
        else:
            self._run(given, options)

    def _refuse(self, scenario: Path, faults: list[Fault]) -> NoReturn:
        """Tell every fault on a line of its own and leave with 2."""
        for fault in faults:
            place = f"{scenario}:{fault.line}:{fault.column}" if fault.line else str(scenario)
            about = f"{fault.path}: " if fault.path else ""
            self.stderr.write(f"{place}: {about}{fault.message}")
        sys.exit(2)

    def _text(self, scenario: Path, changes: list[str]) -> str:
        """Return the document with its changes; faults of the document itself keep their lines."""
        try:
            text = read_text(scenario)
        except ValidationError as error:
            raise ScenarioRefused(faults_of(error)) from None
        if not changes:
            return text
        check_text(text).accepted()
        try:
            return overridden(text, changes)
        except ValueError as problem:
            raise ScenarioRefused([Fault("set", "", str(problem))]) from None

    def _run(self, given: RunInput, options: dict[str, Any]) -> None:
        ticks = given.config["ticks_per_day"] * given.config.get("num_days", 1)
        most = min(options["ticks"] or ticks, ticks)
        began = time.perf_counter()
        backend = RustBackend(given.config, given.payments)
        with ExitStack() as stack:
            tape = stack.enter_context(Tape(options["output"])) if options["output"] else None
            show = stack.enter_context(progress(most))
            run_ticks(backend, most, tape, show)
            took = time.perf_counter() - began
            files = tape.finish(backend, Labels.of(given.config)) if tape else []
        found = report(backend, most, took)
        self._tell(found, given.config, files, as_json=options["as_json"])

    def _sweep(self, given: RunInput, options: dict[str, Any]) -> None:
        seeds: range = options["seeds"]
        threads: int = options["threads"] or 1
        began = time.perf_counter()
        try:
            with progress(len(seeds), "runs") as show:
                found = swept(given, seeds, threads=threads, ticks=options["ticks"], show=show)
        except ValueError as refused:
            faults = getattr(refused, "faults", [])
            self._refuse(options["scenario"], [Fault(f["code"], f["path"], f["message"]) for f in faults])
        except KeyboardInterrupt:
            self.stderr.write("Interrupted: nothing is kept of these seeds.")
            sys.exit(130)
        took = time.perf_counter() - began
        files = write_files(options["output"], found, given.config) if options["output"] else []
        if options["as_json"]:
            answer = {"runs": found.rows(), "quantiles": found.summary, "wall_s": took}
            self.stdout.write(json.dumps(answer))
        else:
            print_sweep(self._console(), found, took, given.config, files)

    def _save(self, text: str, payments: Path | None, options: dict[str, Any]) -> None:
        """Run it in the workbench's own way, so that it is in the history like any other."""
        from simulations.management import saving

        began = time.perf_counter()
        config = prepare(text, seed=options["seed"], payment_path=payments).config
        try:
            user = saving.owner(options["user"])
        except saving.NoSuchUser as problem:
            self._refuse(options["scenario"], [Fault("user", "--user", str(problem))])
        with saving.saved(text, payments, seed=options["seed"], user=user) as run:
            most = min(options["ticks"] or run.ticks_total, run.ticks_total)
            with progress(most) as show:
                saving.play(run, most, show)
            found = saving.report(run, time.perf_counter() - began)
            files = saving.write_files(run, options["output"], config) if options["output"] else []
        self._tell(found, config, files, as_json=options["as_json"])
        if not options["as_json"]:
            self.stdout.write(f"saved as run {run.pk}")

    def _tell(
        self, found: dict[str, Any], config: dict[str, Any], files: list[Path], *, as_json: bool
    ) -> None:
        if as_json:
            self.stdout.write(json.dumps(found))
        else:
            print_summary(self._console(), found, config, files)

    def _console(self) -> Console:
        """Return where tables go; what is piped has room for them."""
        console = Console(file=cast(TextIO, self.stdout))
        return console if console.is_terminal else Console(file=cast(TextIO, self.stdout), width=120)


def _named_beside(scenario: Path, text: str) -> Path | None:
    """Return the file that `transactions_file` names beside the scenario, or refuse one that leads away."""
    config = check_text(text).accepted()
    name = config.transactions_file
    if name is None:
        return None
    path = scenario.parent / name
    inside = not Path(name).is_absolute() and ".." not in Path(name).parts
    links = [part for part in (path, *path.parents) if part.is_symlink()] if inside else []
    problem = ""
    if not inside:
        problem = "must be a name beside the scenario file, not a path that leads away"
    elif any(link.is_relative_to(scenario.parent) and link != scenario.parent for link in links):
        problem = "must not be a link"
    elif not path.is_file():
        problem = f"there is no file {name} beside the scenario"
    if problem:
        raise ScenarioRefused([Fault("transactions_file", "transactions_file", problem)])
    return path


def run_ticks(backend: RustBackend, ticks: int, tape: Tape | None, show: Callable[[int], None]) -> None:
    """Run a number of ticks in slices; what is recorded goes to the tape, or away."""
    ran = 0
    while ran < ticks:
        result = backend.advance(min(ticks - ran, _TICKS), SLICE_MS)
        if tape:
            tape.follow(backend, result)
        elif result["stop"] == "full":
            backend.drain()
        ran += result["ticks"]
        show(ran)


def report(backend: RustBackend, ticks: int, took: float) -> dict[str, Any]:
    """Return what `--json` prints."""
    metrics = backend.metrics()
    return {
        "metrics": metrics,
        "agents": backend.get_state()["agents"],
        "digest": backend.digest(),
        "wall_s": took,
        "ticks": ticks,
        "payments": metrics["arrived_count"],
    }

"""`manage.py verify_run ID`: compute a stored run again and compare."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

import duckdb
from django.core.management.base import BaseCommand, CommandError

from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.management.printing import progress
from simulations.models import Run
from simulations.runs.replay import Unrepeatable
from simulations.runs.verifying import Difference, NotVerifiable, verify

DIFFERS = 1


class Command(BaseCommand):
    """Say "identical", or the first tick and event that differ. Exit status 1 when it differs."""

    help = "Re-run a stored run from its inputs and compare digests, events and measures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which run."""
        parser.add_argument("run", type=UUID, metavar="ID", help="id of a finished or stopped run")

    def handle(self, *args: Any, run: UUID, **options: Any) -> None:
        """Verify and report."""
        found = Run.objects.select_related("document", "payment_file").filter(pk=run, deleted_at=None).first()
        if found is None:
            raise CommandError(f"there is no run {run}")
        if found.engine_version != ENGINE_VERSION:
            self.stdout.write(
                f"Note: it ran on engine {found.engine_version}, this is {ENGINE_VERSION};"
                " a difference may come from that."
            )
        try:
            with progress(found.tick) as show:
                verdict = verify(found, show)
        except NotVerifiable as problem:
            raise CommandError(str(problem)) from None
        except (Unrepeatable, ValueError, OSError, duckdb.Error) as problem:
            raise CommandError(f"it cannot be read or computed again: {problem}") from None
        if verdict.identical:
            self.stdout.write(f"identical: {found.tick:,} ticks, digest {verdict.stored_digest}")
            return
        self.stdout.write(
            f"different: stored digest {verdict.stored_digest}, computed {verdict.computed_digest}"
        )
        if verdict.difference is not None:
            self._describe(verdict.difference)
        elif verdict.stored_digest != verdict.computed_digest:
            self.stdout.write("The stored events are those computed; the digest on the row differs.")
        if verdict.measures:
            self.stdout.write(
                f"measures on the row that are not those computed: {', '.join(verdict.measures)}"
            )
        sys.exit(DIFFERS)

    def _describe(self, difference: Difference) -> None:
        self.stdout.write(f"first difference: tick {difference.tick:,}, event {difference.seq:,}")
        self.stdout.write(f"  stored:   {difference.stored or 'no such event'}")
        self.stdout.write(f"  computed: {difference.computed or 'no such event'}")

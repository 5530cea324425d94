"""`manage.py prune`: free the disk of runs that nobody wants any more."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from simulations.runs import pruning


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        raise ArgumentTypeError("must be a number of days, at least 1")
    return int(text)


class Command(BaseCommand):
    """Remove deleted runs whose time is over and, when asked to, old ones that are not kept."""

    help = (
        "Remove runs that were deleted a week ago, with their files. With --older-than also runs that ended "
        "that many days ago, sparing starred ones, those under review or approved, and parents of kept ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which runs."""
        parser.add_argument(
            "--older-than", type=_days, metavar="DAYS", help="also runs that ended before then"
        )
        parser.add_argument("--dry-run", action="store_true", help="only name what would go")

    def handle(self, *args: Any, older_than: int | None, dry_run: bool, **options: Any) -> None:
        """Name each run that goes, then how many went."""
        runs = pruning.deleted_long_ago()
        if older_than is not None:
            runs += pruning.over_before(timedelta(days=older_than))
        for run in runs:
            self.stdout.write(f"{run.pk}  {run.status:9}  {run.name}")
        if dry_run:
            self.stdout.write(f"{len(runs)} would go.")
            return
        count = pruning.prune(runs)
        pruning.sweep_folders()
        self.stdout.write(f"{count} removed.")

"""`manage.py refresh_examples`: play every example and write down what it gives.

For a change of the engine that is meant to move numbers; CHANGELOG.md tells what moved.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from simulations.scenarios.gallery import EXAMPLES, examples, play


class Command(BaseCommand):
    """Write expected.json of every example."""

    help = "Play every example of the gallery and write its expected.json."
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's way)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files and name those that changed."""
        for example in examples():
            expected = play(example)
            if expected != example.expected:
                text = json.dumps(expected, indent=2, sort_keys=True) + "\n"
                (EXAMPLES / example.slug / "expected.json").write_text(text, "utf-8")
                self.stdout.write(f"{example.slug}: changed")

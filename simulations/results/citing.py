"""How to cite a run so that a stranger can repeat it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from django.conf import settings

from simulations.models import Run


@dataclass(frozen=True)
class Citation:
    """A sentence with everything that determines the run, and the command that repeats it.

    `command` is empty where no file and no seed alone repeat it: with other liquidity or interventions; then
    `verify_run` does, on the server that has it.
    """

    text: str
    command: str
    verify: str


def citation(run: Run) -> Citation:
    """Return how to cite a run."""
    made = run.interventions.exclude(status="withdrawn").count()
    parts = [
        f"“{run.scenario_name or run.name}”",
        f"scenario sha256 {run.document_id}",
        *([f"payments sha256 {run.payment_file_id}"] if run.payment_file_id else []),
        f"seed {run.seed}",
        *([f"liquidity {run.liquidity_percent} %"] if run.liquidity_percent != 100 else []),
        *([f"{made} intervention{'s' if made != 1 else ''}"] if made else []),
        f"Payment Simulator {settings.VERSION}, engine {run.engine_version}",
        f"run of {run.created_at:%Y-%m-%d}",
        *([f"digest {run.digest}"] if run.digest else []),
    ]
    return Citation(", ".join(parts) + ".", _command(run, made), f"python manage.py verify_run {run.pk}")


def _command(run: Run, interventions: int) -> str:
    if interventions or run.liquidity_percent != 100:
        return ""
    words = ["python", "manage.py", "simulate", f"{run.document_id[:12]}.yaml", "--seed", str(run.seed)]
    if run.payment_file is not None:
        words += ["--payments", run.payment_file.original_name]
    return shlex.join([*words, "--json"])

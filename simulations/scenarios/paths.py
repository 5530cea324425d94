"""Places in a document as faults and pages name them: `agents[2].arrival_config.amount_mean`."""

from __future__ import annotations

import re

from simulations.scenarios.text.tree import Path

_STEP = re.compile(r"\[(\d{1,9})\]|([^.\[\]]+)")
_PATH = re.compile(r"[^.\[\]]+(?:\[\d{1,9}\])*(?:\.[^.\[\]]+(?:\[\d{1,9}\])*)*")


def parse_path(text: str) -> Path:
    """Return the steps of a path; ValueError if it is none."""
    if not text:
        return ()
    if not _PATH.fullmatch(text):
        raise ValueError(f"not a path: {text[:80]!r}")
    return tuple(int(index) if index else key for index, key in _STEP.findall(text))


def show_path(path: Path) -> str:
    """Return the text of a path."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")

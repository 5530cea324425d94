"""Wrong rules, one at a time: what the scenarios cannot tell from the right rule, they do not test.

`wrong_rules/*.yaml` lists them: in `file` of the model, `right` (which stands there once) becomes `wrong`.
`wrong_rules/told_by.yaml` remembers for each the seed of a scenario that gave it away, to be tried first.
"""

import importlib
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .comparison import Run, first_difference
from .scenarios import Case

HERE = Path(__file__).parent
MODEL = HERE / "model"
WRONG_RULES = HERE / "wrong_rules"
TOLD_BY = WRONG_RULES / "told_by.yaml"


@dataclass(frozen=True)
class Mutation:
    """One wrong rule, named by what it claims."""

    rule: str
    file: str
    right: str
    wrong: str


def load_mutations() -> list[Mutation]:
    """Read all wrong rules."""
    files = [path for path in sorted(WRONG_RULES.glob("*.yaml")) if path != TOLD_BY]
    return [Mutation(**entry) for path in files for entry in yaml.safe_load(path.read_text("utf-8"))]


def mutant(mutation: Mutation, folder: Path) -> Callable[[dict[str, Any]], Run]:
    """Copy the model with one wrong rule into an empty folder and return its `Auditor` class."""
    package = f"mutant_{folder.name}"
    shutil.copytree(MODEL, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    source = folder / package / f"{mutation.file}.py"
    text = source.read_text("utf-8")
    assert text.count(mutation.right) == 1, f"{mutation.rule}: {mutation.right!r} must stand there once"
    source.write_text(text.replace(mutation.right, mutation.wrong), "utf-8")
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        auditor: Callable[[dict[str, Any]], Run] = importlib.import_module(package).Auditor
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            del sys.modules[name]
    return auditor


def is_told_apart(wrong: Callable[[dict[str, Any]], Run], case: Case, right: list[dict[str, Any]]) -> bool:
    """Whether a case shows that a rule is wrong: by another account, or by breaking the mutant."""
    try:
        return first_difference(right, wrong(case["scenario"]), case) is not None
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
        return True

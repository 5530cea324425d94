"""Two accounts of one case, held against each other figure by figure."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Protocol

from .scenarios import Case

# Floats of the engine are quotients of exact integers: they may differ from ours by rounding only.
RELATIVE_TOLERANCE = 1e-12
# A difference of shares that is 0 may come out as a rounding error.
ROUNDING = 1e-15


class Run(Protocol):
    """What the auditor, a mutant of it and the engine (behind its adapter) have in common."""

    def tick(self) -> dict[str, Any]: ...
    def apply(self, event: dict[str, Any]) -> Any: ...
    def get_state(self) -> dict[str, Any]: ...
    def explanations(self) -> dict[str, dict[str, Any]]: ...
    def payments(self) -> list[dict[str, Any]]: ...
    def history(self) -> dict[str, Any]: ...
    def metrics(self) -> dict[str, Any]: ...


def account(run: Run, case: Case) -> Iterator[dict[str, Any]]:
    """Run a case to its end: one entry for each tick, with the state after it, and one for the whole."""
    document = case["scenario"]
    for tick in range(document["ticks_per_day"] * document.get("num_days", 1)):
        for before, event in case["interventions"]:
            if before == tick:
                run.apply(event)
        yield {"result": run.tick(), "state": run.get_state(), "waiting": run.explanations()}
    yield {"payments": run.payments(), "history": run.history(), "metrics": run.metrics()}


def first_difference(expected: Iterable[dict[str, Any]], run: Run, case: Case) -> str | None:
    """Hold a run against another's account, entry by entry, up to the first difference."""
    pairs = enumerate(zip(expected, account(run, case), strict=True))
    return next(
        (told for i, (one, other) in pairs if (told := difference(one, other, f"[{i}]")) is not None), None
    )


def same(expected: Any, found: Any) -> bool:
    """Whether two figures are the same; only quotients may differ by rounding."""
    if isinstance(expected, Fraction) and isinstance(found, float):
        return math.isclose(float(expected), found, rel_tol=RELATIVE_TOLERANCE, abs_tol=ROUNDING)
    return bool(expected == found) and isinstance(expected, bool) == isinstance(found, bool)


def difference(expected: Any, found: Any, where: str) -> str | None:
    """Say where the first difference is and what it is, or None. `expected` decides what is looked at."""
    if isinstance(expected, dict) and isinstance(found, dict):
        missing = [key for key in expected if key not in found]
        if missing:
            return f"{where}: no {missing[0]!r}"
        steps = [(f"{where}.{key}", expected[key], found[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return f"{where}: {len(expected)} expected, {len(found)} found: {expected} / {found}"
        steps = [
            (f"{where}[{i}]", one, other) for i, (one, other) in enumerate(zip(expected, found, strict=True))
        ]
    else:
        return None if same(expected, found) else f"{where}: expected {expected!r}, found {found!r}"
    return next((told for place, one, other in steps if (told := difference(one, other, place))), None)

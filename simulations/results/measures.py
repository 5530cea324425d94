"""A measure in words: what it is called and means, how it is shown, how two of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulations.templatetags import figures

Unit = Literal["count", "money", "share", "ticks", "number", "index", "sum", "text"]
Better = Literal["higher", "lower", ""]


@dataclass(frozen=True)
class Measure:
    """One measure. `key` is its path in `metrics()`; `column` its column on the run's row, if it has one.

    `better` says which direction is good where one is.
    """

    key: str
    label: str
    unit: Unit
    explanation: str
    formula: str
    better: Better = ""
    column: str = ""

    @property
    def tip(self) -> str:
        """What it means and how it is computed."""
        return f"{self.explanation}\n{self.formula}"

    @property
    def is_detail(self) -> bool:
        """Whether it need not be shown where it is zero: a kind of cost nobody pays, a method nobody uses."""
        return self.key.startswith(("costs.", "shares."))

    def tells_something(self, values: Iterable[float | None]) -> bool:
        """Whether it is worth a row: some of the values is there and, of a detail, is not zero."""
        return any(values) if self.is_detail else any(value is not None for value in values)

    def of(self, metrics: Mapping[str, Any]) -> float | None:
        """Return its value in metrics of a system, a day or an agent; None where there is none."""
        value: Any = metrics
        for step in self.key.split("."):
            if isinstance(value, list) and step.isdigit():
                value = {str(number): each for number, each in enumerate(value, 1)}
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, Mapping):
            value = sum(value.values())
        return value if isinstance(value, (int, float)) else None

    def shown(self, value: float | None, currency: Mapping[str, object]) -> str:
        """Return a value as people read it."""
        if value is None:
            return figures.NONE
        if self.unit == "money":
            return figures.money(round(value), currency)
        if self.unit == "share":
            return figures.percent(value, 2)
        if self.unit in ("count", "sum"):
            return figures.count(value)
        if self.unit == "ticks":
            return f"{figures.decimal(value, 2)} ticks"
        return figures.decimal(value, 4 if self.unit == "index" else 2)

    def change(
        self, value: float | None, base: float | None, currency: Mapping[str, object]
    ) -> Change | None:
        """Return how a value differs from a baseline's; None where one of them is missing."""
        if value is None or base is None:
            return None
        by = value - base
        if not by:
            return Change("same", None, None)
        sign = "+" if by > 0 else "−"
        if self.unit == "share":
            text = f"{sign}{abs(by) * 100:.2f} pp"
        else:
            text = sign + self.shown(abs(by), {**currency, "code": ""})
        good = None if not self.better else (by > 0) == (self.better == "higher")
        share = by / abs(base) if base and self.unit != "share" else None
        return Change(text, share, good)


@dataclass(frozen=True)
class Change:
    """A difference in words, as a share of the baseline, and whether it is for the better (None: neither)."""

    text: str
    share: float | None
    good: bool | None

    @property
    def percent(self) -> str:
        """The share as `+3.1 %`, empty where there is none."""
        if self.share is None:
            return ""
        sign = "+" if self.share > 0 else "−"
        return f"{sign}{abs(self.share) * 100:.1f} %"


@dataclass(frozen=True)
class Group:
    """Measures that are read together; `source` is the publication that defines them, at `address`."""

    title: str
    measures: tuple[Measure, ...]
    source: str = ""
    address: str = ""

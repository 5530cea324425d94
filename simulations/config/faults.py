"""What is wrong with a document: every fault with its path, line, what was found and what is allowed.

The engine finds the faults of content, this module gives them their place in the text. Nothing a person types
raises anything here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulations.config.clock import DayClock
from simulations.config.document import Node, Unreadable, shared_document, shown
from simulations.config.importing import Columns, read_payments
from simulations.config.payment_file import PaymentFileRefused
from simulations.config.schema import SimulationConfig
from simulations.config.summary import Summary, summarise
from simulations.engine import core

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
# The engine takes labels as they are; these are checked by the schema alone.
_CHECKED_HERE = frozenset({"timezone"})


@dataclass(frozen=True)
class Fault:
    """One fault. `path` as in `agents[2].balance`; `line` and `column` count from 1, 0 = no place.

    `severity` is `error` (refused) or `warning` (allowed, but probably not meant).
    """

    code: str
    path: str
    message: str
    found: str = ""
    allowed: str = ""
    line: int = 0
    column: int = 0
    severity: str = "error"

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.path}: {self.message}" if self.path else f"{place}{self.message}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API gives it."""
        return asdict(self)


class ScenarioRefused(ValueError):
    """A scenario that cannot be run; `faults` says why."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True)
class Checked:
    """What a text came to. `config` is None if there is any fault; `payments` are the columns of its file."""

    config: SimulationConfig | None
    faults: list[Fault]
    warnings: list[Fault] = field(default_factory=list)
    summary: Summary | None = None
    payments: Columns | None = None

    def accepted(self) -> SimulationConfig:
        """Return the config, or raise `ScenarioRefused`."""
        if self.config is None:
            raise ScenarioRefused(self.faults)
        return self.config


def check_text(text: str, *, payments: Callable[[str], Path | None] | None = None) -> Checked:
    """Check a scenario text (YAML or JSON) whole: syntax, types, and all that the engine asks for.

    `payments` finds the file that `transactions_file` names, or returns None if there is none; without it the
    key is taken as it is and no file is read. Never raises on anything a person can type.
    """
    try:
        root = shared_document(text)
    except Unreadable as error:
        return Checked(None, [Fault(error.code, "", error.message, line=error.line, column=error.column)])
    if not isinstance(root.value, dict):
        message = f"A scenario is a mapping of keys to values, found {shown(root.value)}."
        return Checked(None, [Fault("not_a_mapping", "", message, line=root.line, column=root.column)])
    return _check(root, payments)


def _check(root: Node, payments: Callable[[str], Path | None] | None) -> Checked:
    document = dict(root.value)
    name = document.pop("transactions_file", None)
    found = _placed(root, core.validate(document))
    errors = [fault for fault in found if fault.severity == "error"]
    errors += _file_name_faults(root, name)
    columns: Columns | None = None
    if name is not None and not errors and payments is not None:
        path = payments(name)
        if path is None:
            message = f"no payment file {shown(name)} is attached"
            errors.append(_file_fault(root, "unknown_file", message))
        else:
            columns, errors = _read(root, document, path)
    if columns is not None:
        found = _placed(root, core.validate(document, columns))
        errors = [fault for fault in found if fault.severity == "error"]
    config, own = _typed(root, bool(errors))
    errors += own
    warnings = [fault for fault in found if fault.severity == "warning"]
    if errors or config is None:
        return Checked(None, sorted(errors, key=lambda fault: (fault.line, fault.column)), warnings)
    return Checked(config, [], warnings, summarise(config, columns), columns)


def _read(root: Node, document: dict[str, Any], path: Path) -> tuple[Columns | None, list[Fault]]:
    try:
        return read_columns(document, path), []
    except PaymentFileRefused as refused:
        line, column = root.place(("transactions_file",))
        return None, [replace(fault, line=line, column=column) for fault in file_faults(refused)]


def file_faults(refused: PaymentFileRefused) -> list[Fault]:
    """Return the bad rows of a payment file as faults of the key that names it."""
    faults = [Fault("bad_row", "transactions_file", str(row)) for row in refused.rows]
    if refused.total > len(refused.rows):
        more = f"and {refused.total - len(refused.rows):,} further bad rows"
        faults.append(Fault("more_bad_rows", "transactions_file", more))
    return faults


def read_columns(document: dict[str, Any], path: Path) -> Columns:
    """Read the payment file of a faultless document as columns; raises `PaymentFileRefused`."""
    rails = document.get("rails") or [{"id": "RTGS"}]
    found = path.stat()
    return _columns_of(
        path,
        (found.st_size, found.st_mtime_ns),
        agents=tuple(str(agent["id"]) for agent in document["agents"]),
        rails=tuple(str(rail["id"]) for rail in rails),
        clock=DayClock.of(document),
        ticks_per_day=document["ticks_per_day"],
        num_days=document.get("num_days") or 1,
        decimals=(document.get("currency") or {}).get("decimals", 2),
    )


@functools.lru_cache(maxsize=2)
def _columns_of(path: Path, _state: tuple[int, int], **terms: Any) -> Columns:
    """Read a file once for all keystrokes that do not change how it is read; the arrays are read-only."""
    columns = read_payments(path, **terms)
    for column in columns.values():
        column.flags.writeable = False
    return columns


def refusals(config: dict[str, Any], columns: Columns | None) -> list[Fault]:
    """Return why the engine refuses a config with these payments; none of it has a place in a text."""
    return [fault for fault in _placed(None, core.validate(config, columns)) if fault.severity == "error"]


def _file_name_faults(root: Node, name: Any) -> list[Fault]:
    if name is None or (isinstance(name, str) and name):
        return []
    return [_file_fault(root, "not_text", "must name a payment file", shown(name))]


def _file_fault(root: Node, code: str, message: str, found: str = "") -> Fault:
    line, column = root.place(("transactions_file",))
    return Fault(code, "transactions_file", message, found, line=line, column=column)


def _typed(root: Node, refused: bool) -> tuple[SimulationConfig | None, list[Fault]]:
    """Return the typed config, and what only the schema finds."""
    try:
        return SimulationConfig.model_validate(root.value, context={"engine_has_checked": True}), []
    except ValidationError as error:
        faults = faults_of(error, root)
        return None, [fault for fault in faults if not refused or fault.code in _CHECKED_HERE]


def faults_of(error: ValidationError, root: Node | None = None) -> list[Fault]:
    """Return a ValidationError's faults, those of the engine inside it each by itself."""
    faults: list[Fault] = []
    for item in error.errors(include_url=False):
        inner = item.get("ctx", {}).get("faults")
        if inner is not None:
            faults += _placed(root, inner)
            continue
        path = _path_text(item["loc"])
        line, column = root.place(_steps(path)) if root else (0, 0)
        allowed = str(item.get("ctx", {}).get("allowed", ""))
        faults.append(Fault(item["type"], path, item["msg"], shown(item["input"]), allowed, line, column))
    return faults


def as_validation_error(faults: Iterable[Fault]) -> ValidationError:
    """Return faults as pydantic's own error, one line each."""
    from pydantic_core import InitErrorDetails, PydanticCustomError

    return ValidationError.from_exception_data(
        "SimulationConfig",
        [
            InitErrorDetails(
                type=PydanticCustomError(fault.code, "{message}", {"message": _sentence(fault)}),
                loc=_steps(fault.path),
                input=fault.found,
            )
            for fault in faults
        ],
    )


def _sentence(fault: Fault) -> str:
    return f"{fault.message} (line {fault.line})" if fault.line else fault.message


def _placed(root: Node | None, found: Iterable[dict[str, Any]]) -> list[Fault]:
    faults = []
    for item in found:
        line, column = root.place(_steps(item["path"])) if root else (0, 0)
        faults.append(Fault(**item, line=line, column=column))
    return faults


def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(int(index) if index else key for index, key in _STEP.findall(path))


def _path_text(location: tuple[int | str, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return text.removeprefix(".")

"""The form's fields, read off the schema: what kind each key is, what it is called, what stands in it now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from simulations.scenarios.amounts import show_amount
from simulations.scenarios.paths import show_path
from simulations.scenarios.text import emitting
from simulations.scenarios.text.tree import Path

# `list` and `map` have several values in one box: `10, 50`, `entry_offset, bilateral`, `5: 0.8, 9: 0.2`;
# `limits`, too, apart by `;` because amounts have commas: `BANK_B: 9,000.00; BANK_C: 50.00`.
_KEYS_OF_KIND = {
    "money": "balance credit_limit posted amount amount_mean amount_std_dev keep seed_amount multilateral "
    "urgent max_amount delay_penalty_per_tick deadline_penalty split_fee eod_penalty drop_penalty",
    "decimal": "haircut rate_per_tick rate_multiplier multiplier overdraft_rate collateral_rate "
    "liquidity_rate delay_rate_per_tick overdue_multiplier deadline_rate eod_rate drop_rate",
    "integer": "ticks_per_day num_days seed decimals start_tick end_tick tick arrival_tick deadline_tick "
    "lsm_every_ticks due_ticks parts",
    "list": "deadline_ticks settle_at_ticks liquidity_saving targets",
    "map": "priority_multipliers counterparty_weights",
    "limits": "bilateral",
    "bank": "agent sender receiver",
    "boolean": "divisible",
    "priority": "priority",
}
KINDS = {key: kind for kind, keys in _KEYS_OF_KIND.items() for key in keys.split()}
_DIGITS = re.compile(r"[0-9]+(\.[0-9]+)?")
_OF_THE_FILE = re.compile(r",? in cents\b|, quoted\b|^Cents[.;] ?")
LABELS = {
    "id": "Id",
    "num_days": "Days",
    "ticks_per_day": "Ticks per day",
    "day_start": "Day starts",
    "day_end": "Day ends",
    "start_date": "First date",
    "end_of_day": "At the end of a day",
    "code": "Currency",
    "decimals": "Decimals",
    "rate_per_tick": "Payments per tick",
    "distribution_type": "Amounts",
    "amount_mean": "Mean amount",
    "amount_std_dev": "Standard deviation",
    "deadline_ticks": "Deadline after, ticks",
    "time_windows": "Profile of the day",
    "counterparty_weights": "Who is paid",
    "settlement_type": "Settles",
    "lsm_every_ticks": "Saving every, ticks",
    "settle_at_ticks": "Settles at ticks",
    "max_amount": "Largest amount",
    "posted": "Collateral posted",
    "urgent": "Reserved for urgent payments",
    "multilateral": "Limit to all others",
    "bilateral": "Limits to single banks",
    "split_above": "Split payments above",
    "eod_penalty": "End of day, per payment",
    "eod_rate": "End of day, of the amount",
    "drop_penalty": "Cancelled, per payment",
    "drop_rate": "Cancelled, of the amount",
    "deadline_penalty": "Missed deadline, per payment",
    "deadline_rate": "Missed deadline, of the amount",
    "delay_penalty_per_tick": "Delay, per payment and tick",
    "delay_rate_per_tick": "Delay, of the amount and tick",
    "overdraft_rate": "Overdraft, per day",
    "collateral_rate": "Collateral, per day",
    "liquidity_rate": "Liquidity, per day",
    "overdue_multiplier": "Delay costs once overdue, times",
    "priority_multipliers": "Delay costs by priority, times",
    "split_fee": "Split, per extra part",
}


@dataclass(frozen=True)
class Field:
    """One box of the form. `value` is what it shows; `placeholder` what holds while it is empty."""

    path: str
    key: str
    label: str
    kind: str
    value: str
    placeholder: str = ""
    tip: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False

    @property
    def dom_id(self) -> str:
        """An id for the page."""
        return "f-" + self.path.replace("[", "-").replace("]", "").replace(".", "-")

    @property
    def is_wide(self) -> bool:
        """Whether several values share its box."""
        return self.kind in ("map", "limits") or self.key in ("liquidity_saving", "targets")

    @property
    def is_numeric(self) -> bool:
        """Whether its figures stand to the right."""
        return self.kind in ("money", "integer", "decimal")


def kind_of(key: str) -> str:
    """Return what kind of value stands under a key; `text` where nothing else is said."""
    return KINDS.get(key, "text")


def choices_of(info: FieldInfo) -> tuple[str, ...]:
    """Return the words a key allows, none if it is not a choice."""
    kinds = [info.annotation, *get_args(info.annotation)]
    for kind in kinds:
        if get_origin(kind) is Literal:
            return tuple(map(str, get_args(kind)))
    return ()


def tip_of(info: FieldInfo, kind: str) -> str:
    """Return what a key means. The form shows units where the file has cents, and needs no quotes."""
    tip = _OF_THE_FILE.sub("", info.description or "")
    tip = tip[:1].upper() + tip[1:]
    words = choices_of(info)
    unnamed = kind == "list" and any(word not in tip for word in words)
    return f"{tip} Any of {', '.join(words)}." if unnamed else tip


def label_of(key: str) -> str:
    """Return what a key is called on the pages."""
    return LABELS.get(key, key.replace("_", " ").capitalize())


def field(model: type[BaseModel], key: str, holder: Any, path: Path, decimals: int) -> Field:
    """Return the field of a key of a model; `holder` is the mapping it stands in, `path` that mapping's."""
    info = model.model_fields[key]
    value = holder.get(key) if isinstance(holder, dict) else None
    choices = choices_of(info)
    kind = "choice" if choices and key not in KINDS else kind_of(key)
    default = None if info.default is PydanticUndefined else info.default
    if info.default_factory is not None:
        default = None
    label, tip = label_of(key), tip_of(info, kind)
    return Field(
        path=show_path((*path, key)),
        key=key,
        label=label,
        kind=kind,
        value=shown(value, kind, decimals),
        placeholder="BANK_B: 9,000; BANK_C: 50" if kind == "limits" else shown(default, kind, decimals),
        tip="" if tip.rstrip(".").lower() == label.lower() else tip,
        choices=choices,
        required=info.is_required(),
    )


def shown(value: Any, kind: str, decimals: int) -> str:
    """Return a value as its box shows it; a value of another kind is shown as it stands in the text."""
    if value is None or isinstance(value, str):
        return value or ""
    if kind == "money" and isinstance(value, int) and not isinstance(value, bool):
        return show_amount(value, decimals)
    if isinstance(value, dict) and kind == "limits":
        return "; ".join(f"{bank}: {shown(limit, 'money', decimals)}" for bank, limit in value.items())
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_entry, value))
    return emitting.scalar(value)


def _entry(item: Any) -> str:
    """Return an entry of a list in one box; a pair as `tick: share`."""
    if isinstance(item, list) and len(item) == 2:
        return f"{emitting.flow(item[0])}: {_plain(item[1])}"
    return _plain(item)


def _plain(item: Any) -> str:
    """Return an entry without the quotes that a number written as text has in the file."""
    return item if isinstance(item, str) and _DIGITS.fullmatch(item) else emitting.flow(item)


def fields(model: type[BaseModel], keys: str, holder: Any, path: Path, decimals: int) -> list[Field]:
    """Return the fields of several keys, given as words in one text."""
    return [field(model, key, holder, path, decimals) for key in keys.split()]

"""The drawers of the form: what one bank has beyond its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel

from simulations.config.events import Limits
from simulations.config.policies import Policy, SplitAbove
from simulations.config.schema import AgentConfig, ArrivalConfig, Collateral, Reservations, TimeWindow
from simulations.scenarios.fields import Field, shown
from simulations.scenarios.form import MATRIX_MAX, Reader, Row, items, part
from simulations.scenarios.text.tree import Path

POLICIES: dict[str, type[BaseModel]] = {
    get_args(each.model_fields["type"].annotation)[0]: each for each in get_args(get_args(Policy)[0])
}


@dataclass(frozen=True)
class Details:
    """The drawer of one bank: what its row has no room for."""

    index: int
    title: str
    groups: list[tuple[str, list[Field]]]
    windows: list[Row] = field(default_factory=list)
    weights: list[Field] = field(default_factory=list)
    policy_note: str = ""


def read_bank(document: dict[str, Any], index: int) -> Details:
    """Return collateral, policy, limits and reservations of a bank; LookupError if there is no such bank."""
    reader = Reader(document)
    agent = reader.agents[index]
    path: Path = ("agents", index)
    policy = part(agent, "policy")
    kind = str(policy.get("type", "release_all"))
    model = POLICIES.get(kind, POLICIES["release_all"])
    keys = " ".join(key for key in model.model_fields if key not in ("type", "split_above"))
    chosen = Field(
        path=f"agents[{index}].policy.type",
        key="type",
        label="Policy",
        kind="choice",
        value=kind,
        tip=AgentConfig.model_fields["policy"].description or "",
        choices=tuple(POLICIES),
        required=True,
    )
    own = [chosen, *reader.fields(model, keys, policy, *path, "policy")]
    split = part(policy, "split_above")
    own += reader.fields(SplitAbove, "amount parts", split, *path, "policy", "split_above")
    limits = part(agent, "limits")
    bilateral = [
        Field(
            path=f"agents[{index}].limits.bilateral.{name}",
            key=name,
            label=f"Limit to {name}",
            kind="money",
            value=shown(part(limits, "bilateral").get(name), "money", reader.decimals),
        )
        for other, name in enumerate(map(reader.name, range(len(reader.agents))))
        if other != index and len(reader.agents) <= MATRIX_MAX
    ]
    return Details(
        index,
        reader.name(index),
        [
            (
                "Collateral",
                reader.fields(Collateral, "posted haircut", part(agent, "collateral"), *path, "collateral"),
            ),
            ("When it submits", own),
            (
                "Reserve",
                reader.fields(Reservations, "urgent", part(agent, "reservations"), *path, "reservations"),
            ),
            ("Limits", reader.fields(Limits, "multilateral", limits, *path, "limits") + bilateral),
        ],
        policy_note=model.__doc__ or "",
    )


def read_arrivals(document: dict[str, Any], index: int) -> Details:
    """Return all of a bank's generated arrivals; LookupError if there is no such bank."""
    reader = Reader(document)
    arrivals = part(reader.agents[index], "arrival_config")
    path: Path = ("agents", index, "arrival_config")
    return Details(
        index,
        reader.name(index),
        [
            (
                "How many, and how large",
                reader.fields(
                    ArrivalConfig,
                    "rate_per_tick distribution_type amount_mean amount_std_dev",
                    arrivals,
                    *path,
                ),
            ),
            ("Terms", reader.fields(ArrivalConfig, "deadline_ticks priority divisible", arrivals, *path)),
        ],
        windows=[
            Row(
                f"agents[{index}].arrival_config.time_windows[{number}]",
                number,
                reader.fields(
                    TimeWindow, "start_tick end_tick rate_multiplier", window, *path, "time_windows", number
                ),
            )
            for number, window in enumerate(items(arrivals, "time_windows"))
        ],
        weights=reader.weights(index),
    )

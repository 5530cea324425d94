"""The drawers of the form: what one bank has beyond its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulations.config.events import Limits
from simulations.config.schema import ArrivalConfig, Collateral, Reservations, TimeWindow
from simulations.scenarios.fields import Field, shown
from simulations.scenarios.form import MATRIX_MAX, Reader, Row, items, part
from simulations.scenarios.text.tree import Path


@dataclass(frozen=True)
class Details:
    """The drawer of one bank: what its row has no room for."""

    index: int
    title: str
    groups: list[tuple[str, list[Field]]]
    windows: list[Row] = field(default_factory=list)
    weights: list[Field] = field(default_factory=list)
    policy_note: str = ""
    generates: bool = True


def read_bank(document: dict[str, Any], index: int) -> Details:
    """Return collateral, policy, limits and reservations of a bank; LookupError if there is no such bank."""
    reader = Reader(document)
    agent = reader.agents[index]
    path: Path = ("agents", index)
    policy, split, note = reader.policy(agent, *path)
    limits = part(agent, "limits")
    few = len(reader.agents) <= MATRIX_MAX
    bilateral = [] if few else reader.fields(Limits, "bilateral", limits, *path, "limits")
    bilateral += [
        Field(
            path=f"agents[{index}].limits.bilateral.{name}",
            key=name,
            label=f"Limit to {name}",
            kind="money",
            value=shown(part(limits, "bilateral").get(name), "money", reader.decimals),
        )
        for other, name in enumerate(map(reader.name, range(len(reader.agents))))
        if few and other != index
    ]
    return Details(
        index,
        reader.name(index),
        [
            (
                "Collateral",
                reader.fields(Collateral, "posted haircut", part(agent, "collateral"), *path, "collateral"),
            ),
            ("When it submits", policy),
            ("Large payments in parts", split),
            (
                "Reserve",
                reader.fields(Reservations, "urgent", part(agent, "reservations"), *path, "reservations"),
            ),
            ("Limits", reader.fields(Limits, "multilateral", limits, *path, "limits") + bilateral),
        ],
        policy_note=note,
        generates=bool(part(agent, "arrival_config")),
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

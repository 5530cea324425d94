"""The form: the document in sections, as far as the text can be read. It holds no state of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from pydantic import BaseModel

from simulations.config.document import Unreadable, shared_document
from simulations.config.events import EVENTS, Limits
from simulations.config.policies import Policy, SplitAbove
from simulations.config.schema import (
    AgentConfig,
    ArrivalConfig,
    CostConfig,
    Currency,
    RailConfig,
    SimulationConfig,
    TransactionConfig,
)
from simulations.scenarios.fields import Field, fields, shown
from simulations.scenarios.paths import show_path

ROWS_MAX = 200
MATRIX_MAX = 24
SILENT_MAX = 24

# What stands in every row, and what only the kind of the rail gives sense.
RAIL_KEYS = {
    "immediate": "id settlement_type max_amount queue crediting liquidity_saving lsm_every_ticks",
    "deferred_net": "id settlement_type max_amount settle_at_ticks",
}
POLICIES: dict[str, type[BaseModel]] = {
    get_args(each.model_fields["type"].annotation)[0]: each for each in get_args(get_args(Policy)[0])
}


@dataclass(frozen=True)
class Row:
    """A bank, a rail, a payment or an event: its path, its boxes, and the number the page counts it by."""

    path: str
    index: int
    fields: list[Field]
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Sheet:
    """Which rows of a long list the form shows: `start`..`end` (from 0, end exclusive) of `count`."""

    list: str
    number: int
    count: int

    @classmethod
    def of(cls, name: str, count: int, asked: int) -> Sheet:
        """Return the sheet asked for, the last one where there are fewer."""
        return cls(name, max(0, min(asked, (count - 1) // ROWS_MAX)), count)

    @property
    def start(self) -> int:
        """The first row shown."""
        return self.number * ROWS_MAX

    @property
    def end(self) -> int:
        """One past the last row shown."""
        return min(self.count, self.start + ROWS_MAX)

    @property
    def rows(self) -> range:
        """The numbers of the rows shown."""
        return range(self.start, self.end)

    @property
    def is_one_of_many(self) -> bool:
        """Whether there are others."""
        return self.count > ROWS_MAX


@dataclass(frozen=True)
class Form:
    """Everything the form shows of a document; `problem` says why there is none."""

    problem: str = ""
    line: int = 0
    currency: str = ""
    time: list[Field] = field(default_factory=list)
    banks: list[Row] = field(default_factory=list)
    arrivals: list[Row] = field(default_factory=list)
    silent: list[tuple[int, str]] = field(default_factory=list)
    rails: list[Row] = field(default_factory=list)
    costs: list[Field] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    matrix: list[Row] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)
    payment_file: str = ""


def read_form(text: str, asked: Mapping[str, int] | None = None) -> Form:
    """Return the form of a text; `asked` has the sheets (from 0) of lists that are not on their first."""
    try:
        document = shared_document(text).value if text.strip() else {}
    except Unreadable as error:
        return Form(problem=error.message, line=error.line)
    if not isinstance(document, dict):
        return Form(problem="A scenario is a mapping of keys to values.", line=1)
    return Reader(document, asked).form()


def items(document: Any, key: str) -> list[Any]:
    """Return the list under a key, empty where there is none."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, list) else []


def part(document: Any, key: str) -> dict[str, Any]:
    """Return the mapping under a key, empty where there is none."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, dict) else {}


def decimals_of(document: Any) -> int:
    """Return the places of the document's currency, 2 where it does not say."""
    places = part(document, "currency").get("decimals", 2)
    return places if isinstance(places, int) and not isinstance(places, bool) and 0 <= places <= 6 else 2


class Reader:
    """Reads one document, whatever shape it is in."""

    def __init__(self, document: dict[str, Any], asked: Mapping[str, int] | None = None) -> None:
        self.document = document
        self.asked = asked or {}
        self.decimals = decimals_of(document)
        self.agents = items(document, "agents")

    def fields(self, model: type[BaseModel], keys: str, holder: Any, *path: str | int) -> list[Field]:
        """Return the boxes of some keys of a model."""
        return fields(model, keys, holder, path, self.decimals)

    def form(self) -> Form:
        """Return every section."""
        document = self.document
        keys = ("agents", "rails", "initial_transactions", "events")
        file = document.get("transactions_file")
        generating = self._generating()
        lengths = {key: len(items(document, key)) for key in keys}
        sheets = {
            name: Sheet.of(name, count, self.asked.get(name, 0))
            for name, count in {**lengths, "arrivals": len(generating)}.items()
        }
        return Form(
            currency=str(part(document, "currency").get("code") or ""),
            time=self._time(),
            banks=[self._bank(index) for index in sheets["agents"].rows],
            arrivals=[self._arrivals(generating[place]) for place in sheets["arrivals"].rows],
            silent=[
                (index, self.name(index))
                for index, agent in enumerate(self.agents)
                if not part(agent, "arrival_config")
            ][:SILENT_MAX],
            rails=[self._rail(index) for index in sheets["rails"].rows],
            costs=self.fields(
                CostConfig, " ".join(CostConfig.model_fields), part(document, "costs"), "costs"
            ),
            payments=[self._payment(index) for index in sheets["initial_transactions"].rows],
            events=[self._event(index) for index in sheets["events"].rows],
            matrix=self._matrix(generating),
            ids=[self.name(index) for index in range(len(self.agents))],
            counts=lengths | {"arrivals": len(generating)},
            sheets=sheets,
            payment_file=str(file or ""),
        )

    def name(self, index: int) -> str:
        """Return the id of a bank, empty where it has none."""
        agent = self.agents[index]
        return str(agent.get("id", "")) if isinstance(agent, dict) else ""

    def _time(self) -> list[Field]:
        keys = "name ticks_per_day num_days seed day_start day_end end_of_day start_date timezone"
        currency = self.fields(Currency, "code decimals", part(self.document, "currency"), "currency")
        return self.fields(SimulationConfig, keys, self.document) + currency

    def _bank(self, index: int) -> Row:
        boxes = self.fields(AgentConfig, "id name balance credit_limit", self.agents[index], "agents", index)
        policy = part(self.agents[index], "policy").get("type", "release_all")
        return Row(f"agents[{index}]", index, boxes, self.name(index), str(policy))

    def _generating(self) -> list[int]:
        return [i for i, agent in enumerate(self.agents) if part(agent, "arrival_config")]

    def _arrivals(self, index: int) -> Row:
        arrivals = part(self.agents[index], "arrival_config")
        keys = "rate_per_tick distribution_type amount_mean amount_std_dev"
        boxes = self.fields(ArrivalConfig, keys, arrivals, "agents", index, "arrival_config")
        weights = part(arrivals, "counterparty_weights")
        note = f"{len(weights)} named" if weights else "all alike"
        return Row(f"agents[{index}].arrival_config", index, boxes, self.name(index), note)

    def _rail(self, index: int) -> Row:
        rail = items(self.document, "rails")[index]
        kind = rail.get("settlement_type", "immediate") if isinstance(rail, dict) else "immediate"
        boxes = self.fields(RailConfig, RAIL_KEYS.get(kind, RAIL_KEYS["immediate"]), rail, "rails", index)
        return Row(f"rails[{index}]", index, boxes, boxes[0].value)

    def _payment(self, index: int) -> Row:
        payment = items(self.document, "initial_transactions")[index]
        keys = "sender receiver amount arrival_tick deadline_tick priority divisible rail id"
        boxes = self.fields(TransactionConfig, keys, payment, "initial_transactions", index)
        return Row(f"initial_transactions[{index}]", index, boxes, f"payment {index + 1}")

    def _event(self, index: int) -> Row:
        event = items(self.document, "events")[index]
        kind = str(event.get("type", "")) if isinstance(event, dict) else ""
        model = EVENTS.get(kind, EVENTS["outage"])
        own = [key for key in model.model_fields if key not in ("tick", "type", "policy", "limits")]
        boxes = self.fields(model, " ".join(["tick", "type", *own]), event, "events", index)
        boxes[1] = replace(boxes[1], choices=tuple(EVENTS))
        note = model.__doc__ or ""
        if kind == "set_policy":
            policy, split, about = self.policy(event, "events", index)
            boxes += policy + split
            note = f"{note} {policy[0].value.replace('_', ' ').capitalize()}: {about}"
        if kind == "set_limits":
            limits = part(event, "limits")
            boxes += self.fields(Limits, "multilateral bilateral", limits, "events", index, "limits")
        title = f"Tick {boxes[0].value or '?'}: {kind.replace('_', ' ') or 'event'}"
        return Row(f"events[{index}]", index, boxes, title, note)

    def policy(self, holder: Any, *path: str | int) -> tuple[list[Field], list[Field], str]:
        """Return the boxes of a policy, those of its splitting, and what the policy does."""
        policy = part(holder, "policy")
        kind = str(policy.get("type", "release_all"))
        model = POLICIES.get(kind, POLICIES["release_all"])
        chosen = Field(
            path=show_path((*path, "policy", "type")),
            key="type",
            label="Policy",
            kind="choice",
            value=kind,
            choices=tuple(POLICIES),
            required=True,
        )
        keys = " ".join(key for key in model.model_fields if key not in ("type", "split_above"))
        own = [chosen, *self.fields(model, keys, policy, *path, "policy")]
        split = part(policy, "split_above")
        above, parts = self.fields(SplitAbove, "amount parts", split, *path, "policy", "split_above")
        return own, [replace(above, label="Split above"), parts], model.__doc__ or ""

    def _matrix(self, generating: list[int]) -> list[Row]:
        """Return who pays whom, a row a sender, where the scenario is small enough to look at."""
        if len(self.agents) > MATRIX_MAX:
            return []
        return [Row(f"agents[{i}].arrival_config", i, self.weights(i), self.name(i)) for i in generating]

    def weights(self, index: int) -> list[Field]:
        """Return the boxes of one bank's weights: one for each other bank, of very many one for all."""
        arrivals = part(self.agents[index], "arrival_config")
        weights = part(arrivals, "counterparty_weights")
        if len(self.agents) > ROWS_MAX:
            return self.fields(
                ArrivalConfig, "counterparty_weights", arrivals, "agents", index, "arrival_config"
            )
        path = f"agents[{index}].arrival_config.counterparty_weights"
        return [
            Field(
                path=f"{path}.{self.name(other)}",
                key=self.name(other),
                label=f"{self.name(index)} pays {self.name(other)}",
                kind="self" if other == index else "decimal",
                value=shown(weights.get(self.name(other)), "decimal", self.decimals),
                placeholder="0" if weights else "1",
            )
            for other in range(len(self.agents))
        ]

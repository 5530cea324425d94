"""Making a case small while it keeps its fault."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from .scenarios import Case

IsFaulty = Callable[[Case], bool]


def place(case: Case, path: tuple[str | int, ...]) -> Any:
    """What stands at a path of a case; an empty list if there is nothing."""
    value: Any = case
    for key in path:
        value = value[key] if isinstance(key, int) else value.get(key, [])
    return value


def without(case: Case, *path: str | int) -> Case:
    """A copy of a case without what stands at a path."""
    smaller = copy.deepcopy(case)
    del place(smaller, path[:-1])[path[-1]]
    return smaller


def without_list_entries(case: Case) -> Iterator[Case]:
    """Every case with a stretch of payments, events or interventions left out, long stretches first."""
    for path in (("scenario", "initial_transactions"), ("scenario", "events"), ("interventions",)):
        entries = place(case, path)
        length = len(entries)
        while length:
            for start in range(0, len(entries), length):
                smaller = copy.deepcopy(case)
                del place(smaller, path)[start : start + length]
                yield smaller
            length //= 2


def without_optional_keys(case: Case) -> Iterator[Case]:
    """Every case with one optional key of an agent, a rail, a payment or the whole left out."""
    document = case["scenario"]
    for key in {"costs", "end_of_day", "num_days"} & set(document):
        yield without(case, "scenario", key)
    for key in document.get("costs", {}):
        yield without(case, "scenario", "costs", key)
    needed = {"id", "balance", "sender", "receiver", "amount", "arrival_tick", "settlement_type"}
    for group in ("agents", "rails", "initial_transactions"):
        for i, entry in enumerate(document[group]):
            for key in sorted(set(entry) - needed):
                yield without(case, "scenario", group, i, key)


def with_smaller_numbers(case: Case) -> Iterator[Case]:
    """Every case with one payment's amount or one balance made smaller."""
    for group, key, least in (("initial_transactions", "amount", 1), ("agents", "balance", 0)):
        for i, entry in enumerate(case["scenario"][group]):
            # By shares, not by cents: a large amount must not take as many steps as it has cents.
            for value in (least, entry[key] // 2, entry[key] - 1 - entry[key] // 10):
                if least <= value < entry[key]:
                    smaller = copy.deepcopy(case)
                    smaller["scenario"][group][i][key] = value
                    yield smaller


def without_agents(case: Case) -> Iterator[Case]:
    """Every case without one bank and all that names it."""
    document = case["scenario"]
    for agent in [entry["id"] for entry in document["agents"]] if len(document["agents"]) > 2 else []:
        smaller = copy.deepcopy(case)
        inner = smaller["scenario"]

        def stays(entry: dict[str, Any], agent: str = agent) -> bool:
            return agent not in (entry.get("sender"), entry.get("receiver"), entry.get("agent"))

        inner["agents"] = [entry for entry in inner["agents"] if entry["id"] != agent]
        inner["initial_transactions"] = [p for p in inner["initial_transactions"] if stays(p)]
        inner["events"] = [event for event in inner.get("events", []) if stays(event)]
        smaller["interventions"] = [pair for pair in smaller["interventions"] if stays(pair[1])]
        for entry in inner["agents"] + inner["events"] + [event for _, event in smaller["interventions"]]:
            entry.get("limits", {}).get("bilateral", {}).pop(agent, None)
            entry.get("arrival_config", {}).get("counterparty_weights", {}).pop(agent, None)
        yield smaller


def shrink(case: Case, is_faulty: IsFaulty) -> Case:
    """Return a case from which nothing more can be left out without losing the fault."""
    steps = (without_list_entries, without_agents, without_optional_keys, with_smaller_numbers)
    found = True
    while found:
        found = False
        for step in steps:
            while (smaller := next((c for c in step(case) if is_faulty(c)), None)) is not None:
                case, found = smaller, True
    return case

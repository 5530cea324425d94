"""Columns into and out of the Rust core."""

import struct
from typing import Any

import numpy as np
import payment_simulator_core_rs as core
import pytest
from payment_simulator_core_rs import Orchestrator

from simulations.config.events import EVENTS
from simulations.templatetags.runs import FIRST_INTERVENTION
from simulations.tests.short_days import TICKS, finished, rows, scenario


def test_columns_stand_for_the_same_payments_in_the_document():
    scripted = scenario()
    listed = scripted.pop("initial_transactions")
    ids = [payment.get("id", "") for payment in listed]
    index = {"A": 0, "B": 1, "C": 2, "D": 3}
    columns: dict[str, Any] = {
        "sender": np.array([index[payment["sender"]] for payment in listed], dtype=np.uint16),
        "receiver": np.array([index[payment["receiver"]] for payment in listed], dtype=np.int8),
        "amount": np.array([payment["amount"] for payment in listed]),
        "arrival_tick": np.array([payment["arrival_tick"] for payment in listed], dtype=np.int32),
        "deadline_tick": np.array([payment.get("deadline_tick", -1) for payment in listed]),
        "divisible": np.zeros(len(listed), dtype=bool),
    }
    blob = {
        "id_bytes": np.frombuffer("".join(ids).encode(), dtype=np.uint8),
        "id_offsets": np.cumsum([0, *map(len, ids)]),
    }
    wanted = finished(Orchestrator.new(scenario()))
    forms: list[dict[str, Any]] = [blob, {"id": ids}, {"id": np.array(ids, dtype=object)}]
    for given in forms:
        run = finished(Orchestrator.new(scripted, {**columns, **given}))
        assert run.digest() == wanted.digest()
        assert set(run.payments()["id"]) == set(wanted.payments()["id"])


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("amount", np.array([1.0])),
        ("amount", np.array(["1"])),
        ("amount", np.array([[1]])),
        ("amount", np.array(1)),
        ("amount", np.array([0])),
        ("amount", np.array([2**63], dtype=np.uint64)),
        ("amount", np.array([1], dtype=object)),
        ("amount", np.array([1, 2])),
        ("sender", np.array([4])),
        ("sender", np.array([1])),
        ("arrival_tick", np.array([TICKS])),
        ("priority", np.array([11])),
        ("rail", np.array([1])),
        ("id", [5]),
        ("id", ["a b"]),
        ("id_bytes", np.zeros(3, dtype=np.uint8)),
        ("values", np.array([1])),
        ("amount", None),
    ],
)
def test_columns_with_faults_are_refused(column, values):
    columns: dict[str, Any] = {"sender": np.array([0]), "receiver": np.array([1]), "amount": np.array([5])}
    columns["arrival_tick"] = np.array([0])
    assert core.validate(scenario(), columns) == []
    faults = core.validate(scenario(), {**columns, column: values})
    assert faults
    assert all(fault["path"].startswith("payments") for fault in faults)


def test_a_drain_moves_everything_out_once():
    run, twin = Orchestrator.new(scenario()), finished(Orchestrator.new(scenario()))
    parts = []
    for _ in range(4):
        run.advance(TICKS // 4)
        parts.append(run.drain())
    assert [row for part in parts for row in rows(part["events"])] == rows(twin.events())
    assert [row for part in parts for row in rows(part["series"])] == rows(twin.series())
    for columns in run.drain().values():
        assert rows(columns) == []
    left = [row for part in parts for row in rows(part["payments"])]
    assert sorted([*left, *rows(run.payments())]) == sorted(rows(twin.payments()))
    assert run.digest() == twin.digest()


def test_a_drained_column_of_one_value_takes_no_room_for_its_rows_and_all_others_do():
    run = Orchestrator.new(scenario())
    run.advance(TICKS)
    whole = {"series": run.series(), "events": run.events()}
    drained = run.drain()
    repeated = set()
    for kind, columns in drained.items():
        for name, column in columns.items():
            if name == "labels" or column.dtype == object:
                continue
            same = len(column) > 1 and len(set(column.tolist())) == 1
            assert (column.strides == (0,)) == same, (kind, name)
            assert column.flags.writeable != same
            repeated |= {name} if same else set()
    assert {"lsm_net", "cost_split", "rail"} <= repeated
    for kind, columns in whole.items():
        for name, column in columns.items():
            if name != "labels":
                assert column.dtype == drained[kind][name].dtype
                assert column.tolist() == drained[kind][name].tolist()


def test_columns_own_their_memory_and_have_the_documented_types():
    run = finished(Orchestrator.new(scenario()))
    tables = {"series": run.series(["A", "D"]), "events": run.events(), "payments": run.payments()}
    kinds = {
        name: {column: str(values.dtype) for column, values in columns.items() if column != "labels"}
        for name, columns in tables.items()
    }
    codes = {"rail": "int16", "method": "int8", "reason": "int16"}
    assert kinds["events"] == {
        "seq": "uint64", "tick": "uint32", "type": "uint8", "payment": "int64", "agent": "int32",
        "counterparty": "int32", "amount": "int64", **codes,
    }  # fmt: skip
    assert kinds["payments"] == {
        "id": "object", "payment": "uint32", "parent": "int64", "sender": "uint16", "receiver": "uint16",
        "amount": "int64", "priority": "uint8", "arrival_tick": "int64", "deadline_tick": "int64",
        "release_tick": "int64", "end_tick": "int64", "status": "int8", **codes,
    }  # fmt: skip
    assert kinds["series"].pop("tick") == "uint32"
    assert set(kinds["series"].values()) == {"int64"}
    assert {"balance:A", "balance:D", "cost_delay", "lsm_net", "queue_value"} <= set(kinds["series"])
    before = rows(tables["events"])
    for columns in tables.values():
        for column, values in columns.items():
            if column != "labels":
                values[:] = values[::-1].copy()
    assert rows(run.events()) == before != rows(tables["events"])


def test_the_columns_say_what_the_ticks_said():
    run = Orchestrator.new(scenario())
    results = [run.tick() for _ in range(TICKS)]
    payments, events = run.payments(), run.events()
    statuses = [payments["labels"]["status"][code] for code in payments["status"]]
    settled = np.array([status == "settled" for status in statuses])
    assert settled.sum() == sum(result["settlements"] for result in results)
    assert payments["amount"][settled].sum() == sum(result["settled_value"] for result in results)
    types = [events["labels"]["type"][code] for code in events["type"]]
    assert types.count("settled") == settled.sum()
    assert types.count("arrived") == len(statuses) == sum(result["arrivals"] for result in results)
    series = run.series(["A"])
    last = dict(zip(series["tick"].tolist(), series["balance:A"].tolist(), strict=True))
    assert last[TICKS - 1] == results[-1]["agents"][0]["balance"]


def test_a_frame_is_columns_of_doubles():
    run = Orchestrator.new(scenario())
    results = [run.tick() for _ in range(20)]
    names = ["queue_value", "settled_value_total", "balance:B", "available:A", "queued_value:D"]
    frame = run.frame(names, 0, 1_000)
    points = len(frame) // (8 * (1 + len(names)))
    columns = [struct.unpack_from(f"<{points}d", frame, 8 * points * i) for i in range(1 + len(names))]
    assert columns[0][-1] == 19
    assert columns[1][-1] == results[-1]["queue_value"]
    assert columns[2][-1] == sum(result["settled_value"] for result in results)
    assert columns[3][-1] == results[-1]["agents"][1]["balance"]
    assert len(run.frame(["queue_depth"], 0, 4)) <= 4 * 2 * 8
    for unknown in ("queue", "balance:Z", "queue_value_total", "interest:A"):
        with pytest.raises(ValueError, match=r"no (series|agent)"):
            run.frame([unknown], 0, 10)


def test_the_codes_of_interventions_follow_one_another_as_the_events_of_a_scenario_do():
    labels = Orchestrator.new(scenario()).events()["labels"]["reason"]
    assert labels[FIRST_INTERVENTION:] == list(EVENTS)

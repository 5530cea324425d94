"""Stored parts: what is written is read back, filtered, thinned and exported; nothing appears half."""

import csv
import datetime
import uuid
from itertools import chain

import duckdb
import numpy as np
import pytest

from simulations import storage
from simulations.config.clock import DayClock
from simulations.engine.rust_backend import RustBackend
from simulations.storage.exporting import Labels, export, stored_rows

CONFIG = {
    "ticks_per_day": 50,
    "num_days": 2,
    "seed": 9,
    "day_start": "08:00",
    "day_end": "18:00",
    "agents": [
        {
            "id": bank,
            "balance": 40_000,
            "arrival_config": {
                "rate_per_tick": 2,
                "distribution_type": "exponential",
                "amount_mean": 5000,
            },
        }
        for bank in ("A", "B", "C")
    ],
}
LABELS = Labels.of(CONFIG)
RUN = uuid.UUID(int=7)


def with_what_waits(left, held):
    """Add the payments that wait to those that left, as the recorder of a live run does."""
    waits = np.isin(held["status"], [held["labels"]["status"].index(word) for word in ("pending", "queued")])
    columns = {name: np.concatenate([left[name], held[name][waits]]) for name in left if name != "labels"}
    return columns | {"labels": left["labels"]}


@pytest.fixture
def stored():
    """A finished run in two parts of each kind; returns the engine and the names of the files by kind."""
    backend = RustBackend(CONFIG)
    names: dict[str, list[str]] = {"series": [], "events": [], "payments": []}
    for part in range(2):
        backend.advance(50)
        drained = backend.drain()
        drained["payments"] = with_what_waits(drained["payments"], backend.payments())
        for kind, columns in drained.items():
            labels = columns.pop("labels")
            names[kind].append(storage.write_part(RUN, kind, part, columns, labels).name)
    return backend, names


@pytest.mark.parametrize("most", [3, 10**6])
def test_the_newest_events_of_a_part_are_its_last_ones_in_their_order(stored, most: int) -> None:
    _, names = stored
    part = names["events"][1]
    whole = storage.read(RUN, "events", [part], storage.COLUMNS["events"], order=["seq"])
    newest = storage.newest(RUN, part, most)
    assert set(newest) == set(storage.COLUMNS["events"])
    for name, values in newest.items():
        assert list(values) == list(whole[name][-most:])


def test_a_part_counts_its_rows_and_leaves_nothing_unfinished(stored):
    _, names = stored
    assert names["events"] == ["events-00000.parquet", "events-00001.parquet"]
    assert sorted(path.name for path in storage.run_dir(RUN).iterdir()) == sorted(chain(*names.values()))
    part = storage.write_part(RUN, "series", 9, {"tick": np.arange(3)}, {})
    assert (part.name, part.rows) == ("series-00009.parquet", 3)
    assert part.bytes == (storage.run_dir(RUN) / part.name).stat().st_size


def test_a_part_that_cannot_be_written_leaves_no_file():
    with pytest.raises(duckdb.Error):
        storage.write_part(RUN, "events", 0, {"tick": np.arange(3), "agent": np.arange(4)}, {})
    assert list(storage.run_dir(RUN).iterdir()) == []


def test_codes_become_text_and_none_becomes_null():
    columns = {"status": np.array([0, -1, 1], dtype=np.int8)}
    storage.write_part(RUN, "payments", 0, columns, {"status": ["pending", "settled"]})
    with duckdb.connect() as connection:
        path = str(storage.run_dir(RUN) / "payments-00000.parquet")
        rows = connection.execute("SELECT status FROM read_parquet($1)", [path]).fetchall()
    assert rows == [("pending",), (None,), ("settled",)]


def test_texts_may_repeat_hold_quotes_or_be_missing_altogether():
    columns = {"agent": np.array([0, 2, 1], np.int8), "reason": np.array([-1, -1, -1], np.int8)}
    labels = {"agent": ["d'Or", "B", "d'Or"], "reason": []}
    storage.write_part(RUN, "events", 0, columns, labels)
    with duckdb.connect() as connection:
        path = str(storage.run_dir(RUN) / "events-00000.parquet")
        rows = connection.execute("SELECT agent, reason FROM read_parquet($1)", [path]).fetchall()
    assert rows == [("d'Or", None), ("d'Or", None), ("B", None)]


def test_every_payment_is_read_once_as_it_ended(stored):
    backend, names = stored
    metrics = backend.metrics()
    page = storage.page(RUN, "payments", names["payments"], limit=5, order=["-amount"])
    assert page.total == metrics["arrived_count"]
    amounts = [row["amount"] for row in page.rows]
    assert amounts == sorted(amounts, reverse=True)
    settled = [storage.Where("status", "=", "settled")]
    assert (
        storage.page(RUN, "payments", names["payments"], where=settled, limit=1).total
        == (metrics["settled_count"])
    )
    found = storage.read(RUN, "payments", names["payments"], ["amount"], where=settled)
    assert int(found["amount"].sum()) == metrics["settled_value"]


def test_pages_follow_one_another_without_overlap(stored):
    _, names = stored
    pages = [
        storage.page(RUN, "events", names["events"], order=["seq"], limit=40, offset=offset)
        for offset in (0, 40)
    ]
    assert [row["seq"] for page in pages for row in page.rows] == list(range(80))


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        (storage.Where("agent", "=", "A"), lambda row: row["agent"] == "A"),
        (
            storage.Where("type", "in", ["settled", "queued"]),
            lambda row: row["type"] in ("settled", "queued"),
        ),
        (storage.Where("tick", ">=", 90), lambda row: row["tick"] >= 90),
        (storage.Where("type", "contains", "SETT"), lambda row: row["type"] == "settled"),
    ],
)
def test_conditions_choose_rows(stored, where, holds):
    _, names = stored
    page = storage.page(RUN, "events", names["events"], where=[where], limit=10_000)
    assert page.total == len(page.rows) > 0
    assert all(holds(row) for row in page.rows)


@pytest.mark.parametrize("column", ["password", 'tick" OR 1=1 --', "part", ""])
def test_columns_that_are_not_known_are_refused(stored, column):
    _, names = stored
    with pytest.raises(ValueError, match="column"):
        storage.page(RUN, "events", names["events"], order=[column], limit=1)
    with pytest.raises(ValueError, match="column"):
        storage.read(RUN, "events", names["events"], ["tick"], where=[storage.Where(column, "=", 1)])
    with pytest.raises(ValueError, match="operator"):
        storage.read(RUN, "events", names["events"], ["tick"], where=[storage.Where("tick", "OR", 1)])


def test_a_name_cannot_lead_out_of_the_folder_of_the_run(stored, tmp_path):
    (tmp_path / "other.parquet").write_bytes(b"PAR1")
    with pytest.raises(duckdb.Error):
        storage.page(RUN, "events", ["../../other.parquet"], limit=1)


def test_a_run_without_parts_has_no_rows():
    assert storage.page(RUN, "events", [], limit=5) == storage.Page([], 0)
    assert len(storage.read(RUN, "events", [], ["tick"])["tick"]) == 0
    assert storage.series_names(RUN, []) == []
    assert storage.balances(RUN, [], {"A": 5})["A"].tolist() == [5]


def test_balances_are_rebuilt_from_the_events(stored):
    backend, names = stored
    found = storage.balances(RUN, names["events"], {"A": 40_000, "B": 40_000, "C": 40_000})
    ends = {agent["id"]: agent["balance"] for agent in backend.get_state()["agents"]}
    assert {bank: int(found[bank][-1]) for bank in ends} == ends
    total = found["A"] + found["B"] + found["C"]
    assert (total == 120_000).all()
    half = storage.balances(RUN, names["events"], {"A": 40_000}, to_tick=30)
    assert half["A"][-1] == found["A"][found["tick"] <= 30][-1]


def test_series_are_read_whole_or_thinned_without_losing_an_extreme(stored):
    _, names = stored
    whole = storage.series(RUN, names["series"], ["queue_value", "settlements"], max_points=10_000)
    thinned = storage.series(RUN, names["series"], ["queue_value", "settlements"], max_points=20)
    assert len(whole["tick"]) > 20 >= len(thinned["tick"])
    for name in ("queue_value", "settlements"):
        assert thinned[name].max() == whole[name].max()
        assert thinned[name].min() == whole[name].min()
    assert (np.diff(thinned["tick"].astype(int)) >= 0).all()
    assert "cost_delay" in storage.series_names(RUN, names["series"])


def standing(columns, name, ticks):
    """Return what a step curve shows at each of the ticks."""
    return columns[name][np.searchsorted(columns["tick"], ticks, side="right") - 1]


def test_a_thinned_curve_shows_what_stands_after_the_last_change_before_a_long_rest():
    ticks = np.append(np.arange(1_000), 9_999)
    values = np.append(np.arange(1_000) * 7_919 % 1_009, 5)
    values[996:] = (5, 700, 1, 5, 5)
    thinned = storage.thin({"tick": ticks, "value": values}, 120)
    assert len(thinned["tick"]) <= 120
    assert (standing(thinned, "value", np.arange(1_000, 10_000)) == 5).all()
    assert (thinned["value"].min(), thinned["value"].max()) == (values.min(), values.max())
    whole = {"tick": ticks, "value": values}
    width = 10_000 // 40 + 1
    for tick in range(0, 10_000, 7):
        near = standing(whole, "value", np.arange(max(0, tick - width), min(10_000, tick + width)))
        assert near.min() <= standing(thinned, "value", tick) <= near.max()


SLEEPY = {
    "tick": np.array([0, 3, 4, 90, 91, 99], dtype=np.uint32),
    "cost_delay": np.array([0, 10, 10, 0, 7, 0]),
    "queue_depth": np.array([0, 9, 1, 0, 4, 2]),
}


@pytest.mark.parametrize("most", [11, 40, 1_000])
@pytest.mark.parametrize(("first", "last"), [(0, None), (0, 50), (30, 95), (99, None), (5, 5)])
def test_curves_count_each_tick_a_row_stands_for(most, first, last):
    name = storage.write_part(RUN, "series", 0, SLEEPY, {}).name
    asked = {"from_tick": first, "to_tick": last, "max_points": most, "until": 100}
    found = storage.curves(RUN, [name], flows=["cost_delay"], levels=["queue_depth"], **asked)
    every_tick = np.arange(100)
    sums = np.cumsum(standing(SLEEPY, "cost_delay", every_tick))
    depth = standing(SLEEPY, "queue_depth", every_tick)
    final = 99 if last is None else last
    assert len(found["tick"]) <= most
    assert (found["tick"][0], found["tick"][-1]) == (first, final)
    assert (found["cost_delay"] == sums[found["tick"]]).all(), "sums are exact at every point"
    assert found["queue_depth"][-1] == depth[final]
    assert found["queue_depth"].max() == depth[first : final + 1].max()
    assert np.diff(found["tick"]).max(initial=0) <= 2 * 100 // (most - 1) + 2, "no rest is one long step"


def test_a_window_that_ends_before_it_begins_shows_nothing():
    name = storage.write_part(RUN, "series", 0, SLEEPY, {}).name
    asked = {"from_tick": 60, "to_tick": 50, "until": 100}
    assert len(storage.curves(RUN, [name], flows=[], levels=["queue_depth"], **asked)["tick"]) == 0


def test_what_a_person_downloads_has_clock_times_and_currency_units(stored, tmp_path):
    _, names = stored
    target = tmp_path / "payments.csv"
    export(stored_rows(RUN, "payments", names["payments"]), target, "csv", LABELS)
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert "part" not in rows[0]
    for row in rows[:50]:
        assert row["amount_units"] == f"{int(row['amount']) / 100:.2f}"
        tick = int(row["arrival_tick"])
        minutes = 8 * 60 + tick % 50 * 12
        assert row["arrival_time"] == f"day {tick // 50} {minutes // 60:02}:{minutes % 60:02}:00"
    assert all(row["deadline_time"] == "" for row in rows)


def test_spreadsheets_get_semicolons_and_decimal_commas(stored, tmp_path):
    _, names = stored
    target = tmp_path / "events.csv"
    dated = Labels(2, 50, 2, DayClock(0, 86_400, 50), datetime.date(2026, 1, 31))
    export(stored_rows(RUN, "events", names["events"]), target, "excel", dated)
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert rows[0]["amount_units"] == f"{int(rows[0]['amount']) / 100:.2f}".replace(".", ",")
    assert rows[-1]["time"].startswith("2026-02-01 23:31:12")


def test_parquet_keeps_types(stored, tmp_path):
    _, names = stored
    target = tmp_path / "series.parquet"
    export(stored_rows(RUN, "series", names["series"]), target, "parquet", LABELS)
    with duckdb.connect() as connection:
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(target)]).fetchall()
    types = {row[0]: row[1] for row in described}
    assert types["queue_value"] == "BIGINT"
    assert types["queue_value_units"].startswith("DECIMAL")
    assert types["time"] == "VARCHAR"


def test_deleting_a_run_removes_its_files(stored):
    storage.delete_run(RUN)
    assert not storage.run_dir(RUN).exists()
    storage.delete_run(RUN)


WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def repeated(value, rows, dtype="int64"):
    return np.broadcast_to(np.array([value], dtype=dtype), rows)


@pytest.mark.parametrize("beside", [{}, {"tick": np.arange(3)}])
def test_columns_of_one_value_are_stored_as_those_that_hold_every_row(beside):
    lean = {
        **beside,
        **{f"high_{kind}": repeated(np.iinfo(kind).max, 3, kind) for kind in WHOLE},
        **{f"low_{kind}": repeated(np.iinfo(kind).min, 3, kind) for kind in WHOLE},
        "bank": repeated(1, 3, "int32"),
        "rail": repeated(-1, 3, "int16"),
        "reason": repeated(-1, 3, "int16"),
    }
    labels = {"bank": ["A", "O'B"], "rail": ["RTGS"], "reason": []}
    full = {name: column.copy() for name, column in lean.items()}
    found = []
    for number, columns in enumerate((lean, full)):
        part = storage.write_part(RUN, "events", number, columns, labels)
        assert part.rows == 3
        path = str(storage.run_dir(RUN) / part.name)
        rows = duckdb.execute("SELECT * FROM read_parquet($1)", [path]).fetchall()
        shape = duckdb.execute("DESCRIBE SELECT * FROM read_parquet($1)", [path]).fetchall()
        found.append((rows, shape))
    assert found[0] == found[1]
    assert found[0][0][0][-3:] == ("O'B", None, None)


def test_columns_of_one_value_stay_so_end_to_end_where_all_have_the_same():
    whole = storage.end_to_end([repeated(4, 2), repeated(4, 3)])
    assert (whole.tolist(), whole.strides) == ([4] * 5, (0,))
    assert storage.end_to_end([repeated(4, 2), repeated(5, 2)]).tolist() == [4, 4, 5, 5]
    assert storage.end_to_end([repeated(4, 2), np.array([4, 6])]).tolist() == [4, 4, 4, 6]
    assert storage.end_to_end([np.array([7])]).tolist() == [7]

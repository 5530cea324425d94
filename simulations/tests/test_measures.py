"""Measures computed a second time, plainly, in SQL over the stored payments; and what only metrics() tells.

Gross settlement only: each settlement is then one payment, in the order of the stored rows. Runs with
everything on are held against the auditor.
"""

import math
from pathlib import Path
from typing import Any

import duckdb
import pytest

from simulations.engine.rust_backend import RustBackend
from simulations.results.aggregator import aggregate_metrics
from simulations.storage.exporting import Labels
from simulations.storage.tape import Tape
from simulations.tests.auditor.scenarios import random_case
from simulations.tests.short_days import TICKS, arrivals, scenario

PER_DAY = TICKS // 2
CLOCK = {"day_start": "08:30", "day_end": "11:00"}  # five minutes a tick

MOVES = """
    CREATE TABLE settled AS
        SELECT end_tick // $per_day AS day, end_tick % $per_day AS tick, sender, receiver, amount,
               row_number() OVER (ORDER BY end_tick, file_row_number) AS turn
        FROM read_parquet($path, file_row_number = true) WHERE status = 'settled';
    CREATE TABLE moves AS
        SELECT day, tick, turn, sender AS bank, amount FROM settled
        UNION ALL SELECT day, tick, turn, receiver, -amount FROM settled;
    CREATE TABLE positions AS
        SELECT *, sum(amount) OVER (PARTITION BY day, bank ORDER BY turn) AS net FROM moves;
    CREATE TABLE provided AS
        SELECT day, bank, greatest(0, max(net)) AS most, greatest(0, -min(net)) AS credit,
               coalesce(sum(amount) FILTER (amount > 0), 0) AS sent, count(*) FILTER (amount > 0) AS payments,
               coalesce(sum(-amount) FILTER (amount < 0), 0) AS received
        FROM positions GROUP BY ALL;
"""
POSITIONS = """
    WITH closes AS (
        SELECT b.day, b.bank, t.tick, coalesce(sum(m.amount), 0) AS net
        FROM (SELECT DISTINCT day, bank FROM moves) AS b
        CROSS JOIN (SELECT unnest(range($per_day)) AS tick) AS t
        LEFT JOIN moves AS m ON m.day = b.day AND m.bank = b.bank AND m.tick <= t.tick
        GROUP BY b.day, b.bank, t.tick
    )
    SELECT bank, sum(greatest(0, net) * weight) / $per_day ** 2,
           sum(greatest(0, -net) * weight) / $per_day ** 2
    FROM closes CROSS JOIN LATERAL (SELECT 2 * ($per_day - tick) - 1 AS weight) WHERE day = $day GROUP BY bank
"""
GINI = """
    SELECT sum(abs(a.most - b.most)) / (2 * count(*) * avg(a.most))
    FROM provided AS a CROSS JOIN provided AS b WHERE a.day = $day AND b.day = $day
"""
AT_ONE_MOMENT = """
    WITH moments AS (SELECT DISTINCT turn FROM moves WHERE day = $day),
    banks AS (SELECT DISTINCT bank FROM moves WHERE day = $day),
    standing AS (
        SELECT t.turn, b.bank, coalesce(sum(m.amount), 0) AS net
        FROM moments AS t CROSS JOIN banks AS b
        LEFT JOIN moves AS m ON m.day = $day AND m.bank = b.bank AND m.turn <= t.turn GROUP BY ALL
    )
    SELECT max(together) FROM (SELECT sum(greatest(0, net)) AS together FROM standing GROUP BY turn)
"""
RELATIVE = """
    SELECT bank, most / sum(most) OVER () - sent / sum(sent) OVER () FROM provided WHERE day = $day
"""
GINI_OF_COST = """
    WITH cost AS (SELECT bank, payments, most / sent AS cost FROM provided WHERE day = $day AND sent > 0),
    whole AS (
        SELECT sum(payments) AS m,
               (SELECT sum(most) / sum(sent) FROM provided WHERE day = $day) AS mu
        FROM cost
    )
    SELECT sum(a.payments * b.payments * abs(a.cost - b.cost)) / (2 * any_value(m) ** 2 * any_value(mu))
    FROM cost AS a CROSS JOIN cost AS b CROSS JOIN whole WHERE a.bank != b.bank
"""
OF_DAY = """
    SELECT sum(sent) / sum(most), sum(most),
           sum(greatest(0, most / (SELECT sum(most) FROM provided WHERE day = $day)
                           - sent / (SELECT sum(sent) FROM provided WHERE day = $day)))
    FROM provided WHERE day = $day
"""
TIMING = "SELECT sum(amount * tick) / sum(amount) FROM settled WHERE day = $day"
DECILES = """
    SELECT min(tick) FROM (
        SELECT tick, sum(sum(amount)) OVER (ORDER BY tick) / sum(sum(amount)) OVER () AS share
        FROM settled WHERE day = $day GROUP BY tick
    ) CROSS JOIN (SELECT unnest(range(1, 11)) AS k) WHERE share >= k / 10.0 - 1e-12 GROUP BY k ORDER BY k
"""


def busy(seed: int) -> dict[str, Any]:
    """Two days on which money goes round: what one bank lacks now another pays it later."""
    banks = [
        {"id": bank, "balance": 150_000, "arrival_config": arrivals(rate_per_tick=1.5)} for bank in "ABCD"
    ]
    return scenario(seed=seed, agents=banks, initial_transactions=[], **CLOCK)


def row(sql: duckdb.DuckDBPyConnection, query: str, given: dict[str, Any]) -> tuple[Any, ...]:
    """Return the one row of an answer."""
    [found] = sql.execute(query, given).fetchall()
    return found


def played(folder: Path, document: dict[str, Any], ticks: int = TICKS) -> RustBackend:
    backend = RustBackend(document)
    with Tape(folder) as tape:
        backend.advance(ticks)
        tape.finish(backend, Labels.of(document))
    return backend


def settlements_in(sql: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Lay out what settled, from the stored payments of a run."""
    for statement in MOVES.split(";")[:-1]:
        named = {"per_day": PER_DAY, "path": str(folder / "payments.parquet")}
        sql.execute(statement, {key: value for key, value in named.items() if f"${key}" in statement})


@pytest.mark.parametrize("seed", range(12))
def test_the_cpmi_set_is_what_plain_sql_makes_of_the_stored_payments(tmp_path, seed):
    metrics = played(tmp_path, busy(seed)).metrics()
    with duckdb.connect() as sql:
        settlements_in(sql, tmp_path)
        for day, found in enumerate(metrics["days"]):
            at = {"day": day}
            efficiency, most, relative = row(sql, OF_DAY, at)
            assert math.isclose(found["system_liquidity_efficiency"], efficiency)
            assert found["maximum_liquidity_provision"] == most
            assert math.isclose(found["aggregate_liquidity_provision_relative_to_usage"], relative)
            positions = sql.execute(POSITIONS, at | {"per_day": PER_DAY}).fetchall()
            assert math.isclose(
                found["aggregate_average_net_position"], sum(debit for _, debit, _ in positions)
            )
            assert math.isclose(
                found["aggregate_average_net_position"], sum(credit for *_, credit in positions)
            )
            assert math.isclose(found["average_net_position"], found["aggregate_average_net_position"] / 4)
            assert math.isclose(found["gini_of_provision"], row(sql, GINI, at)[0])
            assert found["largest_simultaneous_provision"] == row(sql, AT_ONE_MOMENT, at)[0]
            assert math.isclose(found["gini_of_liquidity_cost"], row(sql, GINI_OF_COST, at)[0])
            assert math.isclose(found["average_payment_timing"], row(sql, TIMING, at)[0])
            assert found["deciles"] == [tick for (tick,) in sql.execute(DECILES, at).fetchall()]
            banks = sql.execute("SELECT * EXCLUDE (day) FROM provided WHERE day = $day", at).fetchall()
            for bank, largest, credit, sent, _, received in banks:
                assert found["liquidity_used"][bank] == largest
                assert found["largest_positive_net_position"][bank] == credit
                assert (found["gross_sent"][bank], found["gross_received"][bank]) == (sent, received)


@pytest.mark.parametrize("seed", range(6))
def test_a_banks_cpmi_set_is_what_plain_sql_makes_of_the_stored_payments(tmp_path, seed):
    """Of one day, so that a bank's run is its day."""
    agents = played(tmp_path, busy(seed) | {"ticks_per_day": PER_DAY, "num_days": 1}, PER_DAY).metrics()[
        "agents"
    ]
    with duckdb.connect() as sql:
        settlements_in(sql, tmp_path)
        at = {"day": 0}
        positions = sql.execute(POSITIONS, at | {"per_day": PER_DAY}).fetchall()
        relative = dict(sql.execute(RELATIVE, at).fetchall())
        most = dict(sql.execute("SELECT bank, most FROM provided").fetchall())
        assert len(positions) == len(agents)
        for bank, debit, credit in positions:
            found = agents[bank]
            assert math.isclose(found["average_net_position"], debit)
            assert math.isclose(found["average_net_credit_position"], credit)
            assert math.isclose(found["liquidity_provision_relative_to_usage"], relative[bank], abs_tol=1e-12)
            assert found["maximum_liquidity_provision"] == most[bank]


@pytest.mark.parametrize("seed", range(4))
def test_throughput_by_hour_counts_the_ticks_that_begin_before_it(tmp_path, seed):
    metrics = played(tmp_path, busy(seed)).metrics()
    marks = {"09:00": 6, "10:00": 18, "11:00": 30}
    query = """SELECT sum(amount) FILTER (end_tick % $per_day < $before) / sum(amount)
        FROM read_parquet($path) WHERE status = 'settled' AND $bank IN ('', sender)"""
    with duckdb.connect() as sql:
        for bank, found in [("", metrics), *metrics["agents"].items()]:
            assert list(found["throughput_by_hour"]) == list(marks)
            for hour, before in marks.items():
                path = str(tmp_path / "payments.parquet")
                given = {"per_day": PER_DAY, "before": before, "path": path, "bank": bank}
                share = row(sql, query, given)[0]
                assert found["throughput_by_hour"][hour] == (None if share is None else pytest.approx(share))


def test_without_clock_times_there_are_no_hours():
    backend = RustBackend(scenario())
    backend.advance(TICKS)
    assert backend.metrics()["throughput_by_hour"] == {}


def test_measures_so_far_are_those_of_a_run_stopped_there():
    """Hours still to come stand at what was sent so far, and a closed day stays as it was."""
    backend = RustBackend(busy(1))
    backend.advance(PER_DAY + 7)
    so_far = backend.metrics()
    assert so_far["days"][1]["throughput_by_hour"]["11:00"] == 1.0
    assert so_far["days"][1]["throughput_by_hour"]["09:00"] < 1.0
    assert so_far["average_net_position"] > 0
    backend.advance(PER_DAY)
    assert backend.metrics()["days"][0] == so_far["days"][0]


def ring(**changes: object) -> dict[str, Any]:
    """Return three banks without money that each owe the next one 10, once."""
    owed = [("A", "B"), ("B", "C"), ("C", "A")]
    return {
        "ticks_per_day": 4,
        "seed": 1,
        "agents": [{"id": bank, "balance": 0} for bank in "ABC"],
        "initial_transactions": [
            {"sender": one, "receiver": other, "amount": 10, "arrival_tick": 0} for one, other in owed
        ],
        **changes,
    }


@pytest.mark.parametrize("money", [1, 10])
def test_a_queue_is_stuck_in_gridlock_if_resolution_would_free_it_and_in_deadlock_if_not(money):
    backend = RustBackend(ring())
    assert backend.metrics()["stuck"] == {}
    backend.tick()
    assert backend.metrics()["stuck"] == {"RTGS": "gridlock"}
    broken = ring(initial_transactions=ring()["initial_transactions"][:2])
    backend = RustBackend(broken)
    backend.tick()
    assert backend.metrics()["stuck"] == {"RTGS": "deadlock"}
    backend.apply({"type": "transfer_liquidity", "agent": "A", "amount": money})
    backend.tick()
    assert backend.metrics()["stuck"] == ({} if money == 10 else {"RTGS": "deadlock"})


def splits(document: dict[str, Any]) -> bool:
    return "split_above" in str(document)


@pytest.mark.parametrize(
    "seeds", [range(start, start + 40) for start in range(0, 120, 40)], ids=lambda s: s[0]
)
def test_what_tick_results_add_up_to_is_what_the_engine_measures(seeds):
    """Random runs with everything on. Two delays no tick result tells: of a split payment before it was
    split, and of what is cancelled in a last tick whose close drops all the rest.
    """
    compared = 0
    for seed in seeds:
        case = random_case(seed)
        document = case["scenario"]
        backend = RustBackend(document)
        results = []
        for tick in range(document["ticks_per_day"] * document.get("num_days", 1)):
            for before, event in case["interventions"]:
                if before == tick:
                    backend.apply(event)
            results.append(backend.tick())
        found, metrics = aggregate_metrics(results), backend.metrics()
        assert found.total_arrivals == metrics["arrived_count"]
        assert found.total_settlements == metrics["settled_count"]
        assert found.total_dropped == metrics["dropped_count"]
        assert found.settlement_rate == (metrics["settlement_rate_count"] or 0.0)
        assert found.max_queue_depth <= metrics["queue_length_max"]
        for bank, of_bank in found.agent_metrics.items():
            assert of_bank["total_sent"] == metrics["agents"][bank]["gross_sent"]
            assert of_bank["total_received"] == metrics["agents"][bank]["gross_received"]
        untold = splits(case) or (document.get("end_of_day") == "reject" and "cancel_payment" in str(case))
        if not untold:
            compared += 1
            assert found.average_delay == pytest.approx(metrics["average_delay"] or 0.0, rel=1e-12)
    assert compared >= 5

"""The command line: what it prints, writes and refuses, and that it leaves the database alone."""

import io
import json

import duckdb
import pytest
from django.core.management import call_command

from simulations.engine.rust_backend import RustBackend
from simulations.models import Run

SCENARIO = """\
name: Three banks
currency: {code: EUR, decimals: 2}
ticks_per_day: 40
seed: 5
day_start: "08:00"
day_end: "18:00"
agents:
  - id: A
    balance: 20000
    arrival_config: {rate_per_tick: 2, distribution_type: exponential, amount_mean: 3000}
  - id: B
    balance: 20000
    arrival_config: {rate_per_tick: 2, distribution_type: exponential, amount_mean: 3000}
  - {id: C, balance: 0}
"""


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "scenario.yaml"
    path.write_text(SCENARIO)
    return path


def simulate(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("simulate", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue()


def refused(*arguments):
    """Return the lines on stderr of a command that leaves with 2."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("simulate", *map(str, arguments), stdout=out, stderr=err)
    assert left.value.code == 2
    assert out.getvalue() == ""
    return err.getvalue().splitlines()


def test_json_is_one_object_with_the_measures_of_the_engine(scenario):
    found = json.loads(simulate(scenario, "--json"))
    assert set(found) == {"metrics", "agents", "digest", "wall_s", "ticks", "payments"}
    from simulations.config.inputs import prepare

    backend = RustBackend(prepare(SCENARIO, seed=None).config)
    backend.advance(40)
    assert found["digest"] == backend.digest()
    assert found["metrics"] == json.loads(json.dumps(backend.metrics()))
    assert found["ticks"] == 40
    assert found["payments"] == found["metrics"]["arrived_count"]
    assert [agent["id"] for agent in found["agents"]] == ["A", "B", "C"]


def test_the_summary_is_readable(scenario):
    text = simulate(scenario)
    assert "Three banks" in text
    assert "EUR" in text
    assert "delay indicator" in text


def test_a_seed_and_a_changed_value_take_the_place_of_the_file_s(scenario):
    plain = json.loads(simulate(scenario, "--json"))
    other = json.loads(simulate(scenario, "--json", "--seed", "6"))
    richer = json.loads(simulate(scenario, "--json", "--set", "agents[A].balance=9000000"))
    assert len({plain["digest"], other["digest"], richer["digest"]}) == 3
    assert richer["agents"][0]["balance"] > 8_000_000


def test_it_stops_when_told_to(scenario):
    assert json.loads(simulate(scenario, "--json", "--ticks", "7"))["ticks"] == 7


def test_the_output_has_every_row_in_parquet_and_csv(scenario, tmp_path):
    folder = tmp_path / "out"
    found = json.loads(simulate(scenario, "--json", "--output", folder))
    names = [f"{kind}.{form}" for kind in ("events", "payments", "series") for form in ("csv", "parquet")]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    with duckdb.connect() as connection:
        [(count, value)] = connection.execute(
            "SELECT count(*), sum(amount) FILTER (status = 'settled') FROM read_parquet($1)",
            [str(folder / "payments.parquet")],
        ).fetchall()
    assert count == found["metrics"]["arrived_count"]
    assert value == found["metrics"]["settled_value"]
    header, first, *_ = (folder / "payments.csv").read_text().splitlines()
    assert "amount,amount_units" in header
    assert "08:00:00" in first


def test_payments_come_from_a_file(scenario, tmp_path):
    file = tmp_path / "payments.csv"
    file.write_text("sender,receiver,amount,arrival_tick\nA,C,100,0\nB,C,200,1\n")
    found = json.loads(simulate(scenario, "--payments", file, "--json", "--ticks", "2"))
    assert found["agents"][2]["received"] >= 300


def test_a_file_beside_the_scenario_is_found(scenario, tmp_path):
    (tmp_path / "day.csv").write_text("sender,receiver,amount,arrival_tick\nA,C,777,0\n")
    scenario.write_text(SCENARIO + "transactions_file: day.csv\n")
    found = json.loads(simulate(scenario, "--json", "--ticks", "1"))
    assert found["metrics"]["agents"]["C"]["gross_received"] >= 777


@pytest.mark.parametrize("name", ["/etc/passwd", "../day.csv", "sub/../../day.csv", "link.csv", "none.csv"])
def test_a_file_that_leads_away_is_refused(scenario, tmp_path, name):
    (tmp_path.parent / "day.csv").write_text("sender,receiver,amount,arrival_tick\nA,C,777,0\n")
    (tmp_path / "link.csv").symlink_to(tmp_path.parent / "day.csv")
    scenario.write_text(SCENARIO + f"transactions_file: {name}\n")
    [line] = refused(scenario)
    assert "transactions_file" in line


def test_each_fault_has_a_line_of_its_own(scenario):
    scenario.write_text(
        SCENARIO.replace("seed: 5", "seed: x").replace("balance: 0", "balance: 0.5, colour: 1")
    )
    lines = refused(scenario)
    assert len(lines) == 3
    assert lines[0].startswith(f"{scenario}:4:1: seed: ")
    assert "integer" in lines[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--set", "agents[X].balance=1"),
        ("--set", "balance"),
        ("--set", "agents[0]balance=1"),
        ("--set", "agents[0].balance=[1"),
        ("--set", "seed=1.5"),
        ("--seed", "-1"),
        ("--payments", "/nowhere.csv"),
        ("--seeds", "1..3", "--save"),
        ("--threads", "2"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(scenario, arguments):
    assert len(refused(scenario, *arguments)) == 1


def test_bad_rows_of_a_payment_file_are_told_by_line(scenario, tmp_path):
    file = tmp_path / "payments.csv"
    file.write_text("sender,receiver,amount,arrival_tick\nA,X,100,0\nB,C,-1,1\n")
    lines = refused(scenario, "--payments", file)
    assert ["line 2" in lines[0], "line 3" in lines[1]] == [True, True]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    [line] = refused(tmp_path / "none.yaml")
    assert "none.yaml" in line


def test_many_seeds_give_a_row_each_and_their_quantiles(scenario):
    found = json.loads(simulate(scenario, "--seeds", "1..5", "--threads", "2", "--json"))
    assert [row["seed"] for row in found["runs"]] == [1, 2, 3, 4, 5]
    single = json.loads(simulate(scenario, "--seed", "3", "--json"))
    assert found["runs"][2]["digest"] == single["digest"]
    delays = sorted(row["average_delay"] for row in found["runs"])
    assert found["quantiles"]["average_delay"]["q50"] == delays[2]
    assert "q95" in simulate(scenario, "--seeds", "1..2")


def rows(statement):
    with duckdb.connect() as connection:
        return connection.execute(statement).fetchall()


def test_many_seeds_are_written_as_tables_with_units_and_times_beside(scenario, tmp_path):
    folder = tmp_path / "out"
    simulate(scenario, "--seeds", "1..4", "--output", folder, "--json")
    names = {path.name for path in folder.iterdir()}
    assert names == {"seeds.parquet", "seeds.csv", "bands.parquet", "bands.csv"}
    seeds = rows(f"SELECT seed, cost, cost_units, digest FROM '{folder}/seeds.parquet'")
    assert [row[0] for row in seeds] == [1, 2, 3, 4]
    assert all(row[2] * 100 == row[1] and len(row[3]) == 64 for row in seeds)
    bands = rows(f"SELECT tick, time, throughput_q50, queue_value_q50_units FROM '{folder}/bands.parquet'")
    assert len(bands) == 40
    assert bands[20][:2] == (20, "13:00:00")
    assert bands[39][2] == 1


def test_seeds_that_cannot_be_are_refused(scenario):
    assert "at most 1000000 seeds" in refused(scenario, "--seeds", "1..2000000")[0]


@pytest.mark.django_db(transaction=True)
def test_a_saved_run_is_in_the_history_with_its_files(scenario, tmp_path, owner):
    file = tmp_path / "payments.csv"
    file.write_text("sender,receiver,amount,arrival_tick\nA,C,100,0\n")
    plain = json.loads(simulate(scenario, "--payments", file, "--json"))
    saved = json.loads(simulate(scenario, "--payments", file, "--json", "--save", "--user", "owner"))
    run = Run.objects.get()
    assert (run.status, run.owner, run.digest) == (Run.Status.FINISHED, owner, plain["digest"])
    assert saved["digest"] == plain["digest"]
    assert saved["agents"] == plain["agents"]
    assert run.payment_file is not None
    assert {artifact.kind for artifact in run.artifacts.all()} >= {"series", "events", "payments"}


@pytest.mark.django_db(transaction=True)
def test_a_run_is_not_saved_for_nobody(scenario):
    assert "no user" in refused(scenario, "--save")[0]
    assert "nobody" in refused(scenario, "--save", "--user", "nobody")[0]
    assert not Run.objects.exists()

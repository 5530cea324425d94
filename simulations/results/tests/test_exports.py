"""Runs as files."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.http import StreamingHttpResponse
from django.test import AsyncClient
from django.urls import reverse

from simulations.duck import connect
from simulations.results.exports import cell
from simulations.results.stored import BY_BANK, as_system
from simulations.results.tables import in_units
from simulations.results.tests.cast import TEXT, finished_run, new_run
from simulations.storage.tables import write_table

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(owner):
    return finished_run(owner)


async def download(person, run, kind: str, form: str) -> tuple[str, bytes]:
    """Fetch an export the way a server does; return its name and its bytes."""
    client = AsyncClient()
    await client.aforce_login(person)
    answer = await client.get(reverse("run_export", args=(run.pk, kind, form)))
    assert answer.status_code == 200
    assert isinstance(answer, StreamingHttpResponse)
    data = b"".join([chunk async for chunk in aiter(answer)])
    assert len(data) == int(answer["Content-Length"])
    return answer["Content-Disposition"], data


async def test_payments_as_csv_have_clock_times_and_currency_units(owner, run):
    name, data = await download(owner, run, "payments", "csv")
    assert name.endswith('-payments.csv"')
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    first = next(row for row in rows if row["id"] == "P1")
    assert (first["amount"], first["amount_units"]) == ("30000", "300.00")
    assert (first["arrival_tick"], first["arrival_time"]) == ("1", "08:30:00")
    assert first["sender"] == "NORD"


async def test_excel_gets_semicolons_and_a_decimal_comma(owner, run):
    _, data = await download(owner, run, "payments", "excel")
    rows = list(csv.DictReader(io.StringIO(data.decode()), delimiter=";"))
    assert next(row for row in rows if row["id"] == "P3")["amount_units"] == "999,99"


async def test_parquet_reads_back_whole(owner, run, tmp_path):
    rows = [part.rows async for part in run.artifacts.filter(kind="events")]
    _, data = await download(owner, run, "events", "parquet")
    path = tmp_path / "events.parquet"
    path.write_bytes(data)
    with connect([path]) as connection:
        found = connection.execute("SELECT count(*) FROM read_parquet($path)", {"path": str(path)})
        assert found.fetchall()[0][0] == sum(rows)


async def test_nothing_is_left_behind(owner, run, settings):
    await download(owner, run, "series", "csv")
    assert list((settings.DATA_DIR / "exports").iterdir()) == []


@pytest.mark.parametrize(("kind", "form"), [("payments", "exe"), ("secrets", "csv"), ("series", "")])
def test_an_export_that_is_not_is_not_found(owner, run, as_person, kind, form):
    address = f"/runs/{run.pk}/results/export/{kind}.{form}"
    assert as_person(owner).get(address).status_code == 404


def test_exports_are_only_for_those_who_may_look(owner, run, stranger, as_person, client):
    for address in (
        reverse("run_export", args=(run.pk, "payments", "csv")),
        reverse("run_scenario", args=(run.pk,)),
        reverse("run_measures", args=(run.pk, "csv")),
        reverse("run_definitions", args=(run.pk, "csv")),
    ):
        assert as_person(stranger).get(address).status_code == 404
        assert client.get(address).status_code == 302


def test_a_run_without_parts_has_nothing_to_export(owner, as_person):
    address = reverse("run_export", args=(new_run(owner).pk, "payments", "csv"))
    assert as_person(owner).get(address).status_code == 404


def test_a_run_that_has_done_nothing_has_no_measures_to_export(owner, as_person):
    assert as_person(owner).get(reverse("run_measures", args=(new_run(owner).pk, "csv"))).status_code == 404


def test_the_scenario_comes_out_byte_for_byte(owner, run, as_person):
    answer = as_person(owner).get(reverse("run_scenario", args=(run.pk,)))
    assert answer.content.decode() == TEXT
    assert run.document_id[:12] in answer["Content-Disposition"]


def measures(client, run, form: str) -> list[dict[str, str]]:
    text = client.get(reverse("run_measures", args=(run.pk, form))).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if form == "excel" else ","))


def test_measures_come_as_a_row_for_the_run_each_day_each_bank_and_each_bank_on_each_day(
    owner, run, as_person
):
    whole, day, *banks = measures(as_person(owner), run, "csv")
    assert int(whole["settled_value"]) == run.metrics["settled_value"]
    assert float(whole["rho"]) == run.metrics["rho"]
    assert (whole["digest"], whole["day"], whole["bank"]) == (run.digest, "", "")
    assert (day["day"], day["settled_value"]) == ("0", whole["settled_value"])
    every_day, on_the_day = banks[:3], banks[3:]
    assert (
        [row["bank"] for row in every_day] == [row["bank"] for row in on_the_day] == ["NORD", "SUND", "WEST"]
    )
    assert {row["day"] for row in every_day} == {""}
    assert {row["day"] for row in on_the_day} == {"0"}
    for rows in (every_day, on_the_day):
        assert sum(int(row["gross_sent"]) for row in rows) == int(whole["gross_sent"])
        assert sum(int(row["liquidity_used"]) for row in rows) == int(whole["liquidity_used_total"])
    assert "," in measures(as_person(owner), run, "excel")[0]["rho"]


def test_money_stands_in_currency_units_beside_minor_units(owner, run, as_person):
    whole, *_ = measures(as_person(owner), run, "csv")
    assert (whole["settled_value"], whole["settled_value_units"]) == ("45000", "450.00")
    assert measures(as_person(owner), run, "excel")[0]["settled_value_units"] == "450,00"
    assert in_units(12.5, 2) == Decimal("0.13")
    assert in_units(None, 2) is None


def leaves(metrics, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield the figures of a run's system with their paths."""
    for key, value in metrics.items():
        if key in {"days", "agents", "stuck", "throughput_by_hour", *BY_BANK}:
            continue
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        elif isinstance(value, list):
            yield from leaves({str(at): each for at, each in enumerate(value, 1)}, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def test_a_file_has_every_figure_of_the_engine(owner, run, as_person):
    whole, _, bank, *_ = measures(as_person(owner), run, "csv")
    for row, figures in ((whole, run.metrics), (bank, as_system(run.metrics["agents"]["NORD"]))):
        for path, value in leaves(figures):
            if path == "largest_negative_net_position":  # a bank's liquidity used by another name
                assert value == figures["liquidity_used"]
            else:
                assert row[path] == ("" if value is None else str(value)), path


def test_each_measure_of_a_file_is_defined_in_another(owner, run, as_person):
    answer = as_person(owner).get(reverse("run_definitions", args=(run.pk, "csv")))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    defined = {row["measure"]: row for row in rows}
    facts = {
        "run",
        "name",
        "scenario",
        "seed",
        "liquidity_percent",
        "status",
        "digest",
        "currency",
        "day",
        "bank",
    }
    for column in measures(as_person(owner), run, "csv")[0].keys() - facts:
        name = column.removesuffix("_units")
        if name.startswith(("throughput_by_hour.", "stuck.")):
            name = name.partition(".")[0]
        assert defined[name]["definition"]
    assert "CPMIstats" in defined["gini_of_liquidity_cost"]["source"]
    assert defined["throughput_by_hour"]["address"] == "https://www.bis.org/publ/bcbs248.htm"


def test_whole_numbers_beyond_64_bits_are_stored_exactly(tmp_path):
    path = tmp_path / "sums.parquet"
    write_table({"sum": [2**100, None], "units": [Decimal("0.10"), Decimal(3)], "count": [1, 2]}, path)
    with connect([path]) as connection:
        found = connection.execute("FROM read_parquet($path)", {"path": str(path)}).fetchall()
    assert found == [(2**100, Decimal("0.10"), 1), (None, Decimal("3.00"), 2)]


def test_the_measures_of_a_file_tell_throughput_by_hour_and_what_is_stuck(owner, run, as_person):
    whole, *_ = measures(as_person(owner), run, "csv")
    assert float(whole["throughput_by_hour.09:00"]) == run.metrics["throughput_by_hour"]["09:00"] > 0
    assert whole["stuck.RTGS"] == "deadlock"


async def test_measures_as_parquet_keep_numbers_as_numbers(owner, run, tmp_path):
    client = AsyncClient()
    await client.aforce_login(owner)
    answer = await client.get(reverse("run_measures", args=(run.pk, "parquet")))
    assert isinstance(answer, StreamingHttpResponse)
    path = tmp_path / "measures.parquet"
    path.write_bytes(b"".join([chunk async for chunk in aiter(answer)]))
    query = "SELECT settled_value, rho, bank FROM read_parquet($path) WHERE day IS NULL AND bank IS NULL"
    with connect([path]) as connection:
        found = connection.execute(query, {"path": str(path)}).fetchall()
    assert found == [(run.metrics["settled_value"], run.metrics["rho"], None)]


def test_a_name_never_becomes_a_formula():
    assert cell("=1+1", excel=False) == "'=1+1"
    assert cell(-5, excel=False) == "-5"
    assert cell(0.5, excel=True) == "0,5"

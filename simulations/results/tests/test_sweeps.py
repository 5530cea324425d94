"""The pages of sweeps: their list, one's results, its histogram and its files; and who sees them."""

import re
from decimal import Decimal

import duckdb
import pytest
from django.http import StreamingHttpResponse
from django.test import AsyncClient
from django.urls import reverse

from simulations.config.inputs import prepare
from simulations.engine.sweep import QUANTILES, Plan, sweep
from simulations.models import Sweep
from simulations.results import bands, spreads
from simulations.results.sweeps import labels_of
from simulations.results.tests.cast import version_of
from simulations.storage import sweeps as stored

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = """\
name: Two banks
currency: {code: EUR, decimals: 2}
ticks_per_day: 40
day_start: "08:00"
day_end: "18:00"
seed: 3
agents:
- {id: A, balance: 9000, arrival_config: {rate_per_tick: 1, distribution_type: uniform, amount_mean: 3000}}
- {id: B, balance: 9000, arrival_config: {rate_per_tick: 1, distribution_type: uniform, amount_mean: 3000}}
"""
PAGES = ["sweep_results", "sweep_bands", "sweep_histogram"]


@pytest.fixture
def finished(owner) -> Sweep:
    """A finished sweep of twenty seeds, written straight into the store."""
    version = version_of(owner, TEXT, "Two banks")
    row = Sweep.objects.create(
        owner=owner,
        name="Two banks, twenty seeds",
        document=version.document,
        version=version,
        first_seed=3,
        count=20,
        engine_version="0",
        scenario_name="Two banks",
        ticks_total=40,
        ticks_per_day=40,
        num_agents=2,
        currency_code="EUR",
        day_start="08:00",
        day_end="18:00",
    )
    found = sweep(prepare(TEXT, seed=3).config, None, Plan(row.seeds, points=600, banks=10))
    stored.write(row.pk, found)
    Sweep.objects.filter(pk=row.pk).update(status="finished", done=20, summary=found.summary)
    row.refresh_from_db()
    return row


def url(name: str, row: Sweep, **more: object) -> str:
    return reverse(name, kwargs={"sweep_id": row.pk, **more})


@pytest.mark.parametrize("name", PAGES)
def test_owner_staff_and_teammate_see_it(name, finished, staff, teammate, as_person) -> None:
    Sweep.objects.update(shared=True)
    for person in (finished.owner, staff, teammate):
        assert as_person(person).get(url(name, finished)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_does_not_see_it(name, finished, stranger, as_person) -> None:
    assert as_person(stranger).get(url(name, finished)).status_code == 404


def test_the_page_shows_medians_with_their_spread(finished, owner, as_person) -> None:
    text = as_person(owner).get(url("sweep_results", finished)).content.decode()
    spread = finished.summary["settlement_rate_value"]
    assert f"{spread['q50'] * 100:.2f} %" in text
    assert f"{spread['q05'] * 100:.2f} % to {spread['q95'] * 100:.2f} %" in text
    assert text.count("Run this seed") == 20


def test_seeds_are_sorted_by_any_measure_shown(finished, owner, as_person) -> None:
    columns = stored.read(finished.pk, "seeds", ["seed", "rho"])
    best = min(zip(columns["rho"], columns["seed"], strict=True))[1]
    answer = as_person(owner).get(url("sweep_results", finished) + "?sort=rho&size=25")
    assert answer.context["seed_rows"][0][0] == best
    assert as_person(owner).get(url("sweep_results", finished) + "?sort=digest;--").status_code == 200


def test_bands_come_as_columns_by_tick(finished, owner, as_person) -> None:
    answer = as_person(owner).get(url("sweep_bands", finished)).json()
    columns = answer["columns"]
    assert columns["tick"] == list(range(40))
    for series in ("queue_value", "throughput", "balance:A", "balance:B"):
        for low, high in (("05", "25"), ("25", "50"), ("50", "75"), ("75", "95")):
            pairs = zip(columns[f"{series}_q{low}"], columns[f"{series}_q{high}"], strict=True)
            assert all(lower <= upper for lower, upper in pairs)
    assert answer["banks"] == {"A": 0, "B": 1}


def test_banks_have_their_place_in_the_scenario_where_only_some_are_shown(finished, owner, as_person) -> None:
    found = sweep(prepare(TEXT, seed=3).config, None, Plan([1, 2], points=4, banks=2))
    del found.bands["balance:A"]
    stored.write(finished.pk, found)
    answer = as_person(owner).get(url("sweep_bands", finished)).json()
    assert answer["banks"] == {"B": 1}


ALL_CHARTS = [chart.key for chart in bands.CHARTS]


def charts_on(page: str) -> list[str]:
    return re.findall(r'data-chart="([a-z_]+)"', page)


def test_every_band_has_a_chart_and_a_bank_can_be_chosen(finished, owner, as_person) -> None:
    page = as_person(owner).get(url("sweep_results", finished) + "?bank=B").content.decode()
    assert charts_on(page) == ALL_CHARTS
    assert "<option>A</option><option selected>B</option>" in page
    other = as_person(owner).get(url("sweep_results", finished) + "?bank=NOBODY").content.decode()
    assert "<option selected>A</option>" in other


def test_a_sweep_of_an_older_version_is_shown_without_the_charts_it_has_no_bands_for(
    finished, owner, as_person
) -> None:
    found = sweep(prepare(TEXT, seed=3).config, None, Plan([1, 2], points=4))
    del found.bands["throughput"]
    stored.write(finished.pk, found)
    page = as_person(owner).get(url("sweep_results", finished)).content.decode()
    assert charts_on(page) == [key for key in ALL_CHARTS if key not in ("balance", "throughput")]
    assert "balance-bank" not in page
    assert as_person(owner).get(url("sweep_bands", finished)).json()["banks"] == {}


def test_throughput_is_null_where_no_seed_settles_anything(finished, owner, as_person) -> None:
    poor = prepare(TEXT.replace("balance: 9000", "balance: 0"), seed=3)
    stored.write(finished.pk, sweep(poor.config, None, Plan([1, 2], points=4, banks=1)))
    columns = as_person(owner).get(url("sweep_bands", finished)).json()["columns"]
    assert columns["throughput_q50"] == [None] * 4
    assert columns["balance:A_q95"] == [0] * 4


def test_a_histogram_counts_every_seed_once(finished, owner, as_person) -> None:
    answer = as_person(owner).get(url("sweep_histogram", finished) + "?measure=average_delay")
    assert sum(each["bar"].count for each in answer.context["bars"]) == 20
    assert answer.context["measure"].key == "average_delay"


@pytest.mark.parametrize(
    ("values", "counts"),
    [([5], [1]), ([5, 5, 5], [3]), ([0, 1, 1, 3], [3, 1]), ([0.0, 0.5, 1.0, 1.0], [1, 3]), ([], [])],
)
def test_bins_of_a_histogram(values, counts) -> None:
    assert [bar.count for bar in spreads.histogram(values)] == counts


@pytest.mark.parametrize(("table", "rows"), [("seeds", 20), ("bands", 40)])
async def test_files_hold_a_row_a_seed_or_a_tick(table, rows, finished, owner) -> None:
    client = AsyncClient()
    await client.aforce_login(owner)
    answer = await client.get(url("sweep_export", finished, table=table, form="csv"))
    assert isinstance(answer, StreamingHttpResponse)
    assert f"two-banks-twenty-seeds-{table}" in answer["Content-Disposition"]
    lines = b"".join([chunk async for chunk in aiter(answer)]).decode().splitlines()
    assert len(lines) == rows + 1
    nothing = await client.get(url("sweep_export", finished, table="runs", form="csv"))
    assert nothing.status_code == 404


def test_money_has_its_units_beside_it_in_files(finished, tmp_path) -> None:
    target = tmp_path / "seeds.parquet"
    stored.export_table(finished.pk, "seeds", target, "parquet", labels_of(finished))
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT settled_value, settled_value_units FROM '{target}'").fetchall()
    assert len(rows) == 20
    assert all(units * 100 == cents for cents, units in rows)


def test_bands_of_money_have_their_units_beside_them_in_files(finished, tmp_path) -> None:
    target = tmp_path / "bands.parquet"
    stored.export_table(finished.pk, "bands", target, "parquet", labels_of(finished))
    money = [
        "queue_value",
        "arrived_value_total",
        "settled_value_total",
        "cost_total",
        "balance:A",
        "balance:B",
    ]
    with duckdb.connect() as connection:
        names = [row[0] for row in connection.execute(f"DESCRIBE FROM '{target}'").fetchall()]
        assert [name for name in names if name.endswith("_units")] == [
            f"{series}_{share}_units" for series in money for share in QUANTILES
        ]
        pairs = connection.execute(
            f'SELECT "balance:A_q25", "balance:A_q25_units" FROM \'{target}\''
        ).fetchall()
    assert len(pairs) == 40
    assert any(cents % 1 for cents, _ in pairs)
    assert all(abs(units * 100 - Decimal(cents)) <= Decimal("0.5") for cents, units in pairs)
    assert all(units.as_tuple().exponent == -2 for _, units in pairs)


def test_excel_gets_a_decimal_comma(finished, tmp_path) -> None:
    target = tmp_path / "seeds.csv"
    stored.export_table(finished.pk, "seeds", target, "excel", labels_of(finished))
    head, first, *_ = (line.split(";") for line in target.read_text().splitlines())
    row = dict(zip(head, first, strict=True))
    rho = stored.read(finished.pk, "seeds", ["rho"])["rho"][0]
    assert float(row["rho"].replace(",", ".")) == rho
    assert "." not in row["rho"]
    target = tmp_path / "bands.csv"
    stored.export_table(finished.pk, "bands", target, "excel", labels_of(finished))
    head, *rows = (line.split(";") for line in target.read_text().splitlines())
    last = dict(zip(head, rows[-1], strict=True))
    assert re.fullmatch(r"\d+,\d\d", last["settled_value_total_q50_units"])
    assert last["throughput_q50"] == "1,0"


def test_results_of_an_unfinished_sweep_are_not_there(finished, owner, as_person) -> None:
    Sweep.objects.update(status="waiting", summary=None)
    assert as_person(owner).get(url("sweep_results", finished)).status_code == 200
    for name in PAGES[1:]:
        assert as_person(owner).get(url(name, finished)).status_code == 404


def test_the_list_shows_ones_own_and_what_is_shared(finished, owner, stranger, as_person) -> None:
    assert finished.name in as_person(owner).get(reverse("sweeps")).content.decode()
    assert finished.name in as_person(owner).get(reverse("sweeps") + "?q=twenty").content.decode()
    assert finished.name not in as_person(owner).get(reverse("sweeps") + "?status=failed").content.decode()
    assert finished.name not in as_person(stranger).get(reverse("sweeps")).content.decode()

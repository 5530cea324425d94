"""Many seeds: one row each, the same as one by one; how they spread; refused, cancelled, failed."""

import statistics

import numpy as np
import payment_simulator_core_rs as core
import pytest

from simulations.engine.rust_backend import RustBackend
from simulations.engine.sweep import BANDS, QUANTILES, Cancelled, Plan, Progress, sweep
from simulations.engine.tests.test_rust_backend import ARRIVALS, CONFIG

TICKS = 30
# More than have balances traced: of them B and E move most.
FIVE_BANKS = CONFIG | {
    "agents": [
        {
            "id": name,
            "balance": 20_000,
            "arrival_config": ARRIVALS | {"rate_per_tick": rate, "counterparty_weights": to},
        }
        for name, rate, to in (
            *(("A", 0.1, {"B": 1}), ("B", 2, {"E": 1}), ("C", 0.1, {"E": 1})),
            *(("D", 0.1, {"A": 1}), ("E", 2, {"B": 1, "D": 0.1})),
        )
    ]
}
IDLE = CONFIG | {"agents": [{"id": "A", "balance": 1}, {"id": "B", "balance": 1}]}


def flat(metrics):
    """The measures of a single run that are one number, under a sweep's names."""
    plain = {name: value for name, value in metrics.items() if not isinstance(value, (dict, list, tuple))}
    shares = {f"share_{name}": value for name, value in metrics["shares"].items()}
    costs = {f"cost_{name}": value for name, value in metrics["costs"].items()}
    return plain | shares | costs | {"cost": sum(metrics["costs"].values())}


def single(seed, ticks=TICKS):
    backend = RustBackend({**CONFIG, "seed": seed})
    backend.advance(ticks)
    return backend


def test_every_row_is_that_of_a_run_of_its_own():
    found = sweep(CONFIG, None, Plan(range(6)))
    for row in found.rows():
        alone = single(row["seed"])
        assert row == {"seed": row["seed"], **flat(alone.metrics()), "digest": alone.digest()}


def test_the_answer_is_the_same_for_any_number_of_threads():
    one = sweep(FIVE_BANKS, None, Plan(range(40), points=20, banks=2))
    for threads in (2, 7):
        other = sweep(FIVE_BANKS, None, Plan(range(40), threads=threads, points=20, banks=2))
        assert other.digests == one.digests
        assert other.summary == one.summary
        for left, right in ((other.measures, one.measures), (other.bands, one.bands)):
            assert {name: column.tobytes() for name, column in left.items()} == {
                name: column.tobytes() for name, column in right.items()
            }


def test_runs_can_end_early():
    [row] = sweep(CONFIG, None, Plan([1], ticks=9)).rows()
    assert row["digest"] == single(1, ticks=9).digest()


def test_the_summary_is_what_statistics_say():
    found = sweep(CONFIG, None, Plan(range(25)))
    for name, column in found.measures.items():
        values = [value for value in column.tolist() if not np.isnan(value)]
        spread = found.summary[name]
        assert spread["count"] == len(values)
        if not values:
            assert set(spread.values()) == {0, None}
            continue
        deviation = statistics.stdev(values)
        quantiles = np.quantile(np.array(values, dtype=float), list(QUANTILES.values()))
        assert spread["mean"] == pytest.approx(statistics.fmean(values))
        assert spread["standard_deviation"] == pytest.approx(deviation)
        assert spread["standard_error"] == pytest.approx(deviation / len(values) ** 0.5)
        assert [spread[key] for key in QUANTILES] == pytest.approx(list(quantiles))
        assert (spread["minimum"], spread["maximum"]) == (min(values), max(values))


def test_bands_are_quantiles_of_what_single_runs_show_tick_by_tick():
    seeds = range(8)
    bands = sweep(CONFIG, None, Plan(seeds, points=TICKS, banks=9)).bands
    balances = ["balance:A", "balance:B"]
    assert list(bands) == ["tick", *BANDS, *balances]
    assert bands["tick"].tolist() == list(range(TICKS))
    totals = []
    for seed in seeds:
        backend = RustBackend({**CONFIG, "seed": seed})
        ticks = [backend.tick() for _ in range(TICKS)]
        settled = np.cumsum([tick["settled_value"] for tick in ticks])
        totals.append(
            {
                **{
                    name: [tick[name] for tick in ticks] for name in ("queue_depth", "queue_value", "pending")
                },
                "arrived_value_total": np.cumsum([tick["arrived_value"] for tick in ticks]),
                "settled_value_total": settled,
                "throughput": settled / settled[-1],
                "cost_total": np.cumsum([sum(tick["costs"].values()) for tick in ticks]),
                **{
                    name: [tick["agents"][bank]["balance"] for tick in ticks]
                    for bank, name in enumerate(balances)
                },
            }
        )
    for name in (*BANDS, *balances):
        wanted = np.quantile([run[name] for run in totals], list(QUANTILES.values()), axis=0)
        np.testing.assert_allclose(bands[name], wanted, rtol=1e-12)


def test_of_many_banks_the_most_active_with_the_first_seed_have_bands():
    seeds = [9, 2, 5]
    bands = sweep(FIVE_BANKS, None, Plan(seeds, threads=3, points=6, banks=2)).bands
    assert list(bands) == ["tick", *BANDS, "balance:B", "balance:E"]
    ends = []
    for seed in seeds:
        backend = RustBackend({**FIVE_BANKS, "seed": seed})
        backend.advance(TICKS)
        ends.append([agent["balance"] for agent in backend.get_state()["agents"]])
    for bank, name in ((1, "balance:B"), (4, "balance:E")):
        wanted = np.quantile([end[bank] for end in ends], list(QUANTILES.values()))
        np.testing.assert_allclose(bands[name][:, -1], wanted, rtol=1e-12)


def test_balances_are_traced_only_where_bands_are_asked_for():
    assert list(sweep(FIVE_BANKS, None, Plan([1, 2], banks=2)).bands) == ["tick", *BANDS]


def test_choosing_banks_runs_no_seed_twice():
    progress = Progress()
    sweep(FIVE_BANKS, None, Plan(range(12), threads=2, points=4, banks=2), progress)
    assert progress.done == 12


def test_throughput_is_null_where_no_seed_settles_anything():
    bands = sweep(IDLE, None, Plan(range(3), points=5)).bands
    assert np.isnan(bands["throughput"]).all()
    assert not np.isnan(bands["settled_value_total"]).any()


def test_of_very_many_seeds_fewer_points_are_kept():
    for banks, points in ((0, 52), (2, 35)):
        found = sweep(IDLE | {"ticks_per_day": 104}, None, Plan(range(40_000), points=2_000, banks=banks))
        assert len(found.bands["tick"]) == points


def test_overrides_replace_values_by_their_paths():
    poor = {"agents[0].balance": 0, "num_days": 2}
    changed = core.simulate_many(CONFIG, [3], poor)
    agents = [{**CONFIG["agents"][0], "balance": 0}, *CONFIG["agents"][1:]]
    alone = RustBackend({**CONFIG, "seed": 3, "num_days": 2, "agents": agents})
    alone.advance(10**6)
    assert changed["digest"] == [alone.digest()]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((CONFIG, []), "seeds"),
        ((CONFIG, [1, 2**63]), "seeds[1]"),
        ((CONFIG, range(10**9)), "seeds"),
        ((CONFIG, [1], {"agents[9].balance": 1}), "agents[9].balance"),
        ((CONFIG, [1], {"agents[0].balance": "much"}), "agents[0].balance"),
        ((CONFIG | {"ticks_per_day": 0}, [1]), "ticks_per_day"),
    ],
)
def test_what_is_refused_says_where(arguments, path):
    with pytest.raises(ValueError, match=r"\S") as refused:
        core.simulate_many(*arguments)
    faults: list[dict[str, str]] = vars(refused.value)["faults"]
    assert [fault["path"] for fault in faults] == [path]


def test_a_run_that_fails_is_named_by_its_seed_the_first_of_several():
    costly = CONFIG | {
        "costs": {
            "delay_penalty_per_tick": 10**15,
            "priority_multipliers": {5: 100},
            "overdue_multiplier": 100,
        },
        "ticks_per_day": 1_000,
        "agents": [{**agent, "balance": 0} for agent in CONFIG["agents"]],
    }
    for threads in (1, 3):
        with pytest.raises(RuntimeError, match="seed 7: the cumulative delay cost"):
            sweep(costly, None, Plan([7, 3, 5], threads=threads))


def test_a_cancelled_sweep_gives_nothing():
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        sweep(CONFIG, None, Plan(range(100)), progress)
    assert progress.cancelled
    assert progress.done == 0


def test_progress_counts_the_seeds():
    progress = Progress()
    sweep(CONFIG, None, Plan(range(100), threads=2), progress)
    assert progress.done == 100

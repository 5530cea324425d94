"""Many seeds: one row each, the same as one by one; and their quantiles."""

from simulations.engine.rust_backend import RustBackend
from simulations.engine.sweep import Outcome, outcomes, quantiles
from simulations.engine.tests.test_rust_backend import CONFIG


def test_rows_are_those_of_single_runs_whatever_the_threads():
    single = list(outcomes(CONFIG, None, range(6)))
    assert list(outcomes(CONFIG, None, range(6), threads=3)) == single
    backend = RustBackend({**CONFIG, "seed": 5})
    backend.advance(30)
    assert single[5].digest == backend.digest()
    assert single[5].measures["settled_value"] == backend.metrics()["settled_value"]


def test_a_sweep_can_stop_early():
    backend = RustBackend({**CONFIG, "seed": 1})
    backend.advance(9)
    [row] = outcomes(CONFIG, None, [1], ticks=9)
    assert row.digest == backend.digest()


def test_quantiles_leave_out_what_is_null():
    names = next(iter(outcomes(CONFIG, None, [1]))).measures
    rows = [Outcome(seed, dict.fromkeys(names, float(seed)), "") for seed in range(1, 6)]
    rows.append(Outcome(6, dict.fromkeys(names), ""))
    table = quantiles(rows)
    assert table["rho"] == {"mean": 3.0, "q05": 1.2, "q25": 2.0, "q50": 3.0, "q75": 4.0, "q95": 4.8}
    assert quantiles(rows[-1:])["rho"]["q50"] is None

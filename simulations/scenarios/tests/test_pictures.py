"""Pictures and differences of scenarios."""

import pytest

from simulations.scenarios.checking import check
from simulations.scenarios.differences import Difference, differences
from simulations.scenarios.pictures import amounts_curve, payment_map, profile_curve
from simulations.scenarios.tests.texts import TWO

pytestmark = pytest.mark.django_db


def drawn(text):
    """The map of a text."""
    checked = check(text)
    assert checked.config is not None and checked.summary is not None, checked.faults
    return payment_map(checked.config, checked.summary)


def told(old, new):
    """The differences of two texts, which there must be."""
    return differences(old, new)


def amounts(**arrivals):
    """The curve of amounts, which there must be."""
    return amounts_curve(arrivals)


def points(curve):
    return [tuple(map(float, point.split(","))) for point in curve.points.split()]


def test_the_map_shows_scripted_and_expected_value() -> None:
    picture = drawn(TWO)
    flows = {(flow.source, flow.target): flow.value for flow in picture.flows}
    # 0.5 payments x 100 ticks x 1,000 cents = 50,000 a day, two thirds to B; and a scripted 100.
    assert flows == {("BANK_A", "BANK_B"): 33_433, ("BANK_A", "BANK_C"): 16_667}
    assert [spot.name for spot in picture.spots] == ["BANK_A", "BANK_B", "BANK_C"]


def test_a_bank_without_weights_pays_all_others_alike() -> None:
    picture = drawn(TWO.replace("      counterparty_weights: {BANK_B: 2, BANK_C: 1}\n", ""))
    flows = {flow.target: flow.value for flow in picture.flows}
    assert flows == {"BANK_B": 25_100, "BANK_C": 25_000}


def test_of_many_banks_the_busiest_are_drawn() -> None:
    banks = "".join(f"  - {{id: X{number}, balance: 1}}\n" for number in range(30))
    picture = drawn(TWO.replace("initial_transactions:", banks + "initial_transactions:"))
    assert {"BANK_A", "BANK_B", "BANK_C"} <= {spot.name for spot in picture.spots}
    assert (len(picture.spots), picture.more) == (20, 13)


@pytest.mark.parametrize("kind", ["normal", "lognormal", "uniform", "exponential"])
def test_a_distribution_has_its_curve(kind) -> None:
    curve = amounts(distribution_type=kind, amount_mean=1000, amount_std_dev=300)
    line = points(curve)
    assert min(y for _, y in line) == 6.0
    assert all(0 <= x <= 300 and 0 <= y <= 90 for x, y in line)
    assert 0 < curve.mean_x < 300


def test_the_curve_of_the_normal_peaks_at_its_mean() -> None:
    curve = amounts(distribution_type="normal", amount_mean=1000, amount_std_dev=300)
    peak = min(points(curve), key=lambda point: point[1])
    assert abs(peak[0] - curve.mean_x) < 4


@pytest.mark.parametrize(
    "arrivals",
    [
        {},
        {"distribution_type": "normal", "amount_mean": "x"},
        {"distribution_type": "normal", "amount_mean": 5},
        {"distribution_type": "strange", "amount_mean": 5, "amount_std_dev": 1},
        {"distribution_type": "normal", "amount_mean": True, "amount_std_dev": -1},
        {"distribution_type": "normal", "amount_mean": 10**400, "amount_std_dev": 1},
    ],
)
def test_amounts_that_make_no_sense_have_no_curve(arrivals) -> None:
    assert amounts_curve(arrivals) is None


def test_the_profile_follows_the_windows_and_multiplies_overlapping_ones() -> None:
    windows = [
        {"start_tick": 0, "end_tick": 50, "rate_multiplier": 2},
        {"start_tick": 25, "end_tick": 50, "rate_multiplier": 2},
    ]
    curve = profile_curve({"rate_per_tick": 0.5, "time_windows": windows}, 100)
    assert curve is not None
    heights = [y for _, y in points(curve)]
    assert curve.top == 2.0
    assert sorted(set(heights)) == [6.0, 48.0, 69.0]


def test_the_profile_bears_any_text() -> None:
    assert profile_curve({"rate_per_tick": "often"}, 100) is None
    assert profile_curve({"rate_per_tick": 1, "time_windows": ["x", {"start_tick": "y"}]}, 100) is not None


def test_differences_are_told_key_by_key_and_banks_by_id() -> None:
    new = TWO.replace("seed: 1", "seed: 2").replace("  - {id: BANK_B, balance: 2000} # flow\n", "")
    new = new.replace("balance: 100000", "balance: 5")
    assert differences(TWO, new) == [
        Difference("seed", "changed", "1", "2"),
        Difference("agents.BANK_A.balance", "changed", "100000", "5"),
        Difference("agents.BANK_B", "removed", "{id: BANK_B, balance: 2000}", ""),
    ]
    assert [difference.kind for difference in told(new, TWO)] == ["changed", "changed", "added"]


def test_comments_alone_are_no_difference() -> None:
    assert differences(TWO, TWO.replace("# the end", "# another end")) == []
    assert differences(TWO, "a: [") is None

"""A day in the central banks' research layout, from the file to the engine and back."""

import random

import pytest

from simulations.config.clock import DayClock
from simulations.config.importing import inspect, openings, read_payments
from simulations.engine.rust_backend import RustBackend

BANKS = ["AAAAAA", "BBBBBB", "CCCCCC", "DDDDDD", "EEEEEE"]
ROWS = 1_500


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """A made-up day of five banks in the layout of the published files: unsorted, decimal units."""
    chance = random.Random(1)
    path = tmp_path_factory.mktemp("layout") / "day.csv"
    with path.open("w") as file:
        file.write("ID,date,time,value,from,to\n")
        for number in range(ROWS):
            sender, receiver = chance.sample(BANKS, 2)
            seconds = int(chance.triangular(1_970, 65_905, 36_000))
            clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            file.write(
                f"N{number:05},2018-10-30,{clock},{chance.lognormvariate(8, 2):.2f},{sender},{receiver}\n"
            )
    return path


def play(path, balances):
    config = {
        "ticks_per_day": 86_400,
        "seed": 1,
        "day_start": "00:00",
        "day_end": "24:00",
        "agents": [{"id": bank, "balance": balances[bank]} for bank in BANKS],
    }
    columns = read_payments(
        path, agents=BANKS, rails=["RTGS"], clock=DayClock.of(config), ticks_per_day=86_400, num_days=1
    )
    backend = RustBackend(config, columns)
    backend.advance(86_400)
    return backend.metrics()


def test_at_the_upper_bound_everything_settles_as_it_arrives(day):
    facts = inspect(day)
    metrics = play(day, openings(facts, 1))
    assert (facts.rows, facts.days, facts.banks) == (ROWS, 1, BANKS)
    assert metrics["settled_count"] == ROWS
    assert metrics["settled_value"] == facts.value
    assert (metrics["maximum_delay"], metrics["rho"]) == (0, 0)


def test_the_bounds_of_the_file_are_those_of_the_engine(day):
    facts = inspect(day)
    metrics = play(day, openings(facts, 1))
    assert metrics["ub"] == facts.upper
    assert metrics["lb"] == facts.lower


def test_at_half_the_upper_bound_payments_queue(day):
    facts = inspect(day)
    metrics = play(day, {bank: facts.upper[bank] // 2 for bank in BANKS})
    assert metrics["queue_length_max"] > 0
    assert metrics["average_delay"] > 0

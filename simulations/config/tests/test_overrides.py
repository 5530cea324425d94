"""Changing single values by path."""

import json

import pytest

from simulations.config.overrides import overridden
from simulations.config.tests.documents import EVERY_KEY


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ("seed=7", lambda d: d["seed"] == 7),
        ("agents[0].balance=5", lambda d: d["agents"][0]["balance"] == 5),
        ("agents[BANK_B].balance=5", lambda d: d["agents"][1]["balance"] == 5),
        ("agents[1].collateral.posted=9", lambda d: d["agents"][1]["collateral"] == {"posted": 9}),
        ("rails[RTGS].liquidity_saving=[]", lambda d: d["rails"][0]["liquidity_saving"] == []),
        ("costs.overdraft_rate=0.5", lambda d: d["costs"]["overdraft_rate"] == 0.5),
        ("name=2026", lambda d: d["name"] == "2026"),
        ('day_end="19:00"', lambda d: d["day_end"] == "19:00"),
        ("num_days=", lambda d: d["num_days"] is None),
        ("agents[0].policy={type: deadline}", lambda d: d["agents"][0]["policy"] == {"type": "deadline"}),
    ],
)
def test_a_value_is_put_in_its_place(change, read):
    assert read(json.loads(overridden(EVERY_KEY, [change])))


@pytest.mark.parametrize(
    "change",
    [
        "",
        "seed",
        "=5",
        "agents[7].balance=1",
        "agents[X].balance=1",
        "seed.x=1",
        "agents[0=1",
        "a..b=1",
        "x=[1",
    ],
)
def test_a_path_that_leads_nowhere_is_refused(change):
    with pytest.raises(ValueError, match="--set"):
        overridden(EVERY_KEY, [change])

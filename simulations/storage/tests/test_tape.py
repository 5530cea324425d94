"""A tape gives the same files however often it took something, and leaves nothing else behind."""

import duckdb
import pytest

from simulations.engine.rust_backend import RustBackend
from simulations.storage.exporting import Labels
from simulations.storage.tape import Tape

DAY = {
    "ticks_per_day": 40,
    "seed": 3,
    "agents": [
        {
            "id": name,
            "balance": 150_000,
            "arrival_config": {
                "rate_per_tick": 2.0,
                "distribution_type": "lognormal",
                "amount_mean": 100_000,
                "amount_std_dev": 200_000,
            },
        }
        for name in ("A", "B", "C")
    ],
}


def taped(folder, ticks_between):
    """Return the text of each CSV file of a day, taken after every few ticks."""
    backend = RustBackend(DAY)
    with Tape(folder) as tape:
        while not backend.advance(ticks_between)["finished"]:
            tape.take(backend)
        files = tape.finish(backend, Labels.of(DAY))
    assert sorted(folder.iterdir()) == sorted(files), "nothing unfinished stays"
    return {file.name: file.read_text() for file in files if file.suffix == ".csv"}


def test_how_often_a_tape_takes_something_changes_nothing(tmp_path):
    whole, in_parts = taped(tmp_path / "whole", 40), taped(tmp_path / "parts", 7)
    assert whole.keys() == {"series.csv", "payments.csv", "events.csv"}
    assert {name: sorted(text.splitlines()) for name, text in whole.items()} == {
        name: sorted(text.splitlines()) for name, text in in_parts.items()
    }


def test_a_part_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path):
    backend = RustBackend(DAY)
    backend.advance(10)

    def take_into_nothing():
        with Tape(tmp_path / "gone") as tape:
            for unfinished in (tmp_path / "gone").iterdir():
                unfinished.rmdir()
            tape.take(backend)
            tape.close(backend)

    with pytest.raises(duckdb.IOException):
        take_into_nothing()
    assert list((tmp_path / "gone").iterdir()) == []

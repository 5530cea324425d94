"""The short form of `simulations.tests.soak.troubles`: a server without a disk, then a database."""

from pathlib import Path

from simulations.tests.soak.troubles import attack


def test_a_run_outlives_a_full_disk_and_a_locked_database(tmp_path: Path) -> None:
    seen = attack(tmp_path, locked_seconds=1)
    assert seen["ticks"] == 400_000

"""The short form of `simulations.tests.soak.kills`: a real server, really killed."""

from pathlib import Path

from simulations.tests.soak.kills import attack


def test_a_server_killed_while_people_steer_loses_and_doubles_nothing(tmp_path: Path) -> None:
    seen = attack(tmp_path, kills=2, seed=5)
    assert seen["interventions"] > 0

"""Many runs of many people on a real server, in a short form; the long one is a program in tests/soak."""

import asyncio

from simulations.tests.bench.frames import Server
from simulations.tests.soak import fifty


def test_equal_runs_of_several_people_get_equal_shares_watched_or_not(tmp_path) -> None:
    server = Server(tmp_path)
    try:
        party = fifty.Party(users=5, paced=2, seconds=6.0, warm_up=3.0)
        played = asyncio.run(fifty.played(server, party))
    finally:
        server.client.close()
        server.bench.stop()
    assert played["problems"] == []
    assert played["ticks_least"] > 0
    assert played["unfair"] <= fifty.MOST_UNFAIR
    assert played["all_pages"]["count"] > 0
    assert played["socket_answers"]["count"] > 0
    assert "Traceback" not in server.bench.log()

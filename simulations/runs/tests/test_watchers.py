"""Bad watchers against a real server, in a short form; the long one is a program in tests/soak."""

import asyncio

from simulations.tests.bench.frames import Server
from simulations.tests.soak import watchers

SECONDS = 5.0
MOST_MORE_KIB = 96 * 1024


def test_a_healthy_watcher_misses_nothing_beside_one_that_never_reads_and_one_that_reloads(tmp_path) -> None:
    server = Server(tmp_path)
    try:
        alone = asyncio.run(watchers.play(server, SECONDS, watchers.ALONE))
        played = asyncio.run(watchers.play(server, SECONDS, watchers.ATTACKED))
    finally:
        server.client.close()
        server.bench.stop()
    assert played.missed == []
    assert played.seen[0].frames > 10
    assert played.reloads > 1
    assert played.payments > 1_000
    # A run at full speed grows by its own payments; what watchers leave lying would come on top.
    assert played.rss_growth_kib < alone.rss_growth_kib + MOST_MORE_KIB
    assert "Traceback" not in server.bench.log()


def test_nobody_in_a_crowd_misses_anything_beside_watchers_that_stall_and_reconnect(tmp_path) -> None:
    server = Server(tmp_path)
    try:
        crowd = watchers.Company(healthy=12, stalled=2, reconnecting=2)
        played = asyncio.run(watchers.play(server, SECONDS, crowd))
    finally:
        server.client.close()
        server.bench.stop()
    assert played.missed == []
    assert min(each.frames for each in played.seen) > 10
    assert played.reloads > 2
    assert "Traceback" not in server.bench.log()

"""Nonsense over a real socket, in a short form; the long one is a program in tests/soak."""

import asyncio

from simulations.tests.bench.frames import Server
from simulations.tests.soak import messages


def test_no_message_breaks_a_socket_and_each_is_answered_or_closed_with_a_reason(tmp_path) -> None:
    server = Server(tmp_path)
    try:
        figures = asyncio.run(messages.attack(server, count=1_500, seed=1, seconds=2.0))
    finally:
        server.client.close()
        server.bench.stop()
    assert messages.faults(figures) == [], figures
    assert figures["sent"] >= 1_500 - messages.SOCKETS * messages.MESSAGES_A_SOCKET // 2
    assert figures["answers"] > 0

"""Nonsense over the socket: random, mangled and huge messages, clients that never or wrongly acknowledge.

`python -m simulations.tests.soak.messages [COUNT] [--seed N]` starts a server of its own, sends so many
messages from many sockets at once, and sees that each socket lives or was closed with a code that says why,
that a socket opened after it works, that memory is flat and that nothing broke. Prints one JSON object; exits
1 when something gave way.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import websockets

from simulations.runs.frames import HEADER, MOST_FRAMES_UNDER_WAY
from simulations.tests.bench.frames import SERIES, Server, scenario
from simulations.tests.soak.watchers import growth

SOCKETS = 12
MESSAGES_A_SOCKET = 290  # just under what is taken at once
HUGE_BYTES = 1_000_000
ANSWERED_SECONDS = 60.0
MOST_GROWTH_KIB = 48 * 1024
TOO_MUCH, TOO_LARGE = 4008, 1009
BROKEN_LINES = ("socket.broken", "Traceback")
ACTIONS = (
    *("tick", "get_state", "run", "pause", "step", "run_to", "speed", "stop", "apply", "explain"),
    *("subscribe", "ack", "fly", "", "TICK", "__class__"),
)
KEYS = (
    *("series", "max_points", "encoding", "stamp", "tick", "until", "ticks_per_second", "event", "payment"),
    *("type", "agent", "amount", "policy", "limits", "action"),
)
ATOMS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 600, 2_000, 2**31, 2**63, 2**64, -(2**63), 10**30, 1e308, 0.1, -0.0),
    *("", "a", "B00", "balance:B00", "balance:", ":", "queue_depth", "settled", "json", "binary", "\x00"),
    *("\ud83d\ude00", "x" * 5_000, "release_all", "outage", "inject_payment", "RTGS", "../..", "1e5"),
)


@dataclass
class Heard:
    """What came of it."""

    sent: int = 0
    answers: int = 0
    connections: int = 0
    closed: Counter[int] = field(default_factory=Counter)
    silent: int = 0  # sockets that did not answer a sound question
    sizes: list[int] = field(default_factory=list)  # of the server in KiB, as each socket ended


def value(draw: random.Random, depth: int = 0) -> Any:
    """Draw something that JSON can say, nested a few levels."""
    kind = draw.random()
    if depth > 3 or kind < 0.6:
        return draw.choice(ATOMS)
    if kind < 0.8:
        return [value(draw, depth + 1) for _ in range(draw.randrange(5))]
    return {draw.choice(KEYS): value(draw, depth + 1) for _ in range(draw.randrange(5))}


def message(draw: random.Random) -> str | bytes:
    """Draw a message: an action with odd values, mangled text, raw bytes, or deep nesting."""
    kind = draw.random()
    if kind < 0.05:
        return draw.randbytes(draw.randrange(200))
    if kind < 0.10:
        return draw.choice(["[", '{"a":', '["']) * draw.randrange(1, 5_000)
    given = {draw.choice(KEYS): value(draw) for _ in range(draw.randrange(4))}
    text = json.dumps({"action": draw.choice(ACTIONS), **given})
    if kind < 0.80:
        return text
    cut = draw.randrange(len(text))
    odd = draw.choice(['"', "}", "\\u0000", "NaN", ",,", "\u2028", "", "\ufeff", "1" * 400])
    return text[:cut] + odd + text[cut + draw.randrange(3) :]


async def babble(server: Server, run: str, draw: random.Random, count: int, heard: Heard) -> None:
    """Send nonsense from sockets one after another, then ask each something sound."""
    while count > 0:
        async with server.socket(run) as socket:
            heard.connections += 1
            try:
                for _ in range(min(count, MESSAGES_A_SOCKET)):
                    await socket.send(message(draw))
                    heard.sent += 1
                    count -= 1
                await _sound(socket, heard)
            except websockets.ConnectionClosed:
                heard.closed[socket.close_code or 0] += 1
        heard.sizes.append(server.memory_kib())


async def _sound(socket: Any, heard: Heard) -> None:
    """Ask for the state until it comes; what was sent before may fill the queue of commands for a while."""
    try:
        async with asyncio.timeout(ANSWERED_SECONDS):
            while True:
                await socket.send('{"action": "get_state"}')
                said = json.loads(await _text(socket))
                heard.answers += 1
                if said["type"] == "state":
                    return
                await asyncio.sleep(0.02)  # within the rate of messages
    except TimeoutError:
        heard.silent += 1


async def _text(socket: Any) -> str:
    """Return the next message that is text and no status."""
    async for said in socket:
        if isinstance(said, str) and '"type":"status"' not in said:
            return said
    raise websockets.ConnectionClosedOK(None, None)


async def never_acknowledges(server: Server, run: str, seconds: float) -> int:
    """Subscribe and read without a word for a while; return how many frames came."""
    frames = 0
    async with server.socket(run) as socket:
        await socket.send(_subscribe())
        try:
            async with asyncio.timeout(seconds):
                async for said in socket:
                    frames += isinstance(said, bytes)
        except TimeoutError:
            return frames
    return frames


async def acknowledges_wrongly(server: Server, run: str) -> int:
    """Answer each frame with another stamp; return the code it is closed with."""
    async with server.socket(run) as socket:
        with contextlib.suppress(websockets.ConnectionClosed):
            await socket.send(_subscribe())
            async for said in socket:
                if isinstance(said, bytes):
                    wrong = HEADER.unpack_from(said)[5] ^ 1
                    for _ in range(30):
                        await socket.send(json.dumps({"action": "ack", "stamp": wrong}))
    return socket.close_code or 0


async def sends_too_much(server: Server, run: str) -> int:
    """Send a megabyte at once; return the code it is closed with."""
    async with server.socket(run) as socket:
        with contextlib.suppress(websockets.ConnectionClosed):
            await socket.send("x" * HUGE_BYTES)
        await socket.wait_closed()
    return socket.close_code or 0


def _subscribe() -> str:
    return json.dumps({"action": "subscribe", "series": SERIES, "max_points": 600, "encoding": "binary"})


async def attack(server: Server, count: int, seed: int, seconds: float = 5.0) -> dict[str, Any]:
    """Do all of it at once against live runs; return what was heard."""
    # Runs keep what they settled in memory until it is stored: short days, so that only sockets can grow.
    short = {**scenario(seed=1), "ticks_per_day": 2_000, "num_days": 1}
    steered = [await asyncio.to_thread(server.create_of, short) for _ in range(3)]
    watched = await asyncio.to_thread(server.create_of, {**scenario(seed=1), "num_days": 30})
    slowly = {"ticks_per_second": 1_000}
    await asyncio.to_thread(server.client.post, f"/runs/{watched}/speed", data=slowly)
    heard = Heard()
    share = -(-count // SOCKETS)
    warm = Heard()
    await babble(server, steered[0], random.Random(seed), MESSAGES_A_SOCKET, warm)
    first = await asyncio.to_thread(server.create_of, short)
    await asyncio.to_thread(server.start, first)
    await asyncio.to_thread(server.finish, first)
    babblers = [
        babble(server, steered[k % 3], random.Random(seed * 1_000 + k), share, heard) for k in range(SOCKETS)
    ]
    mute = asyncio.create_task(never_acknowledges(server, watched, seconds))
    wrong = asyncio.create_task(acknowledges_wrongly(server, watched))
    huge = [asyncio.create_task(sends_too_much(server, watched)) for _ in range(5)]
    await asyncio.to_thread(server.start, watched)
    await asyncio.gather(*babblers)
    frames, code, codes = await mute, await wrong, await asyncio.gather(*huge)
    await asyncio.to_thread(server.stop, watched)
    last = Heard()
    async with server.socket(watched) as socket:
        await _sound(socket, last)
    log = server.bench.log()
    return {
        **asdict(heard),
        "closed": dict(heard.closed),
        "frames_without_acknowledgement": frames,
        "code_of_wrong_acknowledgements": code,
        "codes_of_a_megabyte": codes,
        "answers_afterwards": last.answers,
        "rss_growth_kib": growth(heard.sizes),
        "broken": [word for word in BROKEN_LINES if word in log],
    }


def faults(figures: dict[str, Any]) -> list[str]:
    """Return what gave way."""
    found = {
        "a socket closed for another reason": set(figures["closed"]) - {TOO_MUCH, TOO_LARGE},
        "a socket fell silent": figures["silent"],
        "frames beyond the credit": figures["frames_without_acknowledgement"] > MOST_FRAMES_UNDER_WAY,
        "wrong acknowledgements were taken": figures["code_of_wrong_acknowledgements"] != TOO_MUCH,
        "a megabyte was taken": set(figures["codes_of_a_megabyte"]) != {TOO_LARGE},
        "no answer afterwards": not figures["answers_afterwards"],
        "memory grew": figures["rss_growth_kib"] > MOST_GROWTH_KIB,
        "something broke": figures["broken"],
    }
    return [name for name, wrong in found.items() if wrong]


def main() -> None:
    """Attack with the number of messages given and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            figures = asyncio.run(attack(server, options.count, options.seed))
        finally:
            server.bench.stop()
    gave_way = faults(figures)
    json.dump(figures | {"faults": gave_way}, sys.stdout, indent=2)
    sys.stdout.write("\n")
    if gave_way:
        sys.exit(1)


if __name__ == "__main__":
    main()

"""Frames of chart points under credits: what a socket may still be sent, and the bytes of one frame.

A frame is a 16-byte header and little-endian float64 columns, the tick first. The reader acknowledges
frames by their stamp; at most four frames and 1 MB are under way, the rest is coalesced by not asking the
engine before there is room again.
"""

from __future__ import annotations

import secrets
import struct
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

HEADER = struct.Struct("<BBHIII")  # version, kind, columns (with the tick), points, sequence, stamp
VERSION = 1
KIND_WHOLE, KIND_MORE = 0, 1

MOST_FRAMES_UNDER_WAY = 4
MOST_BYTES_UNDER_WAY = 1_000_000
STALLED_SECONDS = 60.0
MOST_WRONG_ACKS = 20
MOST_POINTS = 2_000
MOST_SERIES = 200

STANDING = ("queue_depth", "queue_value", "pending")
FLOWS = (
    *("arrivals", "settlements", "dropped", "settled_value", "arrived_value"),
    *("lsm_bilateral", "lsm_multilateral", "lsm_net"),
)
COST_KINDS = ("overdraft", "collateral", "liquidity", "delay", "deadline", "split", "eod", "drop")
SUMMED = (*FLOWS, *(f"cost_{kind}" for kind in COST_KINDS))
SYSTEM_SERIES = frozenset((*STANDING, *SUMMED, *(f"{name}_total" for name in SUMMED)))
AGENT_SERIES = frozenset({"balance", "available", "queued_value"})


class Malformed(ValueError):
    """A message of the watcher that makes no sense; it is told so and stays connected."""


@dataclass(frozen=True)
class Subscription:
    """What a watcher wants to see."""

    series: tuple[str, ...]
    max_points: int
    binary: bool

    @classmethod
    def of(cls, data: dict[str, Any], agents: frozenset[str]) -> Subscription:
        """Check a `subscribe` message against the run's agents. Raises `Malformed`."""
        series, most, encoding = data.get("series"), data.get("max_points", 600), data.get("encoding", "json")
        if not isinstance(series, list) or not 1 <= len(series) <= MOST_SERIES:
            raise Malformed(f"series must be a list of 1 to {MOST_SERIES} names")
        for name in series:
            if not isinstance(name, str) or not _known(name, agents):
                raise Malformed(f"there is no series {name!r:.60}")
        if len(set(series)) != len(series):
            raise Malformed("series must not repeat a name")
        if isinstance(most, bool) or not isinstance(most, int) or not 2 <= most <= MOST_POINTS:
            raise Malformed(f"max_points must be an integer from 2 to {MOST_POINTS}")
        if encoding not in ("json", "binary"):
            raise Malformed("encoding must be json or binary")
        return cls(tuple(series), most, encoding == "binary")


def _known(name: str, agents: frozenset[str]) -> bool:
    kind, colon, agent = name.partition(":")
    return name in SYSTEM_SERIES if not colon else kind in AGENT_SERIES and agent in agents


@dataclass(frozen=True)
class Wanted:
    """A question for points, the same for all who are shown the same and stand at the same tick."""

    series: tuple[str, ...]
    from_tick: int
    max_points: int
    whole: bool

    def points(self, tick: int, ticks_total: int) -> int:
        """Return how many points the frame up to `tick` may have.

        The first has the whole budget. Later ones have their share of it by time, so that a reader who keeps
        all of them holds about twice the budget at the end; thinning keeps every extreme.
        """
        if self.whole:
            return self.max_points
        share = -(-self.max_points * (tick - self.from_tick) // max(1, ticks_total))
        return max(2, min(self.max_points, share))


@dataclass
class Points:
    """The engine's answer: columns of little-endian float64, the tick first. Shared by all who ask for it."""

    columns: bytes
    tick: int  # the next to be run, where the frame after goes on
    _plain: orjson.Fragment | None = None

    def plain(self, width: int) -> orjson.Fragment:
        """Return the `width` columns as JSON numbers, written once for all who are sent them."""
        if self._plain is None:
            table = np.frombuffer(self.columns, dtype="<f8").reshape(width, -1)
            self._plain = orjson.Fragment(orjson.dumps([_plain(column) for column in table]))
        return self._plain


@dataclass
class Outbox:
    """Credits of one subscription: what is under way, and from where the next frame goes on."""

    subscription: Subscription
    next_tick: int = 0
    sequence: int = 0
    wrong_acks: int = 0
    retired: frozenset[int] = frozenset()  # stamps of the outbox before this one: late, but not wrong
    _under_way: OrderedDict[int, tuple[int, float]] = field(default_factory=OrderedDict)
    _bytes: int = 0

    @property
    def has_room(self) -> bool:
        """Whether another frame may be sent."""
        return len(self._under_way) < MOST_FRAMES_UNDER_WAY and self._bytes < MOST_BYTES_UNDER_WAY

    def lacks(self, tick: int) -> bool:
        """Whether a frame may be sent, and there is something to send of a run that stands at `tick`."""
        return self.has_room and (self.sequence == 0 or tick > self.next_tick)

    @property
    def stamps(self) -> frozenset[int]:
        """Stamps under way."""
        return frozenset(self._under_way)

    def is_stalled(self, now: float) -> bool:
        """Whether the oldest frame under way has waited too long for its acknowledgement."""
        oldest = next(iter(self._under_way.values()), None)
        return oldest is not None and now - oldest[1] > STALLED_SECONDS

    @property
    def wanted(self) -> Wanted:
        """What the next frame is made of."""
        subscription = self.subscription
        return Wanted(subscription.series, self.next_tick, subscription.max_points, self.sequence == 0)

    def acknowledge(self, stamp: object) -> None:
        """Free the frames up to the one with this stamp. Raises `Malformed` for a stamp not under way."""
        if isinstance(stamp, int) and stamp in self.retired:
            return
        if isinstance(stamp, bool) or not isinstance(stamp, int) or stamp not in self._under_way:
            self.wrong_acks += 1
            raise Malformed("no frame under way has this stamp")
        while self._under_way:
            first, (size, _) = self._under_way.popitem(last=False)
            self._bytes -= size
            if first == stamp:
                return

    def pack(self, given: Points, now: float) -> bytes | dict[str, Any]:
        """Make a frame of the engine's answer; the next one goes on after it."""
        columns = given.columns
        width = len(self.subscription.series) + 1
        points = len(columns) // (8 * width)
        kind = KIND_WHOLE if self.sequence == 0 else KIND_MORE
        stamp = secrets.randbits(32)
        frame: bytes | dict[str, Any]
        if self.subscription.binary:
            header = HEADER.pack(VERSION, kind, width, points, self.sequence & 0xFFFFFFFF, stamp)
            frame, size = header + columns, HEADER.size + len(columns)
        else:
            frame = {
                "kind": "whole" if kind == KIND_WHOLE else "more",
                "sequence": self.sequence,
                "stamp": stamp,
                "series": ["tick", *self.subscription.series],
                "columns": given.plain(width),
            }
            size = 8 * len(columns)
        self._under_way[stamp] = (size, now)
        self._bytes += size
        self.sequence += 1
        self.next_tick = given.tick
        return frame


def _plain(column: Any) -> list[int | float]:
    """Return a column as JSON numbers: whole ones as integers."""
    whole = np.isfinite(column).all() and (column == np.trunc(column)).all()
    values: list[int | float] = (column.astype("i8") if whole else column).tolist()
    return values

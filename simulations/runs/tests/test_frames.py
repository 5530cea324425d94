"""Credits and the bytes of frames."""

import numpy as np
import orjson
import pytest

from simulations.runs.frames import (
    HEADER,
    KIND_MORE,
    KIND_WHOLE,
    MOST_FRAMES_UNDER_WAY,
    STALLED_SECONDS,
    Malformed,
    Outbox,
    Points,
    Subscription,
)

AGENTS = frozenset({"A", "B"})


def columns(points: int, width: int) -> bytes:
    """Return columns as the engine gives them."""
    return np.arange(points * width, dtype="<f8").tobytes()


def outbox(encoding: str = "binary", **given: object) -> Outbox:
    """Return the outbox of a subscription to two series."""
    wanted = {"series": ["queue_depth", "balance:A"], "max_points": 100, "encoding": encoding, **given}
    return Outbox(Subscription.of(wanted, AGENTS))


def header_of(frame: object) -> tuple[int, ...]:
    assert isinstance(frame, bytes)
    return HEADER.unpack_from(frame)


def test_a_binary_frame_is_header_and_columns() -> None:
    box = outbox()
    frame = box.pack(Points(columns(5, 3), 5), now=0.0)
    version, kind, width, points, sequence, _ = header_of(frame)
    assert (version, kind, width, points, sequence) == (1, KIND_WHOLE, 3, 5, 0)
    assert frame[HEADER.size :] == columns(5, 3)  # type: ignore[index]
    assert header_of(box.pack(Points(columns(1, 3), 6), now=0.0))[1] == KIND_MORE


def test_a_json_frame_says_the_same() -> None:
    frame = outbox("json").pack(Points(columns(2, 3), 2), now=0.0)
    assert isinstance(frame, dict)
    assert frame["series"] == ["tick", "queue_depth", "balance:A"]
    assert orjson.loads(orjson.dumps(frame))["columns"] == [[0, 1], [2, 3], [4, 5]]


def test_four_frames_may_be_under_way_and_an_acknowledgement_makes_room() -> None:
    box = outbox()
    stamps = [header_of(box.pack(Points(columns(1, 3), i), now=0.0))[5] for i in range(MOST_FRAMES_UNDER_WAY)]
    assert not box.has_room
    box.acknowledge(stamps[1])
    assert box.has_room
    assert box.stamps == set(stamps[2:])


def test_a_megabyte_under_way_is_enough() -> None:
    box = outbox()
    stamp = header_of(box.pack(Points(columns(50_000, 3), 1), now=0.0))[5]
    assert not box.has_room
    box.acknowledge(stamp)
    assert box.has_room


@pytest.mark.parametrize("stamp", [None, "x", 1.0, True, -1, 1 << 40, []])
def test_a_stamp_that_is_not_under_way_frees_nothing(stamp) -> None:
    box = outbox()
    box.pack(Points(columns(1, 3), 1), now=0.0)
    with pytest.raises(Malformed):
        box.acknowledge(stamp)
    assert len(box.stamps) == 1
    assert box.wrong_acks == 1


def test_the_stamps_of_the_last_subscription_are_late_but_not_wrong() -> None:
    old = outbox()
    stamp = header_of(old.pack(Points(columns(1, 3), 1), now=0.0))[5]
    new = Outbox(old.subscription, retired=old.stamps)
    new.acknowledge(stamp)
    assert new.wrong_acks == 0


def test_a_reader_that_stopped_is_found_out() -> None:
    box = outbox()
    assert not box.is_stalled(1e9)
    box.pack(Points(columns(1, 3), 1), now=10.0)
    assert not box.is_stalled(10.0 + STALLED_SECONDS)
    assert box.is_stalled(10.1 + STALLED_SECONDS)


def test_later_frames_have_their_share_of_the_points() -> None:
    box = outbox()
    assert box.wanted.points(5_000, 10_000) == 100
    box.pack(Points(columns(100, 3), 5_000), now=0.0)
    assert box.wanted.points(6_000, 10_000) == 10
    assert box.wanted.points(5_001, 10_000) == 2


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"series": []},
        {"series": "queue_depth"},
        {"series": ["nonsense"]},
        {"series": ["balance:C"]},
        {"series": ["queue_depth:A"]},
        {"series": [["queue_depth"]]},
        {"series": ["queue_depth", "queue_depth"]},
        {"series": [f"balance:{i}" for i in range(300)]},
        {"series": ["queue_depth"], "max_points": 1},
        {"series": ["queue_depth"], "max_points": 2_001},
        {"series": ["queue_depth"], "max_points": True},
        {"series": ["queue_depth"], "max_points": "600"},
        {"series": ["queue_depth"], "encoding": "xml"},
        {"series": ["queue_depth"], "encoding": []},
    ],
)
def test_a_senseless_subscription_is_refused(wanted) -> None:
    with pytest.raises(Malformed):
        Subscription.of(wanted, AGENTS)

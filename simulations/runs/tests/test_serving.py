"""Who asks for the same is answered once; who watches in a crowd is sent fewer frames."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import orjson
import pytest

from simulations.models import Run
from simulations.runs import charting, manager
from simulations.runs.driver import LiveRun
from simulations.runs.frames import Points, Wanted
from simulations.runs.ownership import Gone
from simulations.runs.registry import registry
from simulations.runs.tests.cast import busy, new_run
from simulations.runs.watching import (
    FRAME_SECONDS,
    MOST_LATE_FRAMES,
    MOST_SHARE,
    WATCHER_SECONDS,
    Bell,
    FramePace,
    Together,
    seconds_between_frames,
)

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE, VALUE = ("queue_depth",), ("queue_value",)


def later(series: tuple[str, ...], from_tick: int) -> Wanted:
    """Return the question of who has seen all before a tick."""
    return Wanted(series, from_tick, max_points=600, whole=False)


def whole(series: tuple[str, ...]) -> Wanted:
    return Wanted(series, from_tick=0, max_points=600, whole=True)


@pytest.fixture
def live(owner) -> Iterator[LiveRun]:
    """A run that rests at tick 100."""
    run = new_run(owner, busy(banks=2))
    manager.tick(run, 100, by=owner)
    yield registry.live(run)


def live_row(live: LiveRun) -> Run:
    return Run.objects.get(pk=live.run_id)


@contextmanager
def occupied(live: LiveRun) -> Iterator[None]:
    """Keep the worker of a run from answering, as a slice does."""
    free = threading.Event()
    live.call(lambda _: free.wait(20))
    try:
        yield
    finally:
        free.set()


def answers(live: LiveRun, *wanted: Wanted) -> list[Points]:
    """Ask questions while the worker is busy; return the answers."""
    with occupied(live):
        asked = [live.serving.ask(live, each, charting.points) for each in wanted]
    return [each.result(20) for each in asked]


def test_all_who_are_shown_the_same_share_one_answer(live) -> None:
    first, other, second = answers(live, whole(QUEUE), whole(VALUE), whole(QUEUE))
    assert first is second
    assert first.columns != other.columns


def test_what_is_shared_is_what_each_would_have_been_given_alone(live) -> None:
    (together, _), (alone,) = answers(live, whole(QUEUE), whole(QUEUE)), answers(live, whole(QUEUE))
    assert (together.columns, together.tick) == (alone.columns, alone.tick)


def test_watchers_out_of_step_are_answered_at_one_tick_and_go_on_in_step(live) -> None:
    given = answers(live, later(QUEUE, 40), later(QUEUE, 60), later(QUEUE, 75))
    assert {points.tick for points in given} == {100}
    assert [orjson.loads(orjson.dumps(points.plain(2)))[0][0] for points in given] == [40, 60, 75]


def test_who_leaves_takes_no_answer_from_the_others(live) -> None:
    with occupied(live):
        left, stays = (live.serving.ask(live, whole(QUEUE), charting.points) for _ in range(2))
        assert left.cancel()
    assert stays.result(20).tick == 100


def test_who_waits_in_one_loop_for_the_same_asks_once_and_may_leave() -> None:
    asked: list[tuple[str, Future[int]]] = []

    def ask(question: str) -> Future[int]:
        asked.append((question, Future()))
        return asked[-1][1]

    async def watch() -> list[object]:
        together: Together[str, int] = Together()
        same = [asyncio.create_task(together.answer("same", ask)) for _ in range(5)]
        other = asyncio.create_task(together.answer("other", ask))
        await asyncio.sleep(0)
        same.pop().cancel()
        assert [question for question, _ in asked] == ["same", "other"]
        asked[0][1].set_result(7)
        asked[1][1].set_exception(Gone("gone"))
        answers = await asyncio.gather(*same, other, return_exceptions=True)
        later = asyncio.create_task(together.answer("same", ask))
        await asyncio.sleep(0)
        asked[2][1].set_result(8)
        return [*answers, await later]

    *same, other, later = asyncio.run(watch())
    assert same == [7] * 4
    assert isinstance(other, Gone)
    assert later == 8


def test_who_comes_right_after_another_is_shown_the_same_day_and_goes_on_from_there(live, owner) -> None:
    live.bell.seconds = 60.0
    (first,) = answers(live, whole(QUEUE))
    manager.tick(live_row(live), 5, by=owner)
    (again,), (later_on,) = answers(live, whole(QUEUE)), answers(live, later(QUEUE, 100))
    assert again is first
    assert (again.tick, later_on.tick) == (100, 105)
    (other,) = answers(live, whole(VALUE))
    assert other.tick == 105
    live.bell.seconds = 0.0
    (fresh,) = answers(live, whole(VALUE))
    assert fresh is not other


def test_all_hear_that_the_run_is_gone(live) -> None:
    with occupied(live):
        asked = [live.serving.ask(live, later(QUEUE, tick), charting.points) for tick in (40, 60, 60)]
        live.close()
    for each in asked:
        with pytest.raises(Gone):
            each.result(20)


class AnswersFirst:
    """A lock whose first holder finds that the worker was quicker, and answered all who waited."""

    def __init__(self, lock: threading.Lock, answer_all: Callable[[], object]) -> None:
        self.lock, self.answer_all = lock, answer_all

    def __enter__(self) -> None:
        answer_all, self.answer_all = self.answer_all, lambda: None
        answer_all()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_a_question_that_meets_the_answer_to_others_is_answered_too(live) -> None:
    with occupied(live):
        early = live.serving.ask(live, whole(QUEUE), charting.points)
        backend = live.backend
        live.serving._lock = AnswersFirst(live.serving._lock, lambda: live.serving._answer(live, backend))
        late = live.serving.ask(live, later(QUEUE, 60), charting.points)
    assert early.result(20).tick == 100
    assert late.result(20).tick == 100


def test_one_question_that_fails_leaves_the_others_their_answers(live) -> None:
    with occupied(live):
        wrong = live.serving.ask(live, whole(("balance:NOBODY",)), charting.points)
        right = live.serving.ask(live, whole(QUEUE), charting.points)
    assert right.result(20).tick == 100
    with pytest.raises(ValueError, match="NOBODY"):
        wrong.result(20)


def test_what_is_stored_is_looked_up_once_for_all_who_ask_meanwhile(live) -> None:
    live.charted_from = 50
    found: list[Future[tuple[bytes, int]]] = []

    def look_up(*_: object) -> Future[tuple[bytes, int]]:
        found.append(Future())
        return found[-1]

    asked = [live.serving.ask(live, whole(QUEUE), look_up) for _ in range(3)]
    assert len(found) == 1
    found[0].set_result((b"", 99))
    assert [each.result(20).tick for each in asked] == [99, 99, 99]
    live.serving.ask(live, whole(QUEUE), look_up)
    assert len(found) == 2


def test_the_interval_grows_with_the_watchers_so_that_they_cost_a_bounded_share() -> None:
    assert seconds_between_frames(1) == FRAME_SECONDS
    for watchers in (10, 50, 200, 1_000):
        between = seconds_between_frames(watchers)
        assert watchers * WATCHER_SECONDS / between <= MOST_SHARE
        assert (between / FRAME_SECONDS).is_integer()


def test_a_lone_watcher_catches_up_after_a_late_answer() -> None:
    pace, now, frames = FramePace(now=100.0), 100.0, 0
    while now < 101.0:
        late = 0.08 if frames % 10 == 0 else 0.0
        before, now = now, max(now, pace.due(now, FRAME_SECONDS)) + late
        assert now - before >= 0.49 * FRAME_SECONDS
        pace.framed(now, FRAME_SECONDS)
        frames += 1
    assert frames == pytest.approx(30, abs=2)


def test_a_watcher_who_was_away_is_not_flooded() -> None:
    pace, now, frames = FramePace(now=100.0), 160.0, 0
    while now < 161.0:
        now = max(now, pace.due(now, FRAME_SECONDS))
        pace.framed(now, FRAME_SECONDS)
        frames += 1
    assert frames <= 30 + 2 * MOST_LATE_FRAMES + 1


def test_watchers_in_a_crowd_meet_at_the_same_moments() -> None:
    between = 16 * FRAME_SECONDS
    early, late = FramePace(now=1_000.0), FramePace(now=1_000.2)
    assert early.due(1_000.3, between) == late.due(1_000.4, between) == 1_000.0 // between * between + between
    moment = early.due(1_000.3, between)
    assert early.due(moment + 0.001, between) == moment + 0.001
    early.framed(moment + 0.001, between)
    assert early.due(moment + 0.1, between) == pytest.approx(moment + between)


async def test_in_a_crowd_a_slice_rings_in_time_and_a_change_of_state_at_once() -> None:
    bell, events = Bell(), [asyncio.Event() for _ in range(200)]
    for event in events:
        bell.listen(event)
    assert bell.seconds == seconds_between_frames(200)
    bell.ring()
    await asyncio.wait_for(asyncio.gather(*(event.wait() for event in events)), 5)
    for event in events[1:]:
        bell.forget(event)
        event.clear()
    events[0].clear()
    assert bell.seconds == FRAME_SECONDS
    bell.ring_in_time()
    await asyncio.wait_for(events[0].wait(), 5)
    assert not any(event.is_set() for event in events[1:])


async def test_watchers_of_other_runs_that_go_on_make_frames_rarer_here() -> None:
    bell = Bell()
    bell.listen(asyncio.Event())
    bell.beside(49)
    assert bell.seconds == seconds_between_frames(50) > FRAME_SECONDS
    bell.beside(0)
    assert bell.seconds == FRAME_SECONDS

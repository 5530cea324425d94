"""What questions may cost: an allowance of time for each who asks, and one answer for all who wait for it."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from simulations.runs import asking
from simulations.runs.asking import Allowance, Shared, Turns, at_cost_of, metered
from simulations.runs.ownership import Gone
from simulations.runs.slicing import LEAST_REST_SECONDS, Slice
from simulations.tests.bench.frames import Server
from simulations.tests.soak import asking as soak


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""

    class Clock:
        now = 100.0

        def monotonic(self) -> float:
            return self.now

        def thread_time(self) -> float:
            return self.now

    clock = Clock()
    monkeypatch.setattr(asking, "time", clock)
    return clock


def test_who_asks_now_and_then_does_not_wait(clock) -> None:
    allowance = Allowance()
    for _ in range(20):
        assert allowance.wait(1) == 0
        allowance.charge(1, 0.005)
        clock.now += 0.005 / asking.MOST_SHARE
    assert allowance.wait(1) == 0


def test_who_asks_without_end_has_a_share_and_the_others_theirs(clock) -> None:
    allowance, answers = Allowance(), 0
    begun = clock.now
    while clock.now < begun + 60:
        clock.now += allowance.wait(1) + 0.001
        allowance.charge(1, 0.01)
        answers += 1
    assert answers * 0.01 / 60 == pytest.approx(asking.MOST_SHARE, rel=0.05)
    assert allowance.wait(2) == 0


def test_the_more_ask_the_less_each_may(clock) -> None:
    allowance = Allowance()
    spent = dict.fromkeys(range(4), 0.0)
    begun = clock.now
    while clock.now < begun + 60:
        for who in spent:
            if allowance.wait(who) == 0:
                allowance.charge(who, 0.01)
                spent[who] += 0.01
        clock.now += 0.01
    assert sum(spent.values()) / 60 == pytest.approx(asking.MOST_SHARE, rel=0.2)
    assert max(spent.values()) == pytest.approx(min(spent.values()), rel=0.1)


def test_nobody_waits_long_for_one_dear_answer(clock) -> None:
    allowance = Allowance()
    allowance.charge(1, 60.0)
    assert allowance.wait(1) == asking.MOST_WAIT_SECONDS
    clock.now += asking.MOST_WAIT_SECONDS
    assert allowance.wait(1) == 0


def test_what_is_done_for_somebody_is_charged_also_in_another_thread(clock, monkeypatch) -> None:
    allowance = Allowance()
    monkeypatch.setattr(asking, "allowance", allowance)

    def question(seconds: float) -> str:
        clock.now += seconds
        return "answer"

    with at_cost_of(1):
        job = metered(question)
        worker = threading.Thread(target=job, args=(1.0,))
        worker.start()
        worker.join()
    assert allowance.wait(1) == asking.MOST_WAIT_SECONDS
    assert metered(question) is question


def test_somebody_has_one_turn_however_many_ask_for_them() -> None:
    turns = Turns()
    assert turns.in_thread(1) is not turns.in_thread(2)
    with (one := turns.in_thread(1)):
        assert turns.in_thread(1) is one
        assert turns.in_thread(1).locked()

    async def in_a_loop() -> None:
        async with (mine := turns.in_loop(1)):
            assert turns.in_loop(1) is mine
            assert turns.in_loop(2) is not mine

    asyncio.run(in_a_loop())


def test_who_has_many_questions_waiting_is_told_so(monkeypatch) -> None:
    monkeypatch.setattr(asking, "MOST_WAITING", 0)
    turns = Turns()
    mine, others = turns.waited_for(1), turns.waited_for(2)
    with mine, others, pytest.raises(Gone, match="questions"), turns.waited_for(1):
        pytest.fail("it was its turn")
    with turns.waited_for(1):
        pass


def test_who_asks_before_the_answer_came_shares_it() -> None:
    begun: list[Future[int]] = []

    def begin() -> Future[int]:
        begun.append(Future())
        return begun[-1]

    shared: Shared[int] = Shared()
    first, second = shared.ask(begin), shared.ask(begin)
    assert first is second
    begun[0].set_result(1)
    assert shared.ask(begin) is not first
    assert len(begun) == 2


def test_a_slice_that_was_ended_early_goes_on_for_what_is_left_of_it() -> None:
    ended = []
    one = Slice()
    with one.begun(list) as brief:
        one.end(lambda: ended.append(True))
    assert ended
    assert not brief
    one.spent(0.004, 0.020)
    assert one.goes_on(at_once=True)
    assert one.budget(0.020) == pytest.approx(0.016)
    with one.begun(list):
        pass
    one.spent(0.016, 0.016)
    assert not one.goes_on(at_once=True)
    assert one.budget(0.020) == 0.020


def test_a_slice_that_ended_by_itself_or_is_to_rest_does_not_go_on() -> None:
    one = Slice()
    with one.begun(list):
        pass
    one.spent(0.004, 0.020)
    assert not one.goes_on(at_once=True)
    with one.begun(lambda: [1]):  # somebody asks already, so that it is brief
        pass
    one.spent(LEAST_REST_SECONDS, 0.020)
    assert not one.goes_on(at_once=False)
    assert one.budget(0.020) == 0.020


def test_a_viewer_who_asks_without_end_is_answered_and_leaves_the_runs_their_time(tmp_path) -> None:
    server = Server(tmp_path)
    try:
        figures = asyncio.run(soak.asked(server, 6.0))
    finally:
        server.client.close()
        server.bench.stop()
    assert figures["problems"] == []
    assert figures["least_answers"] > 1
    # The program judges by 0.6; before questions had a share, this was 0.13.
    assert figures["share_of_the_run_asked"] > 0.3
    assert "Traceback" not in server.bench.log()

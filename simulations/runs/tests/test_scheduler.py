"""The stepping threads: fair, one at a time a task, and awake when woken."""

import threading
import time

import pytest

from simulations.runs.scheduler import MOST_AHEAD, SLICE_SECONDS_LEAST, SLICE_SECONDS_MOST, Scheduler


class Job:
    """A task that counts its slices."""

    def __init__(self, again: bool = True, enough: int = 200) -> None:
        self.due: float | None = None
        self.again: float | None = None
        self.busy = False
        self.called = self.keeps_up = False
        self.stepping, self.watchers = True, 2
        self.slices = self.errands = 0
        self.goes_on, self.enough = again, enough
        self.inside = threading.Lock()
        self.overlapped = False
        self.done, self.asked = threading.Event(), threading.Event()

    def work(self) -> float | None:
        if not self.inside.acquire(blocking=False):
            self.overlapped = True
            return None
        try:
            self.slices += 1
            if self.slices >= self.enough:
                self.done.set()
            return time.monotonic() if self.goes_on and not self.done.is_set() else None
        finally:
            self.inside.release()

    def do_errands(self) -> None:
        if not self.inside.acquire(blocking=False):
            self.overlapped = True
            return
        self.errands += 1
        self.inside.release()
        self.asked.set()

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def scheduler():
    scheduler = Scheduler(threads=2)
    yield scheduler
    scheduler.close()


def test_many_tasks_share_the_threads_fairly(scheduler) -> None:
    jobs = [Job(enough=10_000) for _ in range(20)]
    for job in jobs:
        scheduler.add(job)
        scheduler.wake(job)
    assert jobs[0].done.wait(60)
    counts = [job.slices for job in jobs]
    assert min(counts) * 2 >= max(counts)


def order_of(*names: str) -> list[str]:
    """Have one worker work on tasks that all are due; those called paced keep up. Return who went when."""
    order: list[str] = []
    begun, everything_waits, over = threading.Event(), threading.Event(), threading.Event()

    class Named(Job):
        def __init__(self, name: str) -> None:
            super().__init__(again=False)
            self.name, self.keeps_up = name, name == "paced"

        def work(self) -> float | None:
            if self.name == "first":
                begun.set()
                everything_waits.wait(20)
            order.append(self.name)
            if len(order) == len(names) + 1:
                over.set()
            return None

    scheduler = Scheduler(threads=1)
    try:
        for name in ("first", *names):
            job = Named(name)
            scheduler.add(job)
            scheduler.wake(job)
            assert begun.wait(20)
        everything_waits.set()
        assert over.wait(20)
    finally:
        scheduler.close()
    return order[1:]


def test_one_that_keeps_up_with_its_pace_goes_before_those_that_compute_all_they_can() -> None:
    assert order_of("greedy", "greedy", "paced") == ["paced", "greedy", "greedy"]


def test_many_that_keep_up_do_not_keep_the_others_from_computing() -> None:
    paced = ["paced"] * MOST_AHEAD
    assert order_of("greedy", "greedy", *paced * 3) == [*paced, "greedy", *paced, "greedy", *paced]


def test_a_task_is_never_worked_on_twice_at_once(scheduler) -> None:
    job = Job(enough=2_000)
    scheduler.add(job)
    while not job.done.is_set():
        scheduler.wake(job)
    assert not job.overlapped


def test_a_task_woken_while_it_works_is_worked_on_again(scheduler) -> None:
    job = Job(again=False, enough=3)
    scheduler.add(job)
    while not job.done.is_set():
        scheduler.wake(job)
    assert job.slices >= 3


def test_an_earlier_wake_replaces_a_later_one(scheduler) -> None:
    job = Job(again=False, enough=1)
    scheduler.add(job)
    scheduler.wake(job, time.monotonic() + 3600)
    scheduler.wake(job)
    assert job.done.wait(10)


def test_whoever_is_asked_all_the_time_computes_no_more_than_others(scheduler) -> None:
    asked, others = Job(enough=5_000), [Job(enough=5_000) for _ in range(5)]
    for job in (asked, *others):
        scheduler.add(job)
        scheduler.wake(job)
    while not any(job.done.is_set() for job in (asked, *others)):
        scheduler.call(asked)
    assert asked.errands > 0
    assert not asked.overlapped
    counts = [job.slices for job in others]
    assert min(counts) * 2 >= max(counts)  # nobody pays for who is asked ...
    assert 0 < asked.slices <= 2 * min(counts)  # ... who gains nothing by it, and goes on


def test_an_errand_of_a_sleeping_task_brings_no_slice(scheduler) -> None:
    job = Job(enough=1)
    scheduler.add(job)
    scheduler.call(job)
    assert job.asked.wait(10)
    scheduler.close()
    assert (job.errands, job.slices) == (1, 0)


def test_an_errand_leaves_a_later_turn_where_it_was(scheduler) -> None:
    job = Job(again=False, enough=1)
    scheduler.add(job)
    scheduler.wake(job, time.monotonic() + 3600)
    scheduler.call(job)
    assert job.asked.wait(10)
    assert (job.errands, job.slices) == (1, 0)
    scheduler.wake(job)
    assert job.done.wait(10)


def test_a_removed_task_rests(scheduler) -> None:
    gone, other = Job(again=False, enough=1), Job(again=False, enough=1)
    scheduler.add(other)
    scheduler.add(gone)
    scheduler.remove(gone)
    scheduler.wake(gone)
    scheduler.wake(other)
    assert other.done.wait(10)
    assert gone.slices == 0


def test_slices_shrink_as_runs_grow_many(scheduler) -> None:
    assert scheduler.load().slice_seconds == SLICE_SECONDS_MOST
    for _ in range(50):
        scheduler.add(Job())
    load = scheduler.load()
    assert SLICE_SECONDS_LEAST <= load.slice_seconds == pytest.approx(0.060 * 2 / 50)
    assert (load.stepping, load.watchers) == (50, 100)

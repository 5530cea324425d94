"""Speed against the wall clock, with times given."""

import pytest

from simulations.runs.pace import AS_FAST_AS_POSSIBLE, Pace, checked_speed


def test_ten_ticks_a_second_are_ten_ticks_a_second() -> None:
    pace, tick, now = Pace(10.0), 0, 100.0
    pace.restart(now, tick)
    times = []
    while now < 102.0:
        now = pace.next_due(now, tick)
        due = pace.due_ticks(now, tick)
        tick += due
        times.append(due)
    assert tick == 20
    assert set(times) == {1}


def test_a_fast_pace_takes_several_ticks_at_once_and_wakes_no_more_often_than_a_screen() -> None:
    pace, tick, now, calls = Pace(1_000.0), 0, 0.0, 0
    pace.restart(now, tick)
    while now < 1.0:
        now = pace.next_due(now, tick)
        tick += pace.due_ticks(now, tick)
        calls += 1
    assert tick == pytest.approx(1_000, abs=20)
    assert calls <= 61


def test_after_a_long_wait_it_goes_on_instead_of_racing() -> None:
    pace = Pace(100.0)
    pace.restart(0.0, 0)
    assert pace.due_ticks(60.0, 0) == 25
    assert pace.due_ticks(60.5, 25) == pytest.approx(25, abs=1)


def test_without_a_pace_it_is_always_due() -> None:
    pace = Pace(None)
    assert pace.due_ticks(5.0, 3) == AS_FAST_AS_POSSIBLE
    assert pace.next_due(5.0, 3) == 5.0


@pytest.mark.parametrize("speed", [None, 0.1, 1, 20, 1_000_000])
def test_sensible_speeds_are_taken(speed) -> None:
    assert checked_speed(speed) == speed


@pytest.mark.parametrize("speed", [0, -1, 1e9, float("nan"), float("inf"), "10", True, [10]])
def test_senseless_speeds_are_refused(speed) -> None:
    with pytest.raises(ValueError, match="ticks_per_second"):
        checked_speed(speed)

"""The tail of a run: how much of it there may be while storing is behind."""

from typing import Any

import numpy as np
import pytest

from simulations.runs.recorder import LEAST_SHARE_ROWS, OVERFULL_ROWS, SEAL_ROWS, Recorder


class Engine:
    """Gives so many rows of a series at each drain."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def drain(self) -> dict[str, Any]:
        nothing: dict[str, Any] = {"labels": {}}
        return {"series": {"tick": np.arange(self.rows)} | nothing, "events": nothing, "payments": nothing}


def filled(rows: int, sharers: int) -> Recorder:
    recorder = Recorder(sharers=sharers)
    recorder.collect(Engine(rows), rows)  # type: ignore[arg-type]  # all of an engine that is asked for
    return recorder


def test_one_run_has_all_the_room() -> None:
    assert not filled(SEAL_ROWS - 1, sharers=1).is_large
    assert filled(SEAL_ROWS, sharers=1).is_large
    assert filled(2 * SEAL_ROWS, sharers=1).fullness == 0  # one is being stored, the next is large
    assert 0 < filled(2 * SEAL_ROWS + 1, sharers=1).fullness < 1
    assert filled(OVERFULL_ROWS, sharers=1).is_overfull


def test_runs_share_the_room_so_that_fifty_hold_little_more_than_one() -> None:
    assert filled(OVERFULL_ROWS // 4, sharers=4).is_overfull
    assert filled(OVERFULL_ROWS // 16, sharers=4).is_large
    assert filled(LEAST_SHARE_ROWS, sharers=50).is_overfull
    assert filled(LEAST_SHARE_ROWS // 2, sharers=50).fullness == 0
    assert 0 < filled(LEAST_SHARE_ROWS * 3 // 4, sharers=50).fullness < 1


@pytest.mark.parametrize("sharers", [1, 7, 50, 1_000])
def test_a_run_is_braked_before_it_has_to_wait(sharers: int) -> None:
    recorder = Recorder(sharers=sharers)
    assert 0 < recorder.large_rows < recorder.most_rows


def test_a_branch_need_not_store_what_it_was_computed_from_before_it_goes() -> None:
    recorder = filled(OVERFULL_ROWS, sharers=1)
    recorder.begin()
    assert recorder.is_large
    assert (recorder.fullness, recorder.is_overfull) == (0, False)
    recorder.collect(Engine(OVERFULL_ROWS), 1)  # type: ignore[arg-type]
    assert recorder.is_overfull

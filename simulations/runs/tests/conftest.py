"""Runs for tests of the socket, made in a thread."""

from typing import Any

import pytest

from simulations.models import Run
from simulations.runs.tests.cast import TWO_BANKS, new_run
from simulations.runs.tests.sockets import in_thread


@pytest.fixture
def make(owner):
    """Return a function that makes a run in a thread."""

    async def made(text: str = TWO_BANKS, **row: Any) -> Run:
        def work() -> Run:
            run = new_run(owner, text)
            Run.objects.filter(pk=run.pk).update(**row or {"name": run.name})
            return run

        return await in_thread(work)()  # type: ignore[no-any-return]

    return made

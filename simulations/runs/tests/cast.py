"""What the tests of live runs share: two banks, a busier dozen, and waiting without sleeping."""

import threading
import time
from collections.abc import Callable

from django.contrib.auth.models import User

from simulations.models import Document, Run
from simulations.runs.creation import create_run
from simulations.runs.registry import registry

TWO_BANKS = """\
name: Two banks
currency: {code: EUR, decimals: 2}
ticks_per_day: 20
seed: 5
agents:
- {id: A, balance: 1000, arrival_config: {rate_per_tick: 2.0, distribution_type: uniform, amount_mean: 300}}
- {id: B, balance: 1000, arrival_config: {rate_per_tick: 2.0, distribution_type: uniform, amount_mean: 300}}
costs: {delay_penalty_per_tick: 3, eod_penalty: 50}
"""


def busy(banks: int = 12, ticks: int = 2_000, rate: float = 2.0) -> str:
    """Return a scenario in which something happens in every tick."""
    arrivals = f"{{rate_per_tick: {rate}, distribution_type: exponential, amount_mean: 10000}}"
    agents = "\n".join(
        f"- {{id: B{i:02}, balance: 200000, arrival_config: {arrivals}}}" for i in range(banks)
    )
    return f"ticks_per_day: {ticks}\nseed: 7\ncosts: {{delay_penalty_per_tick: 1}}\nagents:\n{agents}\n"


def new_run(owner: User, text: str = TWO_BANKS, **inputs: object) -> Run:
    """Make a run of a document."""
    return create_run(owner, document=Document.objects.of_text(text), **inputs)  # type: ignore[arg-type]


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds; fail when it does not in time."""
    tick = threading.Event()
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        tick.wait(0.005)


def run_to_status(run: Run, status: str) -> Run:
    """Wait until a run's row has a status and return it."""
    wait_until(lambda: Run.objects.get(pk=run.pk).status == status)
    run.refresh_from_db()
    return run


def undisturbed_digest(run: Run) -> str:
    """Return the digest of the same inputs, run in one go."""
    from simulations.runs.replay import Replay, inputs_of

    replay = Replay(run, inputs_of(run))
    replay.go_to(run.ticks_total, lambda _: replay.backend.drain())
    return replay.backend.digest()


def forget_as_if_killed() -> None:
    """Lose everything in memory, as a killed server does: nothing is stored, nothing released."""
    registry.shut_down(store=False)

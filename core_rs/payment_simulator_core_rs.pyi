"""Settlement engine of Payment Simulator.

`ValueError` is a refusal: nothing has changed, and `.faults` lists what is wrong as dicts of `code`, `path`,
`message`, `found`, `allowed`, `severity` (`error` or `warning`). `RuntimeError` is a run that cannot go on,
or a bug.

Money is `int` cents everywhere. Arrays own their memory. Text columns but `id` are codes: indices into
`labels[column]`, where -1 is none; `labels` is a dict of lists beside the columns.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

from numpy.typing import NDArray

__version__: str

def validate(
    config: Mapping[str, Any], payments: Mapping[str, NDArray[Any] | Sequence[Any]] | None = None
) -> list[dict[str, Any]]:
    """Return all faults and warnings of a config, at most 1,001 of them; makes no run."""

def simulate_many(
    config: Mapping[str, Any],
    seeds: Iterable[int],
    overrides: dict[str, Any] | None = None,
    threads: int | None = None,
    payments: Mapping[str, NDArray[Any] | Sequence[Any]] | None = None,
    ticks: int | None = None,
    points: int | None = None,
    progress: Progress | None = None,
    banks: int | None = None,
) -> dict[str, Any]:
    """Run a scenario once for each seed (at most 1,000,000) on `threads` threads (default and least 1).

    The interpreter is released; the answer is the same for any number of threads.

    `overrides` replaces values of the config by their paths, as faults name them (`agents[0].balance`);
    the seed is always that of `seeds`.
    `ticks` ends each run early. `points` asks for bands over at most so many ticks, evenly spaced (at most
    2,000), `banks` for bands of the balances of so many banks, too: of all if there are no more, else of
    those that sent and received most value with the first seed. What the seeds trace takes seeds · points ·
    series · 8 bytes, at most 96 MiB: with very many seeds there are fewer points (than 600 from 1,311 seeds
    on, if there are six series and ten balances), and no balances where not one point would be left.

    Returns `seed` (uint64) and `digest` (list of str), one a seed; `measures`, by name a column with a value
    for each seed: counts and cents int64, all else (ratios, means, what may be null, sums over time) float64,
    where NaN is null; `summary`, by the same names a
    dict of `count` (seeds in which it is not null), `mean, standard_deviation` (over count - 1),
    `standard_error, minimum, q05, q25, q50, q75, q95, maximum`, None where there is none; and `bands`: `tick`
    (uint32), then for `queue_depth, queue_value, pending, arrived_value_total, settled_value_total,
    cost_total, throughput` and, in the order of the scenario, each `balance:<ID>` at the close of those ticks
    a float64 array with a row for each of the five quantiles. `throughput` is the value settled so far over
    that settled by the end of the run with the same seed; seeds that settle nothing are left out of its
    quantiles, which are NaN if all do.

    Measures are those of `metrics()` that are one number, and `share_<method>`, `cost_<kind>`, `cost`.

    ValueError: the scenario or the seeds are refused. RuntimeError: a run failed, the first in the list of
    seeds is named. Cancelled: `progress` was cancelled.
    """

def schema_defaults() -> dict[str, Any]:
    """Return the default of every optional key: `scenario`, `agent`, `policy`, `arrival_config`, `rail`,
    `costs`, `payment`, each a dict of key to value. A key that is not there is required or means nothing
    when left out.
    """

class Cancelled(Exception):
    """A call of `simulate_many` ended because its `Progress` was cancelled."""

@final
class Progress:
    """How far a `simulate_many` is, and how to end it: to be read and cancelled from other threads."""

    def __new__(cls) -> Progress:
        """Return the progress of a call that has not begun."""

    @property
    def done(self) -> int:
        """Seeds that are done."""

    @property
    def cancelled(self) -> bool:
        """Whether `cancel()` was called."""

    def cancel(self) -> None:
        """Make the call end, between two ticks of each of its runs."""

@final
class Orchestrator:
    """One run of one scenario. Calls from several threads wait for one another, without the interpreter."""

    @staticmethod
    def new(
        config: dict[str, Any], payments: Mapping[str, NDArray[Any] | Sequence[Any]] | None = None
    ) -> Orchestrator:
        """Return a run before its first tick.

        `config` holds plain values: dict, list, str, int, float, bool, None. `payments` are scripted payments
        as columns, after those of `initial_transactions`; nobody may write to the arrays meanwhile. Arrays
        have one dimension and any integer dtype: `sender` and `receiver` (indices into `agents`), `amount`
        (cents), `arrival_tick`; optional `deadline_tick` (-1 none), `priority`, `rail` (index into `rails`,
        -1 the first), `divisible` (bool); ids as `id` (str or None) or as `id_bytes` (uint8) with
        `id_offsets` (rows + 1; an empty id is none).
        """

    @staticmethod
    def restore(
        data: bytes,
        config: dict[str, Any],
        payments: Mapping[str, NDArray[Any] | Sequence[Any]] | None = None,
    ) -> Orchestrator:
        """Return the run a snapshot was made of; config and payments must be the same as then."""

    def tick(self) -> dict[str, Any]:
        """Run one tick.

        Returns `tick, day, arrivals, settlements, dropped, queue_depth, queue_value, pending, settled_value,
        arrived_value, lsm {bilateral, multilateral, net}, costs {kind: cents}, agents [{id, balance, sent,
        received, pending, queued, cost}]`. ValueError when the run is finished.
        """

    def advance(self, max_ticks: int, budget_ms: int | None = None) -> dict[str, Any]:
        """Run up to `max_ticks`; stops early, between ticks, at the budget, a `cancel()` or the end.

        Returns the sums and last values of the ticks that ran, as `tick()` without `agents`; `tick` is the
        last that ran (None before the first), `ticks` how many ran, `finished`, and why it stopped in `stop`:
        `done`, `finished`, `asked` (budget or cancel) or `full` (columns wait to be drained).
        """

    def cancel(self) -> None:
        """Make an `advance` that is under way in another thread return between two ticks."""

    def get_state(self) -> dict[str, Any]:
        """Return `tick` (the next), `day, finished, agents [{id, balance, credit_limit, available,
        collateral, pending, queued, sent, received, cost}], queues {rail: {total, payments}}` (the first
        1,000 each), `totals` since the start, `outages` (ids).
        """

    def apply(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Accept an intervention, for the next tick or the `tick` it names; returns `tick` and `sequence`."""

    def scheduled(self) -> list[dict[str, Any]]:
        """Return `tick` and `sequence` of the interventions that have not taken effect yet."""

    def withdraw(self, sequence: int) -> None:
        """Take back an intervention that has not taken effect yet."""

    def explain(self, payment_id: str) -> dict[str, Any]:
        """Say why a payment waits: `payment, status, reason, missing, head, head_reason, head_missing,
        settlement_tick, bilateral_would_settle, multilateral_would_settle`; None where it does not apply.
        """

    def frame(self, series: Sequence[str], from_tick: int, max_points: int) -> bytes:
        """Return points of a chart: the tick column, then each series, as little-endian float64.

        Series: the figures of `series()`, their sums since the start as `<figure>_total` (not of
        `queue_depth`, `queue_value`, `pending`), `balance:<id>`, `available:<id>`, `queued_value:<id>`.
        """

    def drain(self) -> dict[str, dict[str, Any]]:
        """Move out `series`, `events` and `payments` recorded since the last drain: the next stored part.

        Payments in it are those that left, in that order. A column that says the same in every row repeats
        one value (a stride of 0) and is read-only.
        """

    def series(self, agents: Sequence[str] | None = None) -> dict[str, Any]:
        """Return `tick` (uint32) and the figures as int64 columns, those of each agent as `balance:<id>`."""

    def events(self) -> dict[str, Any]:
        """Return `seq` (uint64), `tick` (uint32), `type` (uint8 code), `payment` (int64 number), `agent`,
        `counterparty` (int32 codes), `rail` (int16 code), `amount` (int64), `method` (int8 code), `reason`
        (int16 code).
        """

    def payments(self) -> dict[str, Any]:
        """Return `id` (object: str), `payment` (uint32, in order of creation), `parent` (int64, such a
        number), `sender`, `receiver` (uint16 codes), `amount` (int64), `priority` (uint8), `rail` (int16
        code), `arrival_tick, deadline_tick, release_tick, end_tick` (int64, -1 none), `status`, `method`
        (int8 codes), `reason` (int16 code).
        """

    def metrics(self) -> dict[str, Any]:
        """Return the measures of the run so far, with `days` (a list), `agents` (by id) and `stuck`: for each
        immediate rail on which something is queued `gridlock` (resolution would settle some of it) or
        `deadlock`. Ratios are None where their denominator is 0; docs/measures.md defines each.
        """

    def snapshot(self) -> bytes:
        """Return the live state, for `restore`: no columns, no settled history."""

    def digest(self) -> str:
        """Return the hash over all events so far, 64 hexadecimal characters."""

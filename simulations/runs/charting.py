"""Points of a live run's charts: from the engine, and from stored parts what it no longer knows.

An engine taken up at a checkpoint has the curves from there on only; what came before is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import close_old_connections

from simulations import storage
from simulations.models import Artifact, Run
from simulations.runs.frames import STANDING
from simulations.runs.moments import openings_of
from simulations.runs.ownership import Gone

if TYPE_CHECKING:
    from simulations.runs.driver import LiveRun

Table = np.ndarray[Any, np.dtype[np.float64]]


def points(live: LiveRun, series: Sequence[str], from_tick: int, most: int) -> Future[tuple[bytes, int]]:
    """Ask for the points of `series` from a tick on: `tick` and each series as little-endian float64.

    Answers with them and the tick after the last one in them; at most about `most` points.
    """

    def known(backend: Any) -> tuple[bytes, int]:
        return backend.frame(series, from_tick, most), live.tick

    if from_tick >= live.charted_from:
        return live.call(known)
    answer: Future[tuple[bytes, int]] = Future()

    def whole() -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            answer.set_result(_whole(live, series, from_tick, most))
        except BaseException as problem:
            answer.set_exception(problem)
        finally:
            close_old_connections()

    if not live.aside(whole):
        answer.set_exception(Gone("The run is not held here any more."))
    return answer


def _whole(live: LiveRun, series: Sequence[str], from_tick: int, most: int) -> tuple[bytes, int]:
    """Put what is stored and what the engine knows after one another, each with its share of the points."""
    ticks = max(1, live.tick - from_tick)
    before = max(2, most * (live.charted_from - from_tick) // ticks)
    past = stored(Run.objects.get(pk=live.run_id), series, from_tick, live.charted_from - 1, before)

    def known(backend: Any) -> tuple[bytes, int]:
        return backend.frame(series, live.charted_from, max(2, most - past.shape[1])), live.tick

    columns, tick = live.now(known)
    present = np.frombuffer(columns, dtype="<f8").reshape(len(series) + 1, -1)
    return np.hstack([past, present]).astype("<f8").tobytes(), tick


def stored(run: Run, series: Sequence[str], from_tick: int, to_tick: int, most: int) -> Table:
    """Return the ticks and each series (a row each) over stored ticks, both included, thinned to `most`."""
    sources = [_system(run, [name for name in series if ":" not in name], to_tick)]
    for kind, read in AGENT_CURVES.items():
        agents = [name.partition(":")[2] for name in series if name.startswith(f"{kind}:")]
        if agents:
            curves = read(run, agents, to_tick)
            sources.append({f"{kind}:{agent}": curves[agent] for agent in agents} | {"tick": curves["tick"]})
    marks = [source["tick"] for source in sources]
    ticks = np.unique(np.concatenate([*marks, [from_tick, to_tick]]))
    ticks = ticks[(ticks >= from_tick) & (ticks <= to_tick)]
    columns: dict[str, Any] = {"tick": ticks}
    for source in sources:
        columns |= _stand(source, ticks)
    thinned = storage.thin(columns, most)
    return np.array([thinned["tick"], *(thinned[name] for name in series)], dtype=np.float64)


def _stand(source: Mapping[str, Any], ticks: Any) -> dict[str, Any]:
    """Return the columns of a source at other ticks: a row stands until the next, a total goes on growing."""
    place = np.searchsorted(source["tick"], ticks, side="right") - 1
    known = place >= 0
    columns = {}
    for name, values in source.items():
        if name == "tick" or name.startswith("flow:"):
            continue
        standing = np.where(known, values[place], 0)
        if name.endswith("_total"):
            flow = source[f"flow:{name}"]
            standing = standing + np.where(known, flow[place] * (ticks - source["tick"][place]), 0)
        columns[name] = standing
    return columns


def _system(run: Run, series: Sequence[str], to_tick: int) -> dict[str, Any]:
    """Return `tick` and the system's series as stored; beside a total what each tick adds."""
    figures = sorted({name.removesuffix("_total") for name in series})
    names = _names(run, Artifact.Kind.SERIES)
    rows = storage.read(
        run.pk,
        "series",
        names,
        ["tick", *figures],
        where=[storage.Where("tick", "<=", to_tick)],
        order=["tick"],
    )
    ticks = rows["tick"].astype(np.int64)
    columns: dict[str, Any] = {"tick": ticks}
    for name in series:
        figure = name.removesuffix("_total")
        values = rows[figure].astype(np.int64)
        if figure == name:
            columns[name] = values
        elif figure in STANDING:
            columns[name] = columns[f"flow:{name}"] = np.zeros(len(ticks), np.int64)
        else:
            # The rows before count for every tick they stood, this one for its own.
            stood = values[:-1] * np.diff(ticks)
            columns[name] = np.concatenate([[0], np.cumsum(stood)])[: len(ticks)] + values
            columns[f"flow:{name}"] = values
    return columns


def _balances(run: Run, agents: Sequence[str], to_tick: int) -> Mapping[str, Any]:
    openings = openings_of(run)
    opening = {agent: openings[agent].balance for agent in agents}
    most = 2 * run.ticks_total + 2
    names = _names(run, Artifact.Kind.EVENTS)
    return storage.balances(run.pk, names, opening, to_tick=to_tick, max_points=most)


def _available(run: Run, agents: Sequence[str], to_tick: int) -> Mapping[str, Any]:
    openings = openings_of(run)
    balances = _balances(run, agents, to_tick)
    limits = storage.credit_limits(
        run.pk,
        _names(run, Artifact.Kind.EVENTS),
        {agent: openings[agent].credit_limit for agent in agents},
        to_tick=to_tick,
    )
    ticks = np.union1d(balances["tick"], limits["tick"])
    standing, lent = _stand(balances, ticks), _stand(limits, ticks)
    curves = {agent: standing[agent] + lent[agent] + openings[agent].collateral for agent in agents}
    return {"tick": ticks, **curves}


def _queued_values(run: Run, agents: Sequence[str], to_tick: int) -> Mapping[str, Any]:
    return storage.queued_values(run.pk, _names(run, Artifact.Kind.EVENTS), agents, to_tick=to_tick)


def _names(run: Run, kind: str) -> list[str]:
    parts = run.artifacts.filter(kind=kind, provisional=False).order_by("part")
    return list(parts.values_list("name", flat=True))


AGENT_CURVES = {"balance": _balances, "available": _available, "queued_value": _queued_values}

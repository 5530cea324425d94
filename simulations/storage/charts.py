"""Curves of stored runs, thinned so that no extreme is lost."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

import numpy as np

from simulations.duck import connect
from simulations.storage.columns import Column
from simulations.storage.reading import Where, bound_of, read, source_of


def series_names(run_id: uuid.UUID | str, names: Sequence[str]) -> list[str]:
    """Return the columns of a run's stored series, without the tick."""
    if not names:
        return []
    paths, source = source_of(run_id, "series", names)
    with connect(paths) as connection:
        described = connection.execute(
            f"DESCRIBE SELECT * EXCLUDE (part) FROM {source}", bound_of("series", paths)
        )
        return [row[0] for row in described.fetchall() if row[0] != "tick"]


def series(  # noqa: PLR0913 (the parts of a query, by name)
    run_id: uuid.UUID | str,
    names: Sequence[str],
    columns: Sequence[str],
    *,
    from_tick: int = 0,
    to_tick: int | None = None,
    max_points: int = 2000,
) -> dict[str, Column]:
    """Return `tick` and columns of the stored series, thinned to at most `max_points` rows.

    A row stands until the next one: draw it in steps. Thinning keeps each bucket's minimum and maximum.
    """
    last = to_tick if to_tick is not None else 2**32
    where = [Where("tick", ">=", from_tick), Where("tick", "<=", last)]
    found = read(run_id, "series", names, ["tick", *columns], where=where, order=["tick"])
    return thin({name: np.asarray(values) for name, values in found.items()}, max_points)


def thin(columns: dict[str, Column], max_points: int) -> dict[str, Column]:
    """Return columns with at most `max_points` rows, in which a row stands until the next as before.

    Of each bucket of time there are up to three rows, at ticks that all columns share: the extremes in their
    order, and the last row as it is. The last matters where nothing happens for long after it.
    """
    ticks = columns["tick"].astype(np.int64)
    if len(ticks) <= max_points:
        return columns
    buckets = max(max_points // 3, 1)
    bucket = (ticks - ticks[0]) * buckets // (ticks[-1] - ticks[0] + 1)
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    ends = np.append(starts[1:], len(ticks)) - 1
    rows = np.column_stack([starts, (starts + ends) // 2, ends])
    keep = np.column_stack([ends - starts >= 1, ends - starts >= 2, np.ones(len(starts), dtype=bool)])
    is_thinned = ends - starts >= 3
    thinned: dict[str, Column] = {"tick": ticks[rows][keep]}
    for name, values in columns.items():
        if name == "tick":
            continue
        kept = values[rows]
        pairs = np.column_stack([np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)])
        falling = values[starts] > values[ends]
        pairs[falling] = pairs[falling][:, ::-1]
        kept[is_thinned, :2] = pairs[is_thinned]
        thinned[name] = kept[keep]
    return thinned


def balances(
    run_id: uuid.UUID | str,
    names: Sequence[str],
    opening: Mapping[str, int],
    *,
    to_tick: int | None = None,
    max_points: int = 2000,
) -> dict[str, Column]:
    """Return `tick` and the balance of each agent in `opening` (cents), rebuilt from the events in `names`.

    A row stands until the next one. `opening` has the balances before the first tick.
    """
    agents = list(opening)
    ticks, owners, changes = _flows(run_id, names, agents, to_tick)
    return thin(_table(ticks, owners, changes, opening), max_points)


def queued_values(
    run_id: uuid.UUID | str, names: Sequence[str], agents: Sequence[str], *, to_tick: int
) -> dict[str, Column]:
    """Return `tick` and the value, in cents, of what each agent had queued in the rails as the tick closed.

    A row stands until the next one; the first is of tick 0.
    """
    if not names or not agents:
        return {"tick": np.zeros(1, np.int64), **{agent: np.zeros(1, np.int64) for agent in agents}}
    paths, source = source_of(run_id, "events", names)
    with connect(paths) as connection:
        found = connection.execute(
            f"""WITH steps AS (
                SELECT tick, type, agent, amount, lead(tick) OVER (PARTITION BY payment ORDER BY seq) AS gone
                FROM {source}
                WHERE type IN ('queued', 'settled', 'dropped', 'held') AND list_contains($agents, agent)),
            moves AS (
                SELECT tick, agent, amount AS change FROM steps WHERE type = 'queued'
                UNION ALL SELECT gone, agent, -amount FROM steps WHERE type = 'queued' AND gone IS NOT NULL)
            SELECT tick::BIGINT AS tick, list_position($agents, agent)::BIGINT - 1 AS owner,
                sum(change)::BIGINT AS change
            FROM moves WHERE tick <= $last GROUP BY ALL ORDER BY ALL""",
            bound_of("events", paths) | {"agents": list(agents), "last": to_tick},
        ).fetchnumpy()
    return _table(found["tick"], found["owner"], found["change"], dict.fromkeys(agents, 0))


def credit_limits(
    run_id: uuid.UUID | str, names: Sequence[str], opening: Mapping[str, int], *, to_tick: int
) -> dict[str, Column]:
    """Return `tick` and the credit limit of each agent in `opening`, in cents, from tick 0 on.

    A row stands until the next one. `opening` has the limits before the first tick.
    """
    agents = list(opening)
    where = [
        Where("tick", "<=", to_tick),
        Where("reason", "=", "set_credit_limit"),
        Where("type", "=", "intervened"),
        Where("agent", "in", agents),
    ]
    found = read(run_id, "events", names, ["tick", "agent", "amount"], where=where, order=["seq"])
    limits, changes = dict(opening), []
    for agent, limit in zip(found["agent"], found["amount"], strict=True):
        changes.append(limit - limits[agent])
        limits[agent] = limit
    owners = [agents.index(agent) for agent in found["agent"]]
    ticks = found["tick"].astype(np.int64)
    return _table(ticks, np.array(owners, np.int64), np.array(changes, np.int64), opening)


def _table(ticks: Column, owners: Column, changes: Column, opening: Mapping[str, int]) -> dict[str, Column]:
    """Return `tick`, from 0 on, and what the changes to `opening` add up to after each of them."""
    agents = list(opening)
    moments, position = np.unique(ticks, return_inverse=True)
    table = np.zeros((len(moments) + 1, len(agents)), dtype=np.int64)
    table[0] = [opening[agent] for agent in agents]
    np.add.at(table, (position + 1, owners), changes)
    table = np.cumsum(table, axis=0)
    # What stood at the opening stands just before tick 0; a change in tick 0 replaces it there.
    first = 1 if len(moments) and moments[0] == 0 else 0
    whole: dict[str, Column] = {"tick": np.concatenate([[0], moments]).astype(np.int64)[first:]}
    return whole | {agent: table[first:, number] for number, agent in enumerate(agents)}


def _flows(
    run_id: uuid.UUID | str, names: Sequence[str], agents: list[str], to_tick: int | None
) -> tuple[Column, Column, Column]:
    """Return tick, position in `agents` and change of balance: one row per tick and agent that changed."""
    if not names or not agents:
        return (np.empty(0, np.int64),) * 3
    paths, source = source_of(run_id, "events", names)
    with connect(paths) as connection:
        found = connection.execute(
            f"""WITH flow AS (
                SELECT tick, agent AS who, -amount AS change FROM {source} WHERE type = 'settled'
                UNION ALL SELECT tick, counterparty, amount FROM {source} WHERE type = 'settled'
                UNION ALL SELECT tick, agent, amount FROM {source}
                    WHERE type = 'intervened' AND reason = 'transfer_liquidity')
            SELECT tick::BIGINT AS tick, list_position($agents, who)::BIGINT - 1 AS owner,
                sum(change)::BIGINT AS change
            FROM flow WHERE list_contains($agents, who) AND tick <= $last GROUP BY ALL ORDER BY ALL""",
            bound_of("events", paths) | {"agents": agents, "last": 2**32 if to_tick is None else to_tick},
        ).fetchnumpy()
    return found["tick"], found["owner"], found["change"]

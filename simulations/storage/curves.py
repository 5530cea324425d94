"""The system's curves over a stored run: what flowed so far, and what stood, by tick."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import numpy as np

from simulations.duck import connect
from simulations.storage.columns import Column
from simulations.storage.reading import bound_of, source_of


def curves(  # noqa: PLR0913 (the parts of a query, by name)
    run_id: uuid.UUID | str,
    names: Sequence[str],
    *,
    flows: Sequence[str],
    levels: Sequence[str],
    until: int,
    from_tick: int = 0,
    to_tick: int | None = None,
    max_points: int = 1200,
) -> dict[str, Column]:
    """Return `tick`, the sum since the start of each flow, and each level as it stood.

    A stored row stands for every tick up to the next one, the last for those up to `until` (exclusive): a
    flow counts once for each. Ticks are put into buckets, each giving two points: its first and its last
    tick. Sums are exact at both, and each bucket shows the least and the greatest of a level. The last tick
    is a bucket by itself, so that every curve ends where it ended.
    """
    empty: dict[str, Column] = {name: np.empty(0, np.int64) for name in ("tick", *flows, *levels)}
    if not names:
        return empty
    last = until - 1 if to_tick is None else min(to_tick, until - 1)
    if last < from_tick:
        return empty
    width = max(1, -(-2 * (last - from_tick) // (max_points - 1)))
    paths, source = source_of(run_id, "series", names)
    figures = [
        *(
            f'sum("{name}" * n)::BIGINT AS "{name}", arg_min("{name}", tick) AS "{name} first"'
            for name in flows
        ),
        *(
            f'min("{name}") AS "{name} low", max("{name}") AS "{name} high", '
            f'arg_min("{name}", tick) AS "{name} first", arg_max("{name}", tick) AS "{name} last"'
            for name in levels
        ),
    ]
    with connect(paths) as connection:
        found = connection.execute(
            f"""WITH rows AS (
                SELECT * REPLACE (tick::BIGINT AS tick),
                    lead(tick, 1, $until) OVER (ORDER BY tick)::BIGINT - tick::BIGINT AS n
                FROM {source}),
            crossed AS (
                SELECT *, unnest(range((greatest(tick, $first) - $first) // $width,
                    (least(tick + n, $last) - 1 - $first) // $width + 1)) AS bucket
                FROM rows WHERE tick + n > $first AND tick < $last),
            cut AS (
                SELECT * REPLACE (least(n, $first - tick) AS n), -1 AS bucket FROM rows WHERE tick < $first
                UNION ALL BY NAME
                SELECT * REPLACE (greatest(tick, $first + bucket * $width) AS tick,
                    least(tick + n, $first + (bucket + 1) * $width, $last)
                        - greatest(tick, $first + bucket * $width) AS n)
                FROM crossed
                UNION ALL BY NAME
                SELECT * REPLACE ($last AS tick, 1 AS n), $last AS bucket
                FROM rows WHERE tick <= $last AND tick + n > $last)
            SELECT bucket, min(tick) AS first, max(tick + n - 1) AS last, {", ".join(figures)}
            FROM cut GROUP BY bucket ORDER BY bucket""",
            bound_of("series", paths) | {"until": until, "first": from_tick, "last": last, "width": width},
        ).fetchnumpy()
    return _points(found, flows, levels) if len(found["bucket"]) else empty


def totals(
    run_id: uuid.UUID | str,
    names: Sequence[str],
    *,
    flows: Sequence[str],
    levels: Sequence[str],
    tick: int,
) -> dict[str, int]:
    """Return the sum of each flow up to the close of `tick`, and each level as it stood then."""
    if not names:
        return dict.fromkeys((*flows, *levels), 0)
    paths, source = source_of(run_id, "series", names)
    figures = [
        *(f'sum("{name}" * n)::BIGINT AS "{name}"' for name in flows),
        *(f'arg_max("{name}", tick) AS "{name}"' for name in levels),
    ]
    with connect(paths) as connection:
        found = connection.execute(
            f"""WITH rows AS (
                SELECT *, lead(tick::BIGINT, 1, $tick + 1) OVER (ORDER BY tick) - tick::BIGINT AS n
                FROM {source} WHERE tick <= $tick)
            SELECT {", ".join(figures)} FROM rows""",
            bound_of("series", paths) | {"tick": tick},
        ).fetchall()[0]
    return {name: int(value or 0) for name, value in zip((*flows, *levels), found, strict=True)}


def _points(found: dict[str, Column], flows: Sequence[str], levels: Sequence[str]) -> dict[str, Column]:
    """Lay two points a bucket after one another; what came before the window only adds to the sums."""
    inside = np.repeat(found["bucket"] >= 0, 2)
    points: dict[str, Column] = {"tick": np.column_stack([found["first"], found["last"]]).ravel()}
    for name in flows:
        after = np.cumsum(found[name])
        opening = after - found[name] + found[f"{name} first"]
        points[name] = np.column_stack([opening, after]).ravel()
    for name in levels:
        pair = np.column_stack([found[f"{name} low"], found[f"{name} high"]])
        falling = found[f"{name} first"] > found[f"{name} last"]
        pair[falling] = pair[falling][:, ::-1]
        points[name] = pair.ravel()
    # A bucket of one tick has one point: the second, whose sums are whole.
    keep = np.append(np.diff(points["tick"]) > 0, True) & inside
    return {name: values[keep].astype(np.int64) for name, values in points.items()}

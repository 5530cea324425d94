"""What each bank did in a stored run, summed from its payments: for runs whose measures are not there yet."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from simulations.duck import connect
from simulations.storage.reading import bound_of, source_of


def bank_sums(run_id: uuid.UUID | str, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return by bank: arrived, settled, dropped and waiting count, arrived and settled value, gross received.

    Values in cents; `settled_value` is what the bank sent.
    """
    if not names:
        return {}
    paths, source = source_of(run_id, "payments", names)
    with connect(paths) as connection:
        cursor = connection.execute(
            f"""WITH moves AS (
                SELECT sender AS bank, amount, status, true AS sends FROM {source}
                UNION ALL SELECT receiver, amount, status, false FROM {source} WHERE status = 'settled')
            SELECT bank,
                count(*) FILTER (sends) AS arrived_count,
                coalesce(sum(amount) FILTER (sends), 0)::BIGINT AS arrived_value,
                count(*) FILTER (sends AND status = 'settled') AS settled_count,
                coalesce(sum(amount) FILTER (sends AND status = 'settled'), 0)::BIGINT AS settled_value,
                count(*) FILTER (sends AND status = 'dropped') AS dropped_count,
                count(*) FILTER (sends AND status IN ('pending', 'queued')) AS waiting_count,
                coalesce(sum(amount) FILTER (NOT sends), 0)::BIGINT AS gross_received
            FROM moves GROUP BY bank""",
            bound_of("payments", paths),
        )
        titles = [title[0] for title in cursor.description or []]
        rows = [dict(zip(titles, row, strict=True)) for row in cursor.fetchall()]
    return {row.pop("bank"): row for row in rows}


def counterparties(
    run_id: uuid.UUID | str, names: Sequence[str], bank: str, most: int
) -> list[dict[str, Any]]:
    """Return whom a bank paid and was paid by: `bank, sent, sent_count, received, received_count, waiting`.

    Settled values in cents; `waiting` is what the bank has not yet paid them. The greatest turnover first.
    """
    if not names:
        return []
    paths, source = source_of(run_id, "payments", names)
    with connect(paths) as connection:
        cursor = connection.execute(
            f"""SELECT CASE WHEN sender = $bank THEN receiver ELSE sender END AS other,
                coalesce(sum(amount) FILTER (sender = $bank AND status = 'settled'), 0)::BIGINT AS sent,
                count(*) FILTER (sender = $bank AND status = 'settled') AS sent_count,
                coalesce(sum(amount) FILTER (receiver = $bank AND status = 'settled'), 0)::BIGINT AS received,
                count(*) FILTER (receiver = $bank AND status = 'settled') AS received_count,
                coalesce(sum(amount) FILTER (sender = $bank AND status IN ('pending', 'queued')), 0)::BIGINT
                    AS waiting
            FROM {source} WHERE $bank IN (sender, receiver)
            GROUP BY other ORDER BY sent + received DESC, other LIMIT $most""",
            bound_of("payments", paths) | {"bank": bank, "most": most},
        )
        titles = [title[0] for title in cursor.description or []]
        return [dict(zip(titles, row, strict=True)) for row in cursor.fetchall()]


def payment_counts(run_id: uuid.UUID | str, names: Sequence[str]) -> dict[str, int]:
    """Return the number of payments by status."""
    if not names:
        return {}
    paths, source = source_of(run_id, "payments", names)
    with connect(paths) as connection:
        found = connection.execute(
            f"SELECT status, count(*) FROM {source} GROUP BY status", bound_of("payments", paths)
        )
        return dict(found.fetchall())

"""The state of a stored run as a past tick closed: balances summed from settlements, and what waited then."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulations.duck import connect
from simulations.storage.reading import bound_of, source_of

SHOWN = ("id", "sender", "receiver", "amount", "priority", "arrival_tick", "deadline_tick", "release_tick")


@dataclass(frozen=True)
class Account:
    """What one bank had at a moment: cents; `sent` and `received` since the start of the run, settled."""

    balance: int
    sent: int = 0
    received: int = 0


@dataclass(frozen=True)
class Waiting:
    """What waited as a tick closed.

    `by_sender` has `(bank, state, count, value)`, state `pending` or `queued`; `by_rail` has
    `(rail, state, count, value)`; `first` the first payments in the order of their making.
    """

    by_sender: list[tuple[str, str, int, int]]
    by_rail: list[tuple[str, str, int, int]]
    first: list[dict[str, Any]]


def accounts_in(run_id: uuid.UUID | str, name: str) -> dict[str, Account]:
    """Return the accounts that a stored balance sheet (a part of kind `balances`) lists, by bank."""
    paths, source = source_of(run_id, "balances", [name])
    with connect(paths) as connection:
        rows = connection.execute(
            f"SELECT agent, balance, sent, received FROM {source}", bound_of("balances", paths)
        ).fetchall()
    return {agent: Account(balance, sent, received) for agent, balance, sent, received in rows}


def accounts_at(
    run_id: uuid.UUID | str,
    names: Sequence[str],
    before: Mapping[str, Account],
    *,
    from_tick: int,
    tick: int,
) -> dict[str, Account]:
    """Return the accounts as `tick` closed, from those `before` tick `from_tick` and the events since.

    `names` are the parts of events that cover those ticks.
    """
    if not names or tick < from_tick:
        return dict(before)
    paths, source = source_of(run_id, "events", names)
    with connect(paths) as connection:
        rows = connection.execute(
            f"""WITH happened AS (
                SELECT type = 'settled' AS pays, agent, counterparty, amount FROM {source}
                WHERE tick BETWEEN $first AND $last
                    AND (type = 'settled' OR (type = 'intervened' AND reason = 'transfer_liquidity'))),
            flow AS (
                SELECT agent AS who, sum(amount) FILTER (pays) AS paid, 0 AS got,
                    sum(amount) FILTER (NOT pays) AS moved FROM happened GROUP BY agent
                UNION ALL
                SELECT counterparty, 0, sum(amount), 0 FROM happened WHERE pays GROUP BY counterparty)
            SELECT who, coalesce(sum(paid), 0)::BIGINT, coalesce(sum(got), 0)::BIGINT,
                coalesce(sum(moved), 0)::BIGINT
            FROM flow GROUP BY who""",
            bound_of("events", paths) | {"first": from_tick, "last": tick},
        ).fetchall()
    after = dict(before)
    for who, paid, got, moved in rows:
        was = after[who]
        after[who] = Account(was.balance + moved + got - paid, was.sent + paid, was.received + got)
    return after


def waiting_at(
    run_id: uuid.UUID | str,
    names: Sequence[str],
    *,
    tick: int,
    moved_back: Mapping[int, str],
    most: int,
) -> Waiting:
    """Return what waited as `tick` closed: arrived by then, not settled or dropped by then.

    `names` are the parts of payments that hold what left later, the last one of the run among them. A
    payment is `queued` from its release on, or as `moved_back` says, by number of payment.
    """
    if not names:
        return Waiting([], [], [])
    paths, source = source_of(run_id, "payments", names)
    released = "CASE WHEN release_tick BETWEEN 0 AND $tick THEN 'queued' ELSE 'pending' END"
    moved = "list_extract($states::VARCHAR[], list_position($numbers::BIGINT[], payment::BIGINT))"
    state = f"coalesce({moved}, {released})" if moved_back else released
    waits = "arrival_tick <= $tick AND (end_tick > $tick OR end_tick < 0)"
    bound = bound_of("payments", paths) | {"tick": tick}
    if moved_back:
        bound |= {"numbers": list(moved_back), "states": list(moved_back.values())}
    with connect(paths) as connection:
        connection.execute(
            f"""CREATE TEMP TABLE waits AS
            SELECT payment, {state} AS state, sender, rail, amount FROM {source} WHERE {waits}""",
            bound,
        ).fetchall()
        sums = "state, count(*), sum(amount)::BIGINT FROM waits GROUP BY ALL ORDER BY ALL"
        by_sender = connection.execute(f"SELECT sender, {sums}").fetchall()
        by_rail = connection.execute(f"SELECT rail, {sums}").fetchall()
        shown = ", ".join(SHOWN)
        cursor = connection.execute(
            f"""WITH first AS (SELECT payment, state FROM waits ORDER BY payment LIMIT $most)
            SELECT {shown}, rail, state FROM {source} JOIN first USING (payment)
            WHERE {waits} ORDER BY payment""",
            bound_of("payments", paths) | {"tick": tick, "most": most},
        )
        titles = [title[0] for title in cursor.description or []]
        first = [dict(zip(titles, row, strict=True)) for row in cursor.fetchall()]
    return Waiting(by_sender, by_rail, first)


def moved_back_at(run_id: uuid.UUID | str, names: Sequence[str], tick: int) -> dict[int, str]:
    """Return the state, as `tick` closed, of each payment that was ever held back: `pending` or `queued`.

    `names` are all parts of events. Only commanded holds move a payment back into its bank's queue.
    """
    if not names:
        return {}
    paths, source = source_of(run_id, "events", names)
    with connect(paths) as connection:
        rows = connection.execute(
            f"""SELECT payment, arg_max(type, seq) FILTER (tick <= $tick)
            FROM {source} WHERE type IN ('held', 'queued')
                AND payment IN (SELECT payment FROM {source} WHERE type = 'held')
            GROUP BY payment""",
            bound_of("events", paths) | {"tick": tick},
        ).fetchall()
    return {payment: "queued" if last == "queued" else "pending" for payment, last in rows}


def credit_limits_at(run_id: uuid.UUID | str, names: Sequence[str], tick: int) -> dict[str, int]:
    """Return the credit limit, in cents, of each bank whose limit was changed up to the close of `tick`."""
    if not names:
        return {}
    paths, source = source_of(run_id, "events", names)
    with connect(paths) as connection:
        rows = connection.execute(
            f"""SELECT agent, arg_max(amount, seq) FROM {source}
            WHERE tick <= $tick AND type = 'intervened' AND reason = 'set_credit_limit' GROUP BY agent""",
            bound_of("events", paths) | {"tick": tick},
        ).fetchall()
    return dict(rows)

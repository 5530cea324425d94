"""Payments and events of a run: long tables, filtered, sorted and paged where they are stored."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from simulations import access, storage
from simulations.engine.protocol import EVENT_TYPES
from simulations.models import Run
from simulations.results import stored
from simulations.results.pages import frame
from simulations.results.paging import Pager, page_number, page_size, without
from simulations.results.sorting import Head, chosen, heads
from simulations.storage import Where

STATUSES = ("settled", "queued", "pending", "dropped")
METHODS = ("gross", "bilateral", "multilateral", "net")
PAYMENT_HEADS = (
    Head("id", "Payment"),
    Head("sender", "From"),
    Head("receiver", "To"),
    Head("amount", "Amount", "At full value.", True),
    Head("priority", "Priority", "10 is the most urgent.", True),
    Head("rail", "Rail"),
    Head("arrival_tick", "Arrived", "When its bank got it.", True),
    Head("release_tick", "Released", "When its bank handed it to the rail.", True),
    Head("end_tick", "Left", "When it settled or was dropped.", True),
    Head("delay", "Delay", "Ticks from arrival until it left, or until now.", True),
    Head("status", "Status"),
    Head("method", "How", "gross: by itself; bilateral, multilateral, net: in a set."),
)
SORTABLE = tuple(head.key for head in PAYMENT_HEADS if head.key != "delay")
MOST_SKIPPED = 50_000_000
MOST_EVENTS_OF_A_PAYMENT = 500
MOST_PARTS = 200


class Filters:
    """The filters of an address, as conditions for the store. What makes no sense is told, not applied."""

    def __init__(self, request: HttpRequest, run: Run) -> None:
        self.given = request.GET
        self.run = run
        self.where: list[Where] = []
        self.faults: dict[str, str] = {}

    def text(self, name: str, column: str | tuple[str, ...], operator: str = "=") -> None:
        """Filter by text."""
        value = self.given.get(name, "").strip()[:64]
        if value:
            self.where.append(Where(column, operator, value))

    def choice(self, name: str, column: str, choices: tuple[str, ...]) -> None:
        """Filter by some of a few values."""
        values = [value for value in self.given.getlist(name) if value in choices]
        if values:
            self.where.append(Where(column, "in", values))

    def tick(self, name: str, column: str, operator: str) -> None:
        """Filter by a tick."""
        text = self.given.get(name, "").strip()
        if not text:
            return
        if text.isdecimal() and len(text) < 10:
            self.where.append(Where(column, operator, int(text)))
        else:
            self.faults[name] = "A tick is a whole number, from 0."

    def money(self, name: str, column: str, operator: str) -> None:
        """Filter by an amount given in currency units."""
        text = self.given.get(name, "").strip().replace(",", "").replace(" ", "")
        if not text:
            return
        try:
            cents = Decimal(text).scaleb(self.run.currency_decimals)
            if not cents.is_finite() or abs(cents) > 10**18:
                raise InvalidOperation
            self.where.append(Where(column, operator, int(cents)))
        except InvalidOperation:
            self.faults[name] = "An amount is a number, as 1234.56."

    def shown(self, *names: str) -> dict[str, str]:
        """Return what was typed, for the form."""
        return {name: self.given.get(name, "") for name in names}


@require_GET
def run_payments(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show payments: filtered, sorted, by page."""
    run = access.visible_run(request.user, run_id)
    filters = Filters(request, run)
    filters.text("q", "id", "contains")
    filters.text("bank", ("sender", "receiver"))
    filters.text("sender", "sender")
    filters.text("receiver", "receiver")
    filters.choice("status", "status", STATUSES)
    filters.choice("method", "method", METHODS)
    filters.money("least", "amount", ">=")
    filters.money("most", "amount", "<=")
    filters.tick("from", "arrival_tick", ">=")
    filters.tick("to", "arrival_tick", "<=")
    sort = chosen(request.GET.get("sort", ""), SORTABLE, "arrival_tick")
    order = [sort, "payment"] if sort != "payment" else [sort]
    page, pager = _page(request, run, "payments", filters.where, order)
    until = stored.stored_ticks(run)
    for row in page.rows:
        row["delay"] = _delay(row, until)
    context = frame(request, run, "payments") | {
        "rows": page.rows,
        "pager": pager,
        "filters": filters.shown("q", "bank", "sender", "receiver", "least", "most", "from", "to"),
        "faults": filters.faults,
        "statuses": [(value, value in request.GET.getlist("status")) for value in STATUSES],
        "methods": [(value, value in request.GET.getlist("method")) for value in METHODS],
        "heads": heads(PAYMENT_HEADS, sort, sortable=SORTABLE),
        "sort_query": without(request, "page", "sort"),
        "filtered": bool(filters.where),
    }
    return render(request, "simulations/results/payments.html", context)


def _delay(row: dict[str, Any], until: int) -> int:
    """Return the ticks from arrival until a payment left, or until now."""
    end: int = row["end_tick"] if row["end_tick"] is not None and row["end_tick"] >= 0 else until
    return end - int(row["arrival_tick"])


def _page(
    request: HttpRequest, run: Run, kind: storage.Kind, where: list[Where], order: list[str]
) -> tuple[storage.Page, Pager]:
    """Return the page asked for; of one beyond the end, the last."""
    names, size = run.part_names(kind), page_size(request)
    number = min(page_number(request), MOST_SKIPPED // size)
    page = storage.page(run.pk, kind, names, where=where, order=order, limit=size, offset=(number - 1) * size)
    pager = Pager(number, size, page.total, without(request, "page"))
    if number > pager.pages:
        pager = Pager(pager.pages, size, page.total, pager.query)
        offset = (pager.number - 1) * size
        page = storage.page(run.pk, kind, names, where=where, order=order, limit=size, offset=offset)
    return page, pager


@require_GET
def run_payment(request: HttpRequest, run_id: UUID, payment_id: str) -> HttpResponse:
    """Show one payment: when it arrived, was released, queued and why, and how it left."""
    run = access.visible_run(request.user, run_id)
    names = run.part_names("payments")
    found = storage.page(run.pk, "payments", names, where=[Where("id", "=", payment_id)], limit=1).rows
    if not found:
        raise Http404("The run has no such payment.")
    payment = found[0]
    number = payment["payment"]
    events = storage.page(
        run.pk,
        "events",
        run.part_names("events"),
        where=[Where("payment", "=", number)],
        order=["seq"],
        limit=MOST_EVENTS_OF_A_PAYMENT,
    ).rows
    payment["delay"] = _delay(payment, stored.stored_ticks(run))
    context = frame(request, run, "payments") | {
        "payment": payment,
        "events": events,
        "family": _family(run, names, payment),
    }
    return render(request, "simulations/results/payment.html", context)


def _family(run: Run, names: list[str], payment: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the other parts of the payment that this one is a part of."""
    if payment["parent"] is None or payment["parent"] < 0:
        return []
    where = [Where("parent", "=", payment["parent"])]
    rows = storage.page(run.pk, "payments", names, where=where, order=["payment"], limit=MOST_PARTS).rows
    return [row for row in rows if row["payment"] != payment["payment"]]


@require_GET
def run_events(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show events in their order: filtered, by page."""
    run = access.visible_run(request.user, run_id)
    filters = Filters(request, run)
    filters.choice("type", "type", EVENT_TYPES)
    filters.text("bank", ("agent", "counterparty"))
    filters.tick("from", "tick", ">=")
    filters.tick("to", "tick", "<=")
    sort = chosen(request.GET.get("sort", ""), ("seq",), "seq")
    page, pager = _page(request, run, "events", filters.where, [sort])
    context = frame(request, run, "events") | {
        "rows": _with_ids(run, page.rows),
        "pager": pager,
        "filters": filters.shown("bank", "from", "to"),
        "faults": filters.faults,
        "types": [(value, value in request.GET.getlist("type")) for value in EVENT_TYPES],
        "newest_first": sort == "-seq",
        "sort_query": without(request, "page", "sort"),
        "filtered": bool(filters.where),
    }
    return render(request, "simulations/results/events.html", context)


def _with_ids(run: Run, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each event the id of its payment; events know payments by number."""
    numbers = sorted({row["payment"] for row in rows if row["payment"] is not None and row["payment"] >= 0})
    if not numbers:
        return rows
    found = storage.read(
        run.pk,
        "payments",
        run.part_names("payments"),
        ["payment", "id"],
        where=[Where("payment", "in", numbers)],
    )
    ids = dict(zip(found["payment"].tolist(), found["id"].tolist(), strict=True))
    return [{**row, "id": ids.get(row["payment"])} for row in rows]

"""Sections 3 (step 4), 4 and 6: the order of a rail's queues, working them off, and entry."""

from .scenario import Agent, Rail
from .settlement import may_settle, settle
from .state import Payment, State


def place(rail: Rail, payment: Payment) -> tuple[int, int, int]:
    """Where a payment stands in its sender's queue on a rail; the smaller is the earlier."""
    urgency = 0 if rail.queue == "fifo" else -payment.priority
    return (urgency, payment.number, payment.part)


def line(state: State, rail: Rail, sender: Agent) -> list[Payment]:
    """One bank's queue on one rail, the head first."""
    return sorted(state.queued(sender, rail), key=lambda payment: place(rail, payment))


def ahead(state: State, rail: Rail, payment: Payment) -> list[Payment]:
    """What blocks a payment: whatever of its sender stands earlier; nothing under bypass."""
    if rail.queue == "bypass":
        return []
    return [other for other in line(state, rail, payment.sender) if place(rail, other) < place(rail, payment)]


def next_to_settle(state: State, rail: Rail, sender: Agent) -> Payment | None:
    """The head if it may settle; under bypass the first that may."""
    candidates = line(state, rail, sender)
    if rail.queue != "bypass":
        candidates = candidates[:1]
    return next((p for p in candidates if may_settle(state, rail, [p])), None)


def work_off(state: State) -> None:
    """Settle from the queues of all immediate rails until a whole scan settles nothing."""
    settled_something = True
    while settled_something:
        settled_something = False
        for rail in state.rails:
            for sender in state.agents if not rail.deferred else []:
                while (payment := next_to_settle(state, rail, sender)) is not None:
                    settle(state, rail, [payment], "gross")
                    settled_something = True


def route(state: State, payment: Payment) -> Rail:
    """Choose the rail: the named one or the first; one too small hands on to the first without a maximum."""
    named = [rail for rail in state.rails if rail.id == payment.rail_named]
    rail = named[0] if named else state.rails[0]
    if rail.max_amount is not None and payment.amount > rail.max_amount:
        return next(other for other in state.rails if other.max_amount is None)
    return rail


def offset_partner(state: State, rail: Rail, payment: Payment) -> Payment | None:
    """Find what entry offset settles a payment with, or None (section 5)."""
    if any(other.receiver is payment.receiver for other in ahead(state, rail, payment)):
        return None
    back = [p for p in line(state, rail, payment.receiver) if p.receiver is payment.sender]
    if back and may_settle(state, rail, [payment, back[0]]):
        return back[0]
    return None


def enter(state: State, payment: Payment) -> None:
    """Deal with one released payment completely."""
    rail = payment.rail = route(state, payment)
    if rail.deferred:
        payment.status = "queued"
    elif not ahead(state, rail, payment) and may_settle(state, rail, [payment]):
        settle(state, rail, [payment], "gross")
        work_off(state)
    else:
        partner = offset_partner(state, rail, payment) if "entry_offset" in rail.saving else None
        if partner is None:
            payment.status = "queued"
        else:
            settle(state, rail, [payment, partner], "bilateral")
            work_off(state)


def enter_all(state: State, released: list[Payment]) -> None:
    """Step 4: the plain queue first, then each released payment by arrival number."""
    work_off(state)
    for payment in sorted(released, key=lambda p: (p.number, p.part)):
        enter(state, payment)

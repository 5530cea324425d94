"""Section 7: what each bank releases from its own queue."""

from fractions import Fraction

from .costs import charge_split
from .scenario import Agent, Policy
from .state import Payment, State


def rank(payment: Payment) -> tuple[int, int, int]:
    """The order in which a bank looks at its own queue."""
    return (-payment.priority, payment.number, payment.part)


def is_due(state: State, payment: Payment, policy: Policy) -> bool:
    """Whether its deadline, or the day's end, is near enough."""
    limit = state.last_tick_of_day
    if payment.deadline_tick is not None:
        limit = min(limit, payment.deadline_tick)
    return limit - state.tick <= policy.due_ticks


def share_now(state: State, policy: Policy) -> Fraction:
    """The throughput target in force: that of the last one whose tick has come."""
    share = Fraction(0)
    for tick, target in policy.targets:
        if tick <= state.tick_of_day:
            share = target
    return share


def split(state: State, payment: Payment, policy: Policy) -> list[Payment]:
    """Replace a payment by its parts, or leave it whole."""
    first_time, payment.decided = not payment.decided, True
    above = policy.split_amount
    if not (first_time and payment.divisible and above is not None and payment.amount > above):
        return [payment]
    each, over = divmod(payment.amount, policy.split_parts)
    parts = [
        Payment(
            id=f"{payment.id}/{i}",
            number=payment.number,
            part=i,
            parent=payment.id,
            sender=payment.sender,
            receiver=payment.receiver,
            amount=each + (1 if i <= over else 0),
            priority=payment.priority,
            rail_named=payment.rail_named,
            arrival_tick=payment.arrival_tick,
            deadline_tick=payment.deadline_tick,
            divisible=False,
            overdue=payment.overdue,
            decided=True,
        )
        for i in range(1, policy.split_parts + 1)
    ]
    at = state.payments.index(payment)
    state.payments[at : at + 1] = parts
    state.splits.append((state.tick, payment, len(parts)))
    charge_split(state, payment, len(parts))
    return parts


def wants(state: State, payment: Payment, running: int, workload: int) -> bool:
    """Whether its bank's policy releases a payment now.

    `running` is the bank's running liquidity, `workload` what it released today and has in its own queue
    at the start of the step, both in cents.
    """
    agent, policy = payment.sender, payment.sender.policy
    due = is_due(state, payment, policy)
    aware = due or running - payment.amount >= policy.keep
    match policy.type:
        case "release_all":
            return True
        case "deadline":
            return due
        case "liquidity_aware":
            return aware
        case "receipt_reactive":
            budget = policy.seed_amount + state.received_today(agent) - state.released_today(agent)
            return payment.amount <= budget
        case "throughput":
            return state.released_today(agent) < share_now(state, policy) * workload or aware
    raise ValueError(policy.type)


def release(state: State, payment: Payment) -> None:
    """Hand a payment on to its rail."""
    payment.held = payment.ordered_out = False
    payment.release_tick = state.tick
    state.releases.append((state.tick, payment.sender, payment.amount))


def decide(state: State, agent: Agent) -> list[Payment]:
    """Let one bank look at its queue; returns what it releases, in the order of its decisions."""
    liquidity = state.available(agent) - sum(p.amount for p in state.queued(agent))
    workload = state.released_today(agent) + sum(p.amount for p in state.pending(agent))
    released: list[Payment] = []
    for payment in sorted(state.pending(agent), key=rank):
        if payment.held and not payment.ordered_out:
            continue
        for item in [payment] if payment.ordered_out else split(state, payment, agent.policy):
            running = liquidity - sum(p.amount for p in released)
            if item.ordered_out or wants(state, item, running, workload):
                release(state, item)
                released.append(item)
    return released


def decide_all(state: State) -> list[Payment]:
    """Step 3: every bank not in an outage, as listed."""
    return [payment for agent in state.agents if not agent.in_outage for payment in decide(state, agent)]

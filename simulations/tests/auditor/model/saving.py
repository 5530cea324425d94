"""Section 5: liquidity saving, by trying everything."""

from itertools import combinations

from .queues import line, work_off
from .scenario import Agent, Rail
from .settlement import may_settle, settle, shortfalls
from .state import Payment, State


def mutual(state: State, rail: Rail, sender: Agent, receiver: Agent) -> list[Payment]:
    """One bank's waiting payments to another on a rail, in queue order."""
    return [p for p in line(state, rail, sender) if p.receiver is receiver]


def value(payments: list[Payment]) -> int:
    """Add up amounts, in cents."""
    return sum(p.amount for p in payments)


def greatest_offset(
    state: State, rail: Rail, there: list[Payment], back: list[Payment]
) -> tuple[int, int] | None:
    """The greatest pair of non-empty prefixes that may settle: all pairs tried, the longest of each taken."""
    feasible = [
        (i, j)
        for i in range(1, len(there) + 1)
        for j in range(1, len(back) + 1)
        if may_settle(state, rail, there[:i] + back[:j])
    ]
    if not feasible:
        return None
    greatest = (max(i for i, _ in feasible), max(j for _, j in feasible))
    assert greatest in feasible, "feasible prefixes are closed under maximum"
    return greatest


def settle_a_pair(state: State, rail: Rail) -> bool:
    """`bilateral`: settle the first pair that can, the one with most to offset first."""
    pairs = []
    for lower, higher in combinations(state.agents, 2):
        there, back = mutual(state, rail, lower, higher), mutual(state, rail, higher, lower)
        if there and back:
            size = min(value(there), value(back))
            pairs.append((-size, lower.position, higher.position, there, back))
    for _, _, _, there, back in sorted(pairs, key=lambda pair: pair[:3]):
        greatest = greatest_offset(state, rail, there, back)
        if greatest is not None:
            settle(state, rail, there[: greatest[0]] + back[: greatest[1]], "bilateral")
            return True
    return False


def settled_by_resolution(state: State, rail: Rail) -> list[Payment]:
    """The gridlock resolution: drop last payments of banks that fail until none does."""
    lines = [line(state, rail, agent) for agent in state.agents]
    while True:
        payments = [p for queue in lines for p in queue]
        failing = [queue for queue in lines if queue and shortfalls(state, rail, queue[0].sender, payments)]
        if not failing:
            return payments
        failing[0].pop()


def resolve_gridlock(state: State, rail: Rail, method: str) -> bool:
    """`multilateral`, and deferred net: settle what the resolution leaves as one set."""
    payments = settled_by_resolution(state, rail)
    if payments:
        settle(state, rail, payments, method)
    return bool(payments)


def saves_now(state: State, rail: Rail) -> bool:
    """Whether step 5 runs on a rail in this tick."""
    due = (state.tick_of_day + 1) % rail.saving_every == 0
    return not rail.deferred and (due or state.tick == state.last_tick_of_day)


def settle_one_set(state: State) -> bool:
    """Let the first rail, and its first algorithm, that can settle a set do so."""
    for rail in state.rails:
        for algorithm in rail.saving if saves_now(state, rail) else []:
            if algorithm == "bilateral" and settle_a_pair(state, rail):
                return True
            if algorithm == "multilateral" and resolve_gridlock(state, rail, "multilateral"):
                return True
    return False


def save_liquidity(state: State) -> None:
    """Step 5: one set, the plain queue, and again from the start, until no algorithm can."""
    while settle_one_set(state):
        work_off(state)


def settle_deferred(state: State) -> None:
    """Step 6: each deferred-net rail whose time has come; what it frees may settle at once."""
    for rail in state.rails:
        due = rail.deferred and state.tick_of_day in rail.settle_at_ticks
        if due and resolve_gridlock(state, rail, "net"):
            work_off(state)
            save_liquidity(state)

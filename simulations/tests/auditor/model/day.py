"""Section 3: the order inside a tick, and the shape of its result."""

import copy
from typing import Any

from .arrivals import arrive_all
from .costs import accrue, charge_end_of_day, charge_opening, charged, mark_overdue
from .events import act
from .explain import explain_all
from .measures import Record, metrics
from .policies import decide_all
from .queues import enter_all
from .saving import save_liquidity, settle_deferred
from .scenario import COST_KINDS, Agent, read_scenario
from .settlement import book_credits
from .state import Payment, State


class Auditor:
    """Runs a scenario document, one tick at a time, as docs/model.md says."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.state = State(read_scenario(copy.deepcopy(document)))
        self.record = Record(self.state)

    def apply(self, event: dict[str, Any]) -> None:
        """Intervene in the next tick to be run, or in a later one."""
        tick = event.get("tick")
        self.state.interventions.append((self.state.tick if tick is None else tick, event))

    def tick(self) -> dict[str, Any]:
        """Run one tick; returns the tick result of the engine's interface, money in cents."""
        state = self.state
        if state.finished:
            raise ValueError("the run is finished")
        money = sum(agent.balance for agent in state.agents)
        before = {agent.id: charged(agent) for agent in state.agents}
        if state.tick_of_day == 0:
            charge_opening(state)
        act(state)
        arrive_all(state)
        money += self._transferred()
        enter_all(state, decide_all(state))
        save_liquidity(state)
        settle_deferred(state)
        book_credits(state)
        mark_overdue(state)
        accrue(state)
        self._sample()
        if state.tick == state.last_tick_of_day:
            charge_end_of_day(state)
            if state.scenario.rejects_at_end_of_day:
                self._reject()
        assert money == sum(agent.balance for agent in state.agents), "money neither made nor lost"
        result = self._result(before)
        self.record.results.append(result)
        state.tick += 1
        return result

    def get_state(self) -> dict[str, Any]:
        """Where the run stands, as the engine's interface has it; queues by id."""
        state = self.state
        return {
            "tick": state.tick,
            "finished": state.finished,
            "agents": [
                {
                    "id": agent.id,
                    "balance": agent.balance,
                    "credit_limit": agent.credit_limit,
                    "available": state.available(agent),
                    "collateral": state.collateral(agent),
                    "pending": len(state.pending(agent)),
                    "queued": len(state.queued(agent)),
                    "sent": sum(p.amount for p in self._settled() if p.sender is agent),
                    "received": sum(p.amount for p in self._settled() if p.receiver is agent),
                    "cost": sum(charged(agent).values()),
                }
                for agent in state.agents
            ],
            "queues": {rail.id: sorted(p.id for p in state.queued(rail=rail)) for rail in state.rails},
        }

    def payments(self) -> list[dict[str, Any]]:
        """Every payment, or its parts, sorted by id; `rail` from its entry on."""
        return [
            {
                "id": p.id,
                "parent": p.parent,
                "sender": p.sender.id,
                "receiver": p.receiver.id,
                "amount": p.amount,
                "priority": p.priority,
                **({"rail": p.rail.id} if p.rail else {}),
                "arrival_tick": p.arrival_tick,
                "deadline_tick": p.deadline_tick,
                "release_tick": p.release_tick,
                "end_tick": p.end_tick,
                "status": p.status,
                "method": p.method,
            }
            for p in sorted(self.state.payments, key=lambda p: p.id)
        ]

    def explanations(self) -> dict[str, dict[str, Any]]:
        """Why each waiting payment waits, by id."""
        return explain_all(self.state)

    def history(self) -> dict[str, Any]:
        """The ids of settled payments in the order of their events, and the ticks of refused events."""
        sets = [sorted(s, key=lambda p: (p.number, p.part)) for s in self.state.settlements]
        return {
            "settled": [p.id for payments in sets for p in payments],
            "refused": [tick for tick, _, _ in self.state.refusals],
        }

    def metrics(self) -> dict[str, Any]:
        """Measures of the finished run."""
        return metrics(self.record)

    def _reject(self) -> None:
        for payment in self.state.waiting():
            payment.status, payment.end_tick, payment.rejected = "dropped", self.state.tick, True

    def _transferred(self) -> int:
        """What liquidity transfers of this tick brought in, in cents."""
        state = self.state
        scheduled = [event for event in state.scenario.events if event["tick"] == state.tick]
        live = [event for tick, event in state.interventions if tick == state.tick]
        refused = [id(event) for tick, event, _ in state.refusals if tick == state.tick]
        made = [event for event in scheduled + live if event["type"] == "transfer_liquidity"]
        return sum(event["amount"] for event in made if id(event) not in refused)

    def _sample(self) -> None:
        state = self.state
        self.record.samples.append(state.waiting())
        stands = any(p.rail is not None and not p.rail.deferred for p in state.queued())
        if stands and not self._settled_now():
            self.record.stuck_ticks.append(state.tick)

    def _settled(self) -> list[Payment]:
        return [p for p in self.state.payments if p.status == "settled"]

    def _settled_now(self) -> list[Payment]:
        return [p for p in self._settled() if p.end_tick == self.state.tick]

    def _result(self, before: dict[str, dict[str, int]]) -> dict[str, Any]:
        state = self.state
        settled = self._settled_now()
        arrived = [p for p in state.payments if p.arrival_tick == state.tick]
        # Parts carry their parent's arrival tick: one split in a later tick did not arrive in it.
        late_parts = sum(
            parts - 1 for tick, parent, parts in state.splits if tick == state.tick != parent.arrival_tick
        )
        after = {agent.id: charged(agent) for agent in state.agents}
        costs = {
            name: {kind: after[name][kind] - before[name][kind] for kind in COST_KINDS} for name in after
        }
        methods = [p.method for p in settled]
        return {
            "tick": state.tick,
            "day": state.day,
            "arrivals": len(arrived) + late_parts,
            "settlements": len(settled),
            "dropped": sum(p.status == "dropped" and p.end_tick == state.tick for p in state.payments),
            "queue_depth": len(state.queued()),
            "queue_value": sum(p.amount for p in state.queued()),
            "pending": len(state.pending()),
            "settled_value": sum(p.amount for p in settled),
            "arrived_value": sum(p.amount for p in arrived),
            "lsm": {method: methods.count(method) for method in ("bilateral", "multilateral", "net")},
            "costs": {kind: sum(of_agent[kind] for of_agent in costs.values()) for kind in COST_KINDS},
            "agents": [self._agent_result(agent, settled, costs[agent.id]) for agent in state.agents],
        }

    def _agent_result(self, agent: Agent, settled: list[Payment], costs: dict[str, int]) -> dict[str, Any]:
        return {
            "id": agent.id,
            "balance": agent.balance,
            "sent": sum(p.amount for p in settled if p.sender is agent),
            "received": sum(p.amount for p in settled if p.receiver is agent),
            "pending": len(self.state.pending(agent)),
            "queued": len(self.state.queued(agent)),
            "cost": sum(costs.values()),
        }

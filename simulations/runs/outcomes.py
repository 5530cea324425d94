"""What became of interventions: done, or refused and why, as the engine's records say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulations.models import Intervention

if TYPE_CHECKING:
    from simulations.runs.driver import LiveRun

Status = Intervention.Status


def settle(live: LiveRun) -> None:
    """Write down what became of the interventions whose tick has been run."""
    past = list(
        Intervention.objects.filter(run_id=live.run_id, status=Status.SCHEDULED, tick__lt=live.tick).order_by(
            "tick", "seq"
        )
    )
    if not past:
        return
    records = live.now(lambda backend: live.recorder.outcomes(backend, live.tick))
    for made in past:
        made.status, made.reason = Status.APPLIED, ""
    for tick in {made.tick for made in past}:
        these = Intervention.objects.filter(run_id=live.run_id, tick=tick).exclude(status=Status.WITHDRAWN)
        # The file's events of a tick come first, one record each; then these, in their order.
        these_records = records.get(tick, [])[-these.count() :]
        reasons = dict(zip(these.order_by("seq").values_list("pk", flat=True), these_records, strict=False))
        for made in past:
            if made.tick == tick and reasons.get(made.pk):
                made.status, made.reason = Status.REFUSED, reasons[made.pk]
    Intervention.objects.bulk_update(past, ["status", "reason"])

"""A bug of the engine ends the run it happened in, and no other."""

import pytest
from django.urls import reverse

from simulations.models import Run
from simulations.runs import manager
from simulations.runs.tests.cast import busy, new_run, run_to_status, undisturbed_digest

pytestmark = pytest.mark.django_db(transaction=True)
Status = Run.Status


def test_a_panic_fails_its_run_with_seed_and_tick_and_leaves_the_others_alone(
    owner, as_person, monkeypatch
) -> None:
    before = new_run(owner, busy(ticks=400))
    manager.tick(before, count=10)
    monkeypatch.setenv("SIM_TEST_PANIC", "25")
    broken = new_run(owner, busy(ticks=400))
    manager.tick(broken, count=10)
    monkeypatch.delenv("SIM_TEST_PANIC")
    for run in (broken, before):
        manager.start(run)
    broken = run_to_status(broken, Status.FAILED)
    before = run_to_status(before, Status.FINISHED)
    assert "seed 7, tick 25" in broken.failure
    assert before.digest == undisturbed_digest(before)
    after = new_run(owner, busy(ticks=40))
    manager.tick(after, count=40)
    assert Run.objects.get(pk=after.pk).status == Status.FINISHED
    page = as_person(owner).get(reverse("run_live", kwargs={"run_id": broken.pk})).content.decode()
    assert "seed 7, tick 25" in page

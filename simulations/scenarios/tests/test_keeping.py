"""Drafts, versions and two people at once."""

import pytest

from simulations.models import AuditEntry, Draft, Scenario
from simulations.scenarios import keeping
from simulations.scenarios.keeping import Kept, Written
from simulations.scenarios.tests.texts import FAULTY, TWO

OTHER = TWO.replace("seed: 1", "seed: 2")
THIRD = TWO.replace("seed: 1", "seed: 3")


@pytest.fixture
def scenario(owner) -> Scenario:
    return keeping.create(owner, TWO)


def test_a_faultless_text_begins_with_version_1(scenario, owner) -> None:
    assert scenario.name == "Two banks"
    assert scenario.latest.number == 1
    assert scenario.latest.document.text == TWO
    assert not Draft.objects.exists()


def test_a_faulty_text_is_kept_to_be_mended(owner) -> None:
    scenario = keeping.create(owner, FAULTY, "file name")
    assert scenario.name == "Broken"
    assert scenario.latest is None
    opened = keeping.open_text(owner, scenario)
    assert opened.text == FAULTY
    assert opened.draft is not None


def test_saving_makes_the_next_version_and_ends_the_draft(scenario, owner) -> None:
    keeping.keep_draft(owner, scenario, 1, OTHER)
    attempt = keeping.save(owner, scenario, Written(OTHER, 1, "seed"))
    assert attempt.kept is Kept.SAVED
    assert (attempt.version.number, attempt.version.note, attempt.version.author) == (2, "seed", owner)
    assert not Draft.objects.exists()
    assert AuditEntry.objects.filter(action="scenario.saved", target_id=str(scenario.pk)).count() == 2


def test_an_equal_text_makes_no_version(scenario, owner) -> None:
    assert keeping.save(owner, scenario, Written(TWO, 1)).kept is Kept.SAME
    assert scenario.versions.count() == 1


def test_a_faulty_text_makes_no_version_and_stays_a_draft(scenario, owner) -> None:
    attempt = keeping.save(owner, scenario, Written(FAULTY, 1))
    assert attempt.kept is Kept.FAULTY
    assert attempt.checked.faults
    assert scenario.versions.count() == 1
    assert keeping.open_text(owner, scenario).text == FAULTY


def test_a_stale_text_is_not_saved_until_it_is_put_on_top(scenario, owner) -> None:
    keeping.save(owner, scenario, Written(OTHER, 1))
    attempt = keeping.save(owner, scenario, Written(THIRD, 1))
    assert attempt.kept is Kept.STALE
    assert attempt.version.number == 2
    opened = keeping.open_text(owner, scenario)
    assert opened.text == THIRD
    assert opened.is_stale
    assert keeping.save(owner, scenario, Written(THIRD, 1, on_top=True)).version.number == 3


def test_a_draft_equal_to_its_base_is_none(scenario, owner) -> None:
    assert keeping.keep_draft(owner, scenario, 1, OTHER) is not None
    assert keeping.keep_draft(owner, scenario, 1, TWO) is None
    assert not Draft.objects.exists()


def test_drafts_are_a_persons_own(scenario, owner, teammate) -> None:
    keeping.keep_draft(owner, scenario, 1, OTHER)
    assert keeping.open_text(teammate, scenario).text == TWO


def test_an_old_version_comes_back_as_a_new_one(scenario, owner) -> None:
    keeping.save(owner, scenario, Written(OTHER, 1))
    version = keeping.restore(owner, scenario, 1)
    assert version.number == 3
    assert version.document.text == TWO
    assert keeping.restore(owner, scenario, 1).number == 3, "what is newest already needs no version"
    assert keeping.restore(owner, scenario, 99) is None


def test_line_ends_of_a_file_survive_an_edit(owner) -> None:
    windows = TWO.replace("\n", "\r\n")
    scenario = keeping.create(owner, windows)
    opened = keeping.open_text(owner, scenario)
    assert "\r" not in opened.text
    assert keeping.save(owner, scenario, Written(opened.text, 1)).kept is Kept.SAME
    keeping.save(owner, scenario, Written(opened.text.replace("seed: 1", "seed: 2"), 1))
    assert scenario.latest.document.text == windows.replace("seed: 1", "seed: 2")


def test_a_copy_says_so_and_belongs_to_who_copied(scenario, teammate) -> None:
    copy = keeping.duplicate(teammate, scenario)
    assert (copy.name, copy.owner) == ("Copy of Two banks", teammate)
    assert copy.latest.document.text == TWO.replace("name: Two banks", "name: Copy of Two banks")


def test_a_scenario_takes_the_name_of_its_document(scenario, owner) -> None:
    keeping.save(owner, scenario, Written(TWO.replace("name: Two banks", "name: Renamed"), 1))
    assert Scenario.objects.get(pk=scenario.pk).name == "Renamed"
    keeping.save(owner, scenario, Written(TWO.replace("name: Two banks\n", ""), 2))
    assert Scenario.objects.get(pk=scenario.pk).name == "Renamed"

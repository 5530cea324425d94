"""Drafts, versions and two people at once."""

import pytest

from simulations.models import AuditEntry, Draft, Scenario
from simulations.scenarios import keeping
from simulations.scenarios.keeping import Kept, Written
from simulations.scenarios.tests.texts import FAULTY, TWO

OTHER = TWO.replace("seed: 1", "seed: 2")
THIRD = TWO.replace("seed: 1", "seed: 3")


def newest(scenario):
    """The newest version, which there must be."""
    return scenario.latest


def saved(owner, scenario, *written, **how):
    """The answer to an attempt to save."""
    return keeping.save(owner, scenario, Written(*written, **how))


@pytest.fixture
def scenario(owner):
    return keeping.create(owner, TWO)


def test_a_faultless_text_begins_with_version_1(scenario, owner) -> None:
    assert scenario.name == "Two banks"
    assert newest(scenario).number == 1
    assert newest(scenario).document.text == TWO
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
    attempt = saved(owner, scenario, OTHER, 1, "seed")
    assert attempt.kept is Kept.SAVED
    assert (attempt.version.number, attempt.version.note, attempt.version.author) == (2, "seed", owner)
    assert not Draft.objects.exists()
    assert AuditEntry.objects.filter(action="scenario.saved", target_id=str(scenario.pk)).count() == 2


def test_an_equal_text_makes_no_version(scenario, owner) -> None:
    assert saved(owner, scenario, TWO, 1).kept is Kept.SAME
    assert scenario.versions.count() == 1


def test_a_faulty_text_makes_no_version_and_stays_a_draft(scenario, owner) -> None:
    attempt = saved(owner, scenario, FAULTY, 1)
    assert attempt.kept is Kept.FAULTY
    assert attempt.checked.faults
    assert scenario.versions.count() == 1
    assert keeping.open_text(owner, scenario).text == FAULTY


def test_a_stale_text_is_not_saved_until_it_is_put_on_top(scenario, owner) -> None:
    saved(owner, scenario, OTHER, 1)
    attempt = saved(owner, scenario, THIRD, 1)
    assert attempt.kept is Kept.STALE
    assert attempt.version.number == 2
    opened = keeping.open_text(owner, scenario)
    assert opened.text == THIRD
    assert opened.is_stale
    assert saved(owner, scenario, THIRD, 1, on_top=True).version.number == 3


def test_a_draft_equal_to_its_base_is_none(scenario, owner) -> None:
    assert keeping.keep_draft(owner, scenario, 1, OTHER) is not None
    assert keeping.keep_draft(owner, scenario, 1, TWO) is None
    assert not Draft.objects.exists()


def test_drafts_are_a_persons_own(scenario, owner, teammate) -> None:
    keeping.keep_draft(owner, scenario, 1, OTHER)
    assert keeping.open_text(teammate, scenario).text == TWO


def test_an_old_version_comes_back_as_a_new_one(scenario, owner) -> None:
    saved(owner, scenario, OTHER, 1)
    version = keeping.restore(owner, scenario, 1)
    assert version is not None
    assert version.number == 3
    assert version.document.text == TWO
    assert keeping.restore(owner, scenario, 1) == version, "what is newest already needs no version"
    assert keeping.restore(owner, scenario, 99) is None


def test_line_ends_of_a_file_survive_an_edit(owner) -> None:
    windows = TWO.replace("\n", "\r\n")
    scenario = keeping.create(owner, windows)
    opened = keeping.open_text(owner, scenario)
    assert "\r" not in opened.text
    assert saved(owner, scenario, opened.text, 1).kept is Kept.SAME
    saved(owner, scenario, opened.text.replace("seed: 1", "seed: 2"), 1)
    assert newest(scenario).document.text == windows.replace("seed: 1", "seed: 2")


def test_a_copy_says_so_and_belongs_to_who_copied(scenario, teammate) -> None:
    copy = keeping.duplicate(teammate, scenario)
    assert copy is not None
    assert (copy.name, copy.owner) == ("Copy of Two banks", teammate)
    assert newest(copy).document.text == TWO.replace("name: Two banks", "name: Copy of Two banks")


def test_a_scenario_takes_the_name_of_its_document(scenario, owner) -> None:
    saved(owner, scenario, TWO.replace("name: Two banks", "name: Renamed"), 1)
    assert Scenario.objects.get(pk=scenario.pk).name == "Renamed"
    saved(owner, scenario, TWO.replace("name: Two banks\n", ""), 2)
    assert Scenario.objects.get(pk=scenario.pk).name == "Renamed"

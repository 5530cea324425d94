"""The gallery: every example gives what it says, and is in the database once."""

import json
from itertools import pairwise

import pytest

from simulations.models import Scenario
from simulations.scenarios.gallery import EXAMPLES, NUMBERS, cards, examples, play, sync_gallery


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.slug)
def test_an_example_gives_what_it_says(example):
    expected = json.loads((EXAMPLES / example.slug / "expected.json").read_text("utf-8"))
    assert play(example) == expected, (
        "if numbers were meant to move: manage.py refresh_examples, CHANGELOG.md"
    )


def test_examples_have_distinct_places_and_known_numbers():
    assert len(examples()) >= 5
    assert all(one.order < next_one.order for one, next_one in pairwise(examples()))
    assert {number for example in examples() for number in example.numbers} <= set(NUMBERS)


@pytest.mark.django_db
def test_syncing_twice_makes_each_example_once():
    sync_gallery()
    sync_gallery()
    scenarios = Scenario.objects.gallery().current()
    assert [scenario.gallery for scenario in scenarios] == [example.slug for example in examples()]
    assert all(scenario.shared and scenario.owner is None for scenario in scenarios)
    assert all(scenario.versions.count() == 1 for scenario in scenarios)


@pytest.mark.django_db
def test_a_synced_gallery_is_cheap_to_sync(django_assert_max_num_queries):
    sync_gallery()
    with django_assert_max_num_queries(1 + len(examples())):
        sync_gallery()


@pytest.mark.django_db
def test_a_changed_example_becomes_a_new_version(monkeypatch):
    from dataclasses import replace

    from simulations.scenarios import gallery

    sync_gallery()
    changed = replace(examples()[0], text=examples()[0].text + "# changed\n")
    monkeypatch.setattr(gallery, "examples", lambda: (changed, *examples()[1:]))
    sync_gallery()
    scenario = Scenario.objects.get(gallery=changed.slug)
    assert scenario.versions.count() == 2
    assert scenario.latest is not None
    assert scenario.latest.document.text == changed.text


@pytest.mark.django_db
def test_an_example_that_is_gone_is_archived_not_deleted():
    sync_gallery()
    Scenario.objects.create(name="Old", gallery="old", shared=True)
    sync_gallery()
    assert Scenario.objects.get(gallery="old").archived_at is not None
    assert "old" not in [card.slug for card in cards()]


@pytest.mark.django_db
def test_cards_show_the_question_and_the_numbers_of_the_example():
    assert cards() == []
    sync_gallery()
    golden = next(card for card in cards() if card.slug == "golden-day")
    assert golden.question.endswith("?")
    assert ("delay indicator", "0.368") in golden.numbers
    assert golden.scenario.latest is not None

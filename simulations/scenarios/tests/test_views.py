"""The pages, for owner, teammate, stranger and staff. Nobody else comes past the sign-in."""

import json
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from simulations.models import Draft, PaymentFile, Scenario
from simulations.scenarios import keeping
from simulations.scenarios.checking import check
from simulations.scenarios.keeping import Written
from simulations.scenarios.tests.texts import FAULTY, PAYMENTS, TWO

OTHER = TWO.replace("seed: 1", "seed: 2")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def scenario(owner):
    return keeping.create(owner, TWO)


@pytest.fixture
def shared(scenario):
    scenario.shared = True
    scenario.save()
    return scenario


def at(name, scenario, *more):
    return reverse(name, args=[scenario.pk, *more])


def newest(scenario):
    """The newest version, which there must be."""
    return scenario.latest


def upload(field, text, name="file.csv"):
    return {field: SimpleUploadedFile(name, text.encode())}


def page_of(answer):
    """The text of a page that answers a form: with faults or without, it is no error of the network."""
    assert answer.status_code == 200
    return " ".join(re.sub(r"</?(strong|b)>", "", unescape(answer.content.decode())).split())


def json_in(page, name):
    """The JSON a page carries under an id."""
    start = page.index(">", page.index(f'id="{name}"')) + 1
    return json.loads(page[start : page.index("</script>", start)])


READING = ["scenario_edit", "scenario_versions", "scenario_export"]
POSTING = ["scenario_validate", "scenario_form", "scenario_duplicate"]
OWNING = [
    "scenario_save",
    "scenario_drop_draft",
    "scenario_change",
    "scenario_archive",
    "scenario_share",
    "scenario_details",
    "scenario_payments",
    "scenario_participants",
]


@pytest.mark.parametrize("name", READING + POSTING + OWNING)
def test_a_stranger_gets_404_from_every_page_of_a_scenario(name, scenario, stranger, as_person) -> None:
    client = as_person(stranger)
    assert client.post(at(name, scenario)).status_code in (404, 405)
    assert client.get(at(name, scenario)).status_code in (404, 405)


@pytest.mark.parametrize("name", READING)
def test_a_teammate_reads_what_is_shared(name, shared, teammate, as_person) -> None:
    assert as_person(teammate).get(at(name, shared)).status_code == 200


@pytest.mark.parametrize("name", OWNING)
def test_a_teammate_may_not_change_what_is_shared(name, shared, teammate, as_person) -> None:
    assert as_person(teammate).post(at(name, shared), {"text": OTHER, "base": 1}).status_code == 403
    assert shared.versions.count() == 1
    assert not Draft.objects.exists()


@pytest.mark.parametrize("name", OWNING)
def test_staff_see_but_do_not_change_anothers_scenario(name, scenario, staff, as_person) -> None:
    client = as_person(staff)
    assert client.get(at("scenario_edit", scenario)).status_code == 200
    assert client.post(at(name, scenario)).status_code == 403


def test_a_teammate_sees_an_editor_that_cannot_be_typed_into(shared, teammate, as_person) -> None:
    page = as_person(teammate).get(at("scenario_edit", shared)).content.decode()
    assert 'data-may-edit="no"' in page
    assert "Duplicate to change it" in page
    assert 'data-verb="' not in page


def test_the_list_shows_mine_and_what_is_shared(scenario, owner, teammate, as_person) -> None:
    address = reverse("scenario_list")
    assert "Two banks" in as_person(owner).get(address).content.decode()
    assert "Two banks" not in as_person(teammate).get(address).content.decode()
    Scenario.objects.update(shared=True)
    assert "Two banks" in as_person(teammate).get(address, {"show": "shared"}).content.decode()


def test_the_list_is_searched_by_name_tag_and_owner(scenario, owner, as_person) -> None:
    scenario.tags = ["peak", "été"]
    scenario.save()
    client = as_person(owner)
    for query in (
        {"q": "two"},
        {"q": "pea"},
        {"q": "owner banks"},
        {"tag": "peak"},
        {"q": "été"},
        {"tag": "été"},
    ):
        assert "Two banks" in client.get(reverse("scenario_list"), query).content.decode(), query
    for query in ({"q": "three"}, {"tag": "pea"}, {"show": "archived"}, {"show": "gallery"}):
        assert "Two banks" not in client.get(reverse("scenario_list"), query).content.decode(), query


def test_htmx_gets_the_list_alone(scenario, owner, as_person) -> None:
    page = as_person(owner).get(reverse("scenario_list"), headers=HTMX).content.decode()
    assert "<html" not in page
    assert "Two banks" in page


def test_a_list_of_many_pages_is_walked(owner, as_person) -> None:
    Scenario.objects.bulk_create(Scenario(owner=owner, name=f"Number {number}") for number in range(120))
    client = as_person(owner)
    assert "51–100 of 120" in client.get(reverse("scenario_list"), {"page": 2}).content.decode()
    assert client.get(reverse("scenario_list"), {"page": "x", "order": "x", "show": "x"}).status_code == 200


def test_a_new_scenario_begins_small_and_faultless(owner, as_person) -> None:
    answer = as_person(owner).post(reverse("scenario_new"))
    scenario = Scenario.objects.get()
    assert answer["Location"] == at("scenario_edit", scenario)
    assert newest(scenario).number == 1


def test_the_editor_shows_faults_and_keeps_the_draft(scenario, owner, as_person) -> None:
    client = as_person(owner)
    page = client.post(at("scenario_validate", scenario), {"text": FAULTY, "base": "1"}).content.decode()
    marks = json_in(page, "fault-marks")
    assert {"ticks_per_day", "agents"} <= {mark["path"] for mark in marks}
    assert next(mark["line"] for mark in marks if mark["path"] == "ticks_per_day") == 2
    assert Draft.objects.get().text == FAULTY
    assert "ticks_per_day: ten" in client.get(at("scenario_edit", scenario)).content.decode()


def test_a_teammates_check_keeps_nothing(shared, teammate, as_person) -> None:
    assert as_person(teammate).post(at("scenario_validate", shared), {"text": OTHER}).status_code == 200
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "text", ["", "a: [", "- 1", "[" * 5000, "a: &x 1", "\0", "seed: 1\nseed: 2", "agents: 5"]
)
def test_no_text_breaks_the_editor(text, scenario, owner, as_person) -> None:
    client = as_person(owner)
    for name in ("scenario_validate", "scenario_form"):
        assert client.post(at(name, scenario), {"text": text, "base": "x"}).status_code == 200
    assert client.get(at("scenario_edit", scenario)).status_code == 200
    values = {"text": text, "verb": "set", "path": "seed", "value": "2"}
    assert client.post(at("scenario_change", scenario), values).status_code == 200


def test_a_change_answers_with_the_edit_and_the_faults(scenario, owner, as_person) -> None:
    values = {"text": TWO, "base": "1", "verb": "set", "path": "seed", "value": "27"}
    page = as_person(owner).post(at("scenario_change", scenario), values).content.decode()
    start = TWO.index("seed: 1") + 6
    assert json_in(page, "edit") == {"edit": {"start": start, "end": start + 1, "text": "27"}, "refused": ""}
    assert Draft.objects.get().text == TWO.replace("seed: 1", "seed: 27")
    assert 'role="tablist"' not in page, "a box that changed itself needs no new form"


def test_a_change_of_the_list_draws_the_form_anew(scenario, owner, as_person) -> None:
    values = {"text": TWO, "base": "1", "verb": "add", "path": "agents"}
    page = as_person(owner).post(at("scenario_change", scenario), values).content.decode()
    assert 'hx-swap-oob="innerHTML"' in page
    assert "BANK_D" in page


def test_a_refused_change_says_why_and_changes_nothing(scenario, owner, as_person) -> None:
    values = {"text": TWO, "base": "1", "verb": "remove", "path": "agents[9]"}
    page = as_person(owner).post(at("scenario_change", scenario), values).content.decode()
    assert json_in(page, "edit")["edit"] is None
    assert "no longer there" in json_in(page, "edit")["refused"]


def test_boxes_for_money_name_the_currency_in_the_form_and_in_drawers(scenario, owner, as_person) -> None:
    event = "{tick: 1, type: set_credit_limit, agent: BANK_A, credit_limit: 0}"
    text = TWO + f"currency: {{code: SEK}}\nevents:\n  - {event}\n"
    form = as_person(owner).post(at("scenario_form", scenario), {"text": text}).content.decode()
    assert 'Credit limit <span class="quiet">SEK</span></label>' in form
    drawer = as_person(owner).post(at("scenario_bank", scenario, 0), {"text": text}).content.decode()
    assert 'Collateral posted <span class="quiet">SEK</span></label>' in drawer


@pytest.mark.parametrize("name", ["scenario_bank", "scenario_arrivals"])
def test_a_drawer_opens_for_a_bank_that_is_there(name, scenario, owner, as_person) -> None:
    client = as_person(owner)
    page = client.post(at(name, scenario, 0), {"text": TWO}).content.decode()
    assert "BANK_A" in page
    assert client.post(at(name, scenario, 9), {"text": TWO}).status_code == 404
    assert client.post(at(name, scenario, 0), {"text": "a: ["}).status_code == 404


def test_saving_makes_a_version(scenario, owner, as_person) -> None:
    answer = as_person(owner).post(
        at("scenario_save", scenario), {"text": OTHER, "base": "1", "note": "seed"}
    )
    assert answer.status_code == 302
    assert newest(scenario).number == 2
    assert newest(scenario).note == "seed"


def test_what_a_form_post_does_to_line_ends_is_undone(scenario, owner, as_person) -> None:
    values = {"text": OTHER.replace("\n", "\r\n"), "base": "1"}
    as_person(owner).post(at("scenario_save", scenario), values)
    assert newest(scenario).document.text == OTHER


def test_save_and_run_goes_on_to_the_run_with_the_same_form(scenario, owner, as_person) -> None:
    values = {"text": OTHER, "base": "1", "then": "run", "scenario": str(scenario.pk), "seed": "9"}
    answer = as_person(owner).post(at("scenario_save", scenario), values)
    assert answer.status_code == 307
    assert answer["Location"] == reverse("run_create")


def test_a_faulty_text_is_not_saved_but_kept(scenario, owner, as_person) -> None:
    values = {"text": FAULTY, "base": "1", "then": "run"}
    page = as_person(owner).post(at("scenario_save", scenario), values, follow=True).content.decode()
    assert "kept as a draft" in page
    assert scenario.versions.count() == 1


def test_two_who_save_at_once_are_shown_both_texts(scenario, owner, as_person) -> None:
    keeping.save(owner, scenario, Written(OTHER, 1))
    client = as_person(owner)
    mine = TWO.replace("ticks_per_day: 100", "ticks_per_day: 50")
    answer = client.post(at("scenario_save", scenario), {"text": mine, "base": "1"})
    page = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert mine in page
    assert "Put mine on top" in page
    client.post(at("scenario_save", scenario), {"text": mine, "base": "2", "on_top": "1"})
    assert newest(scenario).document.text == mine


def test_mine_can_be_saved_as_a_copy_or_dropped(scenario, owner, as_person) -> None:
    client = as_person(owner)
    client.post(at("scenario_validate", scenario), {"text": OTHER, "base": "1"})
    client.post(at("scenario_duplicate", scenario), {"text": OTHER})
    copy = Scenario.objects.exclude(pk=scenario.pk).get()
    assert "seed: 2" in newest(copy).document.text
    client.post(at("scenario_validate", scenario), {"text": OTHER, "base": "1"})
    client.post(at("scenario_drop_draft", scenario))
    assert not Draft.objects.exists()


def test_versions_are_listed_compared_and_restored(scenario, owner, as_person) -> None:
    client = as_person(owner)
    client.post(at("scenario_save", scenario), {"text": OTHER, "base": "1"})
    page = client.get(at("scenario_version_diff", scenario, 2)).content.decode()
    assert "seed" in page
    assert client.get(at("scenario_version_diff", scenario, 1), {"against": "2"}).status_code == 200
    assert client.get(at("scenario_version_diff", scenario, 7)).status_code == 404
    client.post(at("scenario_restore", scenario, 1))
    assert newest(scenario).number == 3
    assert newest(scenario).document.text == TWO
    assert client.post(at("scenario_restore", scenario, 7)).status_code == 404


def test_a_version_is_exported_byte_for_byte(scenario, owner, as_person) -> None:
    answer = as_person(owner).get(at("scenario_export", scenario), {"number": "1"})
    assert answer.content.decode() == TWO
    assert answer["Content-Disposition"] == 'attachment; filename="two-banks-v1.yaml"'
    assert as_person(owner).get(at("scenario_export", scenario), {"number": "9"}).status_code == 404


def test_sharing_archiving_and_details_are_the_owners(scenario, owner, as_person) -> None:
    client = as_person(owner)
    client.post(at("scenario_share", scenario), {"shared": "1"})
    client.post(at("scenario_details", scenario), {"tags": "a, b,,a", "description": "why"})
    client.post(at("scenario_archive", scenario), {"archived": "1", "next": "//elsewhere.example/"})
    found = Scenario.objects.get(pk=scenario.pk)
    assert (found.shared, found.tags, found.description) == (True, ["a", "b"], "why")
    assert found.archived_at is not None
    assert "Two banks" in client.get(reverse("scenario_list"), {"show": "archived"}).content.decode()


def test_the_next_page_is_always_one_of_ours(scenario, owner, as_person) -> None:
    answer = as_person(owner).post(at("scenario_archive", scenario), {"next": "https://elsewhere.example/"})
    assert answer["Location"] == reverse("scenario_list")


def test_a_scenario_file_comes_in_as_it_is(owner, as_person) -> None:
    client = as_person(owner)
    client.post(reverse("scenario_import"), upload("document", "\ufeff" + TWO, "two.yaml"))
    assert newest(Scenario.objects.get()).document.text == TWO
    client.post(reverse("scenario_import"), upload("document", "ticks_per_day: x\n", "bad one.yaml"))
    faulty = Scenario.objects.get(name="bad one")
    assert faulty.latest is None
    assert client.get(at("scenario_edit", faulty)).status_code == 200


def test_a_file_that_is_no_text_is_refused(owner, as_person) -> None:
    files = {"document": SimpleUploadedFile("x.yaml", b"\xff\xfe\x00")}
    assert "UTF-8" in page_of(as_person(owner).post(reverse("scenario_import"), files))
    assert "Choose a file first" in page_of(as_person(owner).post(reverse("scenario_import")))
    assert not Scenario.objects.exists()


def test_a_payment_file_becomes_a_scenario_with_its_banks(owner, as_person) -> None:
    as_person(owner).post(
        reverse("scenario_import"), {**upload("payments", PAYMENTS, "day.csv"), "fraction": "100"}
    )
    scenario = Scenario.objects.get()
    opened = keeping.open_text(owner, scenario)
    assert opened.latest is not None, "it is faultless"
    assert "{id: B1, balance: 1000}" in opened.text
    assert PaymentFile.objects.get().sha256 in opened.text


def test_banks_open_between_the_bounds_of_an_attached_file(owner, as_person) -> None:
    """Of B1, B2, B3 the UBs are 10.00, 15.50 and 0, the LBs 4.93, 15.50 and 0."""
    client = as_person(owner)
    client.post(reverse("scenario_import"), {**upload("payments", PAYMENTS, "day.csv"), "fraction": "100"})
    scenario = Scenario.objects.get()
    text = keeping.open_text(owner, scenario).text
    values = {"text": text, "base": "1", "verb": "open", "path": "agents", "value": "0"}
    client.post(at("scenario_change", scenario), values)
    assert Draft.objects.get().text == text.replace("{id: B1, balance: 1000}", "{id: B1, balance: 493}")


def test_a_bad_row_is_named_and_nothing_is_stored(scenario, owner, as_person) -> None:
    bad = PAYMENTS.replace("25.50", "-1")
    for address in (reverse("scenario_import"), at("scenario_payments", scenario)):
        page = page_of(as_person(owner).post(address, upload("payments", bad)))
        assert '<td class="num">3</td>' in page
        assert "1 row cannot be read" in page
    assert not PaymentFile.objects.exists()
    assert Scenario.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        (
            "sender,amount,time\nB1,5,08:00\n",
            "line 1: the header has no column receiver; it has sender, amount",
        ),
        ("B1,B2,500,3\n", "line 1: the first line is no header; put sender,receiver,amount"),
        ("sender,receiver,amount,time\nB1,B\xe9,5,08:00\n".encode("latin-1"), "line 2: not UTF-8; save"),
        ("sender,receiver,amount,time\n".encode("utf-16"), "line 1: the file is UTF-16; save"),
        (b"PK\x03\x04\x14\0", "this is a workbook or a ZIP archive"),
        ("sender,receiver,amount,arrival_tick\n", "line 1: the file has a header and no payments"),
    ],
)
def test_a_file_that_is_no_payment_file_is_told_what_it_lacks(content, words, owner, as_person) -> None:
    file = SimpleUploadedFile("day.csv", content if isinstance(content, bytes) else content.encode())
    page = page_of(as_person(owner).post(reverse("scenario_import"), {"payments": file, "fraction": "70"}))
    assert words in page
    assert "row cannot be read" not in page
    assert 'value="70"' in page, "what was typed stays"
    assert not PaymentFile.objects.exists()


def test_a_file_too_large_is_refused(scenario, owner, as_person, settings) -> None:
    settings.MAX_UPLOAD_BYTES = 50
    answer = as_person(owner).post(at("scenario_payments", scenario), upload("payments", PAYMENTS))
    assert "command line" in page_of(answer)


@pytest.mark.parametrize(
    ("opening", "balances"),
    [("keep", [0, 0, 0]), ("zero", [0, 0, 0]), ("upper", [1000, 1550, 0]), ("lower", [493, 1550, 0])],
)
def test_a_payment_file_is_attached_with_its_banks(opening, balances, scenario, owner, as_person) -> None:
    client = as_person(owner)
    page = client.post(
        at("scenario_payments", scenario), upload("payments", PAYMENTS, "day.csv"), follow=True
    ).content.decode()
    assert "3 banks" in page
    sha = PaymentFile.objects.get().sha256
    client.post(at("scenario_payments", scenario), {"file": sha, "opening": opening})
    text = keeping.open_text(owner, scenario).text
    checked = check(text)
    assert checked.config is not None, checked.faults
    assert checked.summary is not None
    assert [agent.balance for agent in checked.config.agents[3:]] == balances
    assert checked.summary.scripted_count == 4
    assert "# the big one" in text


def test_a_file_nobody_uploaded_is_not_attached(scenario, owner, as_person) -> None:
    answer = as_person(owner).post(at("scenario_payments", scenario), {"file": "0" * 64})
    assert "Upload it again" in page_of(answer)
    assert not Draft.objects.exists()


def test_a_participants_file_sets_and_adds_banks(scenario, owner, as_person) -> None:
    rows = "id,balance,credit_limit\nBANK_B,7,8\nNEW,9,0\n"
    as_person(owner).post(at("scenario_participants", scenario), upload("participants", rows))
    config = check(keeping.open_text(owner, scenario).text).config
    assert config is not None
    agents = {agent.id: agent for agent in config.agents}
    assert (agents["BANK_B"].balance, agents["BANK_B"].credit_limit) == (7, 8)
    assert agents["NEW"].balance == 9
    bad = as_person(owner).post(at("scenario_participants", scenario), upload("participants", "id\nx\n"))
    assert "the header has no column balance, credit_limit" in page_of(bad)


def test_a_text_that_cannot_be_read_takes_no_banks(scenario, owner, as_person) -> None:
    keeping.keep_draft(owner, scenario, 1, "a: [")
    rows = "id,balance,credit_limit\nBANK_B,7,8\n"
    answer = as_person(owner).post(at("scenario_participants", scenario), upload("participants", rows))
    assert "Not readable as YAML" in page_of(answer)


def test_the_schema_is_served_for_completion(owner, as_person) -> None:
    schema = as_person(owner).get(reverse("scenario_schema")).json()
    assert "ticks_per_day" in schema["properties"]


def test_a_page_with_a_thousand_banks_stays_quick_to_make(
    owner, as_person, django_assert_max_num_queries
) -> None:
    banks = "".join(f"  - {{id: X{number}, balance: 1}}\n" for number in range(1000))
    scenario = keeping.create(owner, TWO.replace("initial_transactions:", banks + "initial_transactions:"))
    client = as_person(owner)
    with django_assert_max_num_queries(12):
        page = client.get(at("scenario_edit", scenario)).content.decode()
    assert "Banks 1–200 of 1,003" in page
    asked = {"text": keeping.open_text(owner, scenario).text, "sheets": "agents=5"}
    page = client.post(at("scenario_form", scenario), asked).content.decode()
    assert "Banks 1,001–1,003 of 1,003" in page
    assert 'data-path="agents[1002].balance"' in page

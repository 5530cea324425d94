"""Large payment files are read in the background, whoever looks, until taken, refused or cancelled."""

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from structlog.testing import capture_logs

from simulations.duck import Stopped, Watch, connect, watched
from simulations.models import FileImport, PaymentFile, Scenario
from simulations.runs.tests.cast import wait_until
from simulations.scenarios import keeping, taking
from simulations.scenarios.tests.texts import PAYMENTS, TWO

BAD = PAYMENTS.replace("25.50", "-1")


@pytest.fixture
def large(monkeypatch):
    """Every upload counts as a large one."""
    monkeypatch.setattr(taking, "AT_ONCE_BYTES", 0)


def csv(text):
    return SimpleUploadedFile("day.csv", text.encode())


def when_read():
    """Wait for the reader to be done with all it was given."""
    taking._worker.submit(lambda: None).result()


def put_aside(owner, text, **more):
    """An import whose upload lies on disk and that nobody reads."""
    incoming = FileImport(user=owner, name="day.csv", told_at=timezone.now(), **more)
    incoming.path.parent.mkdir(parents=True, exist_ok=True)
    incoming.path.write_text(text)
    incoming.save()
    return incoming


@pytest.mark.django_db(transaction=True)
def test_a_large_file_becomes_a_scenario_while_its_page_is_looked_at(large, owner, as_person) -> None:
    client = as_person(owner)
    answer = client.post(reverse("scenario_import"), {"payments": csv(PAYMENTS), "fraction": "100"})
    progress = answer["Location"]
    assert progress == reverse("import_progress", args=[FileImport.objects.get().pk])
    when_read()
    scenario = Scenario.objects.get()
    onward = reverse("scenario_edit", args=[scenario.pk])
    assert client.get(progress)["Location"] == onward
    assert "{id: B1, balance: 1000}" in keeping.open_text(owner, scenario).text
    assert client.get(progress, headers={"HX-Request": "true"})["HX-Redirect"] == onward
    assert not list(FileImport.objects.get().path.parent.iterdir()), "the upload is kept by content alone"


@pytest.mark.django_db(transaction=True)
def test_a_large_file_to_attach_leads_to_choosing_how(large, owner, as_person) -> None:
    scenario, client = keeping.create(owner, TWO), as_person(owner)
    address = reverse("scenario_payments", args=[scenario.pk])
    progress = client.post(address, {"payments": csv(PAYMENTS)})["Location"]
    when_read()
    onward = client.get(progress)["Location"]
    assert onward == f"{address}?file={PaymentFile.objects.get().sha256}"
    assert "Attach 3 payments" in client.get(onward).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_refused_large_file_tells_its_bad_rows(owner, as_person) -> None:
    incoming = put_aside(owner, BAD)
    taking.work(incoming.pk)
    page = as_person(owner).get(reverse("import_progress", args=[incoming.pk])).content.decode()
    assert '<td class="num">3</td>' in page
    assert "1 row cannot be read" in page
    assert not PaymentFile.objects.exists()
    assert not incoming.path.exists()
    assert "refused" in as_person(owner).get(reverse("scenario_import")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_large_file_that_is_none_says_why(owner, as_person) -> None:
    incoming = put_aside(owner, "sender,amount\n")
    taking.work(incoming.pk)
    page = as_person(owner).get(reverse("import_progress", args=[incoming.pk])).content.decode()
    assert "the header has no column receiver" in page


@pytest.mark.django_db(transaction=True)
def test_a_file_whose_reader_died_is_read_by_whoever_is_asked(owner, as_person) -> None:
    lost = put_aside(owner, PAYMENTS)
    FileImport.objects.update(told_at=timezone.now() - timedelta(minutes=1))
    page = as_person(owner).get(reverse("import_progress", args=[lost.pk]))
    when_read()
    assert page.status_code in (200, 302)
    assert FileImport.objects.get().state == "taken"
    assert Scenario.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="only there a writer gives up on a lock")
def test_signs_of_life_go_on_after_the_database_was_locked_for_long(owner, monkeypatch) -> None:
    monkeypatch.setattr(taking, "SIGN_OF_LIFE_S", 0.01)
    incoming = put_aside(owner, PAYMENTS)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "init_command", "PRAGMA busy_timeout=10;")
    over = threading.Event()
    signs = threading.Thread(target=taking._give_signs_of_life, args=(incoming.pk, Watch(), over))
    try:
        with transaction.atomic(), capture_logs() as logs:
            signs.start()
            wait_until(lambda: any(entry["event"] == "import.sign_of_life_failed" for entry in logs))
        wait_until(lambda: FileImport.objects.get().told_at > incoming.told_at)
    finally:
        over.set()
        signs.join()


@pytest.mark.django_db(transaction=True)
def test_a_file_that_was_taken_by_a_slow_reader_is_not_taken_again(owner) -> None:
    incoming = put_aside(owner, PAYMENTS)
    taking.work(incoming.pk)
    taking.work(incoming.pk)
    incoming.refresh_from_db()
    assert incoming.state == FileImport.State.TAKEN
    assert PaymentFile.objects.count() == 1


def test_a_file_that_is_being_read_is_not_read_twice(owner, as_person) -> None:
    incoming = put_aside(owner, PAYMENTS, percent=40)
    page = as_person(owner).get(reverse("import_progress", args=[incoming.pk])).content.decode()
    assert "Reading day.csv: 40 %" in page
    assert not Scenario.objects.exists()


def test_a_cancelled_import_stores_nothing(owner, as_person) -> None:
    incoming = put_aside(owner, PAYMENTS)
    client = as_person(owner)
    page = client.post(reverse("import_cancel", args=[incoming.pk]), follow=True).content.decode()
    assert "you cancelled it" in page
    watch = Watch()
    taking.give_a_sign_of_life(incoming.pk, watch)
    with pytest.raises(Stopped), watched(watch), connect():
        pass


def test_a_query_under_way_ends_when_it_is_stopped() -> None:
    watch, ended = Watch(), []

    def count() -> None:
        try:
            with watched(watch), connect() as connection:
                connection.execute("SELECT count(*) FROM range(1000000000000) WHERE range % 7 = 3")
        except Stopped:
            ended.append("stopped")

    thread = threading.Thread(target=count)
    thread.start()
    while thread.is_alive():
        watch.stop()
        thread.join(0.02)
    assert ended == ["stopped"]


def test_an_import_is_its_owners_alone(owner, stranger, staff, as_person) -> None:
    incoming = put_aside(owner, PAYMENTS)
    for person in (stranger, staff):
        assert as_person(person).get(reverse("import_progress", args=[incoming.pk])).status_code == 404
        assert as_person(person).post(reverse("import_cancel", args=[incoming.pk])).status_code == 404


def test_old_imports_are_forgotten_with_their_uploads(owner) -> None:
    old = put_aside(owner, PAYMENTS)
    FileImport.objects.update(created_at=timezone.now() - timedelta(days=2))
    taking._forget_old_ones()
    assert not FileImport.objects.exists()
    assert not old.path.exists()

"""The first link: it signs the local administrator in, once, and nothing else opens that door."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone

from simulations.home import first_link
from simulations.models import AuditEntry, FirstLink

LOOPBACK = "127.0.0.1"


@pytest.fixture
def token(db) -> str:
    """A link of a first start."""
    first_link.ensure_administrator()
    token = first_link.renew(LOOPBACK)
    assert token is not None
    return token


def open_door(token: str, client: Client | None = None):
    """Post what stands after the #."""
    return (client or Client()).post("/first", {"token": token})


def refused(token: str | bytes) -> bool:
    """Post a token; whether the page says no and nobody is signed in."""
    client = Client()
    answer = client.post("/first", {"token": token})
    return "used up" in answer.text and "_auth_user_id" not in client.session


def test_the_token_has_128_bits_and_only_its_hash_is_stored(token: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token)
    link = FirstLink.objects.get()
    assert link.token_hash == first_link.hash_of(token)
    assert token not in str(FirstLink.objects.values())


def test_the_link_signs_in_and_asks_for_a_password(token: str) -> None:
    client = Client()
    answer = open_door(token, client)
    assert answer.status_code == 302
    assert answer["Location"] == "/account/password"
    assert "Choose a password" in client.get("/account/password").text
    assert AuditEntry.objects.get().action == "first_link.used"


def test_the_link_works_once(token: str) -> None:
    assert open_door(token).status_code == 302
    assert refused(token)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_post_it_at_once_one_comes_in(token: str) -> None:
    def attempt(_: int) -> bool:
        try:
            return first_link.consume(token) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1


def test_the_link_dies_after_an_hour(token: str) -> None:
    FirstLink.objects.update(created_at=timezone.now() - timedelta(hours=1, seconds=1))
    assert refused(token)


def test_ten_wrong_tries_close_it(token: str) -> None:
    for _ in range(9):
        assert refused("wrong")
    assert first_link.consume(token) is not None


def test_after_ten_wrong_tries_the_right_one_is_refused(token: str) -> None:
    for _ in range(10):
        open_door("wrong")
    assert refused(token)


def test_each_start_makes_a_new_link_and_forgets_the_old(token: str) -> None:
    newer = first_link.renew(LOOPBACK)
    assert newer is not None
    assert refused(token)
    assert open_door(newer).status_code == 302


def test_a_password_set_elsewhere_closes_the_link(token: str) -> None:
    user = User.objects.get()
    user.set_password("correct horse battery")
    user.save()
    assert refused(token)
    assert first_link.renew(LOOPBACK) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "workbench.example"])
def test_no_link_where_others_can_reach_the_server(host: str, db) -> None:
    first_link.ensure_administrator()
    assert first_link.renew(host) is None
    assert not FirstLink.objects.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.9.1"])
def test_loopback_has_many_names(host: str, db) -> None:
    first_link.ensure_administrator()
    assert first_link.renew(host)


def test_no_link_for_a_department_with_its_own_database(db, monkeypatch) -> None:
    first_link.ensure_administrator()
    monkeypatch.setenv("DATABASE_URL", "postgres://db/payments")
    assert first_link.renew(LOOPBACK) is None


def test_the_administrator_is_made_once_and_only_where_nobody_is(owner: User) -> None:
    first_link.ensure_administrator()
    assert list(User.objects.all()) == [owner]


@pytest.mark.parametrize("token", ["", "\ud800".encode("utf-8", "surrogatepass"), "x" * 100_000, "\x00"])
def test_nonsense_is_refused_politely(token: str | bytes, db) -> None:
    first_link.ensure_administrator()
    first_link.renew(LOOPBACK)
    assert refused(token)


def test_the_page_keeps_the_token_out_of_addresses(db) -> None:
    page = Client().get("/first")
    assert page.status_code == 200
    assert 'method="post"' in page.text
    assert "no-store" in page["Cache-Control"]


def test_posting_needs_the_proof_of_the_page(token: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert open_door(token, client).status_code == 403
    assert FirstLink.objects.get().consumed_at is None

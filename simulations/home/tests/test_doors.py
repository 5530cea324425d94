"""Signing in and out, and what a person keeps in the account."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from simulations.models import ApiToken, AuditEntry, Preference

PASSWORD = "correct horse battery"


def test_the_anonymous_are_sent_to_the_door_and_back(owner: User) -> None:
    client = Client()
    answer = client.get("/account")
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in?next=/account"
    signed_in = client.post("/sign-in", {"username": "owner", "password": PASSWORD, "next": "/account"})
    assert signed_in["Location"] == "/account"


def test_nobody_is_sent_to_another_site(owner: User) -> None:
    form = {"username": "owner", "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert Client().post("/sign-in", form)["Location"] == "/"


def test_a_wrong_password_keeps_the_name(owner: User) -> None:
    answer = Client().post("/sign-in", {"username": "owner", "password": "wrong"})
    assert answer.status_code == 200
    assert 'value="owner"' in answer.text
    assert "correct username and password" in answer.text


def test_signing_in_brings_the_theme_along(owner: User) -> None:
    Preference.objects.create(user=owner, theme="dark")
    client = Client()
    client.post("/sign-in", {"username": "owner", "password": PASSWORD})
    assert 'data-theme="dark"' in client.get("/account").text


def test_a_forged_theme_cookie_writes_nothing_into_the_page(owner: User, as_person) -> None:
    client = as_person(owner)
    client.cookies["theme"] = "dark x"
    assert "data-theme=" not in client.get("/account").text.split(">", 2)[1]


def test_signing_out_is_by_post(owner: User, as_person) -> None:
    client = as_person(owner)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get("/account").status_code == 302


def test_preferences_are_kept(owner: User, as_person) -> None:
    client = as_person(owner)
    answer = client.post("/account", {"theme": "light", "page_size": 100}, follow=True)
    assert "saved" in answer.text
    kept = Preference.objects.get(user=owner)
    assert (kept.theme, kept.page_size) == ("light", 100)
    assert client.cookies["theme"].value == "light"


@pytest.mark.parametrize("size", ["9", "501", "many", ""])
def test_a_page_size_out_of_bounds_is_refused_and_kept_as_typed(size: str, owner: User, as_person) -> None:
    answer = as_person(owner).post("/account", {"theme": "dark", "page_size": size})
    assert 'class="field-error"' in answer.text
    assert f'value="{size}"' in answer.text or size == ""
    assert not Preference.objects.exists()


def test_the_menu_keeps_the_theme(owner: User, as_person) -> None:
    client = as_person(owner)
    assert client.post("/account/theme", {"theme": "dark"}).status_code == 204
    assert Preference.objects.get(user=owner).theme == "dark"
    assert client.post("/account/theme", {"theme": "pink"}).status_code == 400


def test_changing_the_password_needs_the_old_one_and_ends_other_browsers(owner: User, as_person) -> None:
    here, elsewhere = as_person(owner), as_person(owner)
    new = "a much better password"
    form = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    assert "old password was entered incorrectly" in here.post("/account/password", form).text
    here.post("/account/password", form | {"old_password": PASSWORD})
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert AuditEntry.objects.get(action="password.set").actor == owner


def test_a_weak_password_is_refused_with_the_reason(owner: User, as_person) -> None:
    form = {"old_password": PASSWORD, "new_password1": "12345678", "new_password2": "12345678"}
    answer = as_person(owner).post("/account/password", form)
    assert "entirely numeric" in answer.text
    assert owner.check_password(PASSWORD)


def test_a_token_is_shown_once_and_stored_hashed(owner: User, as_person) -> None:
    client = as_person(owner)
    answer = client.post("/account/tokens", {"name": "nightly sweep"})
    plain = answer.text.split('id="plain-token">')[1].split("<")[0]
    token = ApiToken.objects.get()
    assert ApiToken.objects.valid(plain) == token
    assert plain not in str(ApiToken.objects.values())
    assert plain not in client.get("/account/tokens").text
    assert "no-store" in answer["Cache-Control"]


def test_a_revoked_token_opens_nothing(owner: User, as_person) -> None:
    token, plain = ApiToken.objects.issue(owner, "script")
    as_person(owner).post(f"/account/tokens/{token.pk}/revoke")
    assert ApiToken.objects.valid(plain) is None
    assert AuditEntry.objects.get().action == "token.revoked"


def test_a_token_of_one_who_left_opens_nothing(owner: User) -> None:
    _, plain = ApiToken.objects.issue(owner, "script")
    owner.is_active = False
    owner.save()
    assert ApiToken.objects.valid(plain) is None


def test_nobody_revokes_the_token_of_another(owner: User, stranger: User, as_person) -> None:
    token, plain = ApiToken.objects.issue(owner, "script")
    assert as_person(stranger).post(f"/account/tokens/{token.pk}/revoke").status_code == 404
    assert ApiToken.objects.valid(plain) == token

"""Who may sit at the socket of a run, and who loses the seat."""

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from simulations.models import ApiToken, Run
from simulations.runs.doors import is_of_this_site
from simulations.runs.tests.sockets import ORIGIN, Watcher, cookie_of, in_thread, watcher
from webapp.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_anonymous_are_told_4001(make) -> None:
    run = await make()
    async with await watcher(run, None) as page:
        assert await page.hear("nothing") == 4001


async def test_a_stranger_is_told_4004_as_if_there_were_nothing(make, stranger) -> None:
    run = await make()
    async with await watcher(run, stranger) as page:
        assert await page.hear("nothing") == 4004


async def test_what_does_not_exist_is_4004(owner) -> None:
    async with await watcher(Run(), owner) as page:
        assert await page.hear("nothing") == 4004


async def test_a_teammate_watches_and_does_not_steer(make, teammate) -> None:
    run = await make(shared=True)
    async with await watcher(run, teammate) as page:
        await page.send(action="get_state")
        assert (await page.hear("state"))["tick"] == 0
        await page.send(action="tick")
        assert (await page.hear("error"))["code"] == "forbidden"
        await page.send(action="get_state")
        assert (await page.hear("state"))["tick"] == 0


async def test_staff_steer(make, staff) -> None:
    run = await make()
    async with await watcher(run, staff) as page:
        await page.send(action="tick")
        assert (await page.hear("tick_result"))["tick"] == 0


async def test_a_withdrawn_share_steers_nothing_and_ends_the_socket(make, teammate) -> None:
    run = await make(shared=True)
    async with await watcher(run, teammate) as page:
        await page.hear("status")
        await in_thread(Run.objects.filter(pk=run.pk).update)(shared=False)
        await page.send(action="get_state")
        assert await page.hear("state") == 4004


@pytest.mark.parametrize("change", ["sign_out", "password", "closed"])
async def test_who_is_signed_out_elsewhere_loses_the_socket(change, make, owner) -> None:
    run = await make()

    def leave() -> None:
        from django.contrib.sessions.models import Session

        if change == "sign_out":
            Session.objects.all().delete()
        elif change == "password":
            owner.set_password("a new one, longer")
            owner.save()
        else:
            User.objects.filter(pk=owner.pk).update(is_active=False)

    async with await watcher(run, owner) as page:
        await page.hear("status")
        await in_thread(leave)()
        await page.send(action="run")
        assert await page.hear("state") == 4001
    assert (await Run.objects.aget(pk=run.pk)).status == "created"


SOON_SECONDS = 10.0  # well under the half minute after which a socket looks by itself


@pytest.mark.parametrize("change", ["sign_out", "sign_out_of_the_admin", "password"])
async def test_who_leaves_in_the_browser_loses_open_sockets_at_once(change, make, owner) -> None:
    run = await make()
    owner.is_staff = change == "sign_out_of_the_admin"
    owner.set_password("the old one, long")
    await in_thread(owner.save)()

    def leave(client: Client) -> None:
        new = "a new one, longer"
        typed = {"old_password": "the old one, long", "new_password1": new, "new_password2": new}
        paths = {"sign_out": "/sign-out", "sign_out_of_the_admin": "/admin/logout/"}
        path = paths.get(change, "/account/password")
        answer = client.post(path, typed if change == "password" else {})
        assert answer.status_code in {200, 302}

    client = Client()
    await in_thread(client.force_login)(owner)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = (b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode())
    async with Watcher(run, [ORIGIN, cookie]) as first:
        await first.hear("status")
    async with Watcher(run, [ORIGIN, cookie]) as page, Watcher(run, [ORIGIN, cookie]) as tab:
        await page.hear("status")
        await tab.hear("status")
        await in_thread(leave)(client)
        assert await page.hear("nothing", SOON_SECONDS) == 4001
        assert await tab.hear("nothing", SOON_SECONDS) == 4001


async def test_a_revoked_token_loses_its_open_socket_at_once(make, owner) -> None:
    run = await make()
    token, plain = await in_thread(ApiToken.objects.issue)(owner, "script")

    def revoke() -> None:
        client = Client()
        client.force_login(owner)
        assert client.post(f"/account/tokens/{token.pk}/revoke").status_code == 302

    async with Watcher(run, [(b"authorization", f"Bearer {plain}".encode())]) as page:
        await page.hear("status")
        await in_thread(revoke)()
        assert await page.hear("nothing", SOON_SECONDS) == 4001


async def test_who_is_deleted_loses_open_sockets_at_once(make) -> None:
    viewer = await in_thread(User.objects.create_user)("viewer")
    run = await make(shared=True)
    async with await watcher(run, viewer) as page:
        await page.hear("status")
        await in_thread(viewer.delete)()
        assert await page.hear("nothing", SOON_SECONDS) == 4001


@pytest.mark.parametrize("change", ["password", "closed", "token"])
async def test_what_the_admin_takes_from_somebody_counts_at_once(change, make, owner) -> None:
    run = await make()
    token, plain = await in_thread(ApiToken.objects.issue)(owner, "script")

    def take() -> None:
        client = Client()
        client.force_login(User.objects.create_superuser("root", password="a long one of theirs"))
        new = "a new one, longer"
        if change == "password":
            path, typed = f"/admin/auth/user/{owner.pk}/password/", {"password1": new, "password2": new}
        elif change == "closed":
            path = f"/admin/auth/user/{owner.pk}/change/"
            page = client.get(path)
            values = page.context["adminform"].form.initial
            joined, last = values["date_joined"], values["last_login"]
            typed = {
                "username": owner.username,
                "date_joined_0": joined.date(),
                "date_joined_1": joined.time(),
            }
            typed |= {"last_login_0": last.date(), "last_login_1": last.time()} if last else {}
        else:
            path, typed = "/admin/simulations/apitoken/", {"action": "revoke", "_selected_action": token.pk}
        answer = client.post(path, typed)
        assert answer.status_code == 302, answer.content

    client = Client()
    await in_thread(client.force_login)(owner)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = (b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode())
    bearer = (b"authorization", f"Bearer {plain}".encode())
    async with Watcher(run, [bearer] if change == "token" else [ORIGIN, cookie]) as page:
        await page.hear("status")
        await in_thread(take)()
        assert await page.hear("nothing", SOON_SECONDS) == 4001


async def test_a_share_taken_back_on_the_page_ends_the_sockets_of_teammates_alone(
    make, owner, teammate
) -> None:
    run = await make(shared=True)

    def take_back() -> None:
        client = Client()
        client.force_login(owner)
        assert client.post(f"/runs/{run.pk}/share", {}).status_code == 302

    async with await watcher(run, teammate) as theirs, await watcher(run, owner) as own:
        await theirs.hear("status")
        await own.hear("status")
        await in_thread(take_back)()
        assert await theirs.hear("nothing", SOON_SECONDS) == 4004
        await own.send(action="get_state")
        assert (await own.hear("state"))["tick"] == 0


async def test_a_foreign_page_cannot_open_the_socket(make, owner) -> None:
    run = await make()
    headers = await in_thread(cookie_of)(owner)
    headers[0] = (b"origin", b"http://elsewhere.example")
    socket = WebsocketCommunicator(application, f"/ws/simulations/{run.pk}", headers=headers)
    connected, _ = await socket.connect()
    assert not connected


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("https://bank.example", "bank.example", True),
        ("http://localhost:9999", "localhost:8000", False),
        ("http://127.0.0.1:8000", "localhost:8000", False),
        ("null", "localhost:8000", False),
        ("https://front.example", "localhost:8000", True),
    ],
)
def test_a_page_of_another_port_is_of_another_site(origin: str, host: str, ours: bool, settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://front.example"]
    assert is_of_this_site(origin, host) == ours


async def test_a_cookie_without_an_origin_is_nobody_and_told_so(make, owner) -> None:
    run = await make()
    headers = await in_thread(cookie_of)(owner)
    async with Watcher(run, headers[1:]) as page:
        assert await page.hear("nothing") == 4001


@pytest.mark.parametrize(
    "path", ["/ws/simulations/garbage", "/ws/simulations/", "/ws", "/", "/ws/simulations/%00"]
)
async def test_an_address_where_no_run_can_be_says_so_by_its_close_code(path, owner) -> None:
    headers = await in_thread(cookie_of)(owner)
    socket = WebsocketCommunicator(application, path, headers=headers)
    connected, _ = await socket.connect(timeout=10)
    assert connected
    said = await socket.receive_output(timeout=10)
    assert (said["type"], said["code"]) == ("websocket.close", 4004)


async def test_a_script_with_a_token_needs_no_origin_until_the_token_is_revoked(make, owner) -> None:
    run = await make()
    token, plain = await in_thread(ApiToken.objects.issue)(owner, "my script")
    async with Watcher(run, [(b"authorization", f"Bearer {plain}".encode())]) as page:
        await page.send(action="tick")
        assert (await page.hear("tick_result"))["tick"] == 0
        await in_thread(ApiToken.objects.filter(pk=token.pk).update)(revoked_at=timezone.now())
        await page.send(action="tick")
        assert await page.hear("tick_result") == 4001


@pytest.mark.parametrize("header", [b"Bearer nonsense", b"Bearer ", b"Basic abc", b"", b"Bearer \xff"])
async def test_a_wrong_token_is_nobody_whatever_cookie_comes_with_it(header, make, owner) -> None:
    run = await make()
    headers = [*await in_thread(cookie_of)(owner), (b"authorization", header)]
    async with Watcher(run, headers) as page:
        assert await page.hear("nothing") == 4001

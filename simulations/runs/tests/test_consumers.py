"""The socket through the real ASGI application, session cookie and all."""

import asyncio
import json
from typing import Any

import numpy as np
import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from simulations.models import ApiToken, Run
from simulations.runs import manager
from simulations.runs.frames import HEADER, KIND_WHOLE, MOST_FRAMES_UNDER_WAY
from simulations.runs.registry import registry
from simulations.runs.tests.cast import TWO_BANKS, busy, new_run, run_to_status, wait_until
from webapp.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
in_thread = database_sync_to_async
ORIGIN = (b"origin", b"http://localhost")


def cookie_of(person: User | None) -> list[tuple[bytes, bytes]]:
    """Return the headers of a browser in which a person is signed in."""
    if person is None:
        return [ORIGIN]
    client = Client()
    client.force_login(person)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return [ORIGIN, (b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode())]


class Watcher:
    """A client of the socket that keeps what it was told."""

    def __init__(self, run: Run, headers: list[tuple[bytes, bytes]]) -> None:
        self.socket = WebsocketCommunicator(application, f"/ws/simulations/{run.pk}", headers=headers)
        self.said: list[dict[str, Any]] = []

    async def __aenter__(self) -> "Watcher":
        connected, _ = await self.socket.connect(timeout=10)
        assert connected
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.disconnect(timeout=10)

    async def send(self, **message: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(message))

    async def hear(self, kind: str, seconds: float = 20.0) -> Any:
        """Return the data of the next message of a kind; frames as (header, columns)."""
        async with asyncio.timeout(seconds):
            while True:
                output = await self.socket.receive_output(timeout=seconds)
                if output["type"] == "websocket.close":
                    return output["code"]
                if output.get("bytes") is not None:
                    frame = output["bytes"]
                    header = HEADER.unpack_from(frame)
                    columns = np.frombuffer(frame[HEADER.size :], "<f8").reshape(header[2], header[3])
                    if kind == "binary":
                        return header, columns
                    continue
                message = json.loads(output["text"])
                self.said.append(message)
                if message["type"] == kind:
                    return message["data"]

    async def until_status(self, status: str) -> dict[str, Any]:
        while True:
            data = await self.hear("status")
            if data["status"] == status:
                return dict(data)


@pytest.fixture
def make(owner):
    """Return a function that makes a run in a thread."""

    async def made(text: str = TWO_BANKS, **row: Any) -> Run:
        def work() -> Run:
            run = new_run(owner, text)
            Run.objects.filter(pk=run.pk).update(**row or {"name": run.name})
            return run

        return await in_thread(work)()  # type: ignore[no-any-return]

    return made


async def watcher(run: Run, person: User | None) -> Watcher:
    return Watcher(run, await in_thread(cookie_of)(person))


async def test_tick_answers_with_its_result_and_get_state_with_the_state(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.send(action="tick")
        assert (await page.hear("tick_result"))["tick"] == 0
        await page.send(action="get_state")
        state = await page.hear("state")
        assert state["tick"] == 1
        assert [agent["id"] for agent in state["agents"]] == ["A", "B"]


async def test_a_run_plays_to_its_end_and_says_so(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.send(action="run")
        status = await page.until_status("finished")
        assert status["tick"] == status["ticks_total"] == 20
        assert status["possible"] == ["branch", "delete"]


async def test_the_first_frame_is_the_whole_run_so_far_and_later_ones_go_on(make, owner) -> None:
    run = await make()
    await in_thread(manager.tick)(run, 7)
    async with await watcher(run, owner) as page:
        await page.send(action="subscribe", series=["settled_value_total", "balance:A"], encoding="binary")
        await page.hear("subscribed")
        header, columns = await page.hear("binary")
        assert header[1] == KIND_WHOLE
        assert columns[0].tolist() == [0, 1, 2, 3, 4, 5, 6]
        ticks = columns[0].tolist()
        await page.send(action="ack", stamp=header[5])
        await page.send(action="run")
        while len(ticks) < 20:
            header, columns = await page.hear("binary")
            ticks += columns[0].tolist()
            await page.send(action="ack", stamp=header[5])
        assert ticks == list(range(20))


async def test_without_subscribing_no_frames_come(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.send(action="run")
        await page.until_status("finished")
        await page.socket.receive_nothing(0.2)
        assert {message["type"] for message in page.said} == {"status"}


async def test_a_reader_that_never_acknowledges_gets_four_frames_and_the_run_goes_on(make, owner) -> None:
    run = await make(busy(ticks=20_000))
    async with await watcher(run, owner) as page:
        await page.send(action="subscribe", series=["queue_depth"], encoding="binary")
        await page.send(action="run")
        frames = 0
        while True:
            output = await page.socket.receive_output(timeout=30)
            frames += output.get("bytes") is not None
            if output.get("text") and json.loads(output["text"])["data"].get("status") == "finished":
                break
        assert frames == MOST_FRAMES_UNDER_WAY


async def test_a_slow_reader_misses_no_tick_of_a_short_run(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.send(action="subscribe", series=["arrivals"], encoding="json", max_points=2_000)
        await page.send(action="run")
        await page.until_status("finished")
        ticks: list[int] = []
        while len(ticks) < 20:
            frames = [message["data"] for message in page.said if message["type"] == "frame"]
            page.said = [message for message in page.said if message["type"] != "frame"]
            for frame in frames:
                ticks += frame["columns"][0]
                await page.send(action="ack", stamp=frame["stamp"])
            if len(ticks) < 20:
                frame = await page.hear("frame")
        assert ticks == list(range(20))


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "{",
        "[]",
        "null",
        '"tick"',
        "{}",
        '{"action": 1}',
        '{"action": "fly"}',
        '{"action": "ack", "stamp": 5}',
        '{"action": "subscribe"}',
        '{"action": "subscribe", "series": ["balance:NOBODY"]}',
        '{"action": "run_to", "tick": "soon"}',
        '{"action": "speed"}',
        '{"action": "speed", "ticks_per_second": -3}',
        '{"action": "step", "until": "rain"}',
        '{"action": "step", "until": {}}',
        '{"action": "explain"}',
        '{"action": "explain", "payment": {"a": 1}}',
        json.dumps({"action": "tick", "padding": "x" * 70_000}),
    ],
)
async def test_a_message_that_makes_no_sense_gets_an_error_and_the_socket_lives(text, make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.socket.send_to(text_data=text)
        problem = await page.hear("error")
        assert problem["message"]
        await page.send(action="get_state")
        assert (await page.hear("state"))["tick"] == 0


async def test_bytes_are_no_message(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.socket.send_to(bytes_data=b"\x00\x01")
        assert (await page.hear("error"))["code"] == "malformed"


async def test_a_conflict_names_the_state_and_what_is_possible(make, owner) -> None:
    run = await make()
    await in_thread(manager.stop)(run)
    async with await watcher(run, owner) as page:
        await page.send(action="tick")
        problem = await page.hear("error")
        assert (problem["code"], problem["status"], problem["possible"]) == (
            "conflict",
            "stopped",
            ["branch", "delete"],
        )


async def test_a_flood_of_messages_ends_the_socket(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        for _ in range(400):
            await page.send(action="nonsense")
        assert await page.hear("nothing") == 4008


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


@pytest.mark.parametrize("change", ["sign_out", "password"])
async def test_who_leaves_in_the_browser_loses_open_sockets_at_once(change, make, owner) -> None:
    run = await make()
    owner.set_password("the old one, long")
    await in_thread(owner.save)()

    def leave(client: Client) -> None:
        new = "a new one, longer"
        typed = {"old_password": "the old one, long", "new_password1": new, "new_password2": new}
        path = {"sign_out": "/sign-out", "password": "/account/password"}[change]
        assert client.post(path, typed if change == "password" else {}).status_code == 302

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


async def test_the_run_outlives_its_watchers(make, owner) -> None:
    run = await make(busy(ticks=1_000))
    async with await watcher(run, owner) as page:
        await page.send(action="run")
        await page.until_status("running")
    finished = await in_thread(run_to_status)(run, "finished")
    assert finished.digest
    live = registry.held(run.pk)
    assert live is not None
    assert not live.bell.watched


async def test_a_second_watcher_sees_what_the_first_does(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as one, await watcher(run, owner) as two:
        await two.until_status("created")
        await one.send(action="tick")
        await one.hear("tick_result")
        assert (await two.until_status("paused"))["tick"] == 1


async def test_a_finished_run_is_put_away_though_watched_and_drawn_again_when_asked(
    make, owner, monkeypatch
) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.send(action="run")
        await page.until_status("finished")
        monkeypatch.setattr("simulations.runs.registry.OVER_SECONDS", 0.0)

        def put_away() -> bool:
            registry.tidy()
            return not registry.runs_held()

        await in_thread(wait_until)(put_away)
        monkeypatch.setattr("simulations.runs.registry.OVER_SECONDS", 30.0)
        await page.socket.receive_nothing(1.2)  # the socket stays, and brings nothing back by itself
        assert registry.held(run.pk) is None
        await page.send(action="subscribe", series=["arrivals"], encoding="binary")
        _, columns = await page.hear("binary")
        assert columns[0].tolist() == list(range(20))


async def test_a_watcher_of_a_run_put_away_sees_it_go_on(make, owner, monkeypatch) -> None:
    run = await make()
    await in_thread(manager.tick)(run, 7)
    async with await watcher(run, owner) as page:
        assert (await page.until_status("paused"))["tick"] == 7
        await page.send(action="subscribe", series=["arrivals"], encoding="binary")
        header, _ = await page.hear("binary")
        await page.send(action="ack", stamp=header[5])
        monkeypatch.setattr("simulations.runs.registry.IDLE_SECONDS", 0.0)
        await in_thread(registry.tidy)()
        monkeypatch.setattr("simulations.runs.registry.IDLE_SECONDS", 300.0)
        await page.send(action="run")
        _, columns = await page.hear("binary")
        assert columns[0].tolist()[0] == 7
        await page.until_status("finished")


async def test_deleting_a_run_ends_its_sockets(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.hear("status")
        await in_thread(manager.delete)(run, owner)
        assert await page.hear("nothing") == 4004

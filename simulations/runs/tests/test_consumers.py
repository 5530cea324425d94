"""What the socket of a run says and is told."""

import json

import pytest

from simulations.models import Run
from simulations.runs import manager
from simulations.runs.frames import KIND_WHOLE, MOST_FRAMES_UNDER_WAY
from simulations.runs.registry import registry
from simulations.runs.tests.cast import busy, run_to_status, wait_until
from simulations.runs.tests.sockets import in_thread, watcher

pytestmark = pytest.mark.django_db(transaction=True)


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


def all_put_away() -> bool:
    """Have the registry tidy; whether it holds no run any more."""
    registry.tidy()
    return not registry.runs_held()


async def test_a_finished_run_is_put_away_though_watched_and_drawn_again_when_asked(
    make, owner, monkeypatch
) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.send(action="run")
        await page.until_status("finished")
        monkeypatch.setattr("simulations.runs.registry.OVER_SECONDS", 0.0)
        await in_thread(wait_until)(all_put_away)
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


async def test_deleting_a_run_that_was_put_away_ends_its_sockets_at_once(make, owner, monkeypatch) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.send(action="run")
        await page.until_status("finished")
        monkeypatch.setattr("simulations.runs.registry.OVER_SECONDS", 0.0)
        await in_thread(wait_until)(all_put_away)
        await page.socket.receive_nothing(1.2)
        run = await Run.objects.aget(pk=run.pk)
        run.owner = owner
        await in_thread(manager.delete)(run, owner)
        assert await page.hear("nothing", 10.0) == 4004


async def test_an_event_with_a_key_given_twice_is_refused(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        text = '{"action": "apply", "event": {"type": "transfer_liquidity", "amount": 1, "amount": 2}}'
        await page.socket.send_to(text_data=text)
        error = await page.hear("error")
        assert error["code"] == "malformed"
        assert "'amount' is given twice" in error["message"]


async def test_a_verb_that_changes_nothing_is_answered_with_the_status(make, owner) -> None:
    run = await make()
    await in_thread(manager.tick)(run, 3)
    async with await watcher(run, owner) as page:
        await page.until_status("paused")
        await page.send(action="pause")
        assert (await page.hear("status"))["status"] == "paused"


async def test_a_run_that_is_over_says_so_to_whoever_wants_it_to_run_on(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.send(action="run")
        await page.until_status("finished")
        await page.send(action="run_to", tick=5)
        error = await page.hear("error")
        assert (error["code"], error["status"]) == ("conflict", "finished")
        assert error["possible"] == ["branch", "delete"]


async def test_deleting_a_run_ends_its_sockets(make, owner) -> None:
    run = await make()
    async with await watcher(run, owner) as page:
        await page.hear("status")
        await in_thread(manager.delete)(run, owner)
        assert await page.hear("nothing") == 4004

"""The socket of one run: commands in, results and frames out. Holds names, never an engine."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import close_old_connections

from simulations.runs import actions, notices, seats
from simulations.runs.actions import Refused
from simulations.runs.connecting import done_with_database
from simulations.runs.frames import MOST_WRONG_ACKS, Malformed, Outbox, Subscription
from simulations.runs.ownership import Gone, OwnedElsewhere
from simulations.runs.seats import SeatLost
from simulations.runs.watching import FRAME_SECONDS, FramePace

if TYPE_CHECKING:
    from simulations.runs.actions import About
    from simulations.runs.driver import LiveRun

log = structlog.get_logger(__name__)

MOST_MESSAGE_BYTES = 64 * 1024
MOST_WAITING_COMMANDS = 32
MESSAGES_PER_SECOND, MESSAGES_AT_ONCE = 100.0, 300.0
RIGHTS_SECONDS = 30.0
STATUS_SECONDS = 0.25


class PageGone(Exception):
    """What was sent found nobody: the page left, and its `disconnect` is still on its way."""


def in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Wrap what waits for the database or an engine: several may wait at once, in threads of the loop's."""

    def call(*args: Any) -> Any:
        close_old_connections()
        try:
            return function(*args)
        finally:
            done_with_database()

    return partial(asyncio.to_thread, call)


class SimulationConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One watcher, who may be allowed to steer."""

    about: About
    user_id: int

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket; clean up however it ends, because `disconnect` is not always called."""
        self.tasks: list[asyncio.Task[None]] = []
        self.live: LiveRun | None = None
        self.bell = asyncio.Event()  # set when the run moved, or something came from the page
        self.outbox: Outbox | None = None
        self.attending = False
        self.status_due = False
        self.put_away = False  # the run rests outside of memory; whoever touches it brings it back
        self.joined = asyncio.Event()
        self.groups_joined: list[str] = []
        try:
            await super().__call__(scope, receive, send)
        finally:
            for task in self.tasks:
                task.cancel()
            self._leave()
            for group in self.groups_joined:
                await self.channel_layer.group_discard(group, self.channel_name)
            if self.attending:
                notices.leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Pass a message to its handler.

        Channels would first have a thread close old database connections, at every acknowledgement; whatever
        asks the database here does that itself.
        """
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Accept first: a close code of a refused handshake never reaches the page."""
        await self.accept()
        self.run_id = self.scope["url_route"]["kwargs"]["run_id"]
        self.ticket = seats.Ticket.of(self.scope)
        self.credit, self.credit_at = MESSAGES_AT_ONCE, time.monotonic()
        self.commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_WAITING_COMMANDS)
        notices.attend()
        self.attending = True
        self.check_at = time.monotonic() + RIGHTS_SECONDS
        self.tasks = [
            asyncio.create_task(self._guard(self._watch)),
            asyncio.create_task(self._guard(self._obey)),
        ]

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take a message. Quick ones are done here, the rest in order by `_obey`."""
        if not self._may_speak():
            await self.close(seats.TOO_MUCH)
            return
        try:
            message = actions.parsed(text_data, MOST_MESSAGE_BYTES)
            if message["action"] == "ack":
                self._acknowledge(message)
            else:
                self.commands.put_nowait(message)
        except Malformed as problem:
            await self._answer_at_once("malformed", str(problem))
        except asyncio.QueueFull:
            await self._answer_at_once("busy", "Too many commands wait; this one was not taken.")

    async def _answer_at_once(self, code: str, text: str) -> None:
        with contextlib.suppress(PageGone):
            await self._error(code, text)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """Stop talking to a page that has gone.

        Channels would have a thread close database connections here, too, and this one holds none.
        """
        for task in self.tasks:
            task.cancel()
        raise StopConsumer

    # -- what runs beside the messages ------------------------------------------------------------------

    async def _guard(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Run a loop of this socket and close with the code that says why it ended."""
        try:
            await loop()
        except SeatLost as lost:
            await self.close(lost.code)
        except OwnedElsewhere:
            await self.close(seats.TRY_AGAIN)
        except asyncio.CancelledError:
            raise
        except PageGone as gone:
            log.debug("socket.gone", simulation_id=str(self.run_id), problem=repr(gone.__cause__))
        except Exception:
            log.exception("socket.broken", simulation_id=str(self.run_id))
            await self.close(seats.BROKEN)

    async def _obey(self) -> None:
        """Do the commands one after another, once the run was found."""
        await self.joined.wait()
        while True:
            message = await self.commands.get()
            action = message["action"]
            try:
                if action == "subscribe":
                    await self._subscribe(message)
                else:
                    async with actions.turn_of(self.user_id, message):
                        answer = await in_thread(actions.perform)(self.ticket, self.run_id, message)
                    if answer is None:
                        self.status_due = True  # also where nothing changed: who asks is answered
                    else:
                        await self._deliver(text_data=answer)
            except Refused as refused:
                await self._error(refused.code, str(refused), action=action, **refused.details)
            except Malformed as problem:
                await self._error("malformed", str(problem), action=action)
            except OwnedElsewhere:
                raise
            except Gone as gone:
                await self._error("try_again", str(gone), action=action)
            self._wake()

    async def seat_check(self, message: dict[str, Any]) -> None:
        """See at once who sits here: somebody signed out, or took a share back."""
        self.check_at = 0.0
        self._wake()

    async def _take_part(self, group: str) -> None:
        """Hear what is told to a group; left when the socket ends."""
        if group not in self.groups_joined:
            await self.channel_layer.group_add(group, self.channel_name)
            self.groups_joined.append(group)

    async def _watch(self) -> None:
        """Send status and frames as the run goes on, and see every half minute who sits here."""
        # First listen, then look: a share that is withdrawn in between is not missed.
        await self._take_part(notices.seats_of_run(self.run_id))
        user_id = seats.remembered_user_id_of(self.ticket)
        if user_id is None:
            user_id = await in_thread(seats.user_id_of)(self.ticket)
        if user_id is not None:
            await self._take_part(notices.seats_of_user(user_id))
        await self._join()
        told_at = time.monotonic()
        pace = FramePace(told_at)
        told: dict[str, Any] = {}
        while True:
            now = time.monotonic()
            between = self.live.bell.seconds if self.live else FRAME_SECONDS
            if now >= self.check_at:
                self.check_at = now + RIGHTS_SECONDS
                await self._check_seat()
            await self._keep_up()
            if self.status_due:
                told, self.status_due = {}, False
            status = self._status()
            rested = now - told_at >= max(STATUS_SECONDS, between)
            if status != told and (rested or status["status"] != told.get("status")):
                await self._say("status", status)
                told, told_at = status, now
            if self._wants_frame():
                now = time.monotonic()
                await asyncio.sleep(max(0.0, pace.due(now, between) - now))
                pace.framed(time.monotonic(), between)
                await self._frame()
            await self._rest(max(STATUS_SECONDS, between) if status != told else 1.0)

    async def _rest(self, seconds: float) -> None:
        """Wait until the run moved, a frame was acknowledged, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # `wait_for` would make a task each time
                await self.bell.wait()
        self.bell.clear()

    async def _check_seat(self) -> None:
        """See whether the watcher still may watch; a run put away may have gone on in another process."""
        run = (await in_thread(seats.take_seat)(self.ticket, self.run_id)).run
        if self.put_away and (run.status, run.tick) != (self.about.status, self.about.tick):
            await self._join()

    async def _keep_up(self) -> None:
        """Stay with the run: rest when it is put away, be there again when somebody brought it back."""
        live = self.live
        if live is not None and live.closed:
            if live.put_away:
                self._leave()
                self.about = actions.at_rest(live, self.about)
                self.put_away = True
            else:
                await self._join()
        elif self.put_away and (actions.is_held(self.run_id) or self._lacks_frames()):
            await self._join()

    def _leave(self) -> None:
        if self.live is not None:
            self.live.bell.forget(self.bell)
        self.live = None

    async def _join(self) -> None:
        """Find the run in memory, brought back if need be, and listen to it."""
        self._leave()
        joined = await in_thread(actions.join)(self.ticket, self.run_id)
        self.live, self.about, self.user_id = joined.live, joined.about, joined.user_id
        await self._take_part(notices.seats_of_user(joined.user_id))
        self.put_away = False
        if self.live is not None:
            self.live.bell.listen(self.bell)
        self.joined.set()
        if joined.problem:
            await self._error("unrepeatable", joined.problem)

    def _status(self) -> dict[str, Any]:
        return actions.status_of(self.live, self.about)

    def _wants_frame(self) -> bool:
        outbox, live = self.outbox, self.live
        if outbox is None:
            return False
        if outbox.is_stalled(time.monotonic()):
            raise SeatLost(seats.TOO_MUCH)
        return live is not None and outbox.lacks(live.tick)

    def _lacks_frames(self) -> bool:
        """Whether the watcher of a run put away has not seen all of it, and takes more."""
        return self.outbox is not None and self.outbox.lacks(self.about.tick)

    async def _frame(self) -> None:
        outbox, live = self.outbox, self.live
        if outbox is None or live is None:
            return
        try:
            points = await actions.frame(live, outbox)
        except Gone:
            return
        if outbox is not self.outbox:  # subscribed anew meanwhile: the answer has another shape now
            return
        frame = outbox.pack(points, time.monotonic())
        if isinstance(frame, bytes):
            await self._deliver(bytes_data=frame)
        else:
            await self._say("frame", frame)

    # -- messages ---------------------------------------------------------------------------------------

    def _may_speak(self) -> bool:
        """Whether the socket stays within its rate of messages."""
        now = time.monotonic()
        self.credit = min(MESSAGES_AT_ONCE, self.credit + (now - self.credit_at) * MESSAGES_PER_SECOND)
        self.credit_at = now
        self.credit -= 1
        return self.credit >= 0

    def _acknowledge(self, message: dict[str, Any]) -> None:
        if self.outbox is None:
            raise Malformed("nothing is subscribed")
        had_room = self.outbox.has_room
        try:
            self.outbox.acknowledge(message.get("stamp"))
        except Malformed:
            if self.outbox.wrong_acks > MOST_WRONG_ACKS:
                self.credit = 0
            raise
        if not had_room:
            self._wake()

    def _wake(self) -> None:
        """Have `_watch` look again."""
        self.bell.set()

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self.live is None and not self.put_away:
            raise Refused("unrepeatable", "This run can no longer be drawn live; see its results.")
        subscription = Subscription.of(message, self.about.agents)
        self.outbox = Outbox(subscription, retired=self.outbox.stamps if self.outbox else frozenset())
        await self._say(
            "subscribed", {"series": list(subscription.series), "max_points": subscription.max_points}
        )

    async def _error(self, code: str, text: str, **details: Any) -> None:
        await self._say("error", {"code": code, "message": text, **details})

    async def _say(self, kind: str, data: dict[str, Any]) -> None:
        await self._deliver(text_data=actions.message_of(kind, data))

    async def _deliver(self, **what: Any) -> None:
        """Send. Each server has an error of its own for a page that has gone; all of them mean the same."""
        try:
            await self.send(**what)
        except Exception as problem:
            raise PageGone from problem

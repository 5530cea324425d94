"""`manage.py serve`: prepare the data, print the first link, serve. What `make run` calls."""

from __future__ import annotations

import errno
import gc
import socket
from argparse import ArgumentParser
from functools import partial
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.http_protocol import WebRequest
from daphne.server import Server
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from twisted.internet import reactor as _reactor
from twisted.internet import threads

from simulations.home import first_link
from simulations.management.daphne_sockets import Socket, log_plainly
from simulations.models import Process
from simulations.runs import ownership
from simulations.runs.lifespan import bring_back, put_to_rest
from simulations.runs.registry import registry
from simulations.runs.seats import TRY_AGAIN
from simulations.scenarios.gallery import sync_gallery

reactor: Any = _reactor

# Larger messages have no use here; they are refused with close code 1009 before they take memory.
WEBSOCKET_BYTES_MAX = 64 * 1024
WEBSOCKET_SECONDS_MAX = 20


class Command(BaseCommand):
    """Serve the workbench from this process, web pages and sockets alike."""

    help = "Serve the workbench; the first start prints a link that signs you in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default %(default)s)")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        """Prepare, serve until told to end, put every live run to rest."""
        gc.disable()  # the pages are still to be loaded; `listen_success` ends this
        refuse_taken_port(host, port)
        migrate_if_needed()
        refuse_second_process()
        sync_gallery()
        first_link.ensure_administrator()
        token = first_link.renew(host)
        connections.close_all()
        _ = registry.me  # registers this process, before it can be asked for a run
        Workbench(self, host, port, token).run()

    def announce(self, url: str, host: str, token: str | None) -> None:
        """Tell where it is, and how to come in where nobody has a password yet."""
        if token:
            self.stdout.write(
                f"Open this link; it signs you in, once, within an hour:\n\n    {url}/first#{token}\n"
            )
        elif first_link.local_administrator() and not first_link.is_loopback(host):
            self.stdout.write("Nobody has a password, and others reach this address: no link is given out.")
            self.stdout.write("Set one with: manage.py changepassword " + first_link.LOCAL_ADMINISTRATOR)
        self.stdout.write(f"Ready: {url} (Ctrl+C ends it)")
        self.stdout.flush()


class Workbench(Server):  # type: ignore[misc]
    """Daphne, with our application and a word when it listens."""

    def __init__(self, command: Command, host: str, port: int, token: str | None) -> None:
        from webapp.asgi import application

        self.command, self.host, self.token = command, host, token
        super().__init__(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            websocket_max_message_size=WEBSOCKET_BYTES_MAX,
            websocket_max_frame_size=WEBSOCKET_BYTES_MAX,
            # A class that opens one run together takes its turns; each waits for the database.
            websocket_handshake_timeout=WEBSOCKET_SECONDS_MAX,
            # Not "daphne" in every answer's head.
            server_name="payment-simulator",
        )

    def run(self) -> None:
        """Serve until the process is asked to end; then send watchers away and let live runs rest first."""
        reactor.addSystemEventTrigger("before", "shutdown", self.end_sockets)
        reactor.addSystemEventTrigger("before", "shutdown", threads.deferToThread, put_to_rest)
        super().run()
        gc.unfreeze()  # what is never collected would be reported as lost by what wraps C++
        if self.abort_start:
            raise CommandError("The workbench could not listen there; the line above says why.")

    def end_sockets(self) -> None:
        """Load no run any more, and tell all who watch to try again: with the next server, or another one."""
        registry.close_doors()
        for protocol in list(self.connections):
            if isinstance(protocol, Socket) and protocol.state == protocol.STATE_OPEN:
                protocol.serverClose(code=TRY_AGAIN)

    def listen_success(self, port: Any) -> None:
        """Announce the address, then bring back what an earlier process left running."""
        super().listen_success(port)
        self.ws_factory.protocol = Socket
        log_plainly()
        build = self.http_factory.buildProtocol

        def without_parsing(address: Any) -> Any:
            protocol = build(address)
            protocol.requestFactory = partial(WebRequest, parsePOSTFormSubmission=False)
            return protocol

        # Twisted would parse every form, as Django does again: ten times an upload's size for nothing.
        self.http_factory.buildProtocol = without_parsing
        # Otherwise a message that is too large ends the connection without a word.
        self.ws_factory.setProtocolOptions(failByDrop=False)
        gc.freeze()  # what is loaded stays: no collection looks at it again
        gc.enable()
        name = f"[{self.host}]" if ":" in self.host else self.host
        self.command.announce(f"http://{name}:{port.getHost().port}", self.host, self.token)
        connections.close_all()
        reactor.callInThread(bring_back)


def refuse_taken_port(host: str, port: int) -> None:
    """Say in one line that the port is in use, before anything else is done."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as problem:
        if getattr(problem, "errno", None) == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} is in use. End what listens there, or choose another: make run PORT={port + 1}"
            ) from None
        raise CommandError(f"Cannot listen on {host}:{port}: {problem}") from None


def migrate_if_needed() -> None:
    """Bring the database up to date; where it is, only look (half a second less at each start)."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def refuse_second_process() -> None:
    """Refuse to be the second server where processes cannot speak with each other.

    The in-memory channel layer reaches one process only, and SQLite is one machine's.
    """
    if settings.REDIS_URL and connection.vendor != "sqlite":
        return
    for process in Process.objects.all():
        if ownership.is_alive(process):
            raise CommandError(
                f"Another server works on {settings.DATA_DIR}: process {process.pid} on {process.host}."
                " End it first, or set DATABASE_URL and REDIS_URL to run several (docs/deploying.md)."
            )

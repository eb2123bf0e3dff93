"""What waitress leaves open: refusals as problems, slow connections ended, requests finished.

waitress reads whole requests before a thread sees them, and holds answers until they are taken, so
a slow client costs a connection but no thread. It sets no end to either, and stops by dropping what
is at work; both are mended here, over its event loop.
"""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import ErrorTask

from serve.http.problems import MEDIA_TYPE, code_of, problem

TRANSFER_S = 60.0  # for one request to arrive, and for its answer to be taken
STOP_S = 25.0  # for what is at work when the service is told to stop
TICK_S = 0.5  # between looks at the clock

Map = dict[int, Any]  # waitress's connections and listeners, by file descriptor


class ProblemTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """What waitress itself refuses (no HTTP, headers too long), answered as a problem."""

    def execute(self) -> None:
        """Write the answer and close the connection."""
        error = self.request.error
        status = HTTPStatus(error.code)
        content = problem(status, code_of(status), error.body)
        self.status = f"{status.value} {status.phrase}"
        self.response_headers.append(("Content-Type", MEDIA_TYPE))
        self.set_close_on_finish()
        self.content_length = len(content)
        self.write(content)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose refusals are problems."""

    error_task_class = ProblemTask


def map_of(server: Any) -> Map:
    """The connections and listeners of a server with one address or several."""
    found: Map = server.map if hasattr(server, "map") else server._map
    return found


def prepare(server: Any) -> None:
    """Have every listener of a new server make connections of ours."""
    for listener in _all(map_of(server), BaseWSGIServer):
        listener.channel_class = Channel


def serve_until(server: Any, is_stopping: Callable[[], bool]) -> None:
    """Serve, ending connections that take too long over one transfer."""
    connections, since = map_of(server), dict[Any, tuple[str, float]]()
    while connections and not is_stopping():
        wasyncore.loop(TICK_S, use_poll=True, map=connections, count=1)
        since = _end_slow(connections, since, time.monotonic())


def drain(server: Any) -> bool:
    """Accept nothing new, finish what is at work; whether it was done within STOP_S."""
    connections = map_of(server)
    for listener in _all(connections, BaseWSGIServer):
        wasyncore.dispatcher.close(listener)  # its own close would end what wakes the loop
    end = time.monotonic() + STOP_S
    while time.monotonic() < end:
        if not any(_transfer(channel) for channel in _all(connections, HTTPChannel)):
            return True
        wasyncore.loop(TICK_S, use_poll=True, map=connections, count=1)
    return False


def _end_slow(
    connections: Map, since: dict[Any, tuple[str, float]], now: float
) -> dict[Any, tuple[str, float]]:
    """What each connection transfers and since when; those that overstay are told to close."""
    found = {}
    for channel in _all(connections, HTTPChannel):
        transfer = _transfer(channel)
        was, began = since.get(channel, ("", now))
        if transfer in ("in", "out"):
            found[channel] = (transfer, began if was == transfer else now)
            if now - found[channel][1] > TRANSFER_S:
                channel.will_close = True
    return found


def _transfer(channel: Any) -> str:
    """What a connection is at: sending a request, waiting for an answer, taking it, or nothing."""
    if channel.total_outbufs_len:
        return "out"
    if channel.requests:
        return "work"
    return "in" if channel.request is not None else ""


def _all(connections: Map, kind: type) -> list[Any]:
    return [one for one in list(connections.values()) if isinstance(one, kind)]

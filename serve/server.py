"""The launcher behind `segue serve`: waitress before a line of worker processes."""

import logging
import signal
from collections.abc import Iterable
from threading import Event

import waitress
from waitress import wasyncore

from serve.app import create_app
from serve.errors import SettingsError
from serve.formats import MAX_BYTES
from serve.http.connections import drain, map_of, prepare, serve_until
from serve.http.settings import Settings
from serve.http.workers import InProcess, Workers, make_workers
from serve.pipeline import Model

log = logging.getLogger("segue")

# waitress refuses bigger bodies unread; up to here the application answers a problem.
REFUSE_UNREAD = 4 * MAX_BYTES
SPARE_THREADS = 8  # for /health, and for telling that all others are taken
CONNECTIONS = 1000  # a slow client holds one, not a thread
IDLE_S = 30  # for a connection that says nothing


class Server:
    """A service that is bound to its address."""

    def __init__(self, settings: Settings, workers: Workers) -> None:
        self._workers = workers
        self._waitress = waitress.create_server(
            create_app(settings, workers=workers),
            listen=str(settings.listen),
            threads=settings.workers + settings.queue + SPARE_THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_S,
            cleanup_interval=5,
            asyncore_use_poll=True,
            max_request_header_size=2**15,
            max_request_body_size=REFUSE_UNREAD,
            outbuf_high_watermark=REFUSE_UNREAD,  # a slow reader must not hold a thread
            log_socket_errors=False,
            ident=None,  # our name and version are in /ready
        )
        prepare(self._waitress)

    @property
    def addresses(self) -> Iterable[str]:
        """Where it listens, as URLs; one host name can stand for two addresses."""
        server = self._waitress
        bound = getattr(server, "effective_listen", None)
        for host, port in bound or [(server.effective_host, server.effective_port)]:
            yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run(self, stopping: Event) -> None:
        """Serve until `stopping` is set, let requests at work finish, and close."""
        serve_until(self._waitress, stopping.is_set)
        log.info("stopping: requests at work finish, new ones are refused")
        self._workers.refuse()
        if not drain(self._waitress):
            log.warning("stopped with requests unfinished")
        self.close()

    def close(self) -> None:
        """Give up the address and the workers."""
        self._waitress.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(map_of(self._waitress))
        self._workers.close()


def make_server(settings: Settings, model: Model | None = None) -> Server:
    """A server that is bound to its address, its workers ready; `run` starts it.

    Raises SettingsError when the address is taken or open to others without a token, and
    BundleError when the model does not load. With a `model`, this process does the work.
    """
    if settings.token is None and not settings.listen.is_loopback:
        raise SettingsError(
            f"SEGUE_LISTEN is {settings.listen}, which other machines can reach, and SEGUE_TOKEN is"
            " not set; set it to a secret that callers send as 'Authorization: Bearer', or listen"
            " on 127.0.0.1"
        )
    if model is None:
        workers = make_workers(settings)
    else:
        workers = Workers([InProcess(model)] * settings.workers, settings.queue)
    try:
        return Server(settings, workers)
    except (OSError, ValueError) as error:  # ValueError: a host name that does not resolve
        workers.close()
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"cannot listen on {settings.listen}: {reason}; set SEGUE_LISTEN to another address"
        ) from error


def run(server: Server) -> None:
    """Serve until SIGTERM or Ctrl-C; a second one ends it at once."""
    stopping = Event()

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stopping.set()

    # A container's first process ignores SIGTERM unless it handles it.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run(stopping)

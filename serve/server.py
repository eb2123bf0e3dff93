"""The launcher behind `segue serve`: waitress, a production WSGI server in pure Python."""

import signal
import sys
from collections.abc import Iterable
from types import FrameType
from typing import Any

import waitress

from serve.app import create_app
from serve.errors import SettingsError
from serve.formats import MAX_BYTES
from serve.pipeline import Model
from serve.settings import Settings

# waitress refuses bigger bodies in words of its own; up to here the application answers a problem.
REFUSE_UNREAD = 4 * MAX_BYTES


def make_server(settings: Settings, model: Model | None = None) -> Any:
    """A waitress server that is bound to its address; `.run()` serves until SIGTERM or Ctrl-C.

    Raises SettingsError when the address is taken or open to others without a token, and
    BundleError when the model does not load.
    """
    if settings.token is None and not settings.listen.is_loopback:
        raise SettingsError(
            f"SEGUE_LISTEN is {settings.listen}, which other machines can reach, and SEGUE_TOKEN is"
            " not set; set it to a secret that callers send as 'Authorization: Bearer', or listen"
            " on 127.0.0.1"
        )
    app = create_app(settings, model)
    try:
        return waitress.create_server(
            app,
            listen=str(settings.listen),
            threads=settings.threads,
            max_request_body_size=REFUSE_UNREAD,
            ident=None,  # our name and version are in /ready
        )
    except (OSError, ValueError) as error:  # ValueError: a host name that does not resolve
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"cannot listen on {settings.listen}: {reason}; set SEGUE_LISTEN to another address"
        ) from error


def addresses(server: Any) -> Iterable[str]:
    """Where a server listens, as URLs; one host name can stand for two addresses."""
    bound = getattr(server, "effective_listen", None)
    for host, port in bound or [(server.effective_host, server.effective_port)]:
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(server: Any) -> None:
    """Serve until SIGTERM or Ctrl-C, then let the requests at work finish."""
    # A container's first process ignores SIGTERM unless it handles it.
    signal.signal(signal.SIGTERM, _leave)
    server.run()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """End the server loop; waitress then waits for its threads."""
    sys.exit(0)

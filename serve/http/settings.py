"""The settings of a running service: SEGUE_* read once into one frozen object, then passed down."""

import logging
import os
import string
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails

from serve.errors import SettingsError

PREFIX = "SEGUE_"
log = logging.getLogger("segue")


class Listen(NamedTuple):
    """Where the service listens."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def _one_more_than_cores() -> int:
    """One worker a core, and one that large bodies leave free (serve/http/workers.py)."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else 3


class Settings(BaseModel):
    """What the SEGUE_* names say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: Listen = Listen("127.0.0.1", 8000)
    model: Path | None = None  # None: the model that comes with Segue
    token: SecretStr | None = None  # what callers have to send; None: everybody is welcome
    workers: int = Field(default_factory=_one_more_than_cores, ge=1, le=256)  # processes
    queue: int = Field(default=32, ge=0, le=1000)  # requests that may wait for a worker
    time_limit: float = Field(default=30.0, gt=0, allow_inf_nan=False)  # seconds of work a request
    memory_mb: int = Field(default=2048, ge=256)  # of each worker

    @field_validator("listen", mode="before")
    @classmethod
    def _address(cls, value: object) -> object:
        """`host:port`, with brackets round an IPv6 host; port 0 is any free one."""
        if not isinstance(value, str):
            return value
        host, colon, port = value.rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        is_port = port.isascii() and port.isdigit() and int(port) < 2**16
        if not (colon and bare and is_port) or " " in bare or (":" in bare and bare == host):
            raise ValueError("it should be host:port, for example 127.0.0.1:8000 or [::1]:8000")
        return Listen(bare, int(port))

    @field_validator("token")
    @classmethod
    def _sendable(cls, token: SecretStr | None) -> SecretStr | None:
        """Refuse what cannot stand in an Authorization header."""
        allowed = set(string.ascii_letters + string.digits + string.punctuation)
        if token is not None and not set(token.get_secret_value()) <= allowed:
            raise ValueError("it should be ASCII letters, digits and punctuation, without spaces")
        return token


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from the SEGUE_* names of an environment; unknown ones are logged, not refused.

    Raises SettingsError when a value makes no sense.
    """
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    # Kubernetes sets SEGUE_PORT and six more for a service called segue: that must not stop us.
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        log.warning("ignored: %s; the settings are %s", ", ".join(unknown), ", ".join(known))
    values = {field: environ[name] for name, field in known.items() if name in environ}
    for field, value in values.items():
        if not value.strip():
            name = PREFIX + field.upper()
            raise SettingsError(f"{name} is empty; give it a value or unset it")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("; ".join(map(_explained, error.errors()))) from None


def _explained(problem: ErrorDetails) -> str:
    """One problem of a ValidationError, with the name that the user set; never the token."""
    field = str(problem["loc"][0])
    message = problem["msg"].removeprefix("Value error, ").replace("Input", "it", 1)
    given = "" if field == "token" else f", not {problem['input']!r}"
    return f"{PREFIX}{field.upper()}: {message}{given}"

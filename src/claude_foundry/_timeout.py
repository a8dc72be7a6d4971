"""The time limits of a call.

Source: https://platform.claude.com/docs/en/api/errors (long requests)
"""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from claude_foundry.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

# No system waits longer than some weeks at once.
_LONGEST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Timeout:
    """Limits in seconds, at most a million; None is no limit.

    Args:
        connect: to make a connection.
        read: for the beginning of an answer, for the rest of its head, and between two pieces of it. Pings of a stream
            do not count: one that brings nothing else for that long has stalled. Models that think, and tools that the
            service runs, pause for minutes.
        idle: between two pieces of a stream, pings among them, unless ``read`` is shorter: a connection over which
            nothing comes at all is dead sooner than a model that thinks has stalled.
        headers: for the head of a stream, which the service sends before the model begins, unless ``read`` is shorter.
            A gateway that collects a stream before it hands it on needs as long as the whole answer takes.
        write: for the service to take each piece of a request.
        pool: for a free connection.
        sign_in: for a token of Microsoft Entra ID. A provider is asked in a thread, with the context variables of the
            call; with None, and no ``total``, it is asked in the thread of a synchronous call, and takes as long as it
            takes. A credential, whose token all calls share, is given up after 320 seconds at the latest.
        total: for the whole call: every attempt, every wait between them, and the answer to its end. Without an event
            loop, an ``http_client`` of the caller's keeps it less exactly on a connection that it made for a request of
            another's: there each wait ends by its own limit. What an upload is read from is waited for as long as it
            takes.

    Raises:
        ConfigurationError: a limit is not a positive number, or too large.
    """

    connect: float | None = 5.0
    read: float | None = 600.0
    idle: float | None = 300.0
    headers: float | None = 120.0
    write: float | None = 60.0
    pool: float | None = 10.0
    sign_in: float | None = 330.0
    total: float | None = None

    def __post_init__(self) -> None:
        for name, limit in asdict(self).items():
            if limit is not None and not _is_limit(limit):
                raise ConfigurationError(
                    f"timeout: {name}={limit!r} is not a positive number of seconds up to a million; None is no limit."
                )

    @property
    def before_stream(self) -> float | None:
        """The limit for the head of a stream."""
        return _shorter(self.headers, self.read)

    @property
    def in_stream(self) -> float | None:
        """The limit for each wait of a stream that has begun."""
        return _shorter(self.idle, self.read)

    def within(self, left: float) -> "Timeout":
        """Gives the limits of a wait for which so many seconds are left."""
        limits = asdict(self)
        return replace(self, **{name: left if limit is None else min(limit, left) for name, limit in limits.items()})


TimeoutTypes: TypeAlias = Union[float, Timeout, "httpx.Timeout"]


def limits(timeout: TimeoutTypes | None) -> Timeout:
    """Gives the limits of a timeout: a number limits each wait, and a connection is made in 5 seconds or less.

    Only the sign-in is left its own limit: a user may be asked to sign in.

    Raises:
        ConfigurationError: it is none.
    """
    match timeout:
        case None:
            return Timeout()
        case Timeout():
            return timeout
        case int() | float() if _is_limit(timeout):
            return Timeout(
                connect=min(timeout, 5.0), read=timeout, idle=timeout, headers=timeout, write=timeout, pool=timeout
            )
        case object(connect=connect, read=read, write=write, pool=pool):
            return Timeout(connect=connect, read=read, idle=read, headers=read, write=write, pool=pool)
    raise ConfigurationError(
        f"timeout={timeout!r}: give a positive number of seconds up to a million, an httpx.Timeout, or a "
        "claude_foundry.Timeout, in which None is no limit."
    )


def _shorter(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _is_limit(seconds: Any) -> bool:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= _LONGEST

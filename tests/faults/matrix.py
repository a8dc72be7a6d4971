"""One row a fault: how the server fails, and what a caller must see."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from claude_foundry import FoundryError
from tests.faults.faces import USUAL
from tests.faults.server import Chooser, End, Exchange, FaultServer, Script, scripted
from tests.faults.wire import TEXT

Address = Callable[["Servers", Script], AbstractContextManager[str]]


@dataclass(frozen=True, kw_only=True)
class Servers:
    """What listens during a run."""

    plain: FaultServer
    tls: FaultServer
    """Its certificate is one that the client does not trust."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a caller must see; by default the whole text at the first attempt."""

    error: type[FoundryError] | None = None
    attempts: int | None = 1
    """Requests sent, or where none can be read, times tried. None: any number."""
    text: str | None = TEXT
    """What the last call delivered, exactly. None: any beginning of the whole."""
    says: str = ""
    """A pattern the error's message holds."""
    unsaid: str = "key-of-"
    """What it must not hold."""
    longest: int = 2000
    """Most characters of the message."""
    retries: list[int] | None = None
    """What the core's answers tell of retries, by call. None: not looked at."""
    terminal: str = "message_stop"
    """What the core's streams end with, where they give a whole answer."""
    retry_after: float | None = None
    within: float = 5.0
    """Seconds all calls may take."""
    most_bytes: int | None = None
    """The most that the error may keep of the answer's body."""
    cause: type[BaseException] | None = None


def failure(error: type[FoundryError], *, text: str | None = "", **how: Any) -> Expected:
    return Expected(error=error, text=text, **how)


@contextmanager
def _on_plain(servers: Servers, script: Script) -> Iterator[str]:
    yield servers.plain.url(script)


@dataclass(frozen=True, kw_only=True, repr=False)
class Fault:
    """A row: the fault, and what must come of it, of a stream, of a whole answer, or of both."""

    id: str
    how: str
    answers: tuple[Exchange, ...] = ()
    stream: Expected | None = None
    whole: Expected | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    own: Callable[[], dict[str, Any]] = dict
    """Makes the settings that each case must have for itself, such as what counts how often it is asked."""
    calls: int = 1
    between: float = 0.0
    passing: float = 0.0
    """Seconds that pass between two calls on the clock of the day."""
    prompt: str = ""
    early: bytes = b""
    reads_body: bool = True
    chooser: Callable[[], Chooser] | None = None
    """Makes what chooses the answers of one case, where they depend on what was asked."""
    address: Address = _on_plain
    faces: tuple[str, ...] = USUAL
    counted: bool = True
    """Whether the server can count the attempts; where it cannot, the waits between them are counted."""

    def __repr__(self) -> str:
        return f"<{self.id}: {self.how}>"

    def script(self) -> Script:
        if self.chooser is not None:
            return Script(self.chooser())
        return scripted(*(self.answers or (Exchange(),)), early=self.early, reads_body=self.reads_body)

    def modes(self) -> Iterator[tuple[str, Expected]]:
        for name, expected in (("stream", self.stream), ("whole", self.whole)):
            if expected is not None:
                yield name, expected


def answer(*steps: bytes | float, end: End = "keep") -> Exchange:
    return Exchange(steps, end)


def cases(rows: list[Fault]) -> Iterator[tuple[Fault, str, str, Expected]]:
    """Gives each row on each face in each mode it has."""
    for row in rows:
        for mode, expected in row.modes():
            for face in row.faces:
                yield row, face, mode, expected

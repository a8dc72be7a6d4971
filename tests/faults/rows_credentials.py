"""Faults of credentials, whose tokens are kept (H2, H22), and of clocks by which those are read (X20)."""

from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from claude_foundry import (
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    SignInError,
    Timeout,
)
from tests.entra import AsyncEntra, Entra, at_once
from tests.faults import wire
from tests.faults.faces import IN_A_LOOP
from tests.faults.matrix import Expected, Fault, answer, failure
from tests.faults.rows_connection import DOCUMENT, STREAM
from tests.faults.rows_sign_in import ANOTHER, EXPIRED, raising, refusing_the_first, slow
from tests.faults.rows_status import NOW
from tests.faults.server import Chooser, Exchange, Request
from tests.shells import FakeTime


def once_only(well: Exchange, *, most: int = 1) -> Callable[[], Chooser]:
    """Gives what takes one token, or so many, as often as they come, and no other."""

    def made() -> Chooser:
        taken: set[str] = set()

        def choose(request: Request, _: int) -> Exchange:
            taken.add(request.headers["authorization"])
            return well if len(taken) <= most else ANOTHER

        return choose

    return made


def taking_each_once(well: Exchange) -> Callable[[], Chooser]:
    """Gives what takes a token when it comes first, and refuses it from then on as expired."""

    def made() -> Chooser:
        taken: set[str] = set()

        def choose(request: Request, _: int) -> Exchange:
            token = request.headers["authorization"]
            exchange = EXPIRED if token in taken else well
            taken.add(token)
            return exchange

        return choose

    return made


def kept_by(
    act: Callable[[int], Any] = at_once, *, kind: type[Entra] = Entra, ahead: float = 0.0
) -> Callable[[], dict[str, Any]]:
    """Gives what makes the settings of a client that signs in with a credential, whose clock is ahead by as much."""
    return lambda: {"api_key": None, "credential": kind(FakeTime(now=NOW + ahead), act=act)}


def dated(ahead: float) -> str:
    """Gives the line of an answer by which its clock is ahead of the client's by so many seconds."""
    return f"date: {formatdate(NOW + ahead, usegmt=True)}\r\n"


def _failing_second(number: int) -> None:
    if number == 2:
        raise RuntimeError("key-of-vault")


ROWS = [
    Fault(
        id="H2-credential",
        how="a token of a credential's that is refused at once, and one that is taken",
        own=kept_by(),
        calls=2,
        chooser=refusing_the_first(answer(DOCUMENT)),
        whole=Expected(attempts=3, retries=[1, 0]),
    ),
    Fault(
        id="H2-credential-b",
        how="a token of a credential's that is refused at once, and one that is taken",
        own=kept_by(),
        calls=2,
        chooser=refusing_the_first(answer(STREAM)),
        stream=Expected(attempts=3),
    ),
    Fault(
        id="H2-credential-async",
        how="a token of an asynchronous credential's that is refused at once, and one that is taken",
        own=kept_by(kind=AsyncEntra),
        calls=2,
        chooser=refusing_the_first(answer(DOCUMENT)),
        whole=Expected(attempts=3, retries=[1, 0]),
        faces=IN_A_LOOP,
    ),
    Fault(
        id="H2-kept",
        how="100 calls, of which the first alone gets a token that is taken",
        own=kept_by(),
        calls=100,
        chooser=once_only(answer(DOCUMENT)),
        whole=Expected(attempts=100, within=30.0),
    ),
    Fault(
        id="H2-kept-b",
        how="100 streams, of which the first alone gets a token that is taken",
        own=kept_by(),
        calls=100,
        chooser=once_only(answer(STREAM)),
        stream=Expected(attempts=100, within=30.0),
    ),
    Fault(
        id="H2-kept-async",
        how="100 calls with an asynchronous credential, of which the first alone gets a token that is taken",
        own=kept_by(kind=AsyncEntra),
        calls=100,
        chooser=once_only(answer(DOCUMENT)),
        whole=Expected(attempts=100, within=30.0),
        faces=IN_A_LOOP,
    ),
    Fault(
        id="H2-due",
        how="a token that would be refused at the second call, minutes before it expires",
        own=kept_by(),
        calls=2,
        passing=3400.0,
        chooser=taking_each_once(answer(DOCUMENT)),
        whole=Expected(attempts=2, retries=[0, 0]),
    ),
    Fault(
        id="H2-due-async",
        how="a token of an asynchronous credential's, likewise",
        own=kept_by(kind=AsyncEntra),
        calls=2,
        passing=3400.0,
        chooser=taking_each_once(answer(DOCUMENT)),
        whole=Expected(attempts=2, retries=[0, 0]),
        faces=IN_A_LOOP,
    ),
    Fault(
        id="H2-over",
        how="a token that has expired by the second call",
        own=kept_by(),
        calls=2,
        passing=3600.0,
        chooser=taking_each_once(answer(STREAM)),
        stream=Expected(attempts=2),
    ),
    Fault(
        id="H22-due",
        how="a credential that fails when its token is due, and still serves",
        own=kept_by(_failing_second),
        calls=2,
        passing=3400.0,
        chooser=once_only(answer(DOCUMENT)),
        whole=Expected(attempts=2, retries=[0, 0]),
    ),
    Fault(
        id="H22-over",
        how="a credential that fails when its token has expired",
        own=kept_by(_failing_second),
        calls=2,
        passing=3600.0,
        answers=(answer(DOCUMENT),),
        whole=failure(SignInError, says="RuntimeError"),
    ),
    Fault(
        id="H22-credential",
        how="a credential that fails",
        own=kept_by(lambda _: raising()),
        whole=failure(SignInError, attempts=0),
        stream=failure(SignInError, attempts=0),
    ),
    Fault(
        id="H22-renewal",
        how="401, and a credential that fails when it is asked for another token",
        own=kept_by(_failing_second),
        answers=(EXPIRED,),
        whole=failure(AuthenticationError, cause=ConfigurationError),
        stream=failure(AuthenticationError, cause=ConfigurationError),
    ),
    Fault(
        id="H22-slow",
        how="a credential that takes longer than the call may",
        settings={"timeout": Timeout(total=0.2)},
        own=kept_by(lambda _: slow()),
        answers=(answer(DOCUMENT),),
        whole=failure(APITimeoutError, attempts=None, within=1.0, says="total=0.2"),
    ),
    Fault(
        id="X20-behind",
        how="a clock 20 minutes behind, and a token that is due by the service's at the second call",
        own=kept_by(ahead=1200.0),
        calls=2,
        passing=3400.0,
        chooser=taking_each_once(answer(wire.document(wire.message(), headers=dated(1200.0)))),
        whole=Expected(attempts=2, retries=[0, 0]),
    ),
    Fault(
        id="X20-behind-b",
        how="a clock 20 minutes behind, and a token that is over by the service's at the second stream",
        own=kept_by(ahead=1200.0),
        calls=2,
        passing=3600.0,
        chooser=taking_each_once(answer(wire.chunked(wire.encoded(wire.told()), headers=dated(1200.0)))),
        stream=Expected(attempts=2),
    ),
    Fault(
        id="X20-own",
        how="a clock two hours behind, by which a token's end is reckoned: by the service's it is over when it comes",
        own=kept_by(),
        calls=20,
        chooser=once_only(answer(wire.document(wire.message(), headers=dated(7200.0)))),
        whole=Expected(attempts=20, within=10.0),
    ),
    Fault(
        id="X20-ahead",
        how="a clock two hours ahead, by which each token is over when it comes",
        own=kept_by(ahead=-7200.0),
        calls=20,
        chooser=once_only(answer(wire.document(wire.message(), headers=dated(-7200.0))), most=2),
        whole=Expected(attempts=20, within=10.0),
    ),
]

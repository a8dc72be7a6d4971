"""Faults of credentials, whose tokens are kept (H2, H22)."""

from collections.abc import Callable
from typing import Any

from claude_foundry import (
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    SignInError,
    Timeout,
)
from tests.entra import AsyncEntra, Entra, at_once
from tests.faults.faces import IN_A_LOOP
from tests.faults.matrix import Expected, Fault, answer, failure
from tests.faults.rows_connection import DOCUMENT, STREAM
from tests.faults.rows_sign_in import ANOTHER, EXPIRED, raising, refusing_the_first, slow
from tests.faults.server import Chooser, Exchange, Request


def once_only(well: Exchange) -> Callable[[], Chooser]:
    """Gives what takes one token, as often as it comes, and no other."""

    def made() -> Chooser:
        taken: list[str] = []

        def choose(request: Request, _: int) -> Exchange:
            taken.append(request.headers["authorization"])
            return well if taken[-1] == taken[0] else ANOTHER

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


def kept_by(act: Callable[[int], Any] = at_once, *, kind: type[Entra] = Entra) -> Callable[[], dict[str, Any]]:
    """Gives what makes the settings of a client that signs in with a credential."""
    return lambda: {"api_key": None, "credential": kind(act=act)}


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
        id="H22-hung",
        how="a credential that takes longer than a sign-in may",
        settings={"timeout": Timeout(sign_in=0.2)},
        own=kept_by(lambda _: slow()),
        whole=failure(APITimeoutError, attempts=0, within=1.0, says="sign_in"),
        stream=failure(APITimeoutError, attempts=0, within=1.0, says="sign_in"),
    ),
]

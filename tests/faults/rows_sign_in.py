"""Faults of tokens and of those who give them (H2, H3, H22)."""

import itertools
import time
from collections.abc import Callable
from typing import Any

from claude_foundry import (
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    InternalServerError,
    SignInError,
    Timeout,
)
from tests.entra import AsyncEntra, Entra, at_once
from tests.faults import wire
from tests.faults.echo import echoed
from tests.faults.faces import IN_A_LOOP, ON_HTTPX, USUAL
from tests.faults.matrix import Expected, Fault, answer, failure
from tests.faults.rows_connection import AGAIN, DOCUMENT, STREAM
from tests.faults.server import Chooser, Exchange, Request

EXPIRED = answer(wire.refusal(401, "authentication_error", headers="www-authenticate: Bearer error=invalid_token\r\n"))
FAILED = answer(wire.refusal(500))
ANOTHER = answer(wire.refusal(400, "invalid_request_error"))
_TOKENS = itertools.count()


def by(provider: Callable[[], Any], **more: Any) -> dict[str, Any]:
    """Gives the settings of a client that signs in with a token."""
    return {"api_key": None, "azure_ad_token_provider": provider, **more}


def refusing_the_first(well: Exchange) -> Callable[[], Chooser]:
    """Gives what refuses the token that comes first, each time it comes, and takes every other."""

    def made() -> Chooser:
        refused: list[str] = []

        def choose(request: Request, _: int) -> Exchange:
            token = request.headers["authorization"]
            refused.append(token) if not refused else None
            return EXPIRED if token in refused else well

        return choose

    return made


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


def _new() -> str:
    return f"token-{next(_TOKENS)}"


def _same() -> str:
    return "key-of-token"


def _raising() -> str:
    raise RuntimeError("key-of-vault")


def _slow() -> str:
    time.sleep(1.5)
    return "key-of-token"


def _failing_second(number: int) -> None:
    if number == 2:
        raise RuntimeError("key-of-vault")


UNUSABLE = failure(ConfigurationError, attempts=0)
ROWS = [
    Fault(
        id="H2",
        how="a token that has expired",
        settings=by(_new),
        chooser=refusing_the_first(answer(DOCUMENT)),
        whole=AGAIN,
    ),
    Fault(
        id="H2b",
        how="a token that has expired",
        settings=by(_new),
        chooser=refusing_the_first(answer(STREAM)),
        stream=AGAIN,
    ),
    Fault(
        id="H2-failing",
        how="a token that has expired, and a service that fails twice with the next",
        settings=by(_new),
        answers=(EXPIRED, FAILED, FAILED, answer(DOCUMENT)),
        whole=Expected(attempts=4, retries=[3]),
    ),
    Fault(
        id="H2-failing-b",
        how="a token that has expired, and a service that fails with every other",
        settings=by(_new),
        answers=(EXPIRED, FAILED),
        whole=failure(InternalServerError, attempts=4),
        stream=failure(InternalServerError, attempts=4),
    ),
    Fault(
        id="H3-token",
        how="401 for each token",
        settings=by(_new),
        answers=(EXPIRED,),
        whole=failure(AuthenticationError, attempts=2),
        stream=failure(AuthenticationError, attempts=2),
    ),
    Fault(
        id="H3-same",
        how="401, and the provider has no other token",
        settings=by(_same),
        answers=(EXPIRED,),
        whole=failure(AuthenticationError),
        stream=failure(AuthenticationError),
    ),
    Fault(
        id="H3-echoed",
        how="401 that tells of the request's headers",
        settings=by(_same),
        chooser=lambda: echoed,
        whole=failure(AuthenticationError, says=r"Bearer \[sealed\]"),
        stream=failure(AuthenticationError, says=r"Bearer \[sealed\]"),
        faces=(*USUAL, *ON_HTTPX),
    ),
    Fault(id="H22", how="a provider that fails", settings=by(_raising), whole=UNUSABLE, stream=UNUSABLE),
    Fault(id="H22b", how="a provider that gives bytes", settings=by(lambda: b"key-of-token"), whole=UNUSABLE),
    Fault(id="H22c", how="a provider that gives nothing", settings=by(lambda: ""), whole=UNUSABLE),
    Fault(id="H22d", how="a token of two lines", settings=by(lambda: "key-of\nkey-of-token"), whole=UNUSABLE),
    Fault(
        id="H22e",
        how="a provider that takes longer than the call may",
        settings=by(_slow, timeout=Timeout(total=0.2)),
        answers=(answer(DOCUMENT),),
        whole=failure(APITimeoutError, attempts=None, within=1.0, says="total=0.2"),
    ),
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
        own=kept_by(lambda _: _raising()),
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
        own=kept_by(lambda _: _slow()),
        answers=(answer(DOCUMENT),),
        whole=failure(APITimeoutError, attempts=None, within=1.0, says="total=0.2"),
    ),
]

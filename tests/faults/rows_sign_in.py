"""Faults of tokens and of the providers that give them (H2, H3, H22)."""

import itertools
import time
from collections.abc import Callable
from typing import Any

from claude_foundry import (
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    InternalServerError,
    Timeout,
)
from tests.faults import wire
from tests.faults.echo import echoed
from tests.faults.faces import ON_HTTPX, USUAL
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


def _new() -> str:
    return f"token-{next(_TOKENS)}"


def _same() -> str:
    return "key-of-token"


def raising() -> str:
    raise RuntimeError("key-of-vault")


def slow() -> str:
    time.sleep(1.5)
    return "key-of-token"


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
    Fault(id="H22", how="a provider that fails", settings=by(raising), whole=UNUSABLE, stream=UNUSABLE),
    Fault(id="H22b", how="a provider that gives bytes", settings=by(lambda: b"key-of-token"), whole=UNUSABLE),
    Fault(id="H22c", how="a provider that gives nothing", settings=by(lambda: ""), whole=UNUSABLE),
    Fault(id="H22d", how="a token of two lines", settings=by(lambda: "key-of\nkey-of-token"), whole=UNUSABLE),
    Fault(
        id="H22e",
        how="a provider that takes longer than the call may",
        settings=by(slow, timeout=Timeout(total=0.2)),
        answers=(answer(DOCUMENT),),
        whole=failure(APITimeoutError, attempts=None, within=1.0, says="total=0.2"),
    ),
    Fault(
        id="H22f",
        how="a provider that takes longer than a sign-in may",
        settings=by(slow, timeout=Timeout(sign_in=0.2)),
        whole=failure(APITimeoutError, attempts=0, within=1.0, says="sign_in"),
        stream=failure(APITimeoutError, attempts=0, within=1.0, says="sign_in"),
    ),
]

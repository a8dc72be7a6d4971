"""A token that the service refuses is renewed once."""

import base64
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from claude_foundry import APITimeoutError, AuthenticationError, ConfigurationError, Timeout
from tests.answers import refused, streamed, whole
from tests.shells import REQUEST, FakeTime, Script, both
from tests.test__auth import Credential, Kind, Token, settings


class Renewing(Credential):
    """A credential whose token is fresh when it is asked again, or asked with claims."""

    def __init__(self, *tokens: str) -> None:
        super().__init__()
        self.tokens = list(tokens)
        self.claims: list[str | None] = []

    def get_token(self, *scopes: str, claims: str | None = None, **_: Any) -> Token:
        self.claims.append(claims)
        return Token(self.tokens[min(len(self.claims), len(self.tokens)) - 1])


def expired(challenge: str = "Bearer") -> httpx.Response:
    return refused(401, kind="authentication_error", headers={"www-authenticate": challenge})


@both
@pytest.mark.parametrize("answer", ["whole", "stream"])
def test_expired_token_is_renewed_once(shell: Kind, answer: str) -> None:
    """A token that is refused is asked for anew, and the request signed once more; the caller sees nothing of it."""
    service = Script(expired(), whole() if answer == "whole" else streamed())
    asked = shell(service, FakeTime(), **settings(credential=Renewing("old", "new")), max_retries=0)

    message = asked.create(**REQUEST) if answer == "whole" else asked.stream(**REQUEST)

    assert message.text == "Hello there."
    assert [request.headers["authorization"] for request in service.requests] == ["Bearer old", "Bearer new"]


@both
def test_a_renewal_is_told(shell: Kind, caplog: pytest.LogCaptureFixture) -> None:
    """An attempt with another token is a retry for hooks, in ``retries_taken`` and in the log, which show no token."""
    told: list[tuple[int, int | None]] = []
    hooks = {"on_response": lambda info: told.append((info.request.attempt, info.status_code))}
    credential = Renewing("old-token", "new-token")

    with caplog.at_level(logging.INFO, logger="claude_foundry"):
        answer = shell(Script(expired(), whole()), FakeTime(), **settings(credential=credential), **hooks).create(
            **REQUEST
        )

    lines = [record.getMessage() for record in caplog.records if record.name == "claude_foundry"]
    assert (answer.retries_taken, told) == (1, [(1, 401), (2, 200)])
    assert len(lines) == 1
    assert "AuthenticationError 401" in lines[0]
    assert "old-token" not in lines[0]
    assert "new-token" not in lines[0]


@both
@pytest.mark.parametrize(
    ("sign_in", "sent"),
    [
        (lambda: settings(credential=Renewing("old", "new")), ["old", "new", "new", "new"]),
        (lambda: settings(azure_ad_token_provider=map(str, range(9)).__next__), ["0", "1", "2", "3"]),
    ],
    ids=["credential", "provider"],
)
def test_retries_after_a_renewal(shell: Kind, sign_in: Callable[[], dict[str, Any]], sent: list[str]) -> None:
    """A renewal takes none of the retries, and each of them signs as the first attempt does."""
    service = Script(expired(), refused(500), refused(500), whole())

    answer = shell(service, FakeTime(), **sign_in(), max_retries=2).create(**REQUEST)

    assert [request.headers["authorization"] for request in service.requests] == [f"Bearer {token}" for token in sent]
    assert answer.retries_taken == 3


@both
def test_a_later_refusal(shell: Kind) -> None:
    """A token that a retry gets after a renewal, and that is refused too, is told."""
    service = Script(expired(), refused(500), expired())
    sign_in = settings(azure_ad_token_provider=map(str, range(9)).__next__)

    with pytest.raises(AuthenticationError):
        shell(service, FakeTime(), **sign_in).create(**REQUEST)

    assert len(service.requests) == 3


@both
def test_refused_twice(shell: Kind) -> None:
    """A fresh token that is refused too is told; there is no third request."""
    service = Script(expired(), expired())

    with pytest.raises(AuthenticationError) as caught:
        shell(service, FakeTime(), **settings(credential=Renewing("old", "new"))).create(**REQUEST)

    assert (len(service.requests), caught.value.retries_taken) == (2, 1)
    assert "_renewed" not in vars(caught.value)


@both
def test_the_same_token_is_not_sent_twice(shell: Kind) -> None:
    """A token that has not changed would be refused again, as a key would: nothing more is sent."""
    for sign_in in (settings(credential=Renewing("old")), settings(azure_ad_token_provider=lambda: "old"), {}):
        service = Script(expired())

        with pytest.raises(AuthenticationError):
            shell(service, FakeTime(), **sign_in).create(**REQUEST)

        assert len(service.requests) == 1


@both
def test_claims_challenge(shell: Kind) -> None:
    """The claims that Entra asks for are handed to the credential."""
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'
    encoded = base64.b64encode(claims.encode()).decode()
    credential = Renewing("old", "new")
    service = Script(expired(f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'), whole())

    shell(service, FakeTime(), **settings(credential=credential)).create(**REQUEST)

    assert credential.claims == [None, claims]


class Ended(Credential):
    """A credential whose identity is gone when it is asked again, which takes a while to say so."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__()
        self.time = time

    def get_token(self, *scopes: str, **_: Any) -> Token:
        if len(self.asked) == 2:
            self.time.passed += 5
            raise OSError("signed out")
        return super().get_token(*scopes)


@both
@pytest.mark.parametrize(("total", "why"), [(None, ConfigurationError), (3, APITimeoutError)], ids=["fails", "slow"])
def test_renewal_that_fails(shell: Kind, total: float | None, why: type[Exception]) -> None:
    """Where no other token comes, or none in time, the refusal is told with its ids, its attempts and why."""
    heard, time = list[str | None](), FakeTime()
    sign_in = settings(credential=Ended(time), timeout=Timeout(total=total))
    asked = shell(Script(refused(500), expired()), time, **sign_in, on_response=lambda info: heard.append(info.error))

    with pytest.raises(AuthenticationError) as caught:
        asked.create(**REQUEST)

    assert isinstance(caught.value.__cause__, why)
    assert (caught.value.request_id, [it.status_code for it in caught.value.attempts]) == ("req_1", [500, 401])
    assert heard == ["InternalServerError", "AuthenticationError"]

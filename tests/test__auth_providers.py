"""Token providers: how long they are waited for, and for whom they are asked."""

import threading
from contextvars import ContextVar

import pytest

from claude_foundry import APITimeoutError, ConfigurationError, FoundryError, SignInError, Timeout
from tests.answers import refused, whole
from tests.shells import REQUEST, FakeTime, Script, Shell, SyncShell, both
from tests.test__auth import settings

Kind = type[Shell]
USER: ContextVar[str] = ContextVar("user", default="nobody")


@both
@pytest.mark.parametrize("renews", [False, True], ids=["first", "renewal"])
@pytest.mark.parametrize("per_call", [False, True], ids=["client", "call"])
def test_provider_that_gives_nothing(shell: Kind, per_call: bool, renews: bool) -> None:
    """A provider that hangs ends the call after its limit, which is named; nothing more is sent."""
    left, given = threading.Event(), ["old"] if renews else []
    service = Script(refused(401, kind="authentication_error"))
    limit = {"timeout": Timeout(token_provider=0.02)}
    sign_in = settings(azure_ad_token_provider=lambda: given.pop() if given else left.wait(30))

    try:
        with pytest.raises(FoundryError) as caught:
            shell(service, FakeTime(), **sign_in, **({} if per_call else limit)).create(
                **REQUEST, **(limit if per_call else {})
            )
    finally:
        left.set()

    # A refusal tells more than why there is no other token.
    hung = caught.value.__cause__ if renews else caught.value
    assert isinstance(hung, APITimeoutError)
    assert "token provider (timeout: token_provider) gave nothing within 0.02 s" in str(hung)
    assert (len(service.requests), hung.retryable) == (int(renews), False)


@both
def test_provider_that_takes_its_time(shell: Kind) -> None:
    """What a provider raises that is a time-out of its own is told as its failure."""

    def provider() -> str:
        raise TimeoutError("vault")

    with pytest.raises(SignInError, match="failed with TimeoutError"):
        shell(Script(), FakeTime(), **settings(azure_ad_token_provider=provider)).create(**REQUEST)


@both
def test_whom_a_provider_is_asked_for(shell: Kind) -> None:
    """A provider sees the context variables of the call, in whichever thread it is asked."""
    service = Script(whole())
    user = USER.set("ada")

    shell(service, FakeTime(), **settings(azure_ad_token_provider=USER.get)).create(**REQUEST)

    USER.reset(user)
    assert service.requests[0].headers["authorization"] == "Bearer ada"


@pytest.mark.parametrize(
    ("limits", "in_its_thread"),
    [(Timeout(token_provider=None), True), (Timeout(), False), (Timeout(token_provider=None, total=30), False)],
    ids=["unlimited", "limited", "total"],
)
def test_thread_of_a_provider(limits: Timeout, in_its_thread: bool) -> None:
    """Without a limit a synchronous call asks its provider in its own thread, and otherwise in another."""
    asked: list[int] = []

    def provider() -> str:
        asked.append(threading.get_ident())
        return "token"

    sign_in = settings(azure_ad_token_provider=provider)
    SyncShell(Script(whole()), FakeTime(), **sign_in, timeout=limits).create(**REQUEST)

    assert (asked == [threading.get_ident()]) == in_its_thread


KEPT = threading.local()


@both
def test_what_a_provider_keeps_for_its_thread(shell: Kind) -> None:
    """What a provider keeps for the thread that it is asked in never serves another user's call."""

    def provider() -> str:
        KEPT.token = getattr(KEPT, "token", USER.get())
        return str(KEPT.token)

    service = Script(whole(), whole())
    asked = shell(service, FakeTime(), **settings(azure_ad_token_provider=provider))
    for name in ("ada", "bob"):
        user = USER.set(name)
        asked.create(**REQUEST)
        USER.reset(user)

    assert [request.headers["authorization"] for request in service.requests] == ["Bearer ada", "Bearer bob"]


@both
def test_provider_that_needs_its_own_token(shell: Kind) -> None:
    """A provider that sends a request that needs its own token is refused, and not asked without end."""

    def provider() -> str:
        return asked.create(**REQUEST).text

    service = Script()
    asked = shell(service, FakeTime(), **settings(azure_ad_token_provider=provider))

    with pytest.raises(ConfigurationError, match="needs its own token: use another one"):
        asked.create(**REQUEST)

    assert service.requests == []

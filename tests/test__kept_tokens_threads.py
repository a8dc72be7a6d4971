"""Many threads that find no token: one asks for all, whatever becomes of that one."""

import os
import signal
import threading
from typing import Any

import pytest

from claude_foundry import APITimeoutError, FoundryClient, SignInError
from claude_foundry._kept_tokens import KeptTokens
from claude_foundry._sealed import Sealed
from claude_foundry._token_life import Refusal
from claude_foundry._token_sources import CredentialSource
from tests.entra import HOUR, SHORT, Entra, Service, client_of, clock_of, ended, started, until_waiting
from tests.shells import REQUEST, FakeTime


class Calls:
    """Calls in threads, and what became of them."""

    def __init__(self, client: FoundryClient, **settings: Any) -> None:
        self.client = client.with_options(**settings)
        self.errors: list[Exception] = []
        self.texts: list[str] = []

    def one(self) -> None:
        try:
            self.texts.append(self.client.messages.create(**REQUEST).text)
        except Exception as error:  # noqa: BLE001 - the test says which are right
            self.errors.append(error)


def test_one_asks() -> None:
    """Of a hundred threads that need a token one asks, and all have what it gets."""

    def act(_: int) -> None:
        threads.extend(started(calls.one, times=99))
        until_waiting(threads)

    threads: list[threading.Thread] = []
    service, credential = Service(), Entra(act=act)
    calls = Calls(client_of(service, credential))

    calls.one()
    ended(threads)

    assert (len(calls.texts), calls.errors, credential.asked) == (100, [], 1)
    assert service.tokens == ["token-1"] * 100


def test_failure() -> None:
    """A credential that fails fails all threads that wait for it, each with an error of its own; the next one asks."""

    def act(number: int) -> None:
        if number == 1:
            threads.extend(started(calls.one, times=20))
            until_waiting(threads)
            raise OSError("no network")

    threads: list[threading.Thread] = []
    service, credential = Service(), Entra(act=act)
    calls = Calls(client_of(service, credential))

    calls.one()
    ended(threads)
    calls.one()

    assert (credential.asked, service.tokens) == (2, ["token-2"])
    assert len({id(error) for error in calls.errors}) == 21
    assert {(type(error), str(error)) for error in calls.errors} == {
        (SignInError, "The token provider or credential failed with OSError.")
    }
    assert {type(error.__cause__) for error in calls.errors} == {OSError}


def test_interrupted() -> None:
    """When the thread that asks is interrupted, another one asks."""

    def act(number: int) -> None:
        if number == 1:
            threads.extend(started(calls.one))
            until_waiting(threads)
            raise KeyboardInterrupt

    threads: list[threading.Thread] = []
    service, credential = Service(), Entra(act=act)
    calls = Calls(client_of(service, credential))

    with pytest.raises(KeyboardInterrupt):
        calls.one()
    ended(threads)

    assert (credential.asked, service.tokens) == (2, ["token-2"])


def test_deadline_of_who_waits() -> None:
    """A thread that may not wait as long as the credential takes is told so; who asked gets the token."""

    def act(_: int) -> None:
        ended(started(hasty.one))

    service, credential = Service(), Entra(act=act)
    client = client_of(service, credential)
    patient, hasty = Calls(client), Calls(client, timeout=SHORT)

    patient.one()

    assert [type(error) for error in hasty.errors] == [APITimeoutError]
    assert (credential.asked, service.tokens, patient.errors) == (1, ["token-1"], [])


def test_deadline_of_who_asks() -> None:
    """When the thread that asks may wait no longer, what it asked for still serves those who may."""
    left = threading.Event()

    def act(_: int) -> None:
        left.wait(30)

    service, credential = Service(), Entra(act=act)
    client = client_of(service, credential)
    patient, hasty = Calls(client), Calls(client, timeout=SHORT)

    hasty.one()
    threads = started(patient.one)
    until_waiting(threads)
    left.set()
    ended(threads)

    assert [type(error) for error in hasty.errors] == [APITimeoutError]
    assert (credential.asked, service.tokens, patient.errors) == (1, ["token-1"], [])


def test_renewal_holds_nobody_up() -> None:
    """While one thread renews a token that still serves, the others go on with it."""

    def act(number: int) -> None:
        if number == 2:
            ended(started(calls.one, times=20))

    service, credential = Service(), Entra(act=act)
    calls = Calls(client_of(service, credential))
    calls.one()
    credential.time.now += HOUR - 300

    calls.one()

    assert (credential.asked, calls.errors) == (2, [])
    assert service.tokens == ["token-1"] * 21 + ["token-2"]


def test_claims_are_asked_for_beside() -> None:
    """Who must answer a claims challenge does not wait for a token without the claims, and its own is the kept one."""
    credential = Entra()
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=clock_of(credential))
    refusal, given = Refusal(Sealed("token-0"), "claims"), list[str]()

    def act(number: int) -> None:
        if number == 1:
            ended(started(lambda: given.append(tokens.token(refusal))))

    credential.act = act
    given.append(tokens.token())
    given.append(tokens.token())
    given.append(tokens.token(refusal))

    assert (credential.claims, given) == ([None, "claims"], ["token-2", "token-1", "token-2", "token-2"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_fork() -> None:
    """A process that is forked while a thread of its parent asks does not wait for that thread, but asks itself."""
    left = threading.Event()

    def act(number: int) -> None:
        if number == 1:
            left.wait(30)

    service, credential = Service(), Entra(act=act)
    calls = Calls(client_of(service, credential))
    threads = started(calls.one)
    credential.asking.wait(30)

    child = os.fork()
    if child == 0:
        signal.alarm(20)
        calls.one()
        os._exit(0 if (service.tokens, calls.errors) == (["token-2"], []) else 1)
    ended_with = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left.set()
    ended(threads)

    assert (ended_with, service.tokens) == (0, ["token-1"])


def test_lost() -> None:
    """An asking that hangs holds up those that wait for it for a while, and later ones not at all."""
    left, time = threading.Event(), FakeTime()
    credential = Entra(time, act=lambda number: left.wait(30) if number == 1 else None)
    tokens = KeptTokens(CredentialSource(credential, scope="s"), clock=time.clock())
    threads = started(tokens.token)
    credential.asking.wait(30)

    time.passed += 361
    asked = tokens.token()
    left.set()
    ended(threads)

    assert (asked, tokens.token(), credential.asked) == ("token-2", "token-2", 2)

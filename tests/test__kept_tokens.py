"""The tokens of a credential from call to call: kept, renewed before they expire, and dropped when they are refused."""

import base64
import logging
import pickle
from typing import Any

import pytest

from claude_foundry import AuthenticationError, ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry
from tests.entra import HOUR, AccessToken, AsyncEntra, Entra, Service, in_turn, nothing
from tests.shells import AsyncShell, FakeTime, Shell, both

Kind = type[Shell]
CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'
CHALLENGE = f'Bearer error="insufficient_claims", claims="{base64.b64encode(CLAIMS.encode()).decode()}"'


def client_of(shell: Kind, service: Service, credential: Entra, **settings: Any) -> Any:
    return shell(service, credential.time, api_key=None, credential=credential, **settings).client()  # type: ignore[attr-defined]


@both
def test_kept(shell: Kind) -> None:
    """A credential is asked at the first call, and its token serves the following ones."""
    service, credential = Service(), Entra()

    in_turn(client_of(shell, service, credential), nothing, nothing, nothing)

    assert (credential.asked, service.tokens) == (1, ["token-1"] * 3)


@both
@pytest.mark.parametrize("later", [HOUR - 300, HOUR, 5 * HOUR])
def test_renewed_before_it_is_refused(shell: Kind, later: float) -> None:
    """A token that is due, or has expired, is not sent any more, but the next one."""
    service, credential = Service(), Entra()

    def pass_time() -> None:
        credential.time.now += later

    in_turn(client_of(shell, service, credential), nothing, pass_time, nothing)

    assert (credential.asked, service.tokens) == (2, ["token-1", "token-2", "token-2"])


@both
def test_renewal_that_fails(shell: Kind, caplog: pytest.LogCaptureFixture) -> None:
    """A token that still serves goes on when there is no other; that is logged, and tried again after 30 seconds."""

    def fail(number: int) -> None:
        if number == 2:
            raise OSError("no network for token-1")

    service, credential = Service(), Entra(act=fail)

    def pass_time(seconds: float) -> Any:
        return lambda: setattr(credential.time, "now", credential.time.now + seconds)

    with caplog.at_level(logging.WARNING, logger="claude_foundry"):
        in_turn(
            client_of(shell, service, credential), nothing, pass_time(HOUR - 300), pass_time(29), pass_time(1), nothing
        )

    assert service.tokens == ["token-1"] * 3 + ["token-3"] * 2
    [line] = [record.getMessage() for record in caplog.records]
    assert "OSError" in line
    assert "token-1" not in line


@both
def test_no_token_at_all(shell: Kind) -> None:
    """When the kept token has expired and the credential fails, the call fails, and the next one asks again."""

    def fail(number: int) -> None:
        if number == 2:
            raise OSError("no network")

    service, credential = Service(), Entra(act=fail)
    client = client_of(shell, service, credential)
    in_turn(client, nothing)
    credential.time.now += HOUR

    with pytest.raises(ConfigurationError, match="OSError") as caught:
        in_turn(client, nothing)
    in_turn(client, nothing)

    assert isinstance(caught.value.__cause__, OSError)
    assert service.tokens == ["token-1", "token-3"]


@both
def test_refused(shell: Kind) -> None:
    """A kept token that is refused is followed by another at once, which then is the kept one."""
    service, credential = Service({"token-1"}), Entra()

    in_turn(client_of(shell, service, credential), nothing, nothing)

    assert (credential.asked, service.tokens) == (2, ["token-1", "token-2", "token-2"])


@both
def test_refused_later(shell: Kind) -> None:
    """Likewise after it was taken for a while."""
    service, credential = Service(), Entra()

    in_turn(client_of(shell, service, credential), nothing, lambda: service.refuses.add("token-1"), nothing)

    assert (credential.asked, service.tokens) == (2, ["token-1", "token-1", "token-2", "token-2"])


class Same(Entra):
    def given(self, number: int) -> Any:
        return AccessToken("the-same", self.time.now + HOUR)


@both
def test_refused_and_given_again(shell: Kind) -> None:
    """A refused token that the credential gives again is not sent twice, and not kept."""
    service, credential = Service({"the-same"}), Same()
    client = client_of(shell, service, credential)

    with pytest.raises(AuthenticationError):
        in_turn(client, nothing)
    service.refuses.clear()
    in_turn(client, nothing, nothing)

    assert (credential.asked, service.tokens) == (3, ["the-same"] * 3)


@both
def test_challenged(shell: Kind) -> None:
    """The token that answers a claims challenge is kept; nobody is asked for claims beside."""
    service, credential = Service({"token-1"}, challenge=CHALLENGE), Entra()

    in_turn(client_of(shell, service, credential), nothing, nothing)

    assert (credential.claims, service.tokens[-1]) == ([None, CLAIMS], "token-2")


class Odd(Entra):
    expires: Any = None

    def given(self, number: int) -> Any:
        return AccessToken(f"token-{number}", self.expires)


@both
@pytest.mark.parametrize("expires", [None, "1900000000", True, float("nan"), float("inf"), 0, 1])
def test_odd_expiries(shell: Kind, expires: Any) -> None:
    """A credential that does not tell until when its token serves is asked at each call."""
    service, credential = Service(), Odd()
    credential.expires = expires

    in_turn(client_of(shell, service, credential), nothing, nothing)

    assert service.tokens == ["token-1", "token-2"]


class Informing(Entra):
    """A credential that gives token informations, as those of azure-identity do."""

    def get_token_info(self, *_: str, options: dict[str, Any] | None = None) -> Any:
        answer = super().get_token(claims=(options or {}).get("claims"))
        answer.refresh_on = self.time.now + HOUR / 2
        return answer


@both
def test_token_information(shell: Kind) -> None:
    """A credential that tells when its token is to be refreshed is asked again then, and given claims in its way."""
    service, credential = Service(), Informing()

    def half_an_hour() -> None:
        credential.time.now += HOUR / 2

    client = client_of(shell, service, credential)
    in_turn(client, nothing, nothing, half_an_hour)
    service.challenge = CHALLENGE
    in_turn(client, lambda: service.refuses.add("token-2"))

    assert service.tokens == ["token-1", "token-1", "token-2", "token-2", "token-3"]
    assert credential.claims == [None, None, CLAIMS]


@both
def test_changed_clients(shell: Kind) -> None:
    """A client with other options has the token of the one that it was made of."""
    service, credential = Service(), Entra()
    client = client_of(shell, service, credential)

    in_turn(client, nothing)
    in_turn(client.with_options(timeout=3, max_retries=0), nothing)

    assert credential.asked == 1


def test_adapters_share(emulator_settings: dict[str, str]) -> None:
    """Models and LLMs with equal settings have one token among them."""
    credential = Entra(FakeTime(now=4_000_000_000.0))
    settings: dict[str, Any] = {"base_url": emulator_settings["base_url"], "credential": credential, "max_tokens": 9}

    models = [ChatClaudeFoundry(model="claude-sonnet-5", **settings) for _ in range(2)]
    texts = [model.invoke("Hi").text for model in models]
    texts.append(ClaudeFoundry(model="claude-sonnet-5", **settings).complete("Hi").text)

    assert all(texts)
    assert credential.asked == 1


@both
def test_sealed(shell: Kind) -> None:
    """The kept token is in no representation of the client's parts, and in no pickle."""
    client = client_of(shell, Service(), Entra())
    in_turn(client, nothing)

    auth = client._sender._auth
    shown = [client, vars(client), vars(client._sender), vars(auth), vars(auth._tokens), auth._tokens._kept]

    assert "token-1" not in "".join(map(repr, shown))
    with pytest.raises(TypeError):
        pickle.dumps(auth._tokens)


def test_asynchronous_credential() -> None:
    """An asynchronous credential's token is kept likewise."""
    service, credential = Service({"token-1"}), AsyncEntra()

    in_turn(client_of(AsyncShell, service, credential), nothing, nothing)

    assert (credential.asked, service.tokens) == (2, ["token-1", "token-2", "token-2"])

"""What arguments and environment add up to."""

import dataclasses
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import ConfigurationError
from claude_foundry._config import KeySignIn, Settings, TokenSignIn, overridden, resolve, without_event_loop
from claude_foundry._timeout import Timeout, limits

AZURE = "https://my-resource.services.ai.azure.com/anthropic"
KEY = {"api_key": "key"}


def config(environ: dict[str, str] | None = None, *, entra: bool = False, **settings: Any):
    return resolve(Settings(**settings), environ=environ or {}, entra_installed=entra)


@pytest.mark.parametrize(
    ("pasted", "base_url"),
    [
        ("my-resource", AZURE),
        ("my-resource.services.ai.azure.com", AZURE),
        ("https://my-resource.services.ai.azure.com", AZURE),
        ("https://my-resource.services.ai.azure.com/", AZURE),
        ("https://my-resource.services.ai.azure.com/anthropic", AZURE),
        ("https://my-resource.services.ai.azure.com/anthropic/", AZURE),
        ("https://my-resource.services.ai.azure.com/anthropic/v1", AZURE),
        ("https://my-resource.services.ai.azure.com/anthropic/v1/messages", AZURE),
        ("https://my-resource.services.ai.azure.com/anthropic/v1/messages?api-version=2025-01-01", AZURE),
        ("https://My-Resource.services.ai.azure.com/anthropic/v1/messages/count_tokens", AZURE),
        ("https://my-resource.services.ai.azure.com/api/projects/my-project", AZURE),
        ("https://my-resource.services.ai.azure.com/models/chat/completions", AZURE),
        (" https://my-resource.services.ai.azure.com/anthropic\n", AZURE),
        ("https://my-resource.openai.azure.com/openai/v1", "https://my-resource.openai.azure.com/anthropic"),
        ("https://gateway.example/claude", "https://gateway.example/claude"),
        ("https://gateway.example/claude/v1/messages", "https://gateway.example/claude"),
        ("https://gateway.example/team/anthropic/v1", "https://gateway.example/team/anthropic"),
        ("https://gateway.example/anthropic-proxy/v1", "https://gateway.example/anthropic-proxy"),
        ("https://gateway.example:8443", "https://gateway.example:8443/anthropic"),
        ("https://127.0.0.1:8484", "https://127.0.0.1:8484/anthropic"),
    ],
)
def test_pasted_endpoints(pasted: str, base_url: str) -> None:
    """Whatever form of an endpoint is pasted, requests go to its one Messages path."""
    assert config(base_url=pasted, **KEY).base_url == base_url


@pytest.mark.parametrize(
    "pasted",
    [
        "http://my-resource.services.ai.azure.com",
        "http://10.0.0.1",
        "ftp://my-resource.services.ai.azure.com",
        "https://user:secret@my-resource.services.ai.azure.com",
        "https://my-resource.services.ai.azure.com#fragment",
        "https://",
        "https://my_resource/x y",
        "https://host:port",
        "https://host:",
        "http:/127.0.0.1:8484",
        "https:/my-resource.services.ai.azure.com",
        "https://xn--zzzzzz.example",
        "https://[v1.a]/",
        "https://1.2.3.999/",
        "https://gateway.example/a\x00b",
        "https://gateway.example/\ud800",
        f"https://gateway.example/{'a' * 70_000}",
        "",
        "  ",
    ],
)
def test_refused_endpoints(pasted: str) -> None:
    """An endpoint that would leak the key, or is none, is refused by the argument's name; user names are not echoed."""
    with pytest.raises(ConfigurationError, match="base_url") as caught:
        config(base_url=pasted, **KEY)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "resource",
    ["evil.com/#", "evil.com?", "a@evil.com/", "127.0.0.1:1/#", "-", "a" * 64, "a_b", "a b", "ａ"],
)
def test_resource_is_a_label(resource: str) -> None:
    """A resource is one DNS label: it can name no other host. What is none, as a key in its place, is not quoted."""
    with pytest.raises(ConfigurationError, match="resource") as caught:
        config(resource=f"{resource}SECRET{resource}", **KEY)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("resource", ["", " ", "-a", "a-", "xn--a"])
def test_resource_is_not_empty(resource: str) -> None:
    """A resource has a letter or digit at each end, and can be looked up."""
    with pytest.raises(ConfigurationError, match="resource"):
        config(resource=resource, **KEY)


@given(st.text(max_size=70))
def test_resource_never_leaves_azure(resource: str) -> None:
    """Whatever is given as a resource, the host is Azure's or the name is refused."""
    try:
        url = httpx.URL(config(resource=resource, **KEY).base_url)
    except ConfigurationError:
        return
    assert url.host == f"{resource.strip().lower()}.services.ai.azure.com"
    assert url.path == "/anthropic"


def test_endpoint_arguments_beat_variables() -> None:
    """Any endpoint argument beats every endpoint variable; the base URL variable beats the resource variable."""
    environ = {"ANTHROPIC_FOUNDRY_BASE_URL": "https://gateway.example/x", "ANTHROPIC_FOUNDRY_RESOURCE": "other"}

    assert config(environ, resource="my-resource", **KEY).base_url == AZURE
    assert config(environ, base_url="my-resource", **KEY).base_url == AZURE
    assert config(environ, **KEY).base_url == "https://gateway.example/x"
    assert config({"ANTHROPIC_FOUNDRY_RESOURCE": "my-resource"}, **KEY).base_url == AZURE


@pytest.mark.parametrize("name", ["resource", "base_url"])
def test_endpoints_that_are_no_strings(name: str) -> None:
    """An endpoint of another kind is refused by the name of its argument."""
    with pytest.raises(ConfigurationError, match=f"{name} is int: give a string"):
        config(**{name: 5}, **KEY)


def test_two_endpoints() -> None:
    """Two endpoint arguments are an error."""
    with pytest.raises(ConfigurationError, match="resource and base_url"):
        config(resource="a", base_url="b", **KEY)


def test_no_endpoint() -> None:
    """Without an endpoint the error names the arguments, the variables and the emulator."""
    with pytest.raises(ConfigurationError, match=r"resource=.*base_url=.*RESOURCE.*BASE_URL.*emulate"):
        config({"ANTHROPIC_FOUNDRY_RESOURCE": ""}, **KEY)


def test_no_sign_in() -> None:
    """Without sign-in the error names the argument, the variable, the extra and the emulator."""
    with pytest.raises(ConfigurationError, match=r"api_key=.*API_KEY.*claude-foundry\[entra\].*emulate"):
        config(resource="a")


def test_sign_in_order() -> None:
    """A given credential beats the key of the environment; without any, Entra ID signs in where it is installed."""
    environ = {"ANTHROPIC_FOUNDRY_API_KEY": "from-environment"}

    given = config(environ, resource="a", azure_ad_token_provider=lambda: "token").sign_in
    from_environment = config(environ, resource="a", entra=True).sign_in

    assert isinstance(given, TokenSignIn)
    assert isinstance(from_environment, KeySignIn)
    assert config(resource="a", entra=True).sign_in == TokenSignIn()


def test_another_services_key_is_never_read() -> None:
    """The key of the vendor's own service is not taken for Foundry's."""
    with pytest.raises(ConfigurationError):
        config({"ANTHROPIC_API_KEY": "other"}, resource="a")


def test_two_sign_ins() -> None:
    """Two ways to sign in are an error that names them."""
    with pytest.raises(ConfigurationError, match="api_key and azure_ad_token_provider"):
        config(resource="a", api_key="k", azure_ad_token_provider=lambda: "t")


@pytest.mark.parametrize("key", ["", " ", "sec ret", "sec\nret", "sécret", "sec\x00ret"])
def test_keys_that_cannot_be(key: str) -> None:
    """A key with characters no key has is refused without being echoed."""
    with pytest.raises(ConfigurationError, match="api_key") as caught:
        config(resource="a", api_key=key)
    assert not key.strip() or key not in str(caught.value)


def test_key_is_trimmed_and_sealed() -> None:
    """White space around a pasted key is dropped, and the key is in no representation."""
    settings = Settings(resource="a", api_key=" top-secret\n", default_headers={"x-team": "top-secret"})

    found = resolve(settings, environ={}, entra_installed=False)

    assert isinstance(found.sign_in, KeySignIn)
    assert found.sign_in.key.get_secret_value() == "top-secret"
    assert "top-secret" not in repr(settings) + repr(found.sign_in) + str(dataclasses.asdict(found)["sign_in"])


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"timeout": 0}, "timeout"),
        ({"timeout": -1.0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"timeout": True}, "timeout"),
        ({"timeout": "60"}, "timeout"),
        ({"max_retries": -1}, "max_retries"),
        ({"automatic_betas": "no"}, "automatic_betas"),
        ({"max_retries": 1.5}, "max_retries"),
        ({"max_retries": True}, "max_retries"),
        ({"max_event_bytes": 0}, "max_event_bytes"),
        ({"max_event_bytes": 1.5}, "max_event_bytes"),
        ({"max_event_bytes": True}, "max_event_bytes"),
        ({"default_headers": {"x team": "x"}}, "default_headers holds"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], named: str) -> None:
    """A wrong setting is refused by its name."""
    with pytest.raises(ConfigurationError, match=named):
        config(resource="a", **KEY, **settings)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"azure_ad_token_provider": "token"}, "azure_ad_token_provider"),
        ({"credential": "key"}, "credential"),
        ({"api_key": 5}, "api_key is int"),
        ({"azure_ad_token_provider": lambda: "a", "scope": 5}, "scope is int"),
        ({"azure_ad_token_provider": lambda: "a", "scope": " "}, "scope is blank"),
    ],
)
def test_wrong_credentials(settings: dict[str, Any], named: str) -> None:
    """A credential of the wrong kind is refused by its name."""
    with pytest.raises(ConfigurationError, match=named):
        config(resource="a", **settings)


def test_timeouts() -> None:
    """Time limits are finite by default; a number and an httpx.Timeout are taken as limits of the package's own."""
    assert config(resource="a", **KEY).timeout == Timeout()
    for limit in (60, httpx.Timeout(7, connect=1)):
        assert config(resource="a", timeout=limit, **KEY).timeout == limits(limit)


def test_overridden() -> None:
    """Options change what they name and add headers."""
    found = config(resource="a", default_headers={"A": "1", "b": "2"}, **KEY)

    changed = overridden(found, timeout=3, max_retries=0, default_headers={"B": "3"})

    assert (changed.timeout.read, changed.max_retries) == (3, 0)
    assert dict(changed.default_headers) == {"a": "1", "b": "3"}
    assert overridden(found, timeout=None, max_retries=None, default_headers=None) == found


def test_equal_settings_are_equal() -> None:
    """Equal settings resolve to equal, hashable configurations, whatever form the endpoint was given in."""
    assert len({config(resource="a", **KEY), config(base_url="https://a.services.ai.azure.com", **KEY)}) == 1


def test_awaitable_credentials_need_a_loop() -> None:
    """A synchronous client refuses what it would have to await, by name."""

    async def provider() -> str:
        return "token"

    class Credential:
        async def get_token(self, *scopes: str) -> object: ...

    for settings, named in (
        ({"azure_ad_token_provider": provider}, "azure_ad"),
        ({"credential": Credential()}, "credential"),
    ):
        with pytest.raises(ConfigurationError, match=f"{named}.*AsyncFoundryClient"):
            without_event_loop(config(resource="a", **settings))


@pytest.mark.parametrize("version", ["2026-10-21", "2023-06-01"])
def test_api_version(version: str) -> None:
    """A version of the API is a date; it is 2023-06-01 unless set."""
    assert config(resource="a", api_key="k", api_version=version).api_version == version
    assert config(resource="a", api_key="k").api_version == "2023-06-01"


@pytest.mark.parametrize("version", ["latest", "2026-13-01", "20261021", "2026-10-21\r\nx: y", "2026-10", 20261021])
def test_wrong_api_version(version: Any) -> None:
    """What is no date is refused by name."""
    with pytest.raises(ConfigurationError, match="api_version="):
        config(resource="a", api_key="k", api_version=version)

"""Plain http, which goes to this machine only, and only where it is allowed."""

from typing import Any

import pytest

from claude_foundry import ConfigurationError
from tests.test__config import AZURE, KEY, config

LOOPBACK = {
    "http://127.0.0.1:8484": "http://127.0.0.1:8484/anthropic",
    "http://127.8.8.8/claude/": "http://127.8.8.8/claude",
    "http://localhost:8484/anthropic": "http://localhost:8484/anthropic",
    "http://[::1]:8484/": "http://[::1]:8484/anthropic",
}
ALLOWED = "ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK"


@pytest.mark.parametrize("url", LOOPBACK)
@pytest.mark.parametrize("named", ["base_url", "ANTHROPIC_FOUNDRY_BASE_URL"])
def test_plain_http_to_this_machine_is_asked_for(url: str, named: str) -> None:
    """A key goes to this machine in clear only where an argument or a variable allows it; the argument wins."""

    def of(given: dict[str, str], **settings: Any) -> str:
        endpoint = {} if named in given else {"base_url": url}
        return config(given, **endpoint, **KEY, **settings).base_url

    environ = {} if named == "base_url" else {named: url}
    for refused in ({}, {ALLOWED: ""}, {ALLOWED: "0"}):
        with pytest.raises(
            ConfigurationError, match=rf"^{named} is http://.*allow_insecure_loopback=True.*{ALLOWED}=1"
        ):
            of(environ | refused)
    with pytest.raises(ConfigurationError, match="allow_insecure_loopback=True"):
        of(environ | {ALLOWED: "1"}, allow_insecure_loopback=False)

    assert of(environ | {ALLOWED: "1"}) == LOOPBACK[url]
    assert of(environ | {ALLOWED: "0"}, allow_insecure_loopback=True) == LOOPBACK[url]


@pytest.mark.parametrize("url", ["http://10.0.0.1", "http://my-resource.services.ai.azure.com", "http://a.localhost"])
def test_plain_http_to_others_cannot_be_allowed(url: str) -> None:
    """Whatever allows plain http to this machine allows it to no other."""
    with pytest.raises(ConfigurationError, match="use https://"):
        config({ALLOWED: "1"}, base_url=url, allow_insecure_loopback=True, **KEY)


@pytest.mark.parametrize(
    ("environ", "given"), [({ALLOWED: "yes"}, None), ({ALLOWED: "true"}, None), ({}, "1"), ({ALLOWED: "1"}, 1)]
)
def test_what_allows_plain_http_is_plain(environ: dict[str, str], given: Any) -> None:
    """What could be meant as a yes or a no is refused, by name, wherever the endpoint is."""
    with pytest.raises(ConfigurationError, match=r"(?i)allow_insecure_loopback.*(True or False|1 nor 0)"):
        config(environ, base_url=AZURE, allow_insecure_loopback=given, **KEY)

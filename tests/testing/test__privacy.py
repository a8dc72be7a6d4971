"""What no cassette holds."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry.testing._cassette import load
from claude_foundry.testing._privacy import CassetteError
from tests.testing.test__cassette import SERIALIZER, interaction

KEYS = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\"\\'%+/=-_.~", min_size=9, max_size=84
).map("k3y{}".format)
PLACES = {
    "request text": lambda key: interaction(sent=f"a {key} b"),
    "request JSON value": lambda key: interaction(sent=json.dumps({"a": [key]})),
    "request JSON key": lambda key: interaction(sent=json.dumps({f"<{key}>": 1})),
    "request bytes": lambda key: interaction(sent=b"\xff" + key.encode()),
    "request header": lambda key: interaction(request={"anthropic-beta": [key]}),
    "answer text": lambda key: interaction(answered=f"event: ping\ndata: {key}\r\n\u2028"),
    "answer JSON value": lambda key: interaction(answered=json.dumps({"error": {"message": f"Key {key}!"}})),
    "answer JSON in a stream": lambda key: interaction(answered=f"data: {json.dumps({'a': key})}\n\n"),
    "answer bytes": lambda key: interaction(answered=b"\xff" + key.encode()),
    "answer compressed": lambda key: interaction(
        answered=gzip.compress(json.dumps({"a": key}).encode()), response={"content-encoding": ["gzip"]}
    ),
    "answer header": lambda key: interaction(response={"request-id": [key]}),
}


@pytest.mark.parametrize("place", PLACES)
@given(header=st.sampled_from(["x-api-key", "Api-Key", "authorization", "ocp-apim-subscription-key"]), key=KEYS)
def test_the_key_in_use_is_refused_wherever_it_stands(place: str, header: str, key: str) -> None:
    """A key or token that a request carried is found in every part of its exchange; the error does not repeat it."""
    recorded = PLACES[place](key)
    recorded["request"]["headers"][header] = [f"Bearer {key}" if header == "authorization" else key]

    with pytest.raises(CassetteError, match="Not written") as refused:
        SERIALIZER.serialize({"interactions": [interaction(), recorded]})

    assert key not in str(refused.value)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "token",
    [
        "Bearer abcdefghijklmnopqrstuvwxyz",
        "bearer  q9.8~7+6/5=4-3_2abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "sk-ant-api03-abcdefgh",
    ],
)
def test_what_looks_like_a_token_is_refused_wherever_it_stands(place: str, token: str) -> None:
    """A token is refused by its form too, whoever's it is."""
    with pytest.raises(CassetteError, match="looks like"):
        SERIALIZER.serialize({"interactions": [PLACES[place](token)]})


def test_the_key_of_one_request_is_refused_in_another() -> None:
    """Keys of all requests are looked for in all of them."""
    first = interaction(request={"x-api-key": ["k3y-in-the-first-request"]})
    second = interaction(answered='{"echo": "k3y-in-the-first-request"}')

    with pytest.raises(CassetteError, match="x-api-key"):
        SERIALIZER.serialize({"interactions": [first, second]})


def test_the_token_of_an_mcp_server_is_written_as_a_mark() -> None:
    """An MCP server's token stands in the body that was sent, and a mark stands there in the cassette."""
    sent = json.dumps({"mcp_servers": [{"name": "a", "authorization_token": "t0ken-for-an-mcp-server"}]})

    text = SERIALIZER.serialize({"interactions": [interaction(sent=sent)]})

    assert "t0ken" not in text
    assert load(text).interactions[0].request.body == {"mcp_servers": [{"name": "a", "authorization_token": "sealed"}]}


@pytest.mark.parametrize("beside", ['"question"', "NaN", '"\\ud800"'])
def test_the_token_of_an_mcp_server_is_refused_elsewhere(beside: str) -> None:
    """An answer that repeats an MCP server's token is not written, nor is a body that YAML holds as text alone."""
    sent = f'{{"mcp_servers": [{{"authorization_token": "t0ken-for-an-mcp-server"}}], "x": {beside}}}'

    with pytest.raises(CassetteError, match="MCP server"):
        SERIALIZER.serialize({"interactions": [interaction(sent=sent, answered="for t0ken-for-an-mcp-server")]})


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-gateway-password", "k3y-of-a-gateway"),
        ("x-gateway-auth", "Basic k3y-of-a-gateway"),
        ("x-gateway-credential", "app=gate, value=k3y-of-a-gateway"),
        ("cookie", "theme=dark; session=k3y-of-a-gateway; t=1"),
    ],
)
@pytest.mark.parametrize("place", PLACES)
def test_a_word_of_a_secret_header_is_refused_wherever_it_stands(place: str, header: str, value: str) -> None:
    """A password, what stands behind a scheme and each cookie are found in every part of an exchange."""
    recorded = PLACES[place]("k3y-of-a-gateway")
    recorded["request"]["headers"][header] = [value]

    with pytest.raises(CassetteError, match=header):
        SERIALIZER.serialize({"interactions": [recorded]})


def test_the_host_in_use_is_refused() -> None:
    """An answer that names the host it came from is not written."""
    with pytest.raises(CassetteError, match="host"):
        SERIALIZER.serialize({"interactions": [interaction(answered='{"see": "http://127.0.0.1:4321/x"}')]})


def test_credentials_in_headers_alone_are_dropped() -> None:
    """A request that carries its key where it belongs is written, without it."""
    key = "k3y-that-stands-only-in-its-header"

    text = SERIALIZER.serialize({"interactions": [interaction(request={"x-api-key": [key], "api-key": [key]})]})

    assert key not in text

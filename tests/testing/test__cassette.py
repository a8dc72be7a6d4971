"""Cassettes as documents."""

import gzip
import json
from typing import Any, get_args

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from claude_foundry.testing._cassette import (
    ENDPOINT,
    CassetteSerializer,
    RequestHeader,
    ResponseHeader,
    at_example,
    dump,
    from_body,
    load,
    to_body,
    to_cassette,
)
from claude_foundry.testing._privacy import CassetteError

URI = f"{ENDPOINT}/v1/messages"
SERIALIZER = CassetteSerializer(recorded_from="emulator 1", host="127.0.0.1:4321")
ODD_TEXT = st.text(
    st.characters(codec="utf-8")
    | st.sampled_from("\x00\t\n\r \"'\\:#-|>%&*!{}[],\x7f\x85\xa0\u2028\u2029\ufeff\U0001f600")
)
JSON_BODY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ODD_TEXT, inner, max_size=4),
)
STREAM = st.lists(ODD_TEXT | st.sampled_from(["\n", "\r\n", "\r", "\n\n", "data: ", "event: ping", " ", "  "])).map(
    "".join
)


def interaction(
    *, sent: bytes | str = b"{}", answered: bytes | str = b"{}", uri: str = URI, **headers: dict[str, list[str]]
) -> dict[str, Any]:
    """What VCR hands on for one exchange."""
    return {
        "request": {"method": "POST", "uri": uri, "body": sent, "headers": headers.get("request", {})},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": headers.get("response", {}),
            "body": {"string": answered},
        },
    }


def played(recorded: dict[str, Any]) -> dict[str, Any]:
    """What VCR gets back for one exchange."""
    text = SERIALIZER.serialize({"interactions": [recorded]})
    (back,) = SERIALIZER.deserialize(text)["interactions"]
    return dict(back)


@given(sent=JSON_BODY, answered=JSON_BODY)
@example({"a\x85": "b\x85c"}, ["a\n\u2028b", "2023-06-01", "=", "<<", "yes", "1e3", "\ufeff", 1e-7, -0.0, 1e300])
def test_a_json_body_comes_back_equal(sent: Any, answered: Any) -> None:
    """JSON of any shape and any characters is the same JSON after writing and reading."""
    back = played(interaction(sent=json.dumps(sent).encode(), answered=json.dumps(answered).encode()))

    assert json.loads(back["request"]["body"]) == sent
    assert json.loads(back["response"]["body"]["string"]) == answered


@given(text=STREAM)
@example("a\r\nb\rc\n\n\n")
@example("a\x85b")
@example("a\u2028\n b\u2029\u2028")
@example("\ufeff a \n\tb\x00")
def test_a_stream_comes_back_byte_for_byte(text: str) -> None:
    """Text that is not JSON keeps every line end, blank and odd character."""
    stream = f"event: ping\ndata: {text}".encode()

    back = played(interaction(answered=stream))

    assert back["response"]["body"]["string"] == stream


@given(raw=st.binary())
def test_any_bytes_come_back(raw: bytes) -> None:
    """What is neither JSON nor text keeps its bytes; JSON keeps its meaning."""
    back = from_body(to_body(raw))

    assert back == raw or json.loads(back) == json.loads(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud83d"}',
        b'"text"',
        b"12",
        b'{"a": 1',
        b"\xff\xfe",
        b"[" * 500 + b"]" * 500,
        b"[" * 9000,
        b"",
    ],
)
def test_json_that_yaml_cannot_hold_is_kept_as_it_came(raw: bytes) -> None:
    """Numbers out of range, half surrogate pairs, bare values, cut or deep JSON and binary keep their bytes."""
    assert played(interaction(answered=raw))["response"]["body"]["string"] == raw


def test_json_is_readable() -> None:
    """A JSON body stands as a mapping, a stream as a literal block, letters of all languages as themselves."""
    text = SERIALIZER.serialize(
        {
            "interactions": [
                interaction(
                    sent='{"messages": [{"role": "user", "content": "Grüße, 世界"}], "stream": true}',
                    answered="event: message_stop\ndata: {}\n\n",
                    request={"Content-Type": ["application/json"]},
                    response={"content-type": ["text/event-stream"]},
                )
            ]
        }
    )

    assert text == (
        "recorded_from: emulator 1\n"
        "interactions:\n"
        "- request:\n"
        "    method: POST\n"
        f"    uri: {URI}\n"
        "    headers:\n"
        "      content-type: application/json\n"
        "    body:\n"
        "      messages:\n"
        "      - role: user\n"
        "        content: Grüße, 世界\n"
        "      stream: true\n"
        "  response:\n"
        "    status: 200\n"
        "    headers:\n"
        "      content-type: text/event-stream\n"
        "    body: |+\n"
        "      event: message_stop\n"
        "      data: {}\n"
        "\n"
        "...\n"
    )


HEADER_NAMES = st.sampled_from([*get_args(RequestHeader), *get_args(ResponseHeader), "set-cookie", "X-Api-Key", "Date"])


@given(
    request=st.dictionaries(HEADER_NAMES | st.text("abc-XYZ", min_size=1), st.lists(st.text("xyz"), min_size=1)),
    response=st.dictionaries(HEADER_NAMES | st.text("abc-XYZ", min_size=1), st.lists(st.text("xyz"), min_size=1)),
)
def test_no_header_outside_the_lists_survives(request: dict[str, list[str]], response: dict[str, list[str]]) -> None:
    """A cassette holds the headers that it may, and no other."""
    cassette = to_cassette([interaction(request=request, response=response)], recorded_from="emulator 1")
    (kept,) = load(dump(cassette)).interactions

    assert set(kept.request.headers) == {name.lower() for name in request} & set(get_args(RequestHeader))
    assert set(kept.response.headers) == {name.lower() for name in response} & set(get_args(ResponseHeader))


@pytest.mark.parametrize(("coding", "code"), [("gzip", gzip.compress), ("identity", bytes)])
def test_the_content_coding_is_undone(coding: str, code: Any) -> None:
    """A compressed answer is written down readable, and played without its coding."""
    recorded = interaction(answered=code(b'{"a": 1}'), response={"Content-Encoding": [coding], "request-id": ["req_1"]})

    back = played(recorded)["response"]

    assert back["body"]["string"] == b'{"a":1}'
    assert back["headers"] == {"request-id": ["req_1"]}


def test_a_wrong_content_coding_is_refused() -> None:
    """A body that is not in the coding its header names is not written."""
    with pytest.raises(CassetteError, match="gzip"):
        played(interaction(answered=b"plain", response={"content-encoding": ["gzip"]}))


def test_a_body_that_is_not_bytes_is_refused() -> None:
    """A body that VCR could not read as bytes is not guessed at."""
    recorded = interaction()
    recorded["request"]["body"] = iter([b"a"])

    with pytest.raises(CassetteError, match="iterator, not bytes"):
        played(recorded)


def test_another_host_is_refused() -> None:
    """An exchange with any host but the example is not written."""
    with pytest.raises(CassetteError, match=r"interactions\.0\.request\.uri"):
        played(interaction(uri="https://contoso.services.ai.azure.com/anthropic/v1/messages"))


@pytest.mark.parametrize(
    ("uri", "base_url", "at"),
    [
        ("http://127.0.0.1:80/anthropic/v1/messages", "http://127.0.0.1:80/anthropic", URI),
        ("https://contoso.example/gate/v1/messages?subscription-key=1#x", "https://contoso.example/gate", URI),
        ("https://login.microsoftonline.com/x/oauth2/v2.0/token", "https://contoso.example/gate", None),
        ("https://contoso.example/gateway/v1/messages", "https://contoso.example/gate", None),
        (URI, ENDPOINT, URI),
        (URI, "http://127.0.0.1:80/anthropic", URI),
    ],
)
def test_addresses_move_to_the_example_host(uri: str, base_url: str, at: str | None) -> None:
    """Below the endpoint an address moves, without its query; elsewhere it has no place in a cassette."""
    assert at_example(uri, base_url=base_url) == at


GOOD = yaml.safe_load(SERIALIZER.serialize({"interactions": [interaction()]}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- 1", "dict"),
        ("a: [", "not a cassette"),
        ("!!python/object/apply:os.getcwd []", "not a cassette"),
        (yaml.safe_dump({**GOOD, "recorded_from": None}), "recorded_from"),
        (yaml.safe_dump({**GOOD, "version": 1}), "version"),
        (yaml.safe_dump(GOOD).replace("headers: {}", "headers: {x-api-key: abc}", 1), "x-api-key"),
        (yaml.safe_dump(GOOD).replace("example-resource", "contoso"), "uri"),
    ],
)
def test_a_file_that_is_not_a_cassette_of_ours_is_refused(text: str, reason: str) -> None:
    """Reading refuses what writing would not have written, and builds no Python object from a tag."""
    with pytest.raises(CassetteError, match=reason):
        SERIALIZER.deserialize(text)


@pytest.mark.parametrize(
    "body",
    [
        "&a {x: *a}",
        "{a: &a [x, x], b: [*a, *a]}",
        "[" * 2000 + "]" * 2000,
        "{a: 2020-01-01}",
        "{a: 2020-99-99}",
        "{a: !!binary aGk=}",
        "{a: .nan}",
        '"\\ud800"',
    ],
)
def test_a_body_that_is_no_body_is_refused(body: str) -> None:
    """A body with aliases, or with what JSON cannot hold, is refused as no cassette, and nothing grows from it."""
    text = yaml.safe_dump(GOOD).replace("body: {}", f"body: {body}", 1)

    with pytest.raises(CassetteError, match="not a cassette"):
        SERIALIZER.deserialize(text)

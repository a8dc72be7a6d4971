"""An answer as it came, and what it means when asked."""

import httpx
import pytest

from claude_foundry import ResponseFormatError
from claude_foundry._response import RawResponse, json, retries_taken

ASKED = httpx.Request("POST", "https://a/v1/messages")
IDS = {"request-id": "req_1", "apim-request-id": "apim-1"}


@pytest.mark.parametrize("status", [204, 205])
def test_answers_without_a_body(status: int) -> None:
    """An answer that has no body means nothing, and is no error."""
    assert json(httpx.Response(status)) is None


def test_answer_to_a_head() -> None:
    """The answer to a HEAD has no body and means nothing."""
    asked = httpx.Request("HEAD", "https://a/v1/models")

    assert json(httpx.Response(200, request=asked)) is None


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"<html>", "text/html", "text/html"),
        (b"", "text/html", "empty"),
        (b"<title>Sign\nin</title>", "text/html", r"\(Sign in\)"),
        (b"x", "", "but "),
        (b'{"a": "\\ud800"}', "application/json", r"\(unexpected end of hex escape at line 1"),
        (b'{"a"', "application/JSON; charset=utf-8", r"\(EOF while parsing"),
    ],
)
def test_what_is_no_json(body: bytes, kind: str, said: str) -> None:
    """A body that is no JSON is told by its type and ids, and never quoted."""
    response = httpx.Response(200, content=body, headers={**IDS, "content-type": kind}, request=ASKED)

    with pytest.raises(ResponseFormatError, match=said) as caught:
        json(response)

    assert (caught.value.request_id, caught.value.apim_request_id) == ("req_1", "apim-1")
    assert "<html>" not in str(caught.value)


def test_byte_order_mark() -> None:
    """A byte order mark before JSON is none of it."""
    assert json(httpx.Response(200, content=b'\xef\xbb\xbf{"a": 1}', request=ASKED)) == {"a": 1}


def test_raw_answers_tell_what_came() -> None:
    """A raw answer tells status, ids and attempts, gives its body as it came, and decodes it when asked."""
    response = httpx.Response(200, json={"a": 1}, headers=IDS, extensions={"retries_taken": 2}, request=ASKED)

    raw = RawResponse(response, decode=json)

    assert (raw.status_code, raw.request_id, raw.apim_request_id, raw.retries_taken) == (200, "req_1", "apim-1", 2)
    assert (raw.content, raw.parse()) == (response.content, {"a": 1})
    assert repr(raw) == "RawResponse(status_code=200, request_id='req_1')"


def test_first_answers_took_no_retries() -> None:
    """An answer that tells of no failed attempts had none before it."""
    assert retries_taken(httpx.Response(200)) == 0

"""What a server may put into a refusal, to the harm of whoever reads it."""

import copy
import json
import pickle

import pytest

from claude_foundry.errors import from_response


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b"[" * 900 + b"]" * 900,
        b'{"error": {"message": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"error": {"code": ' + b"1" * 5000 + b"}}",
        b'{"error": {"code": "\\ud800", "type": "\\udfff", "message": "No \\ud83d.", "\\ud800": ["\\ud800"]}}',
        b'{"error": {"message": "\xed\xa0\x80"}, "request_id": "\\ud800"}',
    ],
    ids=lambda body: body[:40].decode("ascii", "replace"),
)
def test_bodies_that_python_alone_can_hold(body: bytes) -> None:
    """Whatever JSON a body holds, its error can be pickled, copied and written down."""
    found = from_response(400, headers={}, body=body)

    assert vars(pickle.loads(pickle.dumps(found))) == vars(copy.deepcopy(found)) == vars(found)
    assert f"{found} {found.body} {found.code} {found.type} {found.request_id}".encode()


@pytest.mark.parametrize("status", [300, 307, 399])
@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://[::1", "to what is no URL;"),
        ("//\u2100.com", "to what is no URL;"),
        ("/elsewhere", "to another path;"),
        ("https://name:word@elsewhere.example/?q=word", "to elsewhere.example;"),
        ("https://name:[sealed]@elsewhere.example/", "to elsewhere.example;"),
    ],
)
def test_redirections(status: int, location: str, said: str) -> None:
    """A redirection is told by its status and, where it is a URL, by the host alone; it is not to be sent again."""
    found = from_response(status, headers={"location": location, "x-should-retry": "true"}, body=b"")

    assert (found.status_code, found.retryable) == (status, False)
    assert said in str(found)
    assert "word" not in str(found)


@pytest.mark.parametrize("status", [400, 429, 500])
def test_other_answers_with_a_location(status: int) -> None:
    """What is no redirection is told in its own words, wherever it points."""
    found = from_response(status, headers={"location": "https://a.example"}, body=b'{"error": {"message": "Full."}}')

    assert "Full." in str(found)
    assert "a.example" not in str(found)


@pytest.mark.parametrize(
    "error",
    [
        {"code": "y" * 60_000},
        {"type": "x" * 60_000},
        {"code": {"y": "y" * 60_000}},
        {"details": {"error_code": "z" * 60_000}},
    ],
    ids=lambda error: str(error)[:30],
)
def test_long_names(error: dict[str, object]) -> None:
    """Of a code, type or id in a body no more is told than a name may have; the body holds the whole."""
    body = {"error": {"message": "No.", **error}, "request_id": "r" * 60_000}

    found = from_response(400, headers={"apim-request-id": "a" * 60_000}, body=json.dumps(body).encode())

    assert found.body == body
    assert max(map(len, (found.code or "", found.type, found.request_id or "", found.apim_request_id or ""))) <= 200
    assert len(str(found)) < 1000


@pytest.mark.parametrize("error", [None, "", [], {}, 0, ["x"]])
def test_errors_that_say_nothing(error: object) -> None:
    """Where an ``error`` is no error, the words beside it are told."""
    found = from_response(500, headers={}, body=json.dumps({"error": error, "message": "Real words."}).encode())

    assert str(found) == "500 (api_error): Real words."


def test_long_words_are_cut() -> None:
    """The text of an error holds the beginning of a long answer, and the body all of it."""
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": "no " * 20_000}}

    error = from_response(400, headers={"request-id": "req_1"}, body=json.dumps(body).encode())

    assert len(str(error)) < 2200
    assert str(error).endswith("[...] [request-id: req_1]")
    assert error.body == body


def test_control_characters_are_not_told() -> None:
    """What steers a terminal is in no error's text or ids."""
    body = {"error": {"code": "Bad\x1b[31m", "message": "no\x1b[2J\x9b\x07\nway"}}
    headers = {"request-id": "req_1\x1b[31m", "apim-request-id": "a\tb"}

    error = from_response(400, headers=headers, body=json.dumps(body).encode())

    assert [each for each in str(error) if not each.isprintable()] == ["\n"]
    assert (error.request_id, error.apim_request_id) == ("req_1[31m", "ab")

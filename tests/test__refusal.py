"""What a server may put into a refusal, to the harm of whoever reads it."""

import copy
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


@pytest.mark.parametrize("status", [307, 400, 500])
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
    """An answer that points elsewhere is told by its status and, where it is a URL, by the host alone."""
    found = from_response(status, headers={"location": location}, body=b"")

    assert found.status_code == status
    assert said in str(found)
    assert "word" not in str(found)

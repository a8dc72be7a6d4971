"""Secrets of a request are left out of what is answered, however it is written."""

import json
import pickle
from collections.abc import Callable
from html import escape
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from claude_foundry import APIError, ResponseFormatError
from claude_foundry._echoes import Secrets
from tests.answers import error_event, message, pieces_of, refused, streamed
from tests.shells import REQUEST, Body, FakeTime, Script, Shell, both

Kind = type[Shell]
ASKED = {
    "x-api-key": "a-key-of-letters",
    "authorization": "Bearer a-token-of-letters",
    "x-gateway-key": "a-key-of-letters-and-more",
    "x-short-key": "key",
    "x-team": "the-team-of-the-east",
    "cookie": "theme=dark; session=a-session-of-letters",
}
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=12, max_size=90)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (b"x-api-key: a-key-of-letters, again a-key-of-letters.", b"x-api-key: [sealed], again [sealed]."),
        (b"Bearer a-token-of-letters", b"Bearer [sealed]"),
        (b"a-key-of-letters-and-more", b"[sealed]"),
        (b"The session a-session-of-letters has ended", b"The session [sealed] has ended"),
        (b"The team of the east wants no key", b"The team of the east wants no key"),
        (b"the-team-of-the-east", b"the-team-of-the-east"),
    ],
)
def test_echoes(said: bytes, left: bytes) -> None:
    """A secret that was sent is left out of what is answered; what is too short for one stays, as do other headers."""
    assert Secrets(ASKED).left_out_of(said) == left


def as_json(text: str) -> str:
    return json.dumps(text)


def as_codes(text: str) -> str:
    return "".join(rf"\u{ord(letter):04X}" if letter in '+/<>&"=' else json.dumps(letter)[1:-1] for letter in text)


def as_all_codes(text: str) -> str:
    return "".join(rf"\u{ord(letter):04x}" for letter in text)


def with_slashes_escaped(text: str) -> str:
    return json.dumps(text).replace("/", r"\/")


def as_numbers(text: str) -> str:
    return "".join(f"&#{ord(letter)};" if letter in "+/=" else letter for letter in text)


def as_hex_numbers(text: str) -> str:
    return "".join(f"&#x{ord(letter):02X};" for letter in text)


SPELT = [as_json, as_codes, as_all_codes, with_slashes_escaped, as_numbers, as_hex_numbers, quote, str]


@pytest.mark.parametrize("spell", SPELT)
@given(secret=PRINTABLE)
def test_escapes(spell: Callable[[str], str], secret: str) -> None:
    """A secret is found whether its letters are escaped as JSON, HTML or a URL escapes them, or not at all."""
    left = Secrets({"x-api-key": secret}).left_out_of(f" {spell(secret)} ".encode())

    assert left.strip(b' "') == b"[sealed]"


@given(secret=PRINTABLE, before=st.text(max_size=20), after=st.text(max_size=20))
def test_json_stays_json(secret: str, before: str, after: str) -> None:
    """A document that tells a secret among other text can still be read, and tells the secret no more."""
    said = json.dumps({"message": f"{before} {secret} {after}"}).encode()

    left = json.loads(Secrets({"api-key": secret}).left_out_of(said))

    assert secret not in left["message"].replace(before, "", 1)


@pytest.mark.timeout(20)
def test_many_secrets() -> None:
    """What is said is read once for all secrets: hundreds of cookies and a long answer take no minutes."""
    cookies = {f"cookie-{place}": f"a-session-of-letters+{place}" for place in range(300)}
    said = b"".join(as_codes(value).encode() + b" \\n " for value in cookies.values()) * 10

    left = Secrets(cookies).left_out_of(said)

    assert left == b"[sealed] \\n " * 3000


@given(size=st.integers(min_value=12, max_value=15))
def test_cut_secrets(size: int) -> None:
    """A secret in whose middle an answer ends is left out as far as it came."""
    assert Secrets(ASKED).left_out_of(b"key: " + b"a-key-of-letters"[:size]) == b"key: [sealed]"


def test_html_names() -> None:
    """A secret whose letters HTML has names for is left out of a page."""
    secret = "a<key&of>letters'and\"marks"

    assert Secrets({"api-key": secret}).left_out_of(f"<p>{escape(secret)}</p>".encode()) == b"<p>[sealed]</p>"


def test_representation() -> None:
    """What holds the secrets shows none of them."""
    shown = f"{Secrets(ASKED)!r} {Secrets(ASKED)}"

    assert not any(value in shown for value in ASKED.values())


@both
@pytest.mark.parametrize("begun", [0, 5])
@pytest.mark.parametrize("letters", ["canary+key/7f3a9c==", "canary-key-7f3a9c"])
def test_error_events(shell: Kind, begun: int, letters: str) -> None:
    """A key that an error event tells, before or after text, escaped or not, is in no part of the error."""

    def service(request: httpx.Request) -> httpx.Response:
        told = error_event().decode().replace("No.", as_codes(request.headers["api-key"]))
        return streamed([*pieces_of(message())[:begun], told.encode()])

    with pytest.raises(APIError, match=r"\[sealed\]") as caught:
        shell(service, FakeTime(), api_key=letters).stream(**REQUEST)

    cause = caught.value.__cause__
    assert letters not in f"{caught.value} {vars(caught.value)} {cause} {vars(cause) if cause else None}"


KEY = "canary-key-7f3a9c"
TOKEN = "canary-token-5b21e8"
SERVER = {"type": "url", "name": "a", "url": "https://a.example"}
ECHOES: dict[str, tuple[dict[str, str], str]] = {
    "title": ({"content-type": "text/html"}, f"<html><title>The key {KEY} is not known</title></html>"),
    "long title": ({"content-type": "text/html"}, f"<title>{'No. ' * 48}{KEY}</title>"),
    "type": ({"content-type": f"text/plain; key={KEY}"}, "No."),
    "coding": ({"content-encoding": f"x-{KEY}"}, "No."),
    "id": ({"request-id": KEY, "apim-request-id": KEY}, "No."),
}


@both
@pytest.mark.parametrize("use", [lambda it: it.create, lambda it: it.stream], ids=["whole", "streamed"])
@pytest.mark.parametrize("echo", ECHOES)
def test_answers_that_are_none(shell: Kind, use: Callable[[Shell], Callable[..., object]], echo: str) -> None:
    """A page in the place of an answer is told without the key that it echoes, in its title or its headers."""
    headers, page = ECHOES[echo]
    asking = shell(
        lambda _: httpx.Response(200, headers=headers, stream=Body([page.encode()])), FakeTime(), api_key=KEY
    )

    with pytest.raises(ResponseFormatError) as caught:
        use(asking)(**REQUEST)

    assert KEY[:8] not in f"{caught.value} {vars(caught.value)}"
    assert KEY[:8].encode() not in pickle.dumps(caught.value)


@both
@pytest.mark.parametrize("use", [lambda it: it.create, lambda it: it.stream], ids=["whole", "streamed"])
@pytest.mark.parametrize("token", [SecretStr(TOKEN), TOKEN], ids=["sealed", "open"])
@pytest.mark.parametrize("answer", [refused(400), streamed([error_event()])], ids=["refusal", "event"])
def test_tokens_of_servers(
    shell: Kind, use: Callable[[Shell], Callable[..., object]], token: SecretStr | str, answer: httpx.Response
) -> None:
    """A token of an MCP server that the service tells again is in no part of the error."""
    told = answer.read().replace(b"No.", f"The token {TOKEN} is refused".encode())
    service = Script(httpx.Response(answer.status_code, headers=answer.headers, content=told))

    with pytest.raises((APIError, ResponseFormatError)) as caught:
        use(shell(service, FakeTime(), max_retries=0))(
            **REQUEST, mcp_servers=[{**SERVER, "authorization_token": token}]
        )

    assert TOKEN not in f"{caught.value} {vars(caught.value)}"
    assert TOKEN.encode() not in pickle.dumps(caught.value)

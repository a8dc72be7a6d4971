"""Secrets of a request that its answer tells again: a gateway may echo headers, as text, in JSON, in HTML or in a URL.

Sources: https://www.rfc-editor.org/rfc/rfc8259 (section 7), https://www.rfc-editor.org/rfc/rfc3986 (section 2.1),
https://html.spec.whatwg.org/multipage/syntax.html (character references)
"""

import html
import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from claude_foundry._hooks import SECRET
from claude_foundry.errors import APIConnectionError, ResponseFormatError

E = TypeVar("E", bound=APIConnectionError | ResponseFormatError)

_SHORTEST = 12
"""Letters of a secret; shorter words may stand in what is said without being one."""
_SEALED = b"[sealed]"
# A cookie stands behind its name.
_PARTS = re.compile(r"[\s;,]+|(?<=[\w-])=(?=\w)")
_ESCAPES = (
    re.compile(rb"\\u00[0-9a-fA-F]{2}|\\[^u]"),
    re.compile(rb"&(?:#\w{1,8}|\w{2,8});"),
    re.compile(rb"%[0-9a-fA-F]{2}"),
)


class Secrets:
    """What is secret among the headers of a request, and beside them; its representation shows none of it."""

    __slots__ = ("_asked", "_beside")

    def __init__(self, asked: Mapping[str, str], *, beside: Iterable[str] = ()) -> None:
        self._asked = asked
        self._beside = beside

    def left_out_of(self, said: bytes) -> bytes:
        """Gives what was answered without them, however their letters are written; cut at its end, one is left out too.

        It takes time that grows with the answer, however many they are.
        """
        return self.left_out_of_each((said,))[0]

    def left_out_of_each(self, told: Iterable[bytes]) -> list[bytes]:
        """Gives each of several texts likewise."""
        words = sorted(self._words(), key=len, reverse=True)
        return [_without(words, said) for said in told]

    def left_out_of_text(self, said: str) -> str:
        """Gives a text likewise."""
        return self.left_out_of(said.encode("utf-8", "replace")).decode()

    def _words(self) -> set[bytes]:
        values = [value for name, value in self._asked.items() if SECRET.search(name)]
        return {word.encode() for value in (*values, *self._beside) for word in words(value)}


def words(secret: str) -> set[str]:
    """Gives the words of a secret, each of which is one too."""
    return {word for word in (*secret.split(), *_PARTS.split(secret)) if len(word) >= _SHORTEST}


def unsaid(error: E, secrets: Secrets | None) -> E:
    """Gives the error of an answer without the secrets of its request, in its text and its ids."""
    if secrets is not None:
        error.args = tuple(map(secrets.left_out_of_text, error.args))
        told = (error.request_id, error.apim_request_id)
        error.request_id, error.apim_request_id = (name and secrets.left_out_of_text(name) for name in told)
    return error


def _without(words: list[bytes], said: bytes) -> bytes:
    for escape in _ESCAPES:
        if escape.search(said):
            said = _without_escaped(words, said, escape)
    for word in words:
        said = said.replace(word, _SEALED)
    return _without_beginning(words, said)


def _without_escaped(words: list[bytes], said: bytes, escape: re.Pattern[bytes]) -> bytes:
    letters, places = _unescaped(said, escape)
    kept, done = [], 0
    for found in re.finditer(b"|".join(map(re.escape, words)), letters) if words else ():
        begin, end = places[found.start()], places[found.end()]
        # What is written without an escape may be the beginning of a longer word.
        if end - begin > len(found[0]):
            kept += [said[done:begin], _SEALED]
            done = end
    return b"".join((*kept, said[done:]))


def _without_beginning(words: list[bytes], said: bytes) -> bytes:
    for word in words:
        beginning = word[:_SHORTEST]
        begin = said.find(beginning, max(len(said) - len(word) + 1, 0))
        while begin >= 0:
            if word.startswith(said[begin:]):
                return said[:begin] + _SEALED
            begin = said.find(beginning, begin + 1)
    return said


def _unescaped(said: bytes, escape: re.Pattern[bytes]) -> tuple[bytes, list[int]]:
    """Gives the letters of what was said, and where each of them, and the end, stands in it."""
    letters, places, done = bytearray(), list[int](), 0
    for found in escape.finditer(said):
        letter = _letter(found[0])
        letters += said[done : found.start()] + letter
        places += [*range(done, found.start()), *(found.start() for _ in letter)]
        done = found.end()
    letters += said[done:]
    return bytes(letters), [*places, *range(done, len(said) + 1)]


def _letter(escape: bytes) -> bytes:
    match escape[:1]:
        case b"&":
            return html.unescape(escape.decode()).encode("utf-8", "replace")
        case b"%":
            return bytes.fromhex(escape[1:].decode())
    return bytes.fromhex(escape[4:].decode()) if len(escape) > 2 else escape[1:]

"""Words, sentences and token estimates: how the emulator reads text."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_PIECE = re.compile(r"\s*\w{1,6}|\s*[^\w\s]|\s+")
_WORD = re.compile(r"\s*\S+\s*$|\s*\S+|\s+")
_NAME_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_SENTENCE = re.compile(r"[^\s.!?\n](?:[^.!?\n]|[.!?](?=\S))*[.!?]*")
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s", "y", "e")
_COMMON_WORDS = """
a about above after again all also am an and any are as ask asked at be because been before being below but by call
called can could did do does doing down each few for from function further get give gives given had has have having
he her here hello hey hi him his how i if in input into is it its itself just kindly let like make many me more
most much my no nor not now number of off on once only or other our out over own parameter please provide provided
return returns same see she should show so some string such take takes tell than that the their them then there
these they thing this those through to tool too two under until up upon us use used user uses using value very was
we were what when where which while who whom why will with without would you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def pieces(text: str) -> list[str]:
    """Cuts a text into what the emulator counts as its tokens; joined they are the text."""
    return _PIECE.findall(text)


def tokens(text: str) -> int:
    """Gives the estimated number of tokens."""
    return len(pieces(text))


def words(text: str) -> list[str]:
    """Cuts a text into words with their white space; joined they are the text."""
    return _WORD.findall(text)


def stems(text: str) -> list[str]:
    """Gives the significant words of a text or name, in lower case and without their endings."""
    found = (part.lower() for part in _NAME_PARTS.findall(text))
    return [stem(word) for word in found if word not in _COMMON and (len(word) > 1 or not word.isascii())]


def is_common(word: str) -> bool:
    """Tells whether a word says nothing of a text's subject."""
    return word.lower() in _COMMON


def stem(word: str) -> str:
    """Gives a word without its ending: ``cities`` and ``city`` become one."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word.removesuffix(suffix)
    return word


def sentences(text: str) -> list[tuple[int, int]]:
    """Gives where each sentence begins and ends."""
    return [match.span() for match in _SENTENCE.finditer(text)]


def texts(content: Any) -> Iterable[str]:
    """Gives the texts of a message's or a result's content, in order."""
    match content:
        case str():
            yield content
        case list():
            yield from (block["text"] for block in content if _is_text(block))


def _is_text(block: Any) -> bool:
    return isinstance(block, Mapping) and block.get("type") == "text" and isinstance(block.get("text"), str)

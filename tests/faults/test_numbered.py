"""Tokens with numbers, from a server that fails by turns: each arrives once, in its place."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient, StreamInterruptedError
from tests.faults import wire
from tests.faults.faces import FACES, MODEL, PROMPT, Asked, asked
from tests.faults.matrix import answer
from tests.faults.server import Exchange, FaultServer, scripted
from tests.shells import FakeTime

COUNT = 60
TOKENS = (wire.delta(f"{n} ") for n in range(COUNT))
EVENTS = wire.encoded([wire.OPENING, wire.PING, wire.start(), *TOKENS, wire.stop(), wire.ending(), wire.STOP])
FIRST = 3
"""Events until a block begins, which is handed on."""
WHOLE = answer(wire.chunked(EVENTS))
SETTLE = 0.01
"""Seconds in which a client reads what was sent before the connection breaks."""


def cuts(events: int) -> list[Exchange]:
    """Gives the ways in which a stream breaks off after so many events."""
    begun, error = EVENTS[:events], wire.event(wire.failure_event())
    return [
        answer(wire.chunked(begun)),
        answer(wire.chunked(begun, ended=False), end="fin"),
        answer(wire.chunked(begun, ended=False), SETTLE, end="rst"),
        answer(wire.chunked([*begun, error])),
    ]


BEFORE = [
    answer(end="rst"),
    answer(wire.refusal(503)),
    answer(wire.refusal(529, "overloaded_error")),
    *chain.from_iterable(map(cuts, range(FIRST))),
]
"""Faults before anything is handed on."""
WITHIN = [fault for events in range(FIRST + 1, FIRST + COUNT, 7) for fault in cuts(events)]


@dataclass
class Seen:
    """What came of some calls."""

    tokens: int = 0
    astray: int = 0
    """Tokens that are not in their place, as all are that follow one that is lost or doubled."""

    def take(self, text: str, *, whole: bool) -> None:
        came = [int(word) for word in text.split()]
        expected = range(COUNT if whole else len(came))
        self.tokens += len(came)
        self.astray += sum(number != place for number, place in zip_longest(came, expected))


def in_turns(faults: list[Exchange]) -> Iterator[Exchange]:
    """Gives what each call meets: one fault, or two, and then the whole stream."""
    for number in range(0, len(faults), 3):
        yield from (faults[number], WHOLE, *faults[number + 1 : number + 3], WHOLE)


def calls_of(exchanges: list[Exchange]) -> int:
    return sum(exchange is WHOLE for exchange in exchanges)


def retried(server: FaultServer, face: str) -> Seen:
    """Streams that fail before their first token, and are asked for again."""
    exchanges, seen = list(in_turns(BEFORE)), Seen()
    asking = Asked(url=server.url(scripted(*exchanges)), stream=True, calls=calls_of(exchanges))
    asked(FACES[face], asking)
    assert asking.error is None
    for text in asking.texts:
        seen.take(text, whole=True)
    return seen


def interrupted(server: FaultServer, face: str) -> Seen:
    """Streams that fail after their first token."""
    seen = Seen()
    for fault in WITHIN:
        asking = asked(FACES[face], Asked(url=server.url(scripted(fault, WHOLE)), stream=True))
        assert isinstance(asking.error, StreamInterruptedError)
        seen.take(asking.texts[0], whole=False)
    return seen


def gathered(server: FaultServer, face: str) -> Seen:
    """Whole answers that are streamed below, and asked for again until their end."""
    exchanges, seen = list(in_turns([*BEFORE, *WITHIN])), Seen()
    url, calls = server.url(scripted(*exchanges)), calls_of(exchanges)
    settings: dict[str, Any] = {
        "base_url": url,
        "api_key": "key",
        "allow_insecure_loopback": True,
        "timeout": 10.0,
        "_clock": FakeTime().clock(),
    }
    request: dict[str, Any] = {"model": MODEL, "max_tokens": 9999, "messages": [{"role": "user", "content": PROMPT}]}

    async def ask() -> list[str]:
        async with AsyncFoundryClient(**settings) as client:
            return [(await client.messages.create(**request)).text for _ in range(calls)]

    if face == "async-core":
        texts = asyncio.run(ask())
    else:
        with FoundryClient(**settings) as client:
            texts = [client.messages.create(**request).text for _ in range(calls)]
    for text in texts:
        seen.take(text, whole=True)
    return seen


CASES = [
    *((way, face) for way in (retried, interrupted) for face in FACES),
    *((gathered, face) for face in ("core", "async-core")),
]


@pytest.mark.parametrize(("way", "face"), CASES)
def test_each_token_once(way: Any, face: str) -> None:
    """No retry loses a token or tells one twice."""
    with FaultServer() as server:
        seen = way(server, face)

    assert seen.tokens > COUNT
    assert seen.astray == 0

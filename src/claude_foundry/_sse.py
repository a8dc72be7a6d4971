"""Server-sent events: bytes in, events out, however the bytes are cut; and back.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, and what stands before Foundry in practice:
a gateway may end a stream with ``data: [DONE]``, and two events have been seen without the blank line between.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic_core import from_json, to_json

from claude_foundry._bounds import MAX_EVENT
from claude_foundry._refusal import as_event
from claude_foundry.errors import ResponseFormatError
from claude_foundry.types import StreamEvent

_BOM = b"\xef\xbb\xbf"
_AS_WRITTEN = re.compile(rb"^event: [^\n]*\ndata: (\{[^\n]*\})\n\n", re.MULTILINE)
_MEETING = re.compile(rb"\}\s*,\s*\{")


class EventDecoder:
    """An incremental decoder: ``feed`` it bytes, take all events that they completed, ``flush`` at the end."""

    def __init__(self, *, max_event_bytes: int = MAX_EVENT) -> None:
        self._max_event_bytes = max_event_bytes
        self._unfinished: list[bytes] = []
        self._name = b""
        self._data: list[bytes] = []
        self._held = 0
        self._at_start = True

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """Gives the events that ``chunk`` completed.

        Raises:
            ResponseFormatError: an event is not a JSON object, or is larger than the limit.
        """
        if b"\n" not in chunk and b"\r" not in chunk:
            self._hold(self._unfinished, chunk, size=len(chunk))
            return
        text = self._joined(chunk) if self._unfinished else chunk
        if self._at_start and not _BOM.startswith(text):
            self._at_start, text = False, text.removeprefix(_BOM)
        if self._data or b"\r" in text:
            yield from self._lines(text)
            return
        end = text.rfind(b"\n\n") + 2 if b"\n\n" in text else 0
        events = _as_written(text[:end]) if self._takes_each(text[:end]) else None
        yield from self._lines(text[:end]) if events is None else events
        rest = text[end:]
        if rest.count(b"\n") > 2:
            yield from self._lines(rest)
        elif rest:
            self._hold(self._unfinished, rest, size=len(rest))

    def _takes_each(self, text: bytes) -> bool:
        return len(text) <= self._max_event_bytes or max(map(len, text.split(b"\n\n"))) < self._max_event_bytes

    def _joined(self, chunk: bytes) -> bytes:
        text, self._unfinished = b"".join((*self._unfinished, chunk)), []
        self._held -= len(text) - len(chunk)
        return text

    def _lines(self, text: bytes) -> Iterator[StreamEvent]:
        lines = text.splitlines(keepends=True)
        # A "\r" at the end may be the first half of a "\r\n" that was cut.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        for line in lines:
            yield from self._line(line.rstrip(b"\r\n"))
        if rest:
            self._hold(self._unfinished, rest, size=len(rest))

    def flush(self) -> Iterator[StreamEvent]:
        """Gives the last event when the stream ended without its blank line."""
        yield from self.feed(b"\n\n")

    def _hold(self, pieces: list[bytes], piece: bytes, *, size: int) -> None:
        self._held += size
        if self._held > self._max_event_bytes:
            most = self._max_event_bytes
            raise ResponseFormatError(f"An event of the stream has more than {most} bytes (max_event_bytes).")
        pieces.append(piece)

    def _line(self, line: bytes) -> list[StreamEvent]:
        if line.startswith(b"data:"):
            self._hold(self._data, line[5:].removeprefix(b" "), size=len(line) + 1)
            return []
        # The events of this API have one name and one datum each: a name after data begins the next event.
        if line and not line.startswith(b"event:"):
            return []
        events, self._name = self._dispatch(), line[6:].strip()
        self._held = len(line) + 1 if line else 0
        return events

    def _dispatch(self) -> list[StreamEvent]:
        data, self._data = b"\n".join(self._data), []
        self._held = 0
        if not data or data.strip() == b"[DONE]":
            return []
        return [_parse(data, is_error=self._name == b"error")]


def encode(event: Mapping[str, Any]) -> bytes:
    """Gives the bytes of one event, as the service writes them."""
    return b"event: " + str(event["type"]).encode() + b"\ndata: " + to_json(event) + b"\n\n"


def _as_written(text: bytes) -> list[StreamEvent] | None:
    """Gives the events of a text that has the form in which the service writes, or None: then line by line."""
    data = _AS_WRITTEN.findall(text)
    # Beside the name of an error its data may have no type.
    if text.count(b"\n") != 3 * len(data) or b"event: error" in text:
        return None
    try:
        # One call of the parser for many events costs half of one for each.
        events = from_json(b"[" + b",".join(data) + b"]")
    except ValueError:
        return None
    if len(events) != len(data) or _may_run_on(text):
        return None
    for event in events:
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            return None
    return cast(list[StreamEvent], events)


def _may_run_on(text: bytes) -> bool:
    """Tells whether a line of as many as there are objects may hold two, and another less than one.

    Only a list goes on after an object's end with another object, and only where two objects meet are there two.
    """
    return b"[" in text and _MEETING.search(text) is not None


def _parse(data: bytes, *, is_error: bool) -> StreamEvent:
    try:
        document = from_json(data)
    except ValueError as error:
        raise ResponseFormatError(f"An event of the stream is not JSON: {error}") from None
    # What a gateway tells of its own failure has no type.
    event = as_event(document, is_error=is_error) or document
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ResponseFormatError("An event of the stream is not a JSON object with a type.")
    return cast(StreamEvent, event)

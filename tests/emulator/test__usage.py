"""Token counts, and the prompt cache."""

import json
from typing import Any

import pytest

from claude_foundry.emulator._respond import State

from . import wire
from .wire import assistant, user

LONG = "word " * 2000


def cached(text: str, **control: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral", **control}}


def usage(*messages: dict[str, Any], state: State, **fields: Any) -> tuple[int, int, int]:
    counts = wire.answer(*messages, state=state, **fields)["usage"]
    return counts["cache_creation_input_tokens"], counts["cache_read_input_tokens"], counts["input_tokens"]


def test_written_then_read() -> None:
    """A marked prefix is written the first time and read the second, by the same emulator only."""
    state, system = State(), [cached(LONG)]
    written, read, rest = usage(user("Hello"), state=state, system=system)
    assert written > 2000
    assert (read, rest) == (0, usage(user("Hello"), state=State())[2])
    assert usage(user("Again"), state=state, system=system)[:2] == (0, written)
    assert usage(user("Again"), state=State(), system=system)[:2] == (written, 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"system": [cached(LONG + "more")]},
        {"tools": [wire.WEATHER]},
        {"model": "claude-sonnet-4-6"},
    ],
)
def test_a_changed_prefix_is_not_read(changed: dict[str, Any]) -> None:
    """Whatever comes before the mark is part of the prefix, the model too."""
    state = State()
    usage(state=state, system=[cached(LONG)])
    assert usage(state=state, **{"system": [cached(LONG)], **changed})[1] == 0


def test_moving_the_mark() -> None:
    """As a conversation grows, the last turn's prefix is read and only what is new is written."""
    state = State()
    first = [user([cached(LONG)])]
    written, _, _ = usage(*first, state=state)
    plain = user([{"type": "text", "text": LONG}])
    more, read, _ = usage(plain, assistant("Fine."), user([cached("And then?")]), state=state)
    assert read == written
    assert 0 < more < 50


def test_automatic() -> None:
    """A mark on the request itself stands on its last block."""
    state, control = State(), {"type": "ephemeral", "ttl": "1h"}
    counts = wire.answer(user(LONG), state=state, cache_control=control)["usage"]
    assert counts["cache_creation"]["ephemeral_1h_input_tokens"] == counts["cache_creation_input_tokens"] > 2000
    assert usage(user(LONG), state=state, cache_control=control)[1] == counts["cache_creation_input_tokens"]


def test_short_prefixes_are_not_cached() -> None:
    """A prefix below the model's least size is silently not cached."""
    state = State()
    assert usage(state=state, system=[cached("Be kind.")])[:2] == (0, 0)
    assert usage(state=state, system=[cached("Be kind.")])[:2] == (0, 0)


def test_parts_add_up() -> None:
    """Written, read and uncached tokens together are what a count of the prompt gives."""
    messages = [user([cached(LONG), {"type": "text", "text": "And?"}])]
    fields: dict[str, Any] = {"tools": [wire.WEATHER], "system": "Be kind."}
    reply = wire.send(*messages, path="/anthropic/v1/messages/count_tokens", max_tokens=None, **fields)
    assert isinstance(reply.body, bytes)
    counted = json.loads(reply.body)
    assert list(counted) == ["input_tokens"]
    assert sum(usage(*messages, state=State(), **fields)) == counted["input_tokens"]


def test_longer_prompts_count_more() -> None:
    """Text, tools and media add to the count."""
    image = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    counts = [
        usage(*messages, state=State(), **fields)[2]
        for messages, fields in [
            ([user("Hello")], {}),
            ([user("Hello there")], {}),
            ([user("Hello there")], {"tools": [wire.WEATHER]}),
            ([user([image, {"type": "text", "text": "Hello there"}])], {"tools": [wire.WEATHER]}),
        ]
    ]
    assert counts == sorted(set(counts))


def test_shape() -> None:
    """The usage has the service's other fields."""
    counts = wire.answer()["usage"]
    assert counts["service_tier"] == "standard"
    assert counts["output_tokens"] > 0


@pytest.mark.parametrize(("model", "geo"), [("claude-sonnet-5", "global"), ("claude-opus-4-6", "not_available")])
def test_geo_tells_the_hosting(model: str, geo: str) -> None:
    """A deployment that can only be hosted on Anthropic names no geography, as the service does."""
    assert wire.answer(model=model)["usage"]["inference_geo"] == geo


def test_earlier_thoughts_are_not_counted() -> None:
    """What was thought in earlier turns adds nothing to the prompt."""
    thought = {"type": "thinking", "thinking": LONG, "signature": "c2ln"}
    said = {"type": "text", "text": "Fine."}
    counts = [
        usage(user("Hi"), assistant(content), user("And?"), state=State())[2] for content in ([said], [thought, said])
    ]
    assert counts[0] == counts[1]

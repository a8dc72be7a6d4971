"""Long conversations of the vendor's own SDK against the emulator."""

from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import AnthropicFoundry

from claude_foundry.emulator import Emulator

from . import wire
from .test__compaction import LONG
from .test__context import clear, conversation, tokens

COMPACT = {"type": "compact_20260112", "trigger": tokens(50_000)}
REQUEST: Any = {"model": "claude-opus-5-5", "max_tokens": 200}


@pytest.fixture
def client(emulator: Emulator) -> Iterator[AnthropicFoundry]:
    """The SDK's client for Foundry."""
    with AnthropicFoundry(base_url=emulator.base_url, api_key=emulator.api_key, max_retries=0) as client:
        yield client


def test_context_editing(client: AnthropicFoundry) -> None:
    """The SDK reads what was cleared, and what a count was before."""
    fields: Any = {"betas": ["context-management-2025-06-27"], "tools": [wire.WEATHER]}
    fields["messages"] = conversation("get_weather")
    fields["context_management"] = clear(trigger=tokens(1), keep={"type": "tool_uses", "value": 0})

    answer = client.beta.messages.create(**REQUEST, **fields)
    counted = client.beta.messages.count_tokens(model="claude-opus-5-5", **fields)

    assert answer.context_management is not None
    [edit] = answer.context_management.applied_edits
    assert edit.type == "clear_tool_uses_20250919"
    assert counted.context_management is not None
    assert counted.context_management.original_input_tokens - edit.cleared_input_tokens == counted.input_tokens


@pytest.mark.parametrize("pauses", [False, True])
def test_compaction(client: AnthropicFoundry, pauses: bool) -> None:
    """The SDK reads a summary whole and streamed, and sends it back as it came."""
    edit = {**COMPACT, "pause_after_compaction": pauses}
    fields: Any = {**REQUEST, "betas": ["compact-2026-01-12"], "context_management": {"edits": [edit]}}

    whole = client.beta.messages.create(**fields, messages=LONG)
    with client.beta.messages.stream(**fields, messages=LONG) as stream:
        streamed = stream.get_final_message()
    later = client.beta.messages.create(
        **fields, messages=[*LONG, {"role": "assistant", "content": whole.content}, wire.user("And two turns?")]
    )

    assert [block.type for block in streamed.content] == [block.type for block in whole.content]
    summaries = [
        block.content for answer in (whole, streamed) for block in answer.content if block.type == "compaction"
    ]
    assert summaries == [summaries[0]] * 2
    assert whole.stop_reason == ("compaction" if pauses else "end_turn")
    assert [each.type for each in whole.usage.iterations or ()] == ["compaction", *([] if pauses else ["message"])]
    assert [block.type for block in later.content] == ["text"]

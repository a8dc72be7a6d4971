"""Conversations that are long enough to be cached, cleared or summed up, for the tests with cassettes."""

from typing import Any

from claude_foundry import context_management

HANDBOOK = "The lamp turns once in ten seconds. " * 300
QUESTIONS = ("How long does a turn take?", "And two turns?")
LETTERS = "a b c d e f g h " * 7_500
"""More than 50,000 tokens in as few bytes as may be."""
NOTES = f"Keep in mind that the lighthouse is called Vesna. {LETTERS}"
NAME = "What is the lighthouse called?"

_READ: Any = {"type": "tool_use", "name": "read_log", "input": {"day": "Monday"}}
READ_LOG: Any = {
    "name": "read_log",
    "description": "Reads the log of a day.",
    "input_schema": {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]},
}
READINGS: list[Any] = [
    {"role": "user", "content": "Read the log of Monday and of Tuesday."},
    {
        "role": "assistant",
        "content": [{**_READ, "id": "toolu_01"}, {**_READ, "id": "toolu_02", "input": {"day": "Tuesday"}}],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_01", "content": f"Fog all day. {HANDBOOK}"},
            {"type": "tool_result", "tool_use_id": "toolu_02", "content": "Clear until the evening."},
        ],
    },
]
"""Two results of a tool, the first of which is long."""

CLEARING = {"edits": [context_management.clear_tool_uses(above_input_tokens=1_000, keep=1)]}
FORGETTING = {"edits": [context_management.clear_thinking(keep_turns=1)]}
SUMMING_UP = {"edits": [context_management.compact(above_input_tokens=50_000)]}
PAUSING = {"edits": [context_management.compact(above_input_tokens=50_000, pause=True)]}

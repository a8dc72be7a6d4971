"""Words said in the user's name, kept with the answer to them."""

from llama_index.core.base.llms.types import CacheControl, CachePoint, ChatMessage, TextBlock, ThinkingBlock

from claude_foundry._models import known
from claude_foundry.llamaindex._added_words import kept
from claude_foundry.llamaindex._to_wire import conversation

THOUGHT = ThinkingBlock(content="", additional_information={"signature": "s"})
HELLO = ChatMessage(role="user", content="Hello")


def test_kept_in_the_reasoning() -> None:
    """The first reasoning of an answer keeps the words; an answer without any keeps none, and none adds nothing."""
    [text, first, second] = kept([TextBlock(text="a"), THOUGHT, THOUGHT], ["Continue."])
    assert isinstance(first, ThinkingBlock)
    assert first.additional_information == {"signature": "s", "claude_added": ["Continue."]}
    assert (text, second) == (TextBlock(text="a"), THOUGHT)
    assert kept([TextBlock(text="a")], ["Continue."]) == [TextBlock(text="a")]
    assert kept([THOUGHT], []) == [THOUGHT]


def test_said_again() -> None:
    """The words end the user's turn before the answer, and a cache point after it stands on them."""
    point = CachePoint(cache_control=CacheControl(type="ephemeral"))
    answer = ChatMessage(role="assistant", blocks=[*kept([THOUGHT], ["Use add."]), point])
    _, turns = conversation([HELLO, answer, HELLO], names={}, model=known("claude-opus-5-5"))
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[0]["content"] == [
        {"type": "text", "text": "Hello"},
        {"type": "text", "text": "Use add.", "cache_control": {"type": "ephemeral"}},
    ]
    assert turns[1]["content"] == [{"type": "thinking", "thinking": "", "signature": "s"}]

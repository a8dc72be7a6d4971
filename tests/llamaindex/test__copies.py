"""Objects made like others."""

import pickle

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, TextBlock

from claude_foundry.llamaindex._copies import like


def test_like_a_validated_one() -> None:
    """An object made like another equals one that was validated, in its dump and after a pickle too."""
    template = ChatResponse(message=ChatMessage(role="assistant", blocks=[]))
    blocks = [like(TextBlock(text=""), text="Hello")]
    made = like(template, message=like(template.message, blocks=blocks), raw={"a": 1}, delta="o")
    expected = ChatResponse(message=ChatMessage(role="assistant", content="Hello"), raw={"a": 1}, delta="o")
    assert made == expected
    assert made.model_dump() == expected.model_dump()
    assert pickle.loads(pickle.dumps(made)) == expected
    assert ChatResponse.model_validate_json(made.model_dump_json()) == expected


def test_template_stays_as_it_is() -> None:
    """The object that was the template, and its siblings, do not change with it."""
    template = TextBlock(text="a")
    made = like(template, text="b")
    made.text = "c"
    assert (template.text, like(template).text) == ("a", "a")

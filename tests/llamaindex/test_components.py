"""The components of LlamaIndex that people build with, on this LLM; agents and retrieval have files of their own."""

from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.llms import ChatMessage

from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.components import memory


def test_simple_chat_engine(emulator_settings: dict[str, str]) -> None:
    """A chat engine keeps a conversation and sends its system prompt each time."""
    llm = ClaudeFoundry(model="claude-opus-5-5", **emulator_settings)
    engine = SimpleChatEngine.from_defaults(llm=llm, memory=memory(), system_prompt="Be brief.")
    assert str(engine.chat("Name three rivers."))
    assert "".join(engine.stream_chat("And mountains?").response_gen)
    assert [said.role.value for said in engine.chat_history] == ["user", "assistant"] * 2


def test_assistant_speaks_first(emulator_settings: dict[str, str]) -> None:
    """A conversation that begins with a greeting of the assistant can be continued."""
    llm = ClaudeFoundry(model="claude-opus-5-5", **emulator_settings)
    greeting = ChatMessage(role="assistant", content="How can I help?")
    engine = SimpleChatEngine.from_defaults(llm=llm, memory=memory(greeting))
    assert str(engine.chat("Name three rivers."))

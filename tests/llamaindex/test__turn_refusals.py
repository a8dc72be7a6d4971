"""Turns of which the service refuses something: the next request does without, and so does every later one."""

from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock
from llama_index.core.program import FunctionCallingProgram
from llama_index.core.selectors import PydanticSingleSelector
from llama_index.core.tools import FunctionTool, ToolMetadata

from claude_foundry.emulator import Emulator
from claude_foundry.errors import BadRequestError
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.components import add, memory, run
from tests.llamaindex.contract_ground import TEXT, City
from tests.llamaindex.faces import Face, both, llm_on, message, refused, sent, whole
from tests.shells import Script

# LlamaIndex's workflows look at every attribute of an agent, pydantic's deprecated ones among them.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")
NO_FORCE = 'tool_choice: type "tool" and "any" are not supported for this model.'
BOUND = "messages.1.content.0: Invalid `signature`. The block is bound to a different conversation."
ADD = FunctionTool.from_defaults(add)
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 3, "b": 4}}
SAID = {"type": "text", "text": "Yes"}
ASK = "Add 3 and 4."
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def mine(**settings: Any) -> tuple[ClaudeFoundry, Emulator]:
    """An LLM on a deployment whose name tells nothing, of a model that lets no tool be forced."""
    emulator = Emulator(api_key="key", deployments={"mine": "claude-opus-5-5"})
    return llm_on(emulator.transport().handle_request, model="mine", **settings), emulator


def choices(emulator: Emulator) -> list[str]:
    return [request.body["tool_choice"]["type"] for request in emulator.requests if "tool_choice" in request.body]


@both
@streams
def test_force_that_is_refused(face: Face, stream: bool) -> None:
    """A deployment that lets no tool be forced is asked in words, at once from the second turn on."""
    llm, emulator = mine()
    for _ in range(2):
        if stream:
            [*_, response] = face.stream_chat_with_tools(llm, [ADD], user_msg=ASK, tool_required=True)
        else:
            response = face.chat_with_tools(llm, [ADD], user_msg=ASK, tool_required=True)
        [call] = llm.get_tool_calls_from_response(response)
        assert call.tool_kwargs == {"a": 3, "b": 4}
    assert choices(emulator) == ["any", "auto", "auto"]
    said = [block["text"] for block in emulator.requests[-1].body["messages"][-1]["content"]]
    assert said == [ASK, "Answer by calling the tool add."]


def test_components_that_force_a_tool() -> None:
    """Agents, selectors and programs that force a tool work where that is refused."""
    llm, emulator = mine()
    agent = FunctionAgent(tools=[add], llm=llm, initial_tool_choice="add")
    assert "7" in str(run(agent, ASK)[0])

    llm, emulator = mine()
    choosable = [ToolMetadata(name="tea", description="All of tea"), ToolMetadata(name="rum", description="All of rum")]
    chosen = PydanticSingleSelector.from_defaults(llm=llm).select(choosable, "What is rum?")
    assert chosen.inds
    assert choices(emulator)[1:] == ["auto"]

    llm, _ = mine()
    program = FunctionCallingProgram.from_defaults(City, prompt_template_str="{text}", llm=llm, tool_required=True)
    assert isinstance(program(text=TEXT), City)


@both
@streams
def test_other_refusals_are_raised(face: Face, stream: bool) -> None:
    """A refusal that is about something else is raised, and one of a choice that was free."""
    for refusal, options in (("tools: too many", {"tool_required": True}), (NO_FORCE, {})):
        script = Script(refused(refusal))
        ask = face.stream_chat_with_tools if stream else face.chat_with_tools
        with pytest.raises(BadRequestError, match=refusal[:10]):
            ask(llm_on(script, model="mine"), [ADD], user_msg=ASK, **options)
        assert len(script.requests) == 1


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("deployment", ["claude-opus-5-5", "mine"])
def test_reasoning_after_words_of_ours(deployment: str, streaming: bool) -> None:
    """What is said in the user's name goes back before the answer to it, whose reasoning counts only there."""
    emulator = Emulator(api_key="key", deployments=dict.fromkeys(("mine", "claude-opus-5-5"), "claude-opus-5-5"))
    llm = llm_on(emulator.transport().handle_request, model=deployment, thinking="high", on_thinking_mismatch="raise")
    talk = memory()
    agent = FunctionAgent(tools=[add], llm=llm, initial_tool_choice="add", streaming=streaming)

    assert "7" in str(run(agent, ASK, memory=talk)[0])
    assert "11" in str(run(agent, "Add 5 and 6.", memory=memory(*kept(talk)))[0])

    last = emulator.requests[-1].body["messages"]
    assert [block["text"] for block in last[0]["content"]] == [ASK, "Answer by calling the tool add."]
    assert last[1]["content"][0]["type"] == "thinking"


def kept(talk: Any) -> list[ChatMessage]:
    """The messages of a memory, as one that keeps them as JSON gives them back."""
    return [ChatMessage.model_validate_json(each.model_dump_json()) for each in talk.get_all()]


@both
def test_reasoning_after_an_answer_that_was_continued(face: Face) -> None:
    """An answer that continues another goes back behind the word that asked for it."""
    emulator = Emulator(api_key="key")
    llm = llm_on(
        emulator.transport().handle_request, model="claude-opus-5-5", thinking="high", on_thinking_mismatch="raise"
    )
    history = [ChatMessage(role="user", content="Hello")]
    for _ in range(3):
        history.append(face.chat(llm, history).message)
    assert [turn["role"] for turn in emulator.requests[-1].body["messages"]] == ["user", "assistant"] * 2 + ["user"]


THOUGHT = ThinkingBlock(content="", additional_information={"signature": "s"})
NEWER = {"type": "thinking", "thinking": "", "signature": "newer"}


@both
@streams
def test_refused_reasoning_is_sent_once(face: Face, stream: bool) -> None:
    """Reasoning that was refused is not sent again; what is thought after it is, and the conversation goes on."""
    emulator = Emulator(api_key="key")
    llm = llm_on(emulator.transport().handle_request, model="claude-opus-5-5", thinking="high")
    history = [ChatMessage(role="user", content="Hello")]

    def ask() -> None:
        history.append(face.stream_chat(llm, history)[-1].message if stream else face.chat(llm, history).message)
        history.append(ChatMessage(role="user", content="And then?"))

    ask()
    history.insert(0, ChatMessage(role="system", content="Be kind."))
    for _ in range(3):
        ask()

    assert len(emulator.requests) == 5
    thoughts = [
        sum(block["type"] == "thinking" for turn in request.body["messages"] for block in turn["content"])
        for request in emulator.requests
    ]
    assert thoughts == [0, 1, 0, 1, 2]


@both
def test_refused_reasoning_where_that_is_to_be_raised(face: Face) -> None:
    """With ``on_thinking_mismatch="raise"`` refused reasoning is the caller's to see, and nothing is left out."""
    history = [
        ChatMessage(role="user", content="a"),
        ChatMessage(role="assistant", blocks=[THOUGHT, TextBlock(text="b")]),
    ]
    history.append(ChatMessage(role="user", content="c"))
    script = Script(refused(BOUND), whole(message(SAID)))
    llm = llm_on(script, on_thinking_mismatch="raise")
    with pytest.raises(BadRequestError, match="different conversation"):
        face.chat(llm, history)
    face.chat(llm, history)
    assert [len(body["messages"][1]["content"]) for body in sent(script)] == [2, 2]

"""A turn that takes several requests."""

from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.tools import FunctionTool

from claude_foundry._pauses import MAX_PAUSES
from tests.llamaindex.faces import Face, both, llm_on, message, played, sent, whole
from tests.shells import Script

ASK = [ChatMessage(role="user", content="Look it up")]
TEXT = {"type": "text", "text": "Wait"}
ASKED = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}


def paused(make: Any, *content: dict[str, Any]) -> Any:
    return make(*content, stop_reason="pause_turn")


@both
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_paused_turn_is_taken_up_again(face: Face, stream: bool) -> None:
    """A turn that the service pauses goes back as it is, and its parts are one answer that cost what all cost."""
    make: Any = played if stream else (lambda *content, **fields: whole(message(*content, **fields)))
    script = Script(paused(make, TEXT, ASKED), make({"type": "text", "text": "Found it"}))
    llm = llm_on(script, server_tools=[SEARCH])
    responses = face.stream_chat(llm, ASK) if stream else [face.chat(llm, ASK)]
    last = responses[-1]
    assert [body["messages"] for body in sent(script)][1][1:] == [{"role": "assistant", "content": [TEXT, ASKED]}]
    assert [block.block_type for block in last.message.blocks] == ["text", "thinking", "text"]
    assert (last.additional_kwargs["stop_reason"], last.additional_kwargs["prompt_tokens"]) == ("end_turn", 220)
    if stream:
        check_stream(responses)


def check_stream(responses: list[ChatResponse]) -> None:
    told = ""
    for response in responses:
        told += response.delta or ""
        assert told == (response.message.content or "")
    assert [response.additional_kwargs.get("stop_reason") for response in responses[:-1]] == [None] * (
        len(responses) - 1
    )


@both
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_pauses_are_bounded(face: Face, stream: bool) -> None:
    """A turn that pauses without end is given as it is at last, with its stop reason."""
    make: Any = played if stream else (lambda *content, **fields: whole(message(*content, **fields)))
    script = Script(*[paused(make, TEXT) for _ in range(MAX_PAUSES + 1)])
    response = face.stream_chat(llm_on(script), ASK)[-1] if stream else face.chat(llm_on(script), ASK)
    assert len(script.requests) == MAX_PAUSES + 1
    assert response.additional_kwargs["stop_reason"] == "pause_turn"


@both
def test_pauses_may_be_left_to_the_caller(face: Face) -> None:
    """With ``continue_paused_turns=False`` a paused turn is given as it is, and the next request takes it up."""
    script = Script(whole(message(TEXT, ASKED, stop_reason="pause_turn")), whole(message(TEXT)))
    llm = llm_on(script, continue_paused_turns=False, server_tools=[SEARCH])
    first = face.chat(llm, ASK)
    face.chat(llm, [*ASK, first.message])
    assert sent(script)[1]["messages"][1:] == [{"role": "assistant", "content": [TEXT, ASKED]}]


@both
def test_calls_of_a_paused_turn_are_the_callers(face: Face) -> None:
    """A paused turn that calls a tool of the caller's waits for its result."""
    llm = llm_on(Script(whole(message(TEXT, CALL, stop_reason="pause_turn"))))
    tool = FunctionTool.from_defaults(lambda a: a, name="add", description="Adds.")
    response = face.chat_with_tools(llm, [tool], user_msg="Add")
    assert [call.tool_name for call in llm.get_tool_calls_from_response(response)] == ["add"]

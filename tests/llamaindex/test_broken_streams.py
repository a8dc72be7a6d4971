"""Streams that break off in the middle of a call: the last response before the error holds no call that is cut."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.base.llms.types import ToolCallBlock
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

from claude_foundry import ResponseFormatError, StreamInterruptedError
from claude_foundry.errors import FoundryError
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.faces import closed, finished, grown, llm_on, message, opened, started, streamed
from tests.llamaindex.test__llm import ASK
from tests.shells import Script

SAID = [opened(0, {"type": "text", "text": "I look."}), closed(0)]
BEGUN = {"type": "tool_use", "id": "toolu_1", "name": "delete_path", "input": {}}
CALLED = [
    opened(1, BEGUN),
    grown(1, type="input_json_delta", partial_json='{"path": "/data/tmp/'),
    grown(1, type="input_json_delta", partial_json='old"}'),
    closed(1),
]
NEXT = [
    opened(2, {**BEGUN, "id": "toolu_2"}),
    grown(2, type="input_json_delta", partial_json='{"path": "/data"}'),
]
FAILED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
INTERLEAVED = [opened(1, BEGUN), opened(2, {**BEGUN, "id": "toolu_2"}), *CALLED[1:], *NEXT[1:], closed(2)]
STREAMS = {
    "calls": [started(), *SAID, *CALLED, *NEXT, closed(2), finished("tool_use")],
    "interleaved": [started(), *SAID, *INTERLEAVED, finished("tool_use")],
    "cut at the limit": [started(), *SAID, *CALLED[:2], closed(1), finished("max_tokens")],
    "whole at the limit": [started(), *SAID, *CALLED, finished("max_tokens")],
    "input at the start": [started(), *SAID, opened(1, {**BEGUN, "input": {"path": "/"}}), closed(1), finished()],
}
Seen = list[Any]
Asks = Callable[..., Any]


def read(asked: Asks, seen: Seen, *given: Any, **call: Any) -> None:
    """Reads what a method streams, and keeps what came in ``seen``."""
    for response in asked(*given, **call):
        seen.append(response)


def aread(asked: Asks, seen: Seen, *given: Any, **call: Any) -> None:
    """Reads what a method streams in an event loop."""

    async def reading() -> None:
        async for response in await asked(*given, **call):
            seen.append(response)

    asyncio.run(reading())


def chat(llm: ClaudeFoundry, seen: Seen) -> None:
    read(llm.stream_chat, seen, ASK)


def achat(llm: ClaudeFoundry, seen: Seen) -> None:
    aread(llm.astream_chat, seen, ASK)


both = pytest.mark.parametrize("reads", [chat, achat], ids=["sync", "async"])


def kept(reads: Any, *events: dict[str, Any]) -> tuple[ClaudeFoundry, Seen, FoundryError]:
    """Gives the LLM, the responses that come before an error, and the error."""
    llm, seen = llm_on(Script(streamed([*events, FAILED], ended=False))), list[Any]()
    with pytest.raises(StreamInterruptedError) as caught:
        reads(llm, seen)
    return llm, seen, caught.value


def calls(response: Any) -> list[tuple[str | None, Any]]:
    blocks = [block for block in response.message.blocks if isinstance(block, ToolCallBlock)]
    return [(block.tool_call_id, block.tool_kwargs) for block in blocks]


@both
def test_call_in_the_middle(reads: Any) -> None:
    """The last response has what was said and no call, neither as a block nor as a selection, and no increment."""
    llm, seen, _ = kept(reads, started(), *SAID, *CALLED[:2])

    assert calls(seen[-2]) == [("toolu_1", {"path": "/data/tmp/"})]
    assert llm.get_tool_calls_from_response(seen[-1], error_on_no_tool_call=False) == []
    assert seen[-1].message.additional_kwargs == {}
    assert (seen[-1].message.content, seen[-1].delta) == ("I look.", "")


@both
@pytest.mark.parametrize("came", list(STREAMS.values()), ids=list(STREAMS))
def test_wherever_it_breaks_off(reads: Any, came: list[dict[str, Any]]) -> None:
    """After each event, the last response has the calls to run that the error's message has."""
    for count in range(2, len(came) + 1):
        llm, seen, error = kept(reads, *came[:count])

        assert isinstance(error, StreamInterruptedError)
        assert error.partial is not None
        whole = [(call.id, call.input) for call in error.partial.tool_calls]
        assert calls(seen[-1]) == whole
        assert [call["id"] for call in seen[-1].message.additional_kwargs.get("tool_calls", [])] == [
            identifier for identifier, _ in whole
        ]
        selected = llm.get_tool_calls_from_response(seen[-1], error_on_no_tool_call=False)
        assert [(call.tool_id, call.tool_kwargs) for call in selected] == whole


@both
def test_nothing_of_a_call(reads: Any) -> None:
    """Where no call was shown, nothing comes before the error but what came."""
    _, seen, _ = kept(reads, started(), *SAID)

    assert [response.delta for response in seen] == ["I look."]


@both
def test_earlier_responses(reads: Any) -> None:
    """Responses that a caller keeps stay as they were."""
    _, seen, _ = kept(reads, started(), *CALLED[:1])

    assert [len(calls(response)) for response in seen] == [1, 0]


@both
def test_continued_turn(reads: Any) -> None:
    """A call of the second part of a paused turn is not shown at last, and what came before it is."""
    paused = streamed([started(), *SAID, finished("pause_turn")])
    llm, seen = llm_on(Script(paused, streamed([started(), *CALLED[:2]], ended=False))), list[Any]()

    with pytest.raises(StreamInterruptedError):
        reads(llm, seen)

    assert calls(seen[-2]) == [("toolu_1", {"path": "/data/tmp/"})]
    assert (calls(seen[-1]), seen[-1].message.content) == ([], "I look.")


@both
@pytest.mark.parametrize("begun", [[], [started()]], ids=["no message", "message"])
def test_nothing_at_all(reads: Any, begun: list[Any]) -> None:
    """Nothing comes before the error where no content has come; the error has what the message told."""
    seen: Seen = []
    with pytest.raises(StreamInterruptedError) as caught:
        reads(llm_on(Script(streamed(begun, ended=False))), seen)

    assert (seen, caught.value.events, caught.value.partial is not None) == ([], len(begun), bool(begun))


@both
def test_error_that_has_no_message(reads: Any) -> None:
    """Where an error tells nothing of the answer, the last call is not shown, however whole it looks."""
    opening = {"type": "message_start", "message": {**message(), "model": None, "stop_reason": None}}
    seen: Seen = []
    with pytest.raises(ResponseFormatError):
        reads(llm_on(Script(streamed([opening, *CALLED, finished("tool_use")]))), seen)

    assert calls(seen[-2]) == [("toolu_1", {"path": "/data/tmp/old"})]
    assert calls(seen[-1]) == []


class Place(BaseModel):
    """A place."""

    path: str


@pytest.mark.parametrize("looped", [False, True], ids=["sync", "async"])
def test_object(looped: bool) -> None:
    """An object that breaks off is given as far as it came, and the error is raised."""
    call = opened(0, {**BEGUN, "name": "Place"})
    pieces = [grown(0, type="input_json_delta", partial_json=piece) for piece in ('{"path": "/data', "/tmp/")]
    script = Script(streamed([started(), call, *pieces, FAILED], ended=False))
    llm, seen = llm_on(script, structured_mode="function_calling"), list[Any]()
    reads, asked = (aread, llm.astream_structured_predict) if looped else (read, llm.stream_structured_predict)

    with pytest.raises(StreamInterruptedError):
        reads(asked, seen, Place, PromptTemplate("Where?"))

    assert [found.path for found in seen] == ["/data", "/data/tmp/"]


@pytest.mark.parametrize("looped", [False, True], ids=["sync", "async"])
def test_completion(looped: bool) -> None:
    """A completion that breaks off keeps the text that came."""
    llm = llm_on(Script(streamed([started(), *SAID, *CALLED[:2], FAILED], ended=False)))
    seen: Seen = []
    reads, asked = (aread, llm.astream_complete) if looped else (read, llm.stream_complete)

    with pytest.raises(StreamInterruptedError):
        reads(asked, seen, "Hi")

    assert {response.text for response in seen} == {"I look."}
    assert "".join(response.delta for response in seen) == "I look."

"""Tools, event loops and conversations: the LLM against a script and against the emulator."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from llama_index.core.async_utils import asyncio_run
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.tools import FunctionTool

from claude_foundry.emulator import Emulator
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.faces import (
    Face,
    both,
    llm_on,
    message,
    played,
    sent,
    whole,
)
from tests.llamaindex.test__llm import ASK, TEXT
from tests.shells import Script

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1, "b": 2}}


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


ADD = FunctionTool.from_defaults(add)


@both
@pytest.mark.parametrize("user_msg", ["Add", ChatMessage(role="user", content="Add")], ids=["text", "message"])
def test_chat_with_tools(face: Face, user_msg: Any) -> None:
    """Tools, choice and the user's message are sent, the history is left alone, and the call comes back."""
    history = list(ASK)
    script = Script(whole(message(CALL, stop_reason="tool_use")))
    llm = llm_on(script)
    response = face.chat_with_tools(llm, [ADD], user_msg=user_msg, chat_history=history, tool_required=True)
    [call] = llm.get_tool_calls_from_response(response)
    assert (call.tool_name, call.tool_kwargs) == ("add", {"a": 1, "b": 2})
    [body] = sent(script)
    assert body["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    assert [part["text"] for part in body["messages"][0]["content"]] == ["Hi", "Add"]
    assert history == ASK


@both
def test_plain_function_is_a_tool(face: Face) -> None:
    """A function is defined as LlamaIndex would define it."""
    script = Script(whole(message(CALL, stop_reason="tool_use")), whole(message(CALL, stop_reason="tool_use")))
    llm = llm_on(script)
    face.chat_with_tools(llm, [add], user_msg="Add")
    face.chat_with_tools(llm, [ADD], user_msg="Add")
    plain, wrapped = sent(script)
    assert plain == wrapped


@both
@pytest.mark.parametrize(
    ("tools", "said"),
    [
        ([{"name": "add", "input_schema": {}}], r"tools\[0\] is dict"),
        ([ADD, ADD], "'add'"),
        ([ADD, int], r"tools\[1\]"),
    ],
    ids=["definition", "twice", "class"],
)
def test_tools_that_cannot_be_sent(face: Face, tools: list[Any], said: str) -> None:
    """What is no tool of LlamaIndex's, and a second tool of one name, are refused before anything is sent."""
    script = Script()
    with pytest.raises(ConfigurationError, match=said):
        face.chat_with_tools(llm_on(script), tools, user_msg="Add")
    assert script.requests == []


@both
def test_choice_of_a_tool_without_tools(face: Face) -> None:
    """A tool that is chosen and not given is refused."""
    with pytest.raises(ConfigurationError, match="none is given"):
        face.chat(llm_on(Script()), ASK, tool_choice="add")


@both
def test_stream_chat_with_tools(face: Face) -> None:
    """A streamed call grows, and is whole at the end."""
    llm = llm_on(Script(played(CALL, stop_reason="tool_use")))
    responses = face.stream_chat_with_tools(llm, [ADD], user_msg="Add", allow_parallel_tool_calls=True)
    assert llm.get_tool_calls_from_response(responses[-1])[0].tool_kwargs == {"a": 1, "b": 2}


@both
def test_one_call_where_one_is_allowed(face: Face) -> None:
    """Of two calls in an answer the first stays when only one is allowed."""
    llm = llm_on(Script(*[whole(message(CALL, {**CALL, "id": "toolu_2"}))] * 2))
    assert len(face.chat_with_tools(llm, [ADD], user_msg="Add").message.blocks) == 1
    assert len(face.chat_with_tools(llm, [ADD], user_msg="Add", allow_parallel_tool_calls=True).message.blocks) == 2


def test_no_call_where_one_is_expected() -> None:
    """A response without a call is an error where one is expected, with the words others match on."""
    llm = llm_on(Script(whole(message(TEXT))))
    response = llm.chat(ASK)
    assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []
    with pytest.raises(ValueError, match=r"^Expected at least one tool call.*end_turn"):
        llm.get_tool_calls_from_response(response)


@pytest.mark.parametrize("given", [{"additional_kwargs": {"tools": [SEARCH]}}, {"server_tools": [SEARCH]}])
def test_tools_of_the_service_stand_beside_those_of_a_call(given: dict[str, Any]) -> None:
    """A tool of the service that is set on the LLM is sent with the call's tools, and may be chosen."""
    script = Script(whole(message(TEXT)))
    llm = llm_on(script, **given)
    llm.chat_with_tools([ADD], user_msg="Look", tool_choice="web_search", allow_parallel_tool_calls=True)
    [body] = sent(script)
    assert [tool["name"] for tool in body["tools"]] == ["web_search", "add"]
    assert body["tool_choice"] == {"type": "tool", "name": "web_search"}


@both
def test_another_deployment_for_one_call(face: Face) -> None:
    """A call that names another deployment keeps to that one's rules, and costs what that one costs."""
    script = Script(whole(message(TEXT)))
    llm = llm_on(script, base_model="claude-haiku-4-5")
    response = face.chat_with_tools(llm, [ADD], user_msg="Add", tool_required=True, model="claude-opus-5-5")
    [body] = sent(script)
    assert (body["model"], body["tool_choice"]["type"]) == ("claude-opus-5-5", "auto")
    assert response.additional_kwargs["cost_usd"] == pytest.approx((10 * 4 + 5 * 20 + 100 * 0.2) / 1_000_000)


@both
def test_against_the_emulator(face: Face, emulator_settings: dict[str, str]) -> None:
    """All methods work over a socket."""
    llm = ClaudeFoundry(model="claude-sonnet-5", **emulator_settings)
    assert "rivers" in face.complete(llm, "Name three rivers.").text
    assert face.stream_complete(llm, "Name three rivers.")[-1].text == face.complete(llm, "Name three rivers.").text
    assert face.first_of_stream(llm, ASK).delta
    assert face.chat(llm, ASK).additional_kwargs["apim_request_id"]


def test_one_llm_in_many_event_loops(emulator_settings: dict[str, str]) -> None:
    """One instance serves one event loop after another."""
    llm = ClaudeFoundry(model="claude-sonnet-5", **emulator_settings)
    answers = {asyncio.run(llm.acomplete("Name three rivers.")).text for _ in range(3)}
    assert len(answers) == 1


def test_one_llm_in_many_threads(emulator_settings: dict[str, str]) -> None:
    """Threads share one instance, whose clients are made at first use."""
    llm = ClaudeFoundry(model="claude-sonnet-5", **emulator_settings)
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: llm.complete("Name three rivers.").text, range(16)))
    assert len(answers) == 1


def test_one_llm_in_a_notebook(emulator_settings: dict[str, str]) -> None:
    """Where a loop is running already, as in a notebook, LlamaIndex's own runner gets its answers too."""
    llm = ClaudeFoundry(model="claude-sonnet-5", **emulator_settings)

    async def ask() -> str:
        # LlamaIndex closes its loop without finishing what belongs to it.
        async with llm:
            return (await llm.acomplete("Name three rivers.")).text

    async def cell() -> set[str]:
        return {asyncio_run(ask()), asyncio_run(ask()), await ask()}

    assert len(asyncio.run(cell())) == 1


def test_early_break_of_an_async_stream(emulator_settings: dict[str, str]) -> None:
    """A loop that is left by ``break`` leaves nothing unclosed, and the LLM goes on answering."""
    llm = ClaudeFoundry(model="claude-sonnet-5", **emulator_settings)

    async def first() -> str:
        async for response in await llm.astream_complete("Name three rivers."):
            return str(response.delta)
        return ""

    assert [asyncio.run(first()) for _ in range(3)] == [asyncio.run(first())] * 3


def test_cancelled_async_stream(emulator_settings: dict[str, str]) -> None:
    """Cancelling a task in mid-stream is no error but the cancellation."""
    llm = ClaudeFoundry(model="claude-sonnet-5", **emulator_settings)

    async def cancel() -> None:
        begun = asyncio.Event()

        async def read() -> None:
            async for _ in await llm.astream_chat(ASK):
                begun.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(read())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())


def test_tool_names_of_any_kind(emulator: Emulator, emulator_settings: dict[str, str]) -> None:
    """A tool whose name the API does not take is called, and found again by its own name."""
    llm = ClaudeFoundry(model="claude-sonnet-5", **emulator_settings)
    odd = FunctionTool.from_defaults(add, name="add numbers [int]")
    answer = llm.predict_and_call([odd], user_msg="Add 3 and 4.", tool_required=True)
    assert answer.response == "7"
    assert emulator.requests[-1].body["tools"][0]["name"] == "add_numbers__int_"


def test_final_message_of_a_stream_goes_back(emulator_settings: dict[str, str]) -> None:
    """A streamed answer with reasoning and a call goes back with its result, and the service accepts it."""
    llm = ClaudeFoundry(model="claude-opus-5-5", thinking={"type": "adaptive"}, **emulator_settings)
    asked = ChatMessage(role="user", content="Add 3 and 4.")
    last = list(llm.stream_chat_with_tools([ADD], user_msg=asked))[-1]
    [call] = [block for block in last.message.blocks if isinstance(block, ToolCallBlock)]
    result = ChatMessage(role="tool", content="7", additional_kwargs={"tool_call_id": call.tool_call_id})
    assert "7" in str(llm.chat_with_tools([ADD], chat_history=[asked, last.message, result]).message.content)

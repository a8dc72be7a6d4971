"""Streams in every way LangChain has, from the emulator to the caller."""

import asyncio
import gc
from collections import Counter
from typing import Any

import httpx
import pytest
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.language_models.chat_model_stream import AsyncChatModelStream, ChatModelStream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_tests.utils.stream_lifecycle import assert_valid_event_stream
from langgraph.graph import START, MessagesState, StateGraph

from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import SSE, message, pieces_of
from tests.langchain.ways import model
from tests.shells import Body

PROMPT = "What is 17 times 23? Use multiply."
MODELS = pytest.mark.parametrize("name", ["claude-haiku-4-5", "claude-opus-5-5"])
pytestmark = pytest.mark.filterwarnings("ignore:.*is in beta:langchain_core._api.beta_decorator.LangChainBetaWarning")


def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


def gathered(chunks: list[Any]) -> AIMessageChunk:
    return sum(chunks[1:], chunks[0])


def check_chunks(chunks: list[AIMessageChunk]) -> None:
    """One id, the counts once, and the end told once."""
    assert {chunk.id for chunk in chunks} == {gathered(chunks).id}
    assert chunks[0].id.startswith("msg_")
    assert [chunk.chunk_position for chunk in chunks] == [None] * (len(chunks) - 1) + ["last"]
    assert sum(chunk.usage_metadata is not None for chunk in chunks) == 1
    keys = Counter(key for chunk in chunks for key in chunk.response_metadata if key != "model_provider")
    assert set(keys.values()) == {1}


async def asked(llm: Any, way: str, prompt: Any) -> list[AIMessageChunk]:
    """Gives the chunks of an answer, in one of the ways LangChain has."""
    match way:
        case "stream":
            return list(llm.stream(prompt))
        case "astream":
            return [chunk async for chunk in llm.astream(prompt)]
    events = [event async for event in llm.astream_events(prompt, version="v2")]
    assert [event["event"] for event in events if "chat_model_e" in event["event"]] == ["on_chat_model_end"]
    return [event["data"]["chunk"] for event in events if event["event"] == "on_chat_model_stream"]


@MODELS
@pytest.mark.parametrize("way", ["stream", "astream", "astream_events"])
async def test_chunks(name: str, way: str, emulator_settings: dict[str, str]) -> None:
    """A streamed call has the arguments of the whole one, one id, one count and one end."""
    llm = ChatClaudeFoundry(model=name, **emulator_settings).bind_tools([multiply])

    chunks = await asked(llm, way, PROMPT)

    check_chunks(chunks)
    assert [call["args"] for call in gathered(chunks).tool_calls] == [{"first": 17, "second": 23}]


@MODELS
async def test_events_are_those_of_a_call(name: str, emulator_settings: dict[str, str]) -> None:
    """The events of version 3 keep their order and amount to the whole answer, with and without an event loop."""
    llm = ChatClaudeFoundry(model=name, **emulator_settings).bind_tools([multiply])
    whole = llm.invoke(PROMPT)

    plain, awaited = llm.stream_events(PROMPT, version="v3"), await llm.astream_events(PROMPT, version="v3")

    assert isinstance(plain, ChatModelStream)
    assert isinstance(awaited, AsyncChatModelStream)
    assert_valid_event_stream(plain)
    assert_valid_event_stream([event async for event in awaited])
    for output in (plain.output, await awaited.output):
        assert [call["args"] for call in output.tool_calls] == [call["args"] for call in whole.tool_calls]
        assert [block["type"] for block in output.content_blocks] == [block["type"] for block in whole.content_blocks]
        assert output.usage_metadata == whole.usage_metadata
        assert set(output.response_metadata) == {*whole.response_metadata, "output_version"}


async def test_texts_of_events(emulator_settings: dict[str, str]) -> None:
    """The texts of version 3 come in pieces and are the text of the answer."""
    stream = await ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings).astream_events("Hi", version="v3")

    pieces = [text async for text in stream.text]

    assert len(pieces) > 1
    assert "".join(pieces) == (await stream.output).text


async def test_usage_is_counted_once(emulator_settings: dict[str, str]) -> None:
    """A stream counts in LangChain's account of tokens as a whole answer does."""
    llm = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)

    with get_usage_metadata_callback() as counts:
        chunks = [chunk async for chunk in llm.astream("Hi")]

    assert counts.usage_metadata == {"claude-haiku-4-5": gathered(chunks).usage_metadata}


def graph(llm: ChatClaudeFoundry, *, streams: bool) -> Any:
    async def answer(state: MessagesState) -> dict[str, list[BaseMessage]]:
        if not streams:
            return {"messages": [await llm.ainvoke(state["messages"])]}
        return {"messages": [gathered([chunk async for chunk in llm.astream(state["messages"])])]}

    return StateGraph(MessagesState).add_node("answer", answer).add_edge(START, "answer").compile()


@pytest.mark.parametrize("streams", [True, False], ids=["astream", "ainvoke"])
async def test_graph(streams: bool, emulator_settings: dict[str, str]) -> None:
    """A graph's stream has each token once, under the id that the message has in the graph's state."""
    llm = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    told: list[Any] = []
    state: Any = None

    asking = {"messages": [HumanMessage("What does a lighthouse do?")]}
    async for mode, item in graph(llm, streams=streams).astream(asking, stream_mode=["messages", "values"]):
        if mode == "messages":
            told.append(item[0])
        else:
            state = item

    answer = state["messages"][-1]
    assert "".join(chunk.text for chunk in told) == answer.text
    assert {chunk.id for chunk in told} == {answer.id}
    assert sum(chunk.usage_metadata is not None for chunk in told) == 1
    assert len(state["messages"]) == 2


async def test_two_turns_keep_both_answers(emulator_settings: dict[str, str]) -> None:
    """Two answers of a graph have two ids, so that neither takes the other's place in its state."""
    llm = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    asking = graph(llm, streams=True)

    first = await asking.ainvoke({"messages": [HumanMessage("Hi")]})
    second = await asking.ainvoke({"messages": [*first["messages"], HumanMessage("Hi")]})

    assert [type(message) is HumanMessage for message in second["messages"]] == [True, False, True, False]


def endless() -> tuple[Body, Any]:
    body = Body(pieces_of(message({"type": "text", "text": "A long answer. " * 50})))
    return body, lambda _: httpx.Response(200, headers=SSE, stream=body)


def test_leaving_events_closes_the_connection() -> None:
    """Who leaves the events of version 3 early leaves no connection open."""
    body, service = endless()
    stream = model(service).stream_events("Hi", version="v3")

    next(iter(stream.text))
    assert not body.closed
    del stream
    gc.collect()

    assert body.closed


async def test_leaving_awaited_events_closes_the_connection() -> None:
    """Who closes the awaited events of version 3 early leaves no connection open."""
    body, service = endless()
    stream = await model(service).astream_events("Hi", version="v3")

    await anext(aiter(stream.text))
    await stream.aclose()

    assert body.closed


class Stuck(Body):
    """A body of which no more comes."""

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        for piece in self.pieces[:4]:
            yield piece
        await asyncio.Event().wait()


@pytest.mark.parametrize("way", ["chunks", "events"])
async def test_cancelling_closes_the_connection(way: str) -> None:
    """A task that is cancelled while it waits for more of a stream leaves no connection open."""
    body, begun = Stuck(pieces_of(message())), asyncio.Event()
    llm = model(lambda _: httpx.Response(200, headers=SSE, stream=body))

    async def read() -> None:
        stream = llm.astream("Hi") if way == "chunks" else llm._astream_chat_model_events([HumanMessage("Hi")])
        async for _ in stream:
            begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert body.closed


def test_events_with_an_id() -> None:
    """The hook takes the message's id from langchain-core, and sends nothing of it to the service."""
    _, service = endless()

    first, *_ = model(service)._stream_chat_model_events([HumanMessage("Hi")], message_id="lc_run--1")

    assert first["id"] == "lc_run--1"


@pytest.mark.parametrize("version", ["v0", "v1"])
async def test_either_form_goes_back(version: str, emulator_settings: dict[str, str]) -> None:
    """A streamed answer goes back to the service from either form of LangChain's messages."""
    llm = ChatClaudeFoundry(model="claude-haiku-4-5", output_version=version, **emulator_settings)

    answer = gathered([chunk async for chunk in llm.astream("Hi")])
    again = await llm.ainvoke([HumanMessage("Hi"), answer, HumanMessage("And again?")])

    assert isinstance(again, AIMessage)
    assert again.text

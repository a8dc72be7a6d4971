"""Runs of tools, asked of both clients."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from claude_foundry import (
    APIConnectionError,
    AsyncFoundryClient,
    FoundryClient,
    RateLimitError,
    ToolRun,
    ToolRunStoppedError,
    ToolStep,
)
from tests import answers
from tests.runs import asked, body, iterated, shell_of
from tests.shells import REQUEST, AsyncShell, Body, Script, Shell, both

CALLS = [
    {"type": "tool_use", "id": f"toolu_{number}", "name": "double", "input": {"number": number}} for number in (1, 2)
]
CALLING = answers.message(*CALLS, stop_reason="tool_use")
DONE = answers.message({"type": "text", "text": "Two and four."})
PRODUCT: dict[str, Any] = {"max_tokens": 500, "messages": [{"role": "user", "content": "multiply 17 by 23."}]}


def double(number: int) -> int:
    """Doubles a number."""
    return 2 * number


def multiply(first: int, second: int) -> int:
    """Multiplies two numbers."""
    return first * second


def stream_of(*documents: dict[str, Any]) -> list[httpx.Response]:
    return [answers.streamed(answers.pieces_of(document)) for document in documents]


@both
def test_run_tools(shell: type[Shell]) -> None:
    """Functions are called and their results sent until the final answer; every step is there."""
    script = Script(answers.whole(CALLING), answers.whole(DONE))

    run = asked(shell_of(shell, script), "run_tools", tools=[double], **REQUEST)

    assert isinstance(run, ToolRun)
    assert run.final.text == "Two and four."
    assert [[it["content"] for it in step.results] for step in run.steps] == [["2", "4"], []]
    assert body(script.requests[0])["tools"][0]["name"] == "double"
    assert body(script.requests[1])["messages"] == list(run.messages)[:3]


@both
def test_run_may_go_on(shell: type[Shell]) -> None:
    """The messages of a run and a new question are the next request."""
    script = Script(*(answers.whole(it) for it in (CALLING, DONE, DONE)))
    asking = shell_of(shell, script)

    run = asked(asking, "run_tools", tools=[double], **REQUEST)
    following = [*run.messages, {"role": "user", "content": "Thanks."}]
    asked(asking, "run_tools", tools=[double], **{**REQUEST, "messages": following})

    assert [it["role"] for it in body(script.requests[2])["messages"]] == ["user", "assistant"] * 2 + ["user"]


@both
def test_run_stops_at_its_bound(shell: type[Shell]) -> None:
    """A model that never comes to an answer is asked max_turns times, and the last calls are not run."""
    called: list[int] = []

    def double(number: int) -> None:
        called.append(number)

    script = Script(*(answers.whole(CALLING) for _ in range(3)))

    with pytest.raises(ToolRunStoppedError, match="max_turns=3") as caught:
        asked(shell_of(shell, script), "run_tools", tools=[double], max_turns=3, **REQUEST)

    assert len(script.requests) == len(caught.value.run.steps) == 3
    assert sorted(called) == [1, 1, 2, 2]


@both
def test_stream_tools(shell: type[Shell]) -> None:
    """Events of every answer come as they come, and a step at the end of each turn."""
    items: list[Any] = []

    run = iterated(
        shell_of(shell, Script(*stream_of(CALLING, DONE))),
        "stream_tools",
        take=items.append,
        last="get_final_run",
        tools=[double],
        **REQUEST,
    )

    told = ["step" if isinstance(it, ToolStep) else it["type"] for it in items]
    assert [it for it in told if it in ("message_start", "message_stop", "step")] == [
        "message_start",
        "message_stop",
        "step",
    ] * 2
    assert tuple(it for it in items if isinstance(it, ToolStep)) == run.steps
    assert run.final.text == "Two and four."


@both
def test_cut_call_is_not_run(shell: type[Shell]) -> None:
    """A call whose arguments were cut by max_tokens is never run; the run stops with an error."""
    called: list[int] = []

    def double(number: int) -> None:
        called.append(number)

    opening = {**CALLING, "content": [], "stop_reason": None}
    events = [
        {"type": "message_start", "message": opening},
        {"type": "content_block_start", "index": 0, "content_block": {**CALLS[0], "input": {}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"num'}},
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    script = Script(answers.streamed([answers.encode(event) for event in events]))

    with pytest.raises(ToolRunStoppedError, match="may be cut"):
        iterated(
            shell_of(shell, script),
            "stream_tools",
            take=lambda _: None,
            last="get_final_run",
            tools=[double],
            **REQUEST,
        )

    assert called == []


@both
def test_failed_request_ends_the_run(shell: type[Shell]) -> None:
    """A request that fails after its retries ends the run with its own error."""
    refused = [answers.refused(429, kind="rate_limit_error") for _ in range(3)]

    with pytest.raises(RateLimitError):
        asked(shell_of(shell, Script(answers.whole(CALLING), *refused)), "run_tools", tools=[double], **REQUEST)


@both
def test_steps_until_a_failure(shell: type[Shell]) -> None:
    """A streamed run that fails has handed on the steps until then."""
    items: list[Any] = []
    gone = [httpx.ConnectError("gone") for _ in range(3)]

    with pytest.raises(APIConnectionError):
        iterated(
            shell_of(shell, Script(*stream_of(CALLING), *gone)),
            "stream_tools",
            take=items.append,
            last="get_final_run",
            tools=[double],
            **REQUEST,
        )

    assert [it["content"] for it in items[-1].results] == ["2", "4"]


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-haiku-4-5"])
def test_emulator(model: str, emulator_settings: dict[str, str]) -> None:
    """Against the emulator, which checks the order of blocks and every thought's signature, a run comes to its end."""
    with FoundryClient(**emulator_settings) as client:
        run = client.messages.run_tools(tools=[multiply], **{**PRODUCT, "model": model})

    assert "391" in run.final.text
    assert len(run.steps) == 2


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-haiku-4-5"])
async def test_emulator_in_a_loop(model: str, emulator_settings: dict[str, str]) -> None:
    """The asynchronous client comes to the same end, with streamed turns."""
    async with (
        AsyncFoundryClient(**emulator_settings) as client,
        client.messages.stream_tools(tools=[multiply], **{**PRODUCT, "model": model}) as stream,
    ):
        run = await stream.get_final_run()

    assert "391" in run.final.text
    assert len(run.steps) == 2


async def test_cancelled_stream_is_closed() -> None:
    """Cancelling a task that waits for the next event of a run closes the connection."""
    waiting = asyncio.Event()

    class Endless(Body):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            for piece in answers.pieces_of(CALLING)[:4]:
                yield piece
            waiting.set()
            await asyncio.Event().wait()

    arriving = Endless([])
    handler = Script(httpx.Response(200, headers=answers.SSE, stream=arriving))
    client = AsyncFoundryClient("a", api_key="k", http_client=httpx.AsyncClient(transport=httpx.MockTransport(handler)))

    async def iterate() -> None:
        async with client.messages.stream_tools(tools=[double], **REQUEST) as stream:
            async for _ in stream:
                pass

    running = asyncio.create_task(iterate())
    await waiting.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert arriving.closed


def started(stream: Any) -> Any:
    """Gives what a stream of a kind tells before, after its first item and at the end."""
    return None if stream is None else (stream.request_id, stream.apim_request_id, stream.retries_taken)


IDS_OF = ("req_1", "apim-1", 1)


@both
@pytest.mark.parametrize(
    ("method", "fields", "told"),
    [
        ("parse_stream", {"output_type": list[int]}, lambda it: it),
        ("stream_tools", {"tools": [double]}, lambda it: it.answer),
    ],
    ids=["parsed", "tools"],
)
def test_streams_tell_of_their_answer(
    shell: type[Shell], method: str, fields: dict[str, Any], told: Callable[[Any], Any]
) -> None:
    """While they are read, streams of objects and of runs tell the ids, the retries, and the message so far."""
    done = answers.message({"type": "text", "text": '{"value": [1, 2]}'})
    script = Script(answers.refused(529), *stream_of(done))
    asking = shell_of(shell, script)
    seen: list[Any] = []

    def look(client: Any) -> Any:
        return getattr(client.messages, method)(**fields, **REQUEST)

    stream = opened(asking, look, lambda it: seen.append((started(told(it)), told(it).snapshot().text)))

    assert seen[0][0] == IDS_OF
    assert started(told(stream)) == IDS_OF
    assert told(stream).snapshot().text == '{"value": [1, 2]}'


def opened(asking: Shell, make: Callable[[Any], Any], each: Callable[[Any], None]) -> Any:
    """Enters a stream, calls ``each`` with it at every item, and gives it after its end."""

    async def read() -> Any:
        async with make(asking.client()) as stream:  # type: ignore[attr-defined]
            async for _ in stream:
                each(stream)
        return stream

    if isinstance(asking, AsyncShell):
        return asyncio.run(read())
    with make(asking.client()) as stream:  # type: ignore[attr-defined]
        for _ in stream:
            each(stream)
    return stream


@both
def test_events_of_a_parsed_stream(shell: type[Shell]) -> None:
    """The events of an object's answer may be read in place of partial objects; the object is there all the same."""
    done = answers.message({"type": "text", "text": '{"value": [1, 2]}'})
    asking = shell_of(shell, Script(*stream_of(done)))
    kinds: list[str] = []

    async def read() -> Any:
        async with asking.client().messages.parse_stream(output_type=list[int], **REQUEST) as stream:  # type: ignore[attr-defined]
            kinds.extend([event["type"] async for event in stream.events])
            return await stream.get_final_message()

    if isinstance(asking, AsyncShell):
        message = asyncio.run(read())
    else:
        with asking.client().messages.parse_stream(output_type=list[int], **REQUEST) as stream:  # type: ignore[attr-defined]
            kinds.extend(event["type"] for event in stream.events)
            message = stream.get_final_message()

    assert message.parsed == [1, 2]
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")

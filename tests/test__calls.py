"""Calls made at the same time, in threads and as tasks."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

import anyio.to_thread
import pytest
import trio

from claude_foundry import tool
from claude_foundry._calls import async_results, results
from claude_foundry._tool_loop import Call
from claude_foundry.types import ToolUseBlock

LIMIT = 10
Made = list[dict[str, Any]]
Drive = Callable[[list[Call]], Made]
WHO: ContextVar[str] = ContextVar("WHO", default="nobody")

drives = pytest.mark.parametrize(
    "drive",
    [
        results,
        lambda calls: asyncio.run(async_results(calls)),
        lambda calls: trio.run(async_results, calls),
    ],
    ids=["threads", "asyncio", "trio"],
)


def calls_of(*functions: Callable[..., Any], input: dict[str, Any] | None = None) -> list[Call]:
    return [
        Call(
            block=ToolUseBlock(type="tool_use", id=f"toolu_{place}", name="call", input=input or {}),
            tool=tool(function, name="call"),
        )
        for place, function in enumerate(functions)
    ]


@drives
def test_at_the_same_time(drive: Drive) -> None:
    """Calls of one answer run at the same time: each waits here for the other. Results keep the calls' order."""
    barrier = threading.Barrier(2, timeout=LIMIT)

    def first() -> str:
        barrier.wait()
        return "first"

    def second() -> str:
        barrier.wait()
        return "second"

    made = drive(calls_of(first, second))

    assert [(it["tool_use_id"], it["content"]) for it in made] == [("toolu_0", "first"), ("toolu_1", "second")]


@drives
def test_context_variables(drive: Drive) -> None:
    """A call sees the caller's context, and what it sets stays with it."""

    def who() -> str:
        before = WHO.get()
        WHO.set("the tool")
        return before

    token = WHO.set("the caller")
    made = drive(calls_of(who, who))

    assert [it["content"] for it in made] == ["the caller", "the caller"]
    assert WHO.get() == "the caller"
    WHO.reset(token)


@drives
def test_errors_are_results(drive: Drive) -> None:
    """What one call raises is its own result; the others have theirs."""

    def fail(number: int) -> None:
        raise LookupError(f"no {number}")

    def work(number: int) -> int:
        return number

    made = drive(calls_of(fail, work, input={"number": 3}))

    assert made[0] == {
        "type": "tool_result",
        "tool_use_id": "toolu_0",
        "content": "LookupError: no 3",
        "is_error": True,
    }
    assert made[1]["content"] == "3"


@drives
def test_arguments_that_do_not_fit(drive: Drive) -> None:
    """Arguments that do not fit are told to Claude, and the function is not called."""
    called: list[int] = []

    (made,) = drive(calls_of(lambda number: called.append(number), input={"digit": 1}))

    assert made["is_error"] is True
    assert "number: Field required" in made["content"]
    assert called == []


@drives
def test_no_calls(drive: Drive) -> None:
    """Without calls there is nothing to wait for."""
    assert drive([]) == []


@pytest.mark.parametrize("run", [asyncio.run, lambda coroutine: trio.run(lambda: coroutine)], ids=["asyncio", "trio"])
def test_async_functions_are_awaited(run: Callable[..., Made]) -> None:
    """Async functions run as tasks of the loop, at the same time; what a plain function gives to await is awaited."""
    met: list[str] = []

    async def here(both: anyio.Event, name: str) -> str:
        met.append(name)
        if len(met) == 2:
            both.set()
        with anyio.fail_after(LIMIT):
            await both.wait()
        return name

    async def driven() -> Made:
        both = anyio.Event()

        async def one() -> str:
            return await here(both, "one")

        def two() -> Any:
            return here(both, "two")

        return await async_results(calls_of(one, two))

    assert [it["content"] for it in run(driven())] == ["one", "two"]


def test_interrupted_threads_end_first() -> None:
    """An interrupt in one call is raised when the others have ended: no thread is left."""
    began, ended = threading.Event(), threading.Event()

    def interrupt() -> None:
        began.wait(LIMIT)
        raise KeyboardInterrupt

    def work() -> None:
        began.set()
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        results(calls_of(interrupt, work))

    assert ended.is_set()
    assert not [it for it in threading.enumerate() if it.name.startswith("ThreadPoolExecutor")]


async def test_cancelled_tasks_end_first() -> None:
    """Cancelling a run cancels its async calls, which clean up before the cancellation is raised."""
    began, cleaned = asyncio.Event(), []

    async def wait() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("wait")

    running = asyncio.ensure_future(async_results(calls_of(wait)))
    await began.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert cleaned == ["wait"]


async def test_call_that_cancels_itself() -> None:
    """A call that ends as cancelled, though nobody cancelled the run, is an error result."""

    async def give_up() -> None:
        raise asyncio.CancelledError

    (made,) = await async_results(calls_of(give_up))

    assert made["is_error"] is True
    assert "cancelled" in made["content"]


def test_many_calls() -> None:
    """More calls than threads are all made."""

    def place(number: int) -> int:
        return number

    calls = [
        Call(
            block=ToolUseBlock(type="tool_use", id=f"toolu_{number}", name="place", input={"number": number}),
            tool=tool(partial(place)),
        )
        for number in range(100)
    ]

    assert [it["content"] for it in results(calls)] == [str(number) for number in range(100)]


def test_what_must_be_awaited_without_a_loop() -> None:
    """A function that turns out to be asynchronous is an error told to Claude; nothing is left to be awaited."""

    async def later() -> str:
        return "late"

    (made,) = results(calls_of(lambda: later()))

    assert made["is_error"]
    assert made["content"] == "TypeError: the function is asynchronous, and there is no event loop"


@pytest.mark.parametrize("run", [asyncio.run, lambda coroutine: trio.run(lambda: coroutine)], ids=["asyncio", "trio"])
def test_threads_of_their_own(run: Callable[[Any], Any]) -> None:
    """Calls run though all threads that anyio shares are taken, by whoever waits for them perhaps."""

    async def ask() -> Made:
        shared = anyio.to_thread.current_default_thread_limiter()
        shared.total_tokens = 1
        async with shared:
            with anyio.fail_after(LIMIT):
                return await async_results(calls_of(lambda: "a", lambda: "b"))

    assert [it["content"] for it in run(ask())] == ["a", "b"]

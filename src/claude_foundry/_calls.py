"""Making the calls of one answer at the same time: in threads, and as tasks of an event loop.

Both return when every call has ended, also when they are interrupted: no thread and no task is left behind.
"""

import inspect
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING

from claude_foundry._tool_loop import Call
from claude_foundry.types import ToolResultBlockParam

if TYPE_CHECKING:
    from anyio import CapacityLimiter

_MOST_THREADS = 32


def results(calls: Sequence[Call]) -> list[ToolResultBlockParam]:
    """Gives a result for each call, in order; each runs in a thread with a copy of the caller's context."""
    if not calls:
        return []
    with ThreadPoolExecutor(max_workers=min(len(calls), _MOST_THREADS)) as pool:
        running = [pool.submit(copy_context().run, _result, call) for call in calls]
        try:
            return [future.result() for future in running]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


async def async_results(calls: Sequence[Call]) -> list[ToolResultBlockParam]:
    """Gives a result for each call, in order; plain functions run in threads, async ones as tasks."""
    import anyio

    # A tool that cancels itself ends without a result and without an error.
    found = [call.failed(RuntimeError("the call was cancelled")) for call in calls]

    # A thread for each: those that anyio has to share may all be waiting for this very run.
    threads = anyio.CapacityLimiter(max(len(calls), 1))

    async def one(place: int, call: Call) -> None:
        found[place] = await _async_result(call, threads)

    async with anyio.create_task_group() as group:
        for place, call in enumerate(calls):
            group.start_soon(one, place, call)
    return found


def _result(call: Call) -> ToolResultBlockParam:
    try:
        value = call.bound()()
        if inspect.iscoroutine(value):
            value.close()
            raise TypeError("the function is asynchronous, and there is no event loop")
    except Exception as error:  # noqa: BLE001 - whatever a tool raises, Claude is told
        return call.failed(error)
    return call.result(value)


async def _async_result(call: Call, threads: "CapacityLimiter") -> ToolResultBlockParam:
    from anyio.to_thread import run_sync

    try:
        bound = call.bound()
        is_async = call.tool is not None and call.tool.is_async
        # In a tuple: trio refuses what is to be awaited as what a thread returns.
        (value,) = (bound(),) if is_async else await run_sync(lambda: (bound(),), limiter=threads)
        value = await value if inspect.isawaitable(value) else value
    except Exception as error:  # noqa: BLE001 - whatever a tool raises, Claude is told
        return call.failed(error)
    return call.result(value)

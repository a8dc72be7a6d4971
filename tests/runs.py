"""Parsed answers and runs of tools, asked of both clients alike."""

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.shells import AsyncShell, FakeTime, Shell, SyncShell


def asked(shell: Shell, method: str, **request: Any) -> Any:
    """Calls a method of ``messages`` and gives what it gives."""
    given = getattr(_messages(shell), method)(**request)
    return asyncio.run(given) if inspect.iscoroutine(given) else given


def iterated(shell: Shell, method: str, *, take: Callable[[Any], None], last: str, **request: Any) -> Any:
    """Enters what a method gives, hands each item to ``take``, and gives what is there at the end."""

    async def iterate() -> Any:
        async with getattr(_messages(shell), method)(**request) as stream:
            async for item in stream:
                take(item)
            return await getattr(stream, last)()

    if isinstance(shell, AsyncShell):
        return asyncio.run(iterate())
    with getattr(_messages(shell), method)(**request) as stream:
        for item in stream:
            take(item)
        return getattr(stream, last)()


def shell_of(kind: type[Shell], handler: Callable[[httpx.Request], httpx.Response]) -> Shell:
    return kind(handler, FakeTime())


def body(request: httpx.Request) -> Any:
    return json.loads(request.content)


def _messages(shell: Shell) -> Any:
    assert isinstance(shell, SyncShell | AsyncShell)
    return shell.client().messages

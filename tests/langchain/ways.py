"""The four ways of asking a chat model, and a model on a service that a test scripts."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage

from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import message, pieces_of, streamed, whole
from tests.shells import Script

SECRET = "top-secret-key"
Ask = Callable[[Any, Any], AIMessage]


def invoked(model: Any, prompt: Any) -> AIMessage:
    return model.invoke(prompt)


def ainvoked(model: Any, prompt: Any) -> AIMessage:
    return asyncio.run(model.ainvoke(prompt))


def gathered(model: Any, prompt: Any) -> AIMessage:
    first, *rest = model.stream(prompt)
    return sum(rest, first)


def agathered(model: Any, prompt: Any) -> AIMessage:
    async def gather() -> AIMessage:
        chunks = [chunk async for chunk in model.astream(prompt)]
        return sum(chunks[1:], chunks[0])

    return asyncio.run(gather())


whole_calls = pytest.mark.parametrize("ask", [invoked, ainvoked])
streams = pytest.mark.parametrize("ask", [gathered, agathered])
every_way = pytest.mark.parametrize("ask", [invoked, ainvoked, gathered, agathered])


def model(service: Any = None, **settings: Any) -> ChatClaudeFoundry:
    service = service or Script()
    clients = {
        "http_client": httpx.Client(transport=httpx.MockTransport(service)),
        "http_async_client": httpx.AsyncClient(transport=httpx.MockTransport(service)),
    }
    return ChatClaudeFoundry(
        **{"model": "claude-opus-5-5", "resource": "a", "api_key": SECRET, "max_retries": 0, **clients, **settings}
    )


def answers(ask: Ask, *contents: dict[str, Any], **fields: Any) -> httpx.Response:
    """Gives an answer in the form that a way of asking asks for."""
    document = message(*contents, **fields)
    return streamed(pieces_of(document)) if ask in (gathered, agathered) else whole(document)


def sent(service: Script) -> list[dict[str, Any]]:
    """Gives the bodies of the requests that a service has got."""
    return [json.loads(request.content) for request in service.requests]


def request_of(asked: Any, prompt: Any = "Hi", **call: Any) -> dict[str, Any]:
    """Gives the body that a runnable on a scripted service sends.

    Args:
        asked: makes the runnable of a model's settings.
        prompt: what is asked.
        call: arguments of the call.
    """
    service = Script(whole())
    asked(service).invoke(prompt, **call)
    return sent(service)[0]

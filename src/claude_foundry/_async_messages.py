"""The Messages API of a client in an event loop.

``_messages`` is its mirror, word for word without ``await``.
"""

from collections.abc import Mapping
from typing import Any, Unpack

import httpx

from claude_foundry import _wire
from claude_foundry._async_sender import AsyncMessageStream, AsyncSender
from claude_foundry._unsupported import BATCHES
from claude_foundry.types import CountTokensRequest, Message, MessageRequest, MessageTokensCount


class AsyncMessages:
    """The Messages API of one client."""

    batches = BATCHES

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def create(self, **request: Unpack[MessageRequest]) -> Message:
        """Gives the whole answer. One that may take longer than the time limit is streamed below the surface.

        Args:
            request: ``model`` (the deployment name), ``max_tokens``, ``messages``, and any other field of the API,
                sent as given; beside them ``betas``, ``extra_headers``, ``extra_body`` and ``timeout`` (seconds).

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIError: the request failed, after the retries that could help.
            ResponseFormatError: the answer is not a message.

        Source: https://platform.claude.com/docs/en/api/messages
        """
        if _wire.may_outlast(request, config=self._sender.config):
            async with self.stream(**request) as stream:
                return await stream.get_final_message()
        response = await self._post("messages", request)
        return _wire.decode_message(response.content, headers=response.headers)

    async def count_tokens(self, **request: Unpack[CountTokensRequest]) -> MessageTokensCount:
        """Gives the input tokens a request would take, as the service estimates them; nothing is generated.

        Args:
            request: ``model`` (the deployment name), ``messages``, and ``system``, ``tools``, ``thinking`` and the
                like; beside them ``betas``, ``extra_headers``, ``extra_body`` and ``timeout`` (seconds).

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIError: the request failed, after the retries that could help.
            ResponseFormatError: the answer is not a count.

        Source: https://platform.claude.com/docs/en/build-with-claude/token-counting
        """
        response = await self._post("messages/count_tokens", request)
        return _wire.decode_count(response.content, headers=response.headers)

    def stream(self, **request: Unpack[MessageRequest]) -> AsyncMessageStream:
        """Gives the answer as it is written: a context manager that sends on entering and closes on leaving.

        Args:
            request: as for ``create``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.

        Source: https://platform.claude.com/docs/en/build-with-claude/streaming
        """
        return AsyncMessageStream(
            self._sender,
            _wire.encode(request, path="messages", config=self._sender.config, stream=True),
        )

    async def _post(self, path: str, request: Mapping[str, Any]) -> httpx.Response:
        encoded = _wire.encode(request, path=path, config=self._sender.config)
        return await self._sender.answered(encoded)

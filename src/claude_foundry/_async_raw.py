"""Answers as they came over HTTP, in an event loop.

``_raw`` is its mirror, word for word without ``await``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from claude_foundry import _response, _wire
from claude_foundry._async_sender import AsyncSender
from claude_foundry._response import RawResponse

if TYPE_CHECKING:
    from claude_foundry.types import CountTokensRequest, Message, MessageRequest, MessageTokensCount


class AsyncRawMessages:
    """The Messages API of one client, its answers as they came over HTTP."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def create(self, **request: Unpack[MessageRequest]) -> RawResponse[Message]:
        """Gives the whole answer, not yet parsed.

        It is never streamed below the surface: for an answer that takes longer than the time limit, set ``timeout``.

        Args:
            request: as for ``messages.create``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIError: the request failed, after the retries that could help.

        Source: https://platform.claude.com/docs/en/api/messages
        """
        encoded = _wire.encode(request, path="messages", config=self._sender.config)
        response = await self._sender.answered(encoded)
        self._sender.learnt.take_in_body(_response.content(response), deployment=encoded.model)
        return RawResponse(response, decode=_response.decoder(_wire.decode_message))

    async def count_tokens(self, **request: Unpack[CountTokensRequest]) -> RawResponse[MessageTokensCount]:
        """Gives the answer to a token count, not yet parsed.

        Args:
            request: as for ``messages.count_tokens``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIError: the request failed, after the retries that could help.

        Source: https://platform.claude.com/docs/en/build-with-claude/token-counting
        """
        encoded = _wire.encode(request, path="messages/count_tokens", config=self._sender.config)
        response = await self._sender.answered(encoded)
        return RawResponse(response, decode=_response.decoder(_wire.decode_count))

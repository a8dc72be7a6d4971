"""The hooks that langchain-core calls for ``stream_events`` and ``astream_events`` in version 3.

Source: https://docs.langchain.com/oss/python/langchain/streaming
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.messages import BaseMessage

from claude_foundry.langchain._errors import named_as_langchain

if TYPE_CHECKING:
    from claude_foundry.langchain._events import Event, ProtocolReader
    from claude_foundry.langchain._settings import FoundrySettings as Settings
else:
    # pydantic takes a while for each class of its own.
    Settings = object


class EventHooks(Settings):
    """The events of an answer in LangChain's protocol, made of the service's own and not of chunks."""

    def _stream_chat_model_events(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        message_id: str | None = None,
        stream_usage: bool | None = None,
        **kwargs: Any,
    ) -> "Iterator[Event]":
        from claude_foundry.langchain import _sending

        reader = self._reader(message_id, stream_usage)
        client = self.client
        turn = self._turn(client, messages, stop, kwargs)
        with named_as_langchain(), closing(_sending.read(client, turn, reader)) as events:
            yield from events

    async def _astream_chat_model_events(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        *,
        message_id: str | None = None,
        stream_usage: bool | None = None,
        **kwargs: Any,
    ) -> "AsyncIterator[Event]":
        from claude_foundry.langchain import _async_sending

        reader = self._reader(message_id, stream_usage)
        client = self.async_client
        turn = self._turn(client, messages, stop, kwargs)
        with named_as_langchain():
            async with aclosing(_async_sending.read(client, turn, reader)) as events:
                async for event in events:
                    yield event

    def _reader(self, message_id: str | None, stream_usage: bool | None) -> "ProtocolReader":
        from claude_foundry.langchain._events import ProtocolReader

        return ProtocolReader(
            message_id=message_id, with_usage=self.stream_usage if stream_usage is None else stream_usage
        )

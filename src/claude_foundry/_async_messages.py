"""The Messages API of a client in an event loop.

``_messages`` is its mirror, word for word without ``await``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

import httpx

from claude_foundry import _given, _response, _wire
from claude_foundry._async_message_stream import AsyncMessageStream, whole
from claude_foundry._async_sender import AsyncSender
from claude_foundry._output_ways import FEATURE
from claude_foundry._unsupported import BATCHES
from claude_foundry.errors import BadRequestError

if TYPE_CHECKING:
    from claude_foundry._async_raw import AsyncRawMessages
    from claude_foundry._async_runner import AsyncParsedStream, AsyncToolStream
    from claude_foundry._parsing import Output
    from claude_foundry._tool_loop import Tool, ToolLoop
    from claude_foundry.types import (
        CountTokensRequest,
        Message,
        MessageRequest,
        MessageTokensCount,
        ParsedMessage,
        ToolRun,
        ToolRunRequest,
    )


T = TypeVar("T")


class AsyncMessages:
    """The Messages API of one client."""

    batches = BATCHES

    @property
    def with_raw_response(self) -> AsyncRawMessages:
        """``create`` and ``count_tokens``, giving the answer as it came over HTTP."""
        from claude_foundry._async_raw import AsyncRawMessages

        return AsyncRawMessages(self._sender)

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
            return await whole(self.stream(**request))
        response = await self._post("messages", request)
        message = _response.read(response, _response.decoder(_wire.decode_message))
        self._sender.learnt.take_in_geo(message.usage.inference_geo, deployment=request.get("model"))
        return message

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
        return _response.read(response, _response.decoder(_wire.decode_count))

    def stream(self, **request: Unpack[MessageRequest]) -> AsyncMessageStream:
        """Gives the answer as it is written: a context manager that sends on entering and closes on leaving.

        Args:
            request: as for ``create``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIError: on entering: the request failed, after the retries that could help. What breaks the answer off
                once its head has come is a ``StreamInterruptedError``, on entering and when it is read.
            ResponseFormatError: on entering: the answer is neither a stream nor a message.

        Source: https://platform.claude.com/docs/en/build-with-claude/streaming
        """
        return AsyncMessageStream(
            self._sender,
            _wire.encode(request, path="messages", config=self._sender.config, stream=True),
        )

    @overload
    async def parse(
        self, *, output_type: type[T], base_model: str | None = None, **request: Unpack[MessageRequest]
    ) -> ParsedMessage[T]: ...

    @overload
    async def parse(
        self, *, output_type: object, base_model: str | None = None, **request: Unpack[MessageRequest]
    ) -> ParsedMessage[Any]: ...

    async def parse(
        self, *, output_type: Any, base_model: str | None = None, **request: Unpack[MessageRequest]
    ) -> ParsedMessage[Any]:
        """Gives the answer with the object it holds, validated, as ``parsed``.

        The API makes the answer fit the type's JSON schema. For a model or deployment that cannot, and a type that the
        API's schemas cannot say (dictionaries with free keys, types that contain themselves), the object is the input
        of a tool that the model is made to call, or told to where it is not known whether it can be made to. What a
        deployment refuses is asked for in the next way, and remembered.

        Args:
            output_type: a pydantic model, dataclass, TypedDict (before Python 3.12 that of ``typing_extensions``), list
                or any other type that pydantic validates.
            base_model: the Claude model that is deployed, if the deployment name does not tell.
            request: as for ``create``, without ``output_config.format``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIError: the request failed, after the retries that could help.
            OutputNotParsedError: the answer was refused or cut, or the object is not valid.

        Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
        """
        output, fields = self._output(output_type, base_model, request), _given.read(request)
        while True:
            try:
                return output.parsed(await self.create(**output.request(fields)))
            except BadRequestError as refusal:
                output = output.instead(refusal)

    @overload
    def parse_stream(
        self, *, output_type: type[T], base_model: str | None = None, **request: Unpack[MessageRequest]
    ) -> AsyncParsedStream[T]: ...

    @overload
    def parse_stream(
        self, *, output_type: object, base_model: str | None = None, **request: Unpack[MessageRequest]
    ) -> AsyncParsedStream[Any]: ...

    def parse_stream(
        self, *, output_type: Any, base_model: str | None = None, **request: Unpack[MessageRequest]
    ) -> AsyncParsedStream[Any]:
        """Gives the object while it is written: a context manager; iterate it, then ``get_final_message``.

        What it gives first is plain data, not yet validated and not yet whole; the object is in the final message.

        Args:
            output_type: as for ``parse``.
            base_model: as for ``parse``.
            request: as for ``parse``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.

        Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
        """
        from claude_foundry._async_runner import AsyncParsedStream

        output, fields = self._output(output_type, base_model, request), _given.read(request)
        return AsyncParsedStream(lambda output: self.stream(**output.request(fields)), output)

    async def run_tools(
        self, *, tools: Iterable[Tool], max_turns: int = 10, **request: Unpack[ToolRunRequest]
    ) -> ToolRun:
        """Asks, runs the tools that Claude calls, sends their results, and so on until the final answer.

        The calls of one answer run at the same time: plain functions in threads, async functions as tasks. Claude is
        told of a tool's exception, of arguments that do not fit its signature, and of a name that is no tool's, as an
        error. A result that is a string, a content block or a list of them is sent as it is, any other as JSON. A turn
        that was paused, by the service or after a compaction, is continued. A forced ``tool_choice`` holds for the
        first turn only.

        Args:
            tools: functions with type hints and docstrings, or ``claude_foundry.tool`` of them; tools of Anthropic's
                definition with their handlers, from ``claude_foundry.client_tools``; and definitions of tools that
                the service runs, as dicts.
            max_turns: most requests to send.
            request: as for ``create``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            APIError: a request failed; its ``run`` holds the steps until then, and ``run.messages`` goes on from there.
            ToolRunStoppedError: ``max_turns`` answers came and the last was not final, or an answer was cut at a
                call. The calls of that answer were not run; ``run`` holds every step.

        Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
        """
        from claude_foundry import _async_runner

        return await _async_runner.run(self.create, self._loop(tools, max_turns, request))

    def stream_tools(
        self, *, tools: Iterable[Tool], max_turns: int = 10, **request: Unpack[ToolRunRequest]
    ) -> AsyncToolStream:
        """Does what ``run_tools`` does, as it happens: a context manager to iterate.

        It gives the events of every answer as they come, and a ``ToolStep`` at the end of each turn.

        Args:
            tools: as for ``run_tools``.
            max_turns: as for ``run_tools``.
            request: as for ``create``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.

        Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
        """
        from claude_foundry._async_runner import AsyncToolStream

        return AsyncToolStream(self.stream, self._loop(tools, max_turns, request))

    def _output(self, output_type: Any, base_model: str | None, request: Mapping[str, Any]) -> Output[Any]:
        from claude_foundry._parsing import Output

        deployment = str(request.get("model"))
        known = self._sender.learnt.capabilities(deployment, base_model=base_model)
        return Output(output_type, model=known.model, has_format=known.has(FEATURE) is not False)

    def _loop(self, tools: Iterable[Tool], max_turns: int, request: Mapping[str, Any]) -> ToolLoop:
        from claude_foundry._tool_loop import ToolLoop

        return ToolLoop(
            request,
            tools=tools,
            max_turns=max_turns,
            in_loop=True,
            strips_thinking=_wire.strips_thinking(request, config=self._sender.config),
        )

    async def _post(self, path: str, request: Mapping[str, Any]) -> httpx.Response:
        encoded = _wire.encode(request, path=path, config=self._sender.config)
        return await self._sender.answered(encoded)

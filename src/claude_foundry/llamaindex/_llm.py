"""The LLM: its settings, and the hooks LlamaIndex calls."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from typing import Any, TypeVar

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools import BaseTool

from claude_foundry._async_sender import AsyncMessageStream
from claude_foundry._sender import MessageStream
from claude_foundry.errors import BadRequestError
from claude_foundry.llamaindex import _files, _from_wire, _to_wire, _tools
from claude_foundry.llamaindex._settings import FoundrySettings
from claude_foundry.llamaindex._structured import StructuredPrediction
from claude_foundry.llamaindex._to_wire import Request

R = TypeVar("R")


class ClaudeFoundry(FoundrySettings, StructuredPrediction):
    """Claude in Microsoft Foundry as a LlamaIndex LLM, for chat, completion, agents, engines and structured output.

    Every response tells tokens, the stop reason and both correlation ids in ``additional_kwargs``, and the API's own
    message in ``raw``; of a stream, the last one does. Errors are those of ``claude_foundry.errors``.

    Example:
        ::

            from claude_foundry.llamaindex import ClaudeFoundry

            llm = ClaudeFoundry(model="claude-sonnet-5", resource="my-resource")
            print(llm.complete("Name three rivers."))

    Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry
    """

    @classmethod
    def class_name(cls) -> str:
        """Gives the name that stands for this class in serialized settings and in traces."""
        return "ClaudeFoundry"

    @property
    def metadata(self) -> LLMMetadata:
        """The model's limits, as LlamaIndex plans with them; reads settings only."""
        model = self._profile()
        return LLMMetadata(
            context_window=model.context_window,
            num_output=self._max_tokens(),
            is_chat_model=True,
            is_function_calling_model=True,
            model_name=model.name or self.base_model or self.model,
        )

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Gives the answer to a conversation.

        Args:
            messages: the conversation, system messages among them.
            kwargs: for this call: fields of the API (``max_tokens``, ``tools``, ``thinking``, ...), ``betas``,
                ``extra_headers``, ``extra_body`` and ``timeout`` (seconds).

        Raises:
            ConfigurationError: an argument or a message cannot be sent; nothing was sent.
            APIError: the request failed, after the retries that could help.
            ResponseFormatError: the answer is not a message.
        """
        return self._chat(messages, kwargs)

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Gives the answer as it is written. Nothing is sent before the first response is asked for.

        Args:
            messages: as for ``chat``.
            kwargs: as for ``chat``.

        Raises:
            ConfigurationError: an argument or a message cannot be sent.
            APIError: on iteration: the request failed, or broke off (``StreamInterruptedError``).
        """
        return self._stream(self._request(messages, kwargs), _as_it_is)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Gives the answer to a prompt; arguments and errors are those of ``chat``."""
        return _from_wire.completion(self._chat(self._prompted(prompt, formatted), kwargs))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Gives the answer to a prompt as it is written; arguments and errors are those of ``stream_chat``."""
        return self._stream(self._request(self._prompted(prompt, formatted), kwargs), _from_wire.completion)

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Gives the answer to a conversation; arguments and errors are those of ``chat``."""
        return await self._achat(messages, kwargs)

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Gives the answer as it is written; arguments and errors are those of ``stream_chat``."""
        return self._astream(await self._arequest(messages, kwargs), _as_it_is)

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Gives the answer to a prompt; arguments and errors are those of ``chat``."""
        return _from_wire.completion(await self._achat(self._prompted(prompt, formatted), kwargs))

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """Gives the answer to a prompt as it is written; arguments and errors are those of ``stream_chat``."""
        request = await self._arequest(self._prompted(prompt, formatted), kwargs)
        return self._astream(request, _from_wire.completion)

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """Gives the calls of a response; of one in the middle of a stream, with the arguments written so far.

        Args:
            response: of this LLM.
            error_on_no_tool_call: whether a response without a call is an error.
            kwargs: taken for compatibility, and not used.

        Raises:
            ValueError: there is none, and there must be.
        """
        calls = _from_wire.tool_selections(response)
        if error_on_no_tool_call and not calls:
            raise ValueError(
                "Expected at least one tool call, but got none"
                f" (stop_reason: {response.additional_kwargs.get('stop_reason')})."
            )
        return calls

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        defined = _tools.definitions(tools)
        named = [tool["name"] for tool in (*self.additional_kwargs.get("tools", ()), *defined) if "name" in tool]
        choice = _tools.choice(tool_choice, names=named, required=tool_required, parallel=allow_parallel_tool_calls)
        asked = [ChatMessage(role=MessageRole.USER, content=user_msg)] if isinstance(user_msg, str) else [user_msg]
        messages = [*(chat_history or ()), *(message for message in asked if message is not None)]
        return {"messages": messages, "tools": defined or None, "tool_choice": choice, **kwargs}

    def _validate_chat_with_tools_response(
        self,
        response: ChatResponse,
        tools: Sequence[BaseTool],
        allow_parallel_tool_calls: bool = False,
        **kwargs: Any,
    ) -> ChatResponse:
        return response if allow_parallel_tool_calls else _from_wire.with_one_call(response)

    def _prompted(self, prompt: str, formatted: bool) -> list[ChatMessage]:
        text = prompt if formatted or self.completion_to_prompt is None else self.completion_to_prompt(prompt)
        return [ChatMessage(role=MessageRole.USER, content=text)]

    def _request(self, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> Request:
        whole = _files.read(messages) if _files.unread(messages) else messages
        return _to_wire.request(whole, settings=self._fields(), call=call, model=self._profile())

    async def _arequest(self, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> Request:
        whole = await asyncio.to_thread(_files.read, messages) if _files.unread(messages) else messages
        return _to_wire.request(whole, settings=self._fields(), call=call, model=self._profile())

    def _chat(self, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> ChatResponse:
        request = self._request(messages, call)
        try:
            message = self.client.messages.create(**request.fields)
        except BadRequestError as error:
            request = _to_wire.unbound(request, error)
            message = self.client.messages.create(**request.fields)
        return _from_wire.chat_response(message, request=request)

    async def _achat(self, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> ChatResponse:
        request = await self._arequest(messages, call)
        try:
            message = await self.async_client.messages.create(**request.fields)
        except BadRequestError as error:
            request = _to_wire.unbound(request, error)
            message = await self.async_client.messages.create(**request.fields)
        return _from_wire.chat_response(message, request=request)

    def _stream(self, request: Request, form: Callable[[ChatResponse], R]) -> Generator[R, None, None]:
        responses = _from_wire.ResponseStream(request)
        with ExitStack() as stack:
            stream = self._opened(request, stack)
            for event in stream:
                if (response := responses.add(event)) is not None:
                    yield form(response)
            message = stream.get_final_message()
        yield form(_from_wire.chat_response(message, request=request, delta=""))

    async def _astream(self, request: Request, form: Callable[[ChatResponse], R]) -> AsyncGenerator[R, None]:
        responses = _from_wire.ResponseStream(request)
        async with AsyncExitStack() as stack:
            stream = await self._aopened(request, stack)
            async for event in stream:
                if (response := responses.add(event)) is not None:
                    yield form(response)
            message = await stream.get_final_message()
        yield form(_from_wire.chat_response(message, request=request, delta=""))

    def _opened(self, request: Request, stack: ExitStack) -> MessageStream:
        messages = self.client.messages
        try:
            return stack.enter_context(messages.stream(**request.fields))
        except BadRequestError as error:
            return stack.enter_context(messages.stream(**_to_wire.unbound(request, error).fields))

    async def _aopened(self, request: Request, stack: AsyncExitStack) -> AsyncMessageStream:
        messages = self.async_client.messages
        try:
            return await stack.enter_async_context(messages.stream(**request.fields))
        except BadRequestError as error:
            return await stack.enter_async_context(messages.stream(**_to_wire.unbound(request, error).fields))


def _as_it_is(response: ChatResponse) -> ChatResponse:
    return response

"""The LLM: its settings, and the hooks LlamaIndex calls."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

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

from claude_foundry._fields import several, string
from claude_foundry._shared import private
from claude_foundry.llamaindex import (
    _async_sending,
    _counting,
    _files,
    _from_wire,
    _limits,
    _sending,
    _to_wire,
    _tools,
)
from claude_foundry.llamaindex._signatures import with_signatures
from claude_foundry.llamaindex._structured import StructuredPrediction
from claude_foundry.llamaindex._turn import Turn


@with_signatures
class ClaudeFoundry(StructuredPrediction):
    """Claude in Microsoft Foundry as a LlamaIndex LLM, for chat, completion, agents, engines and structured output.

    Every response tells tokens, the cost in US dollars where the price is published, the stop reason, both correlation
    ids and the retries in ``additional_kwargs``, and the API's own message in ``raw``; of a stream, the last one does.
    Reasoning, the service's own tool calls and results, and blocks that LlamaIndex has no class for are
    ``ThinkingBlock`` in the message, and go back as they came. Errors are those of ``claude_foundry.errors``; a setting
    that no call could be made with is a ``ConfigurationError`` when the LLM is made.

    Example:
        ::

            from claude_foundry.llamaindex import ClaudeFoundry
            from claude_foundry.server_tools import web_search

            llm = ClaudeFoundry(
                model="claude-sonnet-5", resource="my-resource", thinking="high", server_tools=[web_search()]
            )
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
            # LlamaIndex plans prompts of the window less the answer.
            num_output=min(self._max_tokens(), _limits.half_of_window(model)),
            is_chat_model=True,
            is_function_calling_model=True,
            model_name=model.name or self.base_model or self.model,
        )

    def to_payload(self) -> dict[str, Any]:
        """Gives what events tell of this LLM: its limits, deployment and temperature; no secrets."""
        return {**super().to_payload(), "model": self.model, "temperature": self.temperature}

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Gives the answer to a conversation.

        Args:
            messages: the conversation, system messages among them.
            kwargs: for this call: fields of the API (``max_tokens``, ``tools``, ``thinking``, ...), ``betas``,
                ``extra_headers``, ``extra_body`` and ``timeout`` (seconds). LlamaIndex shows them to callbacks before
                they come here, so that secrets do not belong here; they are settings of the LLM.

        Raises:
            ConfigurationError: an argument or a message cannot be sent; nothing was sent.
            APIError: the request failed, after the retries that could help.
            ResponseFormatError: the answer is not a message.
        """
        return _sending.answered(self.client, self._turn(messages, kwargs))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Gives the answer as it is written. Nothing is sent before the first response is asked for.

        Before the last response, a call holds its arguments as far as they have come: run those of the last response
        only, which comes when the answer is whole. Where the answer breaks off, a response without the calls that are
        not known to be whole comes before the error.

        Args:
            messages: as for ``chat``.
            kwargs: as for ``chat``.

        Raises:
            ConfigurationError: an argument or a message cannot be sent.
            APIError: on iteration: the request failed, or the answer broke off once its head had come
                (``StreamInterruptedError``).
        """
        return _sending.responses(self.client, self._turn(messages, kwargs), _as_it_is)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Gives the answer to a prompt; arguments and errors are those of ``chat``."""
        turn = self._turn(self._prompted(prompt, formatted), kwargs)
        return _from_wire.completion(_sending.answered(self.client, turn))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Gives the answer to a prompt as it is written; arguments and errors are those of ``stream_chat``."""
        turn = self._turn(self._prompted(prompt, formatted), kwargs)
        return _sending.responses(self.client, turn, _from_wire.completion)

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Gives the answer to a conversation; arguments and errors are those of ``chat``."""
        return await _async_sending.answered(self.async_client, await self._aturn(messages, kwargs))

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Gives the answer as it is written; arguments and errors are those of ``stream_chat``."""
        return _async_sending.responses(self.async_client, await self._aturn(messages, kwargs), _as_it_is)

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Gives the answer to a prompt; arguments and errors are those of ``chat``."""
        turn = await self._aturn(self._prompted(prompt, formatted), kwargs)
        return _from_wire.completion(await _async_sending.answered(self.async_client, turn))

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """Gives the answer to a prompt as it is written; arguments and errors are those of ``stream_chat``."""
        turn = await self._aturn(self._prompted(prompt, formatted), kwargs)
        return _async_sending.responses(self.async_client, turn, _from_wire.completion)

    @property
    def tokenizer(self) -> Callable[[str], list[str]]:
        """Splits a text into about as many pieces as it has tokens, for memory and counters; it asks nobody."""
        return _counting.pieces

    def count_tokens(
        self, messages: str | Sequence[ChatMessage], *, tools: Sequence[BaseTool] = (), **kwargs: Any
    ) -> int:
        """Gives the input tokens of a call, as the service counts them: one request, and nothing is generated.

        Args:
            messages: the conversation, or one message of the user's.
            tools: that the call would have.
            kwargs: as for ``chat``.

        Raises:
            ConfigurationError: an argument or a message cannot be sent; nothing was sent.
            APIError: the request failed, after the retries that could help.

        Source: https://platform.claude.com/docs/en/build-with-claude/token-counting
        """
        turn = self._turn(self._conversation(messages), {**kwargs, "tools": _tools.definitions(tools)})
        counted = self.client.messages.count_tokens(**_counting.counted(turn.request.fields))
        return counted.input_tokens

    async def acount_tokens(
        self, messages: str | Sequence[ChatMessage], *, tools: Sequence[BaseTool] = (), **kwargs: Any
    ) -> int:
        """Gives the input tokens of a call; arguments and errors are those of ``count_tokens``."""
        turn = await self._aturn(self._conversation(messages), {**kwargs, "tools": _tools.definitions(tools)})
        counted = await self.async_client.messages.count_tokens(**_counting.counted(turn.request.fields))
        return counted.input_tokens

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
        named = [tool["name"] for tool in (*self._own_tools(), *defined) if "name" in tool]
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

    def _conversation(self, messages: str | Sequence[ChatMessage]) -> Sequence[ChatMessage]:
        if isinstance(messages, str):
            return self._prompted(messages, formatted=True)
        return several(messages, argument="messages", instead="a text, or a list of ChatMessage")

    def _prompted(self, prompt: str, formatted: bool) -> list[ChatMessage]:
        string(prompt, argument="prompt")
        text = prompt if formatted or self.completion_to_prompt is None else self.completion_to_prompt(prompt)
        return [ChatMessage(role=MessageRole.USER, content=text)]

    def _turn(self, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> Turn:
        _to_wire.refuse_others(messages)
        whole = _files.read(messages) if _files.unread(messages) else messages
        return self._turn_of(whole, call)

    async def _aturn(self, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> Turn:
        _to_wire.refuse_others(messages)
        whole = await asyncio.to_thread(_files.read, messages) if _files.unread(messages) else messages
        return self._turn_of(whole, call)

    def _turn_of(self, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> Turn:
        options = _to_wire.Options(
            replay_thinking=self.replay_thinking, cache_tools=self.cache_tools, now=datetime.now(UTC)
        )
        model = self._profile(call.get("model"))
        request = _to_wire.request(messages, settings=self._fields(), call=call, model=model, options=options)
        return Turn(request, continue_paused=self.continue_paused_turns, refused=private(self, "_refused"))


def _as_it_is(response: ChatResponse) -> ChatResponse:
    return response

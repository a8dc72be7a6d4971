"""The chat model: the hooks that langchain-core calls."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from claude_foundry import _translation
from claude_foundry._mending import mended
from claude_foundry._models import known
from claude_foundry.langchain import _from_wire, _structured, _to_wire, _tools
from claude_foundry.langchain._errors import named_as_langchain
from claude_foundry.langchain._profile import profile
from claude_foundry.langchain._settings import FoundrySettings

_REQUEST = ("temperature", "top_p", "top_k", "thinking", "output_config", "betas")


class ChatClaudeFoundry(FoundrySettings):
    """A LangChain chat model for Claude deployed in Microsoft Foundry.

    ::

        from claude_foundry.langchain import ChatClaudeFoundry

        llm = ChatClaudeFoundry(model="claude-opus-5-5", resource="my-resource")
        llm.invoke("Hello")

    Endpoint and sign-in come from the arguments or from the ``ANTHROPIC_FOUNDRY_*`` variables, as for FoundryClient;
    models with equal settings share one client. Errors are those of ``claude_foundry`` and, at once, the matching
    ``langchain_core.exceptions``. Retries are made by the client: none need to be stacked on top.

    Raises:
        ConfigurationError: an argument is missing, wrong or unknown.

    Sources: https://docs.langchain.com/oss/python/langchain/models,
    https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry
    """

    def _request(self, messages: Sequence[BaseMessage], stop: list[str] | None, call: dict[str, Any]) -> dict[str, Any]:
        call.pop("stream_usage", None)
        model = self._known(call.get("model"))
        settings = {
            "model": self.model,
            "max_tokens": self.max_tokens or model.max_output_tokens,
            "stop_sequences": [stop] if isinstance(stop, str) else self.stop if stop is None else stop,
            **{name: getattr(self, name) for name in _REQUEST},
            **self.model_kwargs,
        }
        return _to_wire.request(messages, settings=settings, call=call, model=model)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = self._request(messages, stop, kwargs)
        with named_as_langchain():
            answer = self.client.messages.create(**request)
        return _result(_from_wire.message(answer))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = self._request(messages, stop, kwargs)
        with named_as_langchain():
            answer = await self.async_client.messages.create(**request)
        return _result(_from_wire.message(answer))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        stream_usage: bool | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs)
        reader = _from_wire.ChunkReader(with_usage=self.stream_usage if stream_usage is None else stream_usage)
        with named_as_langchain(), self.client.messages.stream(**request) as stream:
            for event in stream:
                for chunk in reader.feed(event):
                    yield chunk
            for chunk in reader.finish(stream.get_final_message()):
                yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        *,
        stream_usage: bool | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        request = self._request(messages, stop, kwargs)
        reader = _from_wire.ChunkReader(with_usage=self.stream_usage if stream_usage is None else stream_usage)
        with named_as_langchain():
            async with self.async_client.messages.stream(**request) as stream:
                async for event in stream:
                    for chunk in reader.feed(event):
                        yield chunk
                for chunk in reader.finish(await stream.get_final_message()):
                    yield chunk

    def bind_tools(
        self,
        tools: Sequence[_tools.Tool],
        *,
        tool_choice: Any = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Gives the model with tools to call.

        Args:
            tools: functions, pydantic classes, TypedDicts, LangChain tools, OpenAI's or Anthropic's dicts.
            tool_choice: ``"auto"``, ``"any"`` or ``"required"``, ``"none"``, a tool's name, or a dict of the API.
                ``"auto"`` is sent, with a warning, to models that take no forced choice.
            strict: whether arguments are held to the schema.
            parallel_tool_calls: whether one answer may hold several calls. Default: it may.
            kwargs: further fields of the request.

        Raises:
            ConfigurationError: the tool choice is unknown or names no bound tool.
        """
        definitions = _tools.bound(tools, strict=strict)
        choice = _translation.tool_choice(tool_choice, names=[tool["name"] for tool in definitions if "name" in tool])
        choice = _tools.in_parallel(choice, allowed=parallel_tool_calls)
        return self.bind(tools=definitions, tool_choice=choice, **kwargs)

    def with_structured_output(
        self,
        schema: _structured.Schema,
        *,
        include_raw: bool = False,
        method: _structured.Method | None = None,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Gives the model with answers of a given form.

        Args:
            schema: a pydantic class, a TypedDict, a JSON schema or an OpenAI function.
            include_raw: whether to give ``{"raw", "parsed", "parsing_error"}`` instead of the parsed output.
            method: ``"function_calling"`` (a forced tool), ``"json_schema"`` or ``"json_mode"`` (the API's own
                structured output). Default: the first that the model accepts.
            strict: whether a tool's arguments are held to the schema; the API's own output always is.
            kwargs: further fields of the request.

        Raises:
            ConfigurationError: the method is unknown.
        """
        way = _structured.chosen(method, schema=schema, model=self._known(), thinking=self.thinking)
        told = {**_structured.traced(schema, way), **kwargs}
        if way == "function_calling":
            name, once = _structured.tool_name(schema), {"parallel_tool_calls": False}
            bound: Runnable[Any, Any] = self.bind_tools([schema], tool_choice=name, strict=strict, **once, **told)
            parser = _structured.tool_parser(schema)
        else:
            bound = self.bind(output_config=_structured.output_format(schema), **told)
            parser = _structured.text_parser(schema)
        return _structured.with_raw(bound, parser) if include_raw else bound | parser

    def get_num_tokens(self, text: str) -> int:
        """Gives the input tokens of a text, as the service counts them: one request."""
        return self.get_num_tokens_from_messages([HumanMessage(text)])

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[_tools.Tool] | None = None
    ) -> int:
        """Gives the input tokens of a conversation, as the service counts them: one request.

        Args:
            messages: the conversation.
            tools: tools that would be bound.
        """
        system, turns = _to_wire.split(messages)
        # Trimming counts the system prompt alone too, and the API counts nothing without a user's turn.
        conversation: Any = mended(turns, model=self._known()) or [{"role": "user", "content": "Begin."}]
        optional = {"system": system, "tools": _tools.bound(tools or [])}
        fields: Any = {"messages": conversation, **{name: value for name, value in optional.items() if value}}
        with named_as_langchain():
            counted = self.client.messages.count_tokens(model=self.model, **fields)
        return counted.input_tokens

    @property
    def _llm_type(self) -> str:
        # Middlewares of LangChain know Claude's chat models by this name.
        return "anthropic-chat"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        named = ("model", "base_model", "max_tokens", *_REQUEST, "model_kwargs")
        return {name: getattr(self, name) for name in named}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = _from_wire.PROVIDER
        named = params.get("ls_model_name") or self.model
        params["ls_model_name"] = (self.base_model if named == self.model else None) or known(named).name or named
        return params

    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile(self._known())


def _result(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])

"""The chat model: its fields, and the hooks that langchain-core calls."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Self

import httpx
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, PrivateAttr, SecretStr

from claude_foundry import _translation
from claude_foundry._async_client import AsyncFoundryClient
from claude_foundry._client import FoundryClient
from claude_foundry._config import AsyncTokenProvider, OnThinkingMismatch, Settings
from claude_foundry._mending import mended
from claude_foundry._models import Model, known
from claude_foundry._shared import Held
from claude_foundry.langchain import _from_wire, _structured, _to_wire, _tools
from claude_foundry.langchain._errors import named_as_langchain
from claude_foundry.langchain._profile import profile

_SETTINGS = (
    "resource",
    "base_url",
    "api_key",
    "azure_ad_token_provider",
    "credential",
    "scope",
    "timeout",
    "max_retries",
    "default_headers",
    "api_version",
    "on_thinking_mismatch",
)
_NOT_PICKLED = (
    "api_key",
    "azure_ad_token_provider",
    "credential",
    "default_headers",
    "http_client",
    "http_async_client",
)
_REQUEST = ("temperature", "top_p", "top_k", "thinking", "output_config", "betas")


class ChatClaudeFoundry(BaseChatModel):
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

    model_config = ConfigDict(
        arbitrary_types_allowed=True, populate_by_name=True, extra="forbid", hide_input_in_errors=True
    )

    model: str = Field(validation_alias=AliasChoices("model", "model_name", "deployment"))
    """Deployment name."""
    base_model: str | None = None
    """The Claude model deployed under it, when the name does not tell: for limits and per-model rules."""
    max_tokens: int | None = Field(default=None, validation_alias=AliasChoices("max_tokens", "max_tokens_to_sample"))
    """Most tokens to write. Default: the model's cap."""
    temperature: float | None = None
    """Refused by the models from Claude Opus 4.7 on, as are ``top_p`` and ``top_k``."""
    top_p: float | None = None
    top_k: int | None = None
    stop: list[str] | None = Field(default=None, validation_alias=AliasChoices("stop", "stop_sequences"))
    thinking: dict[str, Any] | None = None
    """Such as ``{"type": "adaptive"}``."""
    output_config: dict[str, Any] | None = None
    """Such as ``{"effort": "low"}``."""
    betas: list[str] | None = None
    """Names for the ``anthropic-beta`` header."""
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the API, sent with every request."""

    resource: str | None = None
    base_url: str | None = None
    api_key: SecretStr | None = None
    azure_ad_token_provider: AsyncTokenProvider | None = Field(default=None, exclude=True, repr=False)
    credential: Any = Field(default=None, exclude=True, repr=False)
    """An azure-core ``TokenCredential`` or ``AsyncTokenCredential``."""
    scope: str | None = None
    timeout: Any = Field(
        default=None, validation_alias=AliasChoices("timeout", "request_timeout", "default_request_timeout")
    )
    """Seconds for each wait on the connection, or an ``httpx.Timeout``. Default: 600, and 5 to connect."""
    max_retries: int | None = None
    """Attempts after the first. Default: 2."""
    default_headers: dict[str, str] | None = Field(default=None, exclude=True, repr=False)
    api_version: str | None = None
    """Of the API: a date. Default: ``2023-06-01``."""
    on_thinking_mismatch: OnThinkingMismatch | None = None
    """What follows when reasoning in the history was written for another conversation. Default: ``"raise"``."""
    http_client: httpx.Client | None = Field(default=None, exclude=True, repr=False)
    """A client of yours for the synchronous methods; it is never closed here."""
    http_async_client: httpx.AsyncClient | None = Field(default=None, exclude=True, repr=False)
    """A client of yours for the asynchronous methods; it is never closed here."""
    streaming: bool = False
    """Whether ``invoke`` streams below the surface."""
    stream_usage: bool = True
    """Whether streams report token counts."""

    _held: Held = PrivateAttr(default_factory=Held)

    def __init__(self, **fields: Any) -> None:
        way_out = "Further fields of the API go in model_kwargs={...}."
        known_names = _argument_names(type(self))
        _translation.refuse_unknown(fields, known=known_names, where=type(self).__name__, way_out=way_out)
        super().__init__(**fields)
        self._held.config(self._settings())

    @property
    def client(self) -> FoundryClient:
        """The client below, for what LangChain has no word for."""
        return self._held.client(self._settings(), http_client=self.http_client)

    @property
    def async_client(self) -> AsyncFoundryClient:
        """The asynchronous client below."""
        return self._held.async_client(self._settings(), http_client=self.http_async_client)

    @property
    def endpoint(self) -> str:
        """The endpoint that requests go to."""
        return self._held.config(self._settings()).base_url

    def _settings(self) -> Settings:
        return Settings(**{name: getattr(self, name) for name in _SETTINGS})

    def _known(self, model: str | None = None) -> Model:
        return known(model or self.base_model or self.model)

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

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {**state, "__dict__": {**state["__dict__"], **dict.fromkeys(_NOT_PICKLED)}}

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        memo.update({id(value): value for name in _NOT_PICKLED if (value := getattr(self, name)) is not None})
        return super().__deepcopy__(memo)

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

    @property
    def lc_secrets(self) -> dict[str, str]:
        return {"api_key": "ANTHROPIC_FOUNDRY_API_KEY"}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        return True


def _result(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])


def _argument_names(cls: type[BaseModel]) -> set[str]:
    aliases = (field.validation_alias for field in cls.model_fields.values())
    choices = (alias.choices for alias in aliases if isinstance(alias, AliasChoices))
    return {*cls.model_fields, *(str(name) for names in choices for name in names)}

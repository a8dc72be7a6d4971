"""The chat model: the hooks that langchain-core calls."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult, LLMResult
from langchain_core.runnables import Runnable
from pydantic import BaseModel, PrivateAttr

from claude_foundry import _loops, _signatures, _written
from claude_foundry._models import known
from claude_foundry.langchain._errors import named_as_langchain
from claude_foundry.langchain._event_hooks import EventHooks
from claude_foundry.langchain._settings import FoundrySettings
from claude_foundry.langchain._tokens import Counts, TokenCounting

if TYPE_CHECKING:
    from claude_foundry.langchain import _structured, _tools
    from claude_foundry.langchain._chunk_reader import ChunkReader

_REQUEST = (
    "temperature",
    "top_p",
    "top_k",
    "thinking",
    "reasoning_effort",
    "output_config",
    "cache_control",
    "context_management",
    "container",
    "betas",
)
_UNDER_TRIO = (
    "LangChain's asynchronous methods need asyncio, and trio runs here: call the synchronous ones in a thread "
    "(trio.to_thread.run_sync), or AsyncFoundryClient."
)


class ChatClaudeFoundry(EventHooks, TokenCounting, FoundrySettings):
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

    _counts: Counts = PrivateAttr(default_factory=Counts)

    def _request(self, messages: Sequence[BaseMessage], stop: list[str] | None, call: dict[str, Any]) -> dict[str, Any]:
        # What a call needs is loaded by the first one: an import, and a model that is only made, do without it.
        from claude_foundry.langchain import _params, _to_wire

        with named_as_langchain():
            given = {**_params.checked(call), **({} if stop is None else {"stop": stop})}
            model = self._known(given)
            fields = _params.merged(self._fields(), given, model=model)
            in_place = bool(self._own_profile(fields["model"]).get("mid_conversation_system_messages"))
            fields = _to_wire.request(messages, call=fields, model=model, in_place=in_place)
            return _params.finished(fields, messages, reuse_container=self.reuse_last_container)

    def _result(self, message: AIMessage) -> ChatResult:
        from claude_foundry.langchain._whole_texts import in_standard_form

        given = in_standard_form(message) if self.output_version == "v1" else message
        return ChatResult(generations=[ChatGeneration(message=given)])

    def _chunk_reader(self, stream_usage: bool | None) -> "ChunkReader":
        from claude_foundry.langchain._chunk_reader import ChunkReader

        with_usage = self.stream_usage if stream_usage is None else stream_usage
        return ChunkReader(with_usage=with_usage, standard=self.output_version == "v1")

    def _fields(self) -> dict[str, Any]:
        named = ("model", "max_tokens", "on_thinking_mismatch", *_REQUEST)
        settings = {name: getattr(self, name) for name in named}
        beside = {"mcp_servers": _written.sealed(self.mcp_servers), "stop_sequences": self.stop}
        return {**settings, **beside, **self.model_kwargs}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from claude_foundry.langchain import _from_wire, _sending

        client = self.client
        turn = self._turn(client, messages, stop, kwargs)
        with named_as_langchain():
            answer = _sending.answered(client, turn)
        return self._result(_from_wire.message(answer))

    async def agenerate(self, *args: Any, **kwargs: Any) -> LLMResult:
        # langchain-core notices at the end alone, when the answer has been written and billed.
        with named_as_langchain():
            _loops.refuse_trio(_UNDER_TRIO)
        return await super().agenerate(*args, **kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from claude_foundry.langchain import _async_sending, _from_wire

        client = self.async_client
        turn = self._turn(client, messages, stop, kwargs)
        with named_as_langchain():
            answer = await _async_sending.answered(client, turn)
        return self._result(_from_wire.message(answer))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        stream_usage: bool | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        from claude_foundry.langchain import _sending

        client = self.client
        turn = self._turn(client, messages, stop, kwargs)
        reader = self._chunk_reader(stream_usage)
        with named_as_langchain(), closing(_sending.read(client, turn, reader)) as chunks:
            yield from chunks

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        *,
        stream_usage: bool | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        from claude_foundry.langchain import _async_sending

        client = self.async_client
        turn = self._turn(client, messages, stop, kwargs)
        reader = self._chunk_reader(stream_usage)
        with named_as_langchain():
            async with aclosing(_async_sending.read(client, turn, reader)) as chunks:
                async for chunk in chunks:
                    yield chunk

    if not TYPE_CHECKING:
        # What langchain-core's own gives differs by its version.
        def bind(self, **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
            """Gives the model with arguments for each call."""
            _refuse_shown(kwargs)
            return super().bind(**kwargs)

    def bind_tools(
        self,
        tools: "Sequence[_tools.Tool]",
        *,
        tool_choice: Any = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Gives the model with tools to call.

        Args:
            tools: functions, pydantic classes, TypedDicts, LangChain tools, runnables ``as_tool``, dicts in OpenAI's
                or Anthropic's form, and tools of the service. What a LangChain tool has in ``extras``
                (``cache_control``, ``defer_loading``, ``allowed_callers``, ``input_examples``,
                ``eager_input_streaming``) is sent with it.
            tool_choice: ``"auto"``, ``"any"`` or ``"required"``, ``"none"``, a tool's name, or a dict of the API.
                ``"auto"`` is sent, with a warning, to models that take no forced choice.
            strict: whether arguments are held to the schema; a deployment that cannot is sent the tools without it,
                with a warning.
            parallel_tool_calls: whether one answer may hold several calls. Default: it may.
            kwargs: further fields of the request.

        Raises:
            ConfigurationError: the tool choice is unknown or names no bound tool.
        """
        from claude_foundry.langchain import _tools

        definitions = _tools.bound(tools, strict=strict)
        choice = _tools.in_parallel(_tools.choice(tool_choice, definitions), allowed=parallel_tool_calls)
        return self.bind(tools=definitions, tool_choice=choice, **kwargs)

    def with_structured_output(
        self,
        schema: "_structured.Schema",
        *,
        include_raw: bool = False,
        method: "_structured.Method | None" = None,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Gives the model with answers of a given form.

        Args:
            schema: a pydantic class, a TypedDict, a JSON schema or an OpenAI function.
            include_raw: whether to give ``{"raw", "parsed", "parsing_error"}`` instead of the parsed output.
            method: ``"function_calling"`` (a forced tool), ``"json_schema"`` or ``"json_mode"`` (the API's own
                structured output). Default: the first that the model accepts. Where a deployment turns out to lack
                structured output, a tool is called in its place, from then on.
            strict: whether a tool's arguments are held to the schema; the API's own output always is.
            kwargs: further fields of the request.

        Raises:
            ConfigurationError: the method is unknown, or cannot hold all that the schema allows.
            OutputParserException: when called: the answer is a refusal (which is langchain-core's ModelRefusalError
                too, where it has one) or was cut, or holds no such output.
        """
        from claude_foundry.langchain import _structured
        from claude_foundry.langchain._parser import OutputParser

        way = _structured.chosen(method, schema=schema, model=self._known(), thinking=self.thinking)
        told = {**_structured.traced(schema, way), **kwargs}
        if way == "function_calling":
            tool = _structured.tool(schema, model=self._known(), thinking=self.thinking)
            once = {"tool_choice": tool["name"], "parallel_tool_calls": False}
            bound: Runnable[Any, Any] = self.bind_tools([tool], strict=strict, **once, **told)
            parser = OutputParser(output_type=schema, tool=tool["name"])
        else:
            bound = self.bind(output_config=_structured.output_format(schema), **told)
            parser = OutputParser(output_type=schema)
        return _structured.with_raw(bound, parser) if include_raw else bound | parser

    @property
    def _llm_type(self) -> str:
        # Middlewares of LangChain know Claude's chat models by this name.
        return "anthropic-chat"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        named = ("model", "base_model", "max_tokens", *_REQUEST, "model_kwargs")
        return {name: getattr(self, name) for name in named}

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        """Gives the key of this model's answers in a cache, with a digest of what no dump shows."""
        from hashlib import sha256

        from pydantic_core import to_json

        _refuse_shown(kwargs)
        shown = super()._get_llm_string(stop=stop, **kwargs)
        of_call = [
            _written.open_token(it) for fields in (kwargs, kwargs.get("extra_body")) for it in _written.tokens(fields)
        ]
        unshown = (self.default_headers, _written.opened(self.mcp_servers), self._own_profile(self.model), of_call)
        return f"{shown}---{sha256(to_json(unshown)).hexdigest()}" if any(unshown) else shown

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        # Asked for before callbacks are told of a call.
        _refuse_shown(kwargs)
        return super()._get_invocation_params(stop=stop, **kwargs)

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "anthropic"
        named = params.get("ls_model_name") or self.model
        params["ls_model_name"] = (self.base_model if named == self.model else None) or known(named).name or named
        return params


def _refuse_shown(call: dict[str, Any]) -> None:
    from claude_foundry.langchain import _params

    with named_as_langchain():
        _params.refuse_shown(call)


_signatures.keep(ChatClaudeFoundry._generate, ChatClaudeFoundry._agenerate)

"""What a ``ClaudeFoundry`` is made of: its fields, what of them may be written down, and its clients."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias

import httpx
from llama_index.core.llms.function_calling import FunctionCallingLLM
from pydantic import AfterValidator, ConfigDict, Field, PrivateAttr, SecretStr, field_serializer, field_validator
from pydantic.types import StrictBool

from claude_foundry import _address, _fields, _reasoning, _written
from claude_foundry._config import AsyncTokenProvider, OnThinkingMismatch, Settings
from claude_foundry._models import Model
from claude_foundry._reasoning import Thinking
from claude_foundry._sealed import sealing
from claude_foundry._shared import Held, held_by
from claude_foundry._thinking import RefusedThinking
from claude_foundry._timeout import Timeout
from claude_foundry._translation import refuse_sampling
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex import _checked, _dumps, _limits, _params
from claude_foundry.types._wire_model import BUILT_WHEN_USED

if TYPE_CHECKING:
    from claude_foundry._async_client import AsyncFoundryClient
    from claude_foundry._client import FoundryClient

Fields: TypeAlias = Mapping[str, Any]
_FIELDS = (
    *("model", "temperature", "thinking", "output_config", "betas", "container"),
    *("context_management", "cache_control", "on_thinking_mismatch"),
)
_CLIENT = (
    *("resource", "base_url", "api_key", "azure_ad_token_provider", "credential", "scope"),
    *("timeout", "max_retries", "max_retry_after", "default_headers", "api_version", "automatic_betas"),
    *("max_event_bytes", "allow_insecure_loopback", "dangerously_allow_unverified_tls"),
)


def _secret(key: SecretStr | str) -> SecretStr:
    return SecretStr(key) if isinstance(key, str) else key


class FoundrySettings(FunctionCallingLLM):
    """Fields of the LLM. Secrets and connections are in no dump or pickle; an LLM from a pickle asks for them first."""

    # Built for each class of this tree at its definition, the schema would be a large part of the import.
    model_config = ConfigDict(hide_input_in_errors=True, defer_build=BUILT_WHEN_USED)

    model: str = Field(description="Deployment name.")
    base_model: str | None = Field(
        default=None, description="Claude model that is deployed, when the deployment name does not tell."
    )
    max_tokens: int | None = Field(
        default=None, gt=0, description="Most tokens to write. Default: what the model can, at most 16,384."
    )
    temperature: float | None = Field(default=None, description="For models before Claude Opus 4.7.")
    context_window: int | None = Field(default=None, gt=0, description="Tokens, in place of the model's own.")
    max_output: int | None = Field(default=None, gt=0, description="Tokens, in place of the model's own output cap.")
    thinking: Thinking | None = Field(
        default=None,
        description="True, False, an effort ('low' to 'max') or the API's object; sent in the form the model takes.",
    )
    output_config: Fields | None = Field(default=None, description="The API's output_config object.")
    betas: list[str] = Field(default_factory=list, description="Names for the anthropic-beta header.")
    automatic_betas: bool = Field(default=True, description="Whether those that a feature needs are added.")
    server_tools: Sequence[Fields] = Field(
        default_factory=list, description="Tools of every request, as claude_foundry.server_tools gives them."
    )
    mcp_servers: Sequence[Fields] = Field(
        default_factory=list,
        repr=False,
        description="Remote MCP servers; a toolset is added for each that server_tools has none for. Dumps hold "
        "their URLs, and no tokens: a key belongs into authorization_token and not into a URL.",
    )
    container: str | Fields | None = Field(
        default=None, description="Of code execution. Default: the one that the conversation used last."
    )
    context_management: Fields | None = Field(
        default=None, description="Edits of long conversations, as claude_foundry.context_management gives them."
    )
    cache_control: Fields | None = Field(default=None, description="The API's cache point at the end of every request.")
    cache_tools: Literal["5m", "1h"] | None = Field(
        default=None, description="How long the tools of a request are cached. Default: not."
    )
    replay_thinking: bool = Field(
        default=True, description="Whether reasoning in the history is sent back, as tool use on most models needs."
    )
    on_thinking_mismatch: OnThinkingMismatch = Field(
        default="strip",
        description="What follows when the service finds reasoning written for another conversation, as after memory "
        "was cut or another agent took over: 'strip' asks once more without, 'raise' raises.",
    )
    continue_paused_turns: bool = Field(
        default=True, description="Whether a turn that the service pauses is taken up again, up to a bound."
    )
    additional_kwargs: Fields = Field(
        default_factory=dict, repr=False, description="Further fields of the API, for every call."
    )
    resource: str | None = Field(default=None, description="Azure resource. Default: ANTHROPIC_FOUNDRY_RESOURCE.")
    base_url: Annotated[str, AfterValidator(_address.shown)] | None = Field(
        default=None, description="Endpoint in place of resource. Default: ANTHROPIC_FOUNDRY_BASE_URL."
    )
    api_key: Annotated[SecretStr | str, AfterValidator(_secret)] | None = Field(
        default=None, exclude=True, repr=False, description="Key. Default: ANTHROPIC_FOUNDRY_API_KEY."
    )
    azure_ad_token_provider: AsyncTokenProvider | None = Field(
        default=None, exclude=True, repr=False, description="Gives a Microsoft Entra ID token; asked at each attempt."
    )
    credential: Any = Field(
        default=None, exclude=True, repr=False, description="An azure-core TokenCredential; its token is kept."
    )
    scope: str | None = Field(default=None, description="What a credential is asked for.")
    timeout: float | Timeout | httpx.Timeout | None = Field(
        default=None, description="Seconds for each wait on the connection, a Timeout, or an httpx.Timeout."
    )
    max_retries: int | None = Field(default=None, description="Attempts after the first. Default: 2.")
    max_retry_after: float | None = Field(
        default=None, description="Seconds that the service may ask to wait before its error is raised. Default: 120."
    )
    max_event_bytes: int | None = Field(default=None, description="Most of one event of a stream. Default: 8 MiB.")
    default_headers: Annotated[Mapping[str, str] | None, AfterValidator(_params.without_retired)] = Field(
        default=None, exclude=True, repr=False, description="Sent with every request."
    )
    api_version: str | None = Field(default=None, description="Of the API: a date. Default: 2023-06-01.")
    on_request: Callable[..., Any] | None = Field(
        default=None,
        exclude=True,
        repr=False,
        description="Called before each attempt with a RequestInfo; an async function by asynchronous methods only.",
    )
    on_response: Callable[..., Any] | None = Field(
        default=None, exclude=True, repr=False, description="Called after each attempt with a ResponseInfo, likewise."
    )
    http_client: httpx.Client | None = Field(
        default=None, exclude=True, repr=False, description="A client of yours; it is never closed here."
    )
    async_http_client: httpx.AsyncClient | None = Field(
        default=None, exclude=True, repr=False, description="Its counterpart for the asynchronous methods."
    )
    allow_insecure_loopback: StrictBool | None = Field(
        default=None, description="http:// to this machine. Default: ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK, or not."
    )
    dangerously_allow_unverified_tls: bool = Field(
        default=False, description="Whether a client of yours gets the key that takes certificates of anyone."
    )

    _held: Held = PrivateAttr(default_factory=Held)
    _refused: RefusedThinking = PrivateAttr(default_factory=RefusedThinking)

    @sealing
    def __init__(self, **settings: Any) -> None:
        settings.pop("class_name", None)
        _params.refuse_unknown(settings, known=type(self).model_fields, where=type(self).__name__)
        _fields.made(super().__init__, settings)
        _checked.refuse_wrong(self._client_settings(), model=self.model, base_model=self.base_model, betas=self.betas)
        self._refuse_contradictions()

    @property
    def client(self) -> "FoundryClient":
        """The client that sends; LLMs with equal settings share one.

        Raises:
            ConfigurationError: a setting or variable is missing, wrong or contradictory.
        """
        hooks = (self.on_request, self.on_response)
        return held_by(self).client(self._client_settings(), http_client=self.http_client, hooks=hooks, owner=self)

    @property
    def async_client(self) -> "AsyncFoundryClient":
        """The client that sends for the asynchronous methods; it serves any event loop.

        Raises:
            ConfigurationError: a setting or variable is missing, wrong or contradictory.
        """
        hooks = (self.on_request, self.on_response)
        return held_by(self).async_client(
            self._client_settings(), http_client=self.async_http_client, hooks=hooks, owner=self
        )

    def close(self) -> None:
        """Closes the connections of the synchronous methods. A later call opens new ones.

        LLMs of equal settings share connections; an HTTP client of yours stays open.
        """
        with suppress(ConfigurationError):
            self.client.close()

    async def aclose(self) -> None:
        """Closes the connections of the asynchronous methods, likewise."""
        with suppress(ConfigurationError):
            await self.async_client.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @field_validator("timeout", mode="before")
    @classmethod
    def _timeout_of_dump(cls, value: Any) -> Any:
        return _dumps.timeout_of(value)

    @field_serializer("timeout")
    def _timeout_for_dump(self, value: Any) -> Any:
        return _dumps.of_timeout(value)

    @field_serializer("mcp_servers")
    def _servers_for_dump(self, value: Sequence[Fields]) -> list[dict[str, Any]]:
        return _dumps.of_servers(value)

    def __getstate__(self) -> dict[str, Any]:
        # LlamaIndex's own version deletes from the living instance what does not pickle.
        kept = _dumps.picklable(self.__dict__)
        return {
            "__dict__": kept,
            "__pydantic_fields_set__": self.__pydantic_fields_set__ & set(kept),
            "__pydantic_extra__": None,
            "__pydantic_private__": None,
            "held": self._held.pickled(name for name in _dumps.MISSED if getattr(self, name) is not None),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._held = state["held"]

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        memo.update(
            {id(value): value for name in _dumps.SHARED_BY_COPIES if (value := getattr(self, name)) is not None}
        )
        return super().__deepcopy__(memo)

    def _profile(self, deployment: str | None = None) -> Model:
        """What is known of the model that answers, which may be of another deployment for one call."""
        if isinstance(deployment, str) and deployment != self.model:
            return _limits.model_of(deployment, context_window=None, max_output=None)
        return _limits.model_of(
            self.base_model or self.model, context_window=self.context_window, max_output=self.max_output
        )

    def _deployment(self, call: Fields) -> dict[str, Any]:
        """The names of the deployment that answers a call, and of the model that is known to be deployed there."""
        name = call.get("model") or self.model
        return {"model": name, "base_model": self.base_model if name == self.model else None}

    def _max_tokens(self) -> int:
        return self.max_tokens or _limits.default_max_tokens(self._profile())

    def _fields(self) -> dict[str, Any]:
        """The fields of a request that are set on the LLM."""
        return {
            **self.additional_kwargs,
            **{name: getattr(self, name) for name in _FIELDS},
            "mcp_servers": _written.sealed(self.mcp_servers),
            "max_tokens": self._max_tokens(),
            "tools": self._own_tools(),
        }

    def _own_tools(self) -> list[Fields]:
        """The tools of every request."""
        return [*self.additional_kwargs.get("tools", ()), *self.server_tools]

    def _client_settings(self) -> Settings:
        return held_by(self).settings(_CLIENT, self.__dict__)

    def _refuse_contradictions(self) -> None:
        model = self._profile()
        _checked.refuse_shown(self.additional_kwargs)
        if unnamed := [server for server in self.mcp_servers if not server.get("name")]:
            raise ConfigurationError(
                f"mcp_servers: {len(unnamed)} without a name; claude_foundry.server_tools.mcp gives them."
            )
        sampling = {**self.additional_kwargs, "temperature": self.temperature}
        refuse_sampling(sampling, model=model)
        if level := _params.refused_effort({"output_config": self.output_config}, model=model):
            raise ConfigurationError(
                f"output_config: {model.name} does not accept the effort {level!r}"
                + (f"; give one of {', '.join(model.efforts)}." if model.efforts else ": leave it out.")
            )
        thinking = _reasoning.translated(self.thinking, model=model, max_tokens=self._max_tokens())
        if refused := _params.refused_while_thinking(sampling, thinking=thinking):
            raise ConfigurationError(
                f"{', '.join(refused)}: not accepted while the model thinks; leave one of both out."
            )
        if self.max_tokens and self.max_tokens > model.max_output_tokens and (model.name or self.max_output):
            raise ConfigurationError(
                f"max_tokens={self.max_tokens}: the model writes at most {model.max_output_tokens} tokens."
            )

"""What a chat model is made of: its fields, what of them may be written down, and its clients."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Self

import httpx
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import BaseMessage
from pydantic import (
    AfterValidator,
    AliasChoices,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StrictBool,
    model_validator,
)

from claude_foundry import _address, _fields, _translation
from claude_foundry._config import AsyncTokenProvider, OnThinkingMismatch, Settings
from claude_foundry._hooks import AsyncOnRequest, AsyncOnResponse
from claude_foundry._models import Model, known
from claude_foundry._reasoning import Thinking
from claude_foundry._sealed import sealing
from claude_foundry._shared import Held, held_by
from claude_foundry._version import __version__
from claude_foundry.errors import ConfigurationError
from claude_foundry.langchain import _checked, _profile
from claude_foundry.langchain._errors import named_as_langchain
from claude_foundry.types._wire_model import BUILT_WHEN_USED

if TYPE_CHECKING:
    from claude_foundry._async_client import AsyncFoundryClient
    from claude_foundry._client import FoundryClient
    from claude_foundry.langchain._turn import Turn

_SETTINGS = (
    *("resource", "base_url", "api_key", "azure_ad_token_provider", "credential", "scope"),
    *("timeout", "max_retries", "max_retry_after", "default_headers", "api_version", "automatic_betas"),
    *("max_event_bytes", "allow_insecure_loopback", "dangerously_allow_unverified_tls"),
)
_WAY_OUT = "Further fields of the API go in model_kwargs={...}."
_NOT_PICKLED = (
    "api_key",
    "azure_ad_token_provider",
    "credential",
    "default_headers",
    "mcp_servers",
    "on_request",
    "on_response",
    "http_client",
    "http_async_client",
)
# What a request would go out without, or in another's name, is asked for before the first one.
_MISSED = tuple(name for name in _NOT_PICKLED if name not in ("on_request", "on_response"))


def _sealed(key: SecretStr | str) -> SecretStr:
    return SecretStr(key) if isinstance(key, str) else key


class FoundrySettings(BaseChatModel):
    """Fields of the chat model. Those that hold secrets or connections are left out of dumps and pickles.

    A model that comes from a pickle asks for them before it sends anything: only the key of the environment stands in
    for a key. Hooks are left out without being asked for.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        populate_by_name=True,
        extra="forbid",
        hide_input_in_errors=True,
        # No instance is made of this class: what validates one is built for the chat model only.
        defer_build=BUILT_WHEN_USED,
    )

    model: str = Field(validation_alias=AliasChoices("model", "model_name", "deployment"))
    """Deployment name."""
    base_model: str | None = None
    """The Claude model deployed under it, when the name does not tell: for limits and per-model rules."""
    max_tokens: int | None = Field(default=None, validation_alias=AliasChoices("max_tokens", "max_tokens_to_sample"))
    """Most tokens to write. Default: the model's cap."""
    temperature: float | None = None
    """How freely words are chosen: 0 to 1. Refused by the models from Claude Opus 4.7 on, as are ``top_p`` and
    ``top_k``."""
    top_p: float | None = None
    """The share of likely words to choose from: 0 to 1."""
    top_k: int | None = None
    """How many of the likeliest words to choose from."""
    stop: list[str] | None = Field(default=None, validation_alias=AliasChoices("stop", "stop_sequences"))
    """Texts at which the answer ends."""
    thinking: Thinking | None = None
    """Whether to think, how hard (``"low"`` to ``"max"``), or the API's object, such as ``{"type": "adaptive"}``.
    Each is sent in the form that the model takes: adaptive thinking, an effort, or a budget of tokens."""
    reasoning_effort: str | None = Field(default=None, validation_alias=AliasChoices("reasoning_effort", "effort"))
    """How hard to think: ``"none"``, or ``"low"`` to ``"max"``. With an object in ``thinking``, both are sent."""
    output_config: dict[str, Any] | None = None
    """Such as ``{"effort": "low"}``."""
    cache_control: dict[str, Any] | None = None
    """``{"type": "ephemeral"}`` caches each prompt to its end; with ``"ttl": "1h"`` for an hour."""
    context_management: dict[str, Any] | None = None
    """What the service takes out of long conversations; ``claude_foundry.context_management`` builds it."""
    mcp_servers: list[dict[str, Any]] | None = Field(default=None, exclude=True, repr=False)
    """Servers whose tools the service calls. They may hold tokens, and are in no dump or pickle."""
    container: str | dict[str, Any] | None = None
    """Where code runs: the id of an earlier one, or skills, as ``{"skills": [...]}``."""
    reuse_last_container: bool = False
    """Whether code goes on in the last container that the conversation's answers name."""
    continue_paused_turns: bool = True
    """Whether a turn that the service paused (``pause_turn``) is continued, and comes as one answer."""
    betas: list[str] | None = None
    """Names for the ``anthropic-beta`` header; those that a feature needs are added by themselves."""
    automatic_betas: bool = True
    """Whether they are."""
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the API, sent with every request."""

    resource: str | None = None
    """Name of the Azure resource. Default: ``ANTHROPIC_FOUNDRY_RESOURCE``."""
    base_url: Annotated[str, AfterValidator(_address.shown)] | None = None
    """Endpoint, in place of ``resource``. Default: ``ANTHROPIC_FOUNDRY_BASE_URL``."""
    api_key: Annotated[SecretStr | str, AfterValidator(_sealed)] | None = Field(default=None, repr=False)
    """Key of the resource. Default: ``ANTHROPIC_FOUNDRY_API_KEY``."""
    azure_ad_token_provider: AsyncTokenProvider | None = Field(default=None, exclude=True, repr=False)
    """Gives a Microsoft Entra ID token; asked at each attempt, so that it may give the calling user's."""
    credential: Any = Field(default=None, exclude=True, repr=False)
    """An azure-core ``TokenCredential`` or ``AsyncTokenCredential``; all models that share a client share its token."""
    scope: str | None = None
    """What a credential is asked for. Default: ``https://ai.azure.com/.default``."""
    timeout: Any = Field(
        default=None, validation_alias=AliasChoices("timeout", "request_timeout", "default_request_timeout")
    )
    """Seconds for each wait on the connection (default: 600, and 5 to connect), a ``Timeout``, which can limit the
    whole call too, or an ``httpx.Timeout``."""
    max_retries: int | None = None
    """Attempts after the first. Default: 2."""
    max_retry_after: float | None = None
    """Seconds. A service that asks to wait longer is not waited for. Default: 120."""
    max_event_bytes: int | None = None
    """Most bytes of one event of a stream; a larger one breaks it off. Default: 8 MiB."""
    default_headers: dict[str, str] | None = Field(default=None, exclude=True, repr=False)
    """Sent with every request."""
    api_version: str | None = None
    """Of the API: a date. Default: ``2023-06-01``."""
    on_thinking_mismatch: OnThinkingMismatch = "strip"
    """What follows when reasoning in the history was written for another conversation, as after a summary or under
    another agent's prompt: ``"strip"`` asks once more without any, ``"raise"`` raises."""
    on_request: AsyncOnRequest | None = Field(default=None, exclude=True, repr=False)
    """Called before each attempt with a ``RequestInfo``; a coroutine function serves the asynchronous methods only."""
    on_response: AsyncOnResponse | None = Field(default=None, exclude=True, repr=False)
    """Called after each attempt with a ``ResponseInfo``. What a hook raises ends the call."""
    http_client: httpx.Client | None = Field(default=None, exclude=True, repr=False)
    """A client of yours for the synchronous methods; it is never closed here."""
    http_async_client: httpx.AsyncClient | None = Field(default=None, exclude=True, repr=False)
    """A client of yours for the asynchronous methods; it is never closed here."""
    allow_insecure_loopback: StrictBool | None = None
    """Whether ``http://`` to this machine is taken. Default: ``ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK``, or not."""
    dangerously_allow_unverified_tls: bool = False
    """Whether the key is sent by a client of yours that takes certificates of anyone; otherwise it is refused."""
    streaming: bool | None = None
    """Whether ``invoke`` streams below the surface; False keeps ``stream`` from it too."""
    stream_usage: bool = True
    """Whether streams report token counts."""

    _held: Held = PrivateAttr(default_factory=Held)

    if not TYPE_CHECKING:
        # Type checkers read the arguments from the fields.
        @sealing
        def __init__(self, **fields: Any) -> None:
            names = _checked.argument_names(type(self))
            _translation.refuse_unknown(fields, known=names, where=type(self).__name__, way_out=_WAY_OUT)
            self._make(fields)
            _checked.refuse_wrong(self.__dict__, arguments=names - BaseChatModel.model_fields.keys())
            self._held.config(self._settings())
            self._resolve_given_profile()

    def _make(self, fields: Mapping[str, Any]) -> None:
        # A profile of another model's fields, as in configurable_fields, tells of that model what the caller gave only.
        profile = {"profile": _profile.given(fields["profile"]) or None} if fields.get("profile") else {}
        _fields.made(super().__init__, {**fields, **profile})

    def _resolve_given_profile(self) -> None:
        """Lets the profile tell what is known of the model, with what the caller gave over it."""
        own = _profile.given(self.profile)
        self.profile = _profile.merged(known(self.base_model or self.model), own)

    def _resolve_model_profile(self) -> ModelProfile | None:
        resolved: ModelProfile | None = _profile.merged(known(self.base_model or self.model), {})
        return resolved

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Gives a copy with changes; another model has another profile, if none is given with it."""
        copied = super().model_copy(update=update, deep=deep)
        if copied.api_key is not None:
            copied.api_key = _sealed(copied.api_key)
        if update and not update.keys().isdisjoint({"model", "base_model", "profile"}):
            copied._resolve_given_profile()
        return copied

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, _sealed(value) if name == "api_key" and value is not None else value)

    @model_validator(mode="after")
    def _tell_claude_foundry_version(self) -> Self:
        # In each run's metadata, beside the versions of LangChain's own packages.
        self._add_version("claude-foundry", __version__)
        return self

    @property
    def client(self) -> "FoundryClient":
        """The client below, for what LangChain has no word for."""
        hooks, settings = (self.on_request, self.on_response), self._settings()
        try:
            return held_by(self).client(settings, http_client=self.http_client, hooks=hooks, owner=self)
        except ConfigurationError:
            with named_as_langchain():
                raise

    @property
    def async_client(self) -> "AsyncFoundryClient":
        """The asynchronous client below."""
        hooks, settings = (self.on_request, self.on_response), self._settings()
        try:
            return held_by(self).async_client(settings, http_client=self.http_async_client, hooks=hooks, owner=self)
        except ConfigurationError:
            with named_as_langchain():
                raise

    @property
    def endpoint(self) -> str:
        """The endpoint that requests go to."""
        return self._held.config(self._settings()).base_url

    def _settings(self) -> Settings:
        return held_by(self).settings(_SETTINGS, self.__dict__)

    def _known(self, call: Mapping[str, Any] | None = None) -> Model:
        """What is known of the model that answers a call, which may name another deployment than this one."""
        given = call or {}
        deployment = given.get("model") or self.model
        return _profile.applied(known(self._base_model(given) or deployment), self._own_profile(deployment))

    def _base_model(self, call: Mapping[str, Any]) -> str | None:
        own = call.get("model") in (None, self.model)
        return call.get("base_model") or (self.base_model if own else None)

    def _own_profile(self, deployment: str) -> Mapping[str, Any]:
        """The part of the profile that the caller gave, for the deployment that it was given for."""
        return _profile.given(self.profile) if deployment == self.model else {}

    def _turn(
        self,
        client: "FoundryClient | AsyncFoundryClient",
        messages: Sequence[BaseMessage],
        stop: list[str] | None,
        call: dict[str, Any],
    ) -> "Turn":
        from claude_foundry.langchain._turn import Turn

        request = self._request(messages, stop, call)
        name = request["model"]
        deployment = client.capabilities(name, base_model=self._base_model({**call, "model": name}))
        if own := self._own_profile(name):
            deployment = replace(deployment, model=_profile.applied(deployment.model, own))
        return Turn(request, deployment=deployment, continue_paused=self.continue_paused_turns)

    @abstractmethod
    def _request(self, messages: Sequence[BaseMessage], stop: list[str] | None, call: dict[str, Any]) -> dict[str, Any]:
        """Gives the fields of the request."""

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        given = [name for name in _MISSED if getattr(self, name) is not None]
        private = {**state["__pydantic_private__"], "_held": self._held.pickled(given)}
        fields = {**state["__dict__"], **dict.fromkeys(_NOT_PICKLED)}
        return {**state, "__dict__": fields, "__pydantic_private__": private}

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        memo.update({id(value): value for name in _NOT_PICKLED if (value := getattr(self, name)) is not None})
        return super().__deepcopy__(memo)

    @property
    def lc_secrets(self) -> dict[str, str]:
        return {"api_key": "ANTHROPIC_FOUNDRY_API_KEY"}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        return True

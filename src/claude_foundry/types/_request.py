"""What a caller writes: the fields of a request, and how to send it.

Fields that are not named here are sent as given, so that a new field of the API needs no release of this package;
to a type checker they go in ``extra_body``.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/token-counting
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Required, TypedDict

if TYPE_CHECKING:
    import httpx


class CallOptions(TypedDict, total=False):
    """How one call is sent."""

    betas: Sequence[str]
    """Names for the ``anthropic-beta`` header."""
    extra_headers: Mapping[str, str] | None
    """Headers for this call."""
    extra_body: Mapping[str, Any] | None
    """Fields that replace or add to those of the request."""
    timeout: "float | httpx.Timeout | None"
    """Seconds for each wait on the connection, or an ``httpx.Timeout``."""


class CountTokensRequest(CallOptions, total=False):
    """A request whose input tokens are counted."""

    model: Required[str]
    """Deployment name."""
    messages: Required[Iterable[Mapping[str, Any]]]
    """The conversation: ``role`` and ``content`` of each message."""
    system: str | Iterable[Mapping[str, Any]]
    tools: Iterable[Mapping[str, Any]]
    tool_choice: Mapping[str, Any]
    thinking: Mapping[str, Any]
    output_config: Mapping[str, Any]
    cache_control: Mapping[str, Any] | None
    context_management: Mapping[str, Any] | None
    mcp_servers: Iterable[Mapping[str, Any]]


class MessageRequest(CountTokensRequest, total=False):
    """A request for an answer."""

    max_tokens: Required[int]
    """Most tokens to write, thinking among them."""
    stop_sequences: Sequence[str]
    container: str | Mapping[str, Any] | None
    metadata: Mapping[str, Any]
    service_tier: str
    temperature: float
    """Refused by the models from Claude Opus 4.7 on, as are ``top_p`` and ``top_k``."""
    top_p: float
    top_k: int

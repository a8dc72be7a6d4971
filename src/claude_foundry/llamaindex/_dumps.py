"""What of an LLM may be written down, and what its copies share.

Sources: https://docs.python.org/3/library/pickle.html#object.__getstate__,
https://docs.pydantic.dev/latest/concepts/serialization/
"""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import httpx

from claude_foundry._timeout import Timeout

SEALED = (
    *("api_key", "azure_ad_token_provider", "credential", "default_headers"),
    *("on_request", "on_response", "http_client", "async_http_client"),
)
MISSED = tuple(name for name in SEALED if name not in ("on_request", "on_response"))
"""What a request would go out without, or in another's name: an LLM that comes from a pickle asks for it first."""
SHARED_BY_COPIES = (*SEALED, "callback_manager", "rate_limiter")


def picklable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the fields that a pickle holds: no secrets, no connections, and nothing that does not pickle."""
    kept = {name: value for name, value in fields.items() if name not in SEALED and _pickles(value)}
    return {**kept, "mcp_servers": of_servers(fields["mcp_servers"])}


def of_servers(servers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Gives what a dump holds of MCP servers: no tokens."""
    return [{name: value for name, value in server.items() if name != "authorization_token"} for server in servers]


def of_timeout(value: Any) -> Any:
    """Gives what a dump holds of a timeout: JSON."""
    if isinstance(value, Timeout):
        return asdict(value)
    return value.as_dict() if isinstance(value, httpx.Timeout) else value


def timeout_of(value: Any) -> Any:
    """Gives the timeout of which a dump holds ``value``; what is none of a dump, as it is."""
    if not isinstance(value, Mapping):
        return value
    return Timeout(**value) if "total" in value else httpx.Timeout(**value)


def _pickles(value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - what a foreign object raises is not ours to know
        return False
    return True

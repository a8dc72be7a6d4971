"""What is refused before the request's fields are read: path, credentials, size, version, JSON.

Sources: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry,
https://platform.claude.com/docs/en/api/versioning, https://platform.claude.com/docs/en/api/beta-headers
"""

import hmac
import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from claude_foundry.emulator._refusals import (
    NOT_FOUND,
    NOT_SUPPORTED,
    TOO_LARGE,
    UNAUTHORIZED,
    Refusal,
    invalid,
)

MESSAGES = "/anthropic/v1/messages"
COUNT_TOKENS = "/anthropic/v1/messages/count_tokens"
FILES = "/anthropic/v1/files"
VERSIONS = ("2023-06-01", "2026-10-21")
MAX_BYTES = 32 * 1024 * 1024
MAX_FILE_BYTES = 500 * 1024 * 1024
_FRAME = 64 * 1024

_ELSEWHERE = re.compile(r"/anthropic/v1/(models|messages/batches)(/|$)|/openai/|/models/")
_BETA = re.compile(r"[a-z0-9-]+-\d{4}-\d{2}-\d{2}")


def turned_away(method: str, path: str, headers: Mapping[str, str], *, key: str) -> Refusal | None:
    """Gives why the request's body is not read, or None. Headers are in lower case, the path is without its query."""
    return _path(method, path) or (None if _signed_in(headers, key=key) else UNAUTHORIZED)


def refusal(method: str, path: str, headers: Mapping[str, str], body: bytes, *, key: str) -> Refusal | None:
    """Gives why the request goes no further, or None."""
    return (
        turned_away(method, path, headers, key=key)
        or (TOO_LARGE if len(body) > most_bytes(path) else None)
        or _version(headers)
    )


def is_files(path: str) -> bool:
    """Tells whether the path is of the Files API."""
    return path == FILES or path.startswith(f"{FILES}/")


def most_bytes(path: str) -> int:
    """Gives the most bytes that a request's body may have; around a file there is a frame."""
    return MAX_FILE_BYTES + _FRAME if is_files(path) else MAX_BYTES


def parsed(body: bytes) -> dict[str, Any] | Refusal:
    """Gives the fields of the request, or why there are none."""
    try:
        # Unlike the standard library's parser it refuses half a surrogate pair, which could not be written again.
        fields = from_json(body, allow_inf_nan=False)
    except ValueError:
        return invalid("The request body is not valid JSON.")
    if not isinstance(fields, dict):
        return invalid("The request body is not a JSON object.")
    return fields


def betas(headers: Mapping[str, str]) -> frozenset[str]:
    """Gives the names in the ``anthropic-beta`` header."""
    return frozenset(name.strip() for name in headers.get("anthropic-beta", "").split(",") if name.strip())


def _path(method: str, path: str) -> Refusal | None:
    if _ELSEWHERE.match(path):
        return NOT_SUPPORTED
    return None if is_files(path) or (method == "POST" and path in (MESSAGES, COUNT_TOKENS)) else NOT_FOUND


def _signed_in(headers: Mapping[str, str], *, key: str) -> bool:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip() not in ("", "invalid")
    # The service reads x-api-key first; api-key is the older name.
    given = headers.get("x-api-key", headers.get("api-key"))
    # Whoever guesses does not learn from the time it takes how much was right.
    return given is not None and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), key.encode())


def _version(headers: Mapping[str, str]) -> Refusal | None:
    version = headers.get("anthropic-version")
    if version is None:
        return invalid("anthropic-version: header is required")
    if version not in VERSIONS:
        return invalid(f'anthropic-version: "{version}" is not a valid version')
    unknown = sorted(name for name in betas(headers) if not _BETA.fullmatch(name))
    named = ", ".join(f"`{name}`" for name in unknown)
    return invalid(f"Unexpected value(s) {named} for the `anthropic-beta` header.") if unknown else None

"""An error answer of the service or of a gateway before it, read into one shape, and what to do about it.

Two JSON dialects are read, Anthropic's ``{"type": "error", "error": {...}}`` and the gateways'
``{"error": {"code", ...}}`` and ``{"statusCode", ...}``, and HTML or plain text.

Sources: https://platform.claude.com/docs/en/api/errors and
https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (troubleshooting)
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from textwrap import shorten
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic_core import from_json

MOST_SAID = 2000
"""Characters of an answer's own words in the text of an error."""
_LONGEST_NAME = 200
"""Characters of a type, a code or an id."""
_NEVER_SERVED = (501, 505)
_USER = re.compile(r"//[^/?#]*@")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def ids(headers: Mapping[str, str]) -> dict[str, str | None]:
    """Gives the two correlation ids of an answer, from its headers."""
    return {"request_id": _id(headers.get("request-id")), "apim_request_id": _id(headers.get("apim-request-id"))}


def _id(given: str | None) -> str | None:
    # Whoever reads it in a terminal or a log is not to be steered by it, nor flooded.
    if given is None or (len(given) <= _LONGEST_NAME and given.isprintable()):
        return given
    return "".join(filter(str.isprintable, given[:_LONGEST_NAME]))


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An error answer, read from either dialect: Anthropic's or the gateway's."""

    status_code: int
    type: str
    code: str | None
    message: str
    body: Any
    request_id: str | None
    apim_request_id: str | None
    retryable: bool
    sent: int | None
    """Bytes of the body that was sent, where known."""

    @classmethod
    def read(cls, status_code: int, *, headers: Mapping[str, str], body: bytes, sent: int | None = None) -> Self:
        document = parsed(body)
        error = _told(document)
        details = error.get("details")
        code = error.get("code") or (details.get("error_code") if isinstance(details, dict) else None)
        return cls(
            status_code=status_code,
            type=str(error.get("type") or _TYPES.get(status_code) or _type_of_class(status_code))[:_LONGEST_NAME],
            code=str(code)[:_LONGEST_NAME] if code is not None else None,
            message=_redirection(status_code, headers)
            or str(error.get("message") or _plain_text(body) or f"HTTP {status_code}"),
            body=document if document is not None else _plain_text(body),
            request_id=_id(headers.get("request-id") or _own_id(document)),
            apim_request_id=_id(headers.get("apim-request-id")),
            retryable=_retryable(status_code, headers),
            sent=sent,
        )


_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
STATUSES = {kind: status for status, kind in _TYPES.items()}
_FAILED = re.compile(r"[45][0-9]{2}")


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


# Gateways write a status by its name, in letters of any case, or a finer code of theirs.
_NAMED = {
    **{_letters(status.phrase): int(status) for status in HTTPStatus if status >= 400},
    "invalidrequest": 400,
    "contentfilter": 400,
    "authenticationfailed": 401,
    "permissiondenied": 401,
    "accessdenied": 403,
    "deploymentnotfound": 404,
    "resourcenotfound": 404,
    "ratelimitreached": 429,
}


def _type_of_class(status_code: int) -> str:
    return "api_error" if status_code >= 500 else "invalid_request_error"


def sentence(refusal: Refusal, hint: str | None) -> str:
    name = f"{refusal.type}, {refusal.code}" if refusal.code not in (None, str(refusal.status_code)) else refusal.type
    # The whole stands in the body.
    message = refusal.message if len(refusal.message) <= MOST_SAID else f"{refusal.message[:MOST_SAID]} [...]"
    said = _CONTROL.sub(" ", f"{refusal.status_code} ({name}): {message}")
    return f"{said}{' ' + hint if hint else ''}{ids_suffix(refusal.request_id, refusal.apim_request_id)}"


def as_event(document: Any, *, is_error: bool = False) -> dict[str, Any] | None:
    """Gives what came where an event or an answer should as an ``error`` event, or None where it is no error.

    Args:
        document: of either dialect; in a gateway's it has no type.
        is_error: whether what stands beside it says that it is one.
    """
    match document:
        case {"type": str(kind)} if kind in STATUSES and is_error:
            return {"type": "error", "error": document}
        case {"type": str(kind)}:
            return {**document} if kind == "error" else None
        case {"error": (dict() | str()) as error} if error:
            return {**document, "type": "error"}
        case dict() if is_error or _FAILED.fullmatch(str(document.get("statusCode"))):
            return {"type": "error", "error": document}
    return None


def status_of(event: Mapping[str, Any]) -> int | None:
    """Gives the status that an ``error`` event would have had as an answer of its own; None where it tells of none."""
    error = event.get("error")
    told = error if isinstance(error, dict) else event
    codes = (str(holder.get(name)) for holder in (told, event) for name in ("type", "code", "status", "statusCode"))
    return next((status for code in codes if (status := _status(code)) is not None), None)


def _status(code: str) -> int | None:
    if _FAILED.fullmatch(code):
        return int(code)
    return STATUSES.get(code) or _NAMED.get(_letters(code[:_LONGEST_NAME]))


def ids_suffix(request_id: str | None, apim_request_id: str | None) -> str:
    named = {"request-id": request_id, "apim-request-id": apim_request_id}
    listed = ", ".join(f"{name}: {value}" for name, value in named.items() if value)
    return f" [{listed}]" if listed else ""


def parsed(body: bytes) -> Any:
    """Gives the JSON of an error answer as it can be written down again, or None where it holds none."""
    try:
        # Half a surrogate pair is JSON, and can be written nowhere.
        text = json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
        # This parser takes no deeper nesting than can be pickled.
        return from_json(text)
    except (ValueError, RecursionError):
        return None


def _told(document: Any) -> Mapping[str, Any]:
    match document:
        case {"error": dict(error)} if error:
            return error
        case {"error": str(words)} if words:
            return {"message": words}
        case dict():
            return document
    return {}


def _own_id(document: Any) -> str | None:
    own = document.get("request_id") if isinstance(document, dict) else None
    return own if isinstance(own, str) else None


def _retryable(status_code: int, headers: Mapping[str, str]) -> bool:
    asked = headers.get("x-should-retry")
    if status_code < 400 or asked == "false":
        return False
    return asked == "true" or status_code in (408, 429) or (status_code >= 500 and status_code not in _NEVER_SERVED)


def _redirection(status_code: int, headers: Mapping[str, str]) -> str | None:
    target = headers.get("location") if status_code < 400 else None
    return f"the endpoint redirects to {_place(target)}; redirects are refused." if target else None


def _place(target: str) -> str:
    try:
        # A user's name and password may be left out already, in a form that is no URL's.
        host = urlsplit(_USER.sub("//", target)).netloc
    except ValueError:
        return "what is no URL"
    return host or "another path"


def _plain_text(body: bytes) -> str:
    """The first words of a gateway's page: its title if it is HTML, else its text without tags."""
    return title(body) or _one_line(re.sub(r"<[^>]*>", " ", _beginning(body)))


def entitled(kind: str, body: bytes, *, fault: str = "") -> str:
    """The type of a page, with its title if it has one: it tells whose page it is.

    Args:
        kind: as its headers name it.
        body: of the page.
        fault: why it could not be read as JSON, which tells of a page that should be JSON.
    """
    named = title(body) or (fault if "json" in kind.lower() else "")
    return f"{kind} ({named})" if named else kind


def title(body: bytes) -> str:
    """The title of a gateway's page, or nothing where there is none."""
    found = re.search(r"<title[^>]*>(.*?)</title>", _beginning(body), re.IGNORECASE | re.DOTALL)
    if found is None:
        return ""
    # Whole words: a part of a secret that is echoed would not be known for one.
    return shorten(_CONTROL.sub(" ", found[1]), 200, placeholder="", break_long_words=False, break_on_hyphens=False)


def _beginning(body: bytes) -> str:
    return body[:4096].decode("utf-8", "replace")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]

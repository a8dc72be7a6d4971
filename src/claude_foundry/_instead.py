"""Errors in the place of an answer whose status is a success: as an event of a stream, or as the whole body."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from claude_foundry._bounds import MAX_REFUSAL
from claude_foundry._echoes import Secrets
from claude_foundry._refusal import MOST_SAID, as_event, parsed
from claude_foundry._retry import hinted_delay
from claude_foundry.errors import APIStatusError, from_event


def event_in(body: bytes) -> dict[str, Any] | None:
    """Gives the error that stands as a body in the place of an answer, as an ``error`` event; None for all else."""
    # Nearly every body is an answer, and not parsed for this.
    if len(body) > MAX_REFUSAL or not (b'"error"' in body or b'"statusCode"' in body):
        return None
    return as_event(parsed(body))


def failure(event: Mapping[str, Any], *, headers: Mapping[str, str], secrets: Secrets | None) -> APIStatusError:
    """Gives the typed error of an ``error`` event.

    Args:
        event: as it came.
        headers: of the answer that holds it.
        secrets: of the request, which the error does not tell.
    """
    said = _bounded(event)
    # By no clock but the answer's own is a date told here.
    hint = hinted_delay(headers, now=math.inf, body=said)
    body = said if secrets is None else secrets.left_out_of(said)
    return from_event(event, headers=headers, body=body, retry_after=hint)


def _bounded(event: Mapping[str, Any]) -> bytes:
    """Gives an event as JSON; of one that is too long for an error, the beginning of its own words."""
    said = to_json(event)
    if len(said) <= MAX_REFUSAL:
        return said
    error = event.get("error")
    told = error if isinstance(error, dict) else {"message": error}
    # Whole words: a part of a secret that is echoed would not be known for one.
    short = {name: str(told[name])[:MOST_SAID].rpartition(" ")[0] for name in ("message", "code") if name in told}
    return to_json({"type": "error", "error": {**short, "type": str(told.get("type"))[:MOST_SAID]}})

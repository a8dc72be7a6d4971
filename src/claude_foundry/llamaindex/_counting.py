"""Counting tokens: the fields that the service counts, and an estimate that asks nobody.

Source: https://platform.claude.com/docs/en/build-with-claude/token-counting
"""

import re
from collections.abc import Mapping
from typing import Any

from claude_foundry._fields import names_of
from claude_foundry.types import CountTokensRequest

_COUNTED = names_of(CountTokensRequest)
# Short runs of Latin letters and digits, pairs of other alphabets' letters, and every other character by itself.
_PIECE = re.compile(r"[a-zA-Z0-9]{1,4}|[\u00a0-\u1fff]{1,2}|\S")


def counted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the fields of a request that bear on its input tokens."""
    return {name: value for name, value in fields.items() if name in _COUNTED}


def pieces(text: str) -> list[str]:
    """Gives pieces of a text, about as many as it has tokens; prose in English has fewer tokens than pieces."""
    return _PIECE.findall(text)

"""Files in messages: blocks that refer to a stored file, with the file's content in its place.

Source: https://platform.claude.com/docs/en/build-with-claude/files
"""

import base64
from collections.abc import Mapping
from typing import Any

from claude_foundry.emulator._files import StoredFile

Block = dict[str, Any]


def filled_in(fields: Mapping[str, Any], stored: Mapping[str, StoredFile]) -> dict[str, Any]:
    """Gives a request whose images and documents hold what their files hold."""
    return {**fields, "messages": [_message(message, stored) for message in fields["messages"]]}


def _message(message: Mapping[str, Any], stored: Mapping[str, StoredFile]) -> dict[str, Any]:
    content = message["content"]
    return {**message, "content": content if isinstance(content, str) else [_block(block, stored) for block in content]}


def _block(block: Block, stored: Mapping[str, StoredFile]) -> Block:
    match block:
        case {"type": "tool_result", "content": [*inner]}:
            return {**block, "content": [_block(part, stored) for part in inner]}
        case {"source": {"type": "file", "file_id": identifier}}:
            return {**block, "source": {**_source(stored[identifier]), "file_id": identifier}}
    return block


def _source(file: StoredFile) -> dict[str, str]:
    media_type = str(file.metadata["mime_type"]).partition(";")[0]
    if media_type.startswith("text/"):
        return {"type": "text", "media_type": "text/plain", "data": file.content.decode("utf-8", "replace")}
    return {"type": "base64", "media_type": media_type, "data": base64.b64encode(file.content).decode()}

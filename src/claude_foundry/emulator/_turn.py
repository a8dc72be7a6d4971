"""What a conversation says: the user's question, the results of tools, the documents.

Source: https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claude_foundry.emulator._words import texts

Block = Mapping[str, Any]
Message = Mapping[str, Any]


def blocks(content: Any) -> list[dict[str, Any]]:
    """Gives a content in its long form: a list of blocks."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())


def merged(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Joins neighbouring messages of one role, as the service does."""
    joined: list[dict[str, Any]] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1]["content"] += blocks(message["content"])
        else:
            joined.append({"role": message["role"], "content": blocks(message["content"])})
    return joined


def system_text(request: Mapping[str, Any]) -> str:
    """Gives the system prompt as one text."""
    return "\n".join(texts(request.get("system")))


def run(messages: Sequence[Message]) -> list[Message]:
    """Gives the part of a merged conversation from the user's last question on."""
    for start in range(len(messages) - 1, -1, -1):
        if messages[start]["role"] == "user" and "".join(texts(messages[start]["content"])).strip():
            return list(messages[start:])
    return list(messages)


def question(messages: Sequence[Message]) -> str:
    """Gives the text of the user's last question."""
    return "\n".join(texts(run(messages)[0]["content"])) if messages else ""


def results(messages: Sequence[Message]) -> list[tuple[str, Block]]:
    """Gives the results in the last message, each with the name of the tool it comes from."""
    names = {block["id"]: block["name"] for block in calls(messages)}
    last = messages[-1]["content"] if messages else []
    return [(names.get(block["tool_use_id"], "tool"), block) for block in last if block["type"] == "tool_result"]


def calls(messages: Sequence[Message]) -> Iterator[Block]:
    """Gives the calls of a conversation, in order."""
    for message in messages:
        yield from (block for block in blocks(message["content"]) if block["type"] == "tool_use")


def said(result: Block) -> str:
    """Gives what a result says, media by their type and size."""
    parts = [block.get("text") or described(block) for block in blocks(result.get("content"))]
    return "\n".join(filter(None, parts))


def described(block: Block) -> str | None:
    """Gives media type and size of an image or a document that is not text."""
    match block:
        case {"type": "image" | "document" as kind, "source": {"type": "base64", "media_type": media, "data": data}}:
            return f"{kind} ({media}, {len(data) * 3 // 4 - data[-2:].count('=')} bytes)"
        case {"type": "image" | "document" as kind, "source": {"type": "url", "url": url}}:
            return f"{kind} at {url}"
        case {"type": "image" | "document" as kind, "source": {"type": "file", "file_id": file_id}}:
            return f"{kind} in the file {file_id}"
    return None

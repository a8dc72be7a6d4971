"""Content blocks of LangChain, in each of its dialects, to content blocks of the Messages API.

Sources: https://docs.langchain.com/oss/python/langchain/messages (standard content blocks),
https://platform.claude.com/docs/en/api/messages
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from claude_foundry._media import PDF, media_type_of_base64
from claude_foundry._stream import exact_arguments
from claude_foundry._translation import tool_id
from claude_foundry.errors import ConfigurationError

Block = dict[str, Any]

_DATA_URL = re.compile(r"data:(?P<media_type>[\w.+-]+/[\w.+-]+);base64,(?P<data>.*)", re.DOTALL)
_FRAMEWORK_KEYS = ("index", "extras", "partial_json")
_DOCUMENT_KEYS = ("title", "context", "citations", "cache_control")
_NOT_BLOCKS_OF_A_REQUEST = (
    # Calls of other providers stand in the message's own list too; their reasoning is theirs.
    *("function_call", "reasoning_content"),
    "input_json_delta",
    "tool_call_chunk",
    "server_tool_call_chunk",
    "invalid_tool_call",
)


def blocks(content: str | Iterable[str | Mapping[str, Any]]) -> list[Block]:
    """Gives the blocks of a message's content; empty text, which the API refuses, is left out.

    Raises:
        ConfigurationError: a block has no counterpart in the API.
    """
    parts = [content] if isinstance(content, str) else content
    translated = (_block({"type": "text", "text": part} if isinstance(part, str) else part) for part in parts)
    return [block for block in translated if block is not None]


def _block(part: Mapping[str, Any]) -> Block | None:
    match part.get("type"):
        case "text":
            return _text(part)
        case "image_url":
            return _media(part, source=_source_of_url(_url(part["image_url"])))
        case "image" | "document" if "source" in part:
            return _verbatim(part)
        case "image" | "file":
            return _media(part, source=_source(part))
        case "text-plain":
            return _plain_text(part)
        case "thinking" if not part.get("signature"):
            return None
        case "reasoning":
            return _thinking(part)
        case "tool_call":
            return {"type": "tool_use", "id": tool_id(part.get("id")), "name": part["name"], "input": part["args"]}
        case "server_tool_call":
            return _server_tool_use(part)
        case "server_tool_result":
            return _server_tool_result(part)
        case "non_standard":
            return _block(part["value"])
        case "audio" | "video" | "input_audio" as kind:
            raise ConfigurationError(
                f"A message holds a block of type {kind!r}: Claude takes text, images and documents."
            )
        case kind if kind in _NOT_BLOCKS_OF_A_REQUEST:
            return None
        case None:
            raise ConfigurationError("A message holds a content block without a type.")
        case _:
            return _verbatim(part)


def _verbatim(part: Mapping[str, Any]) -> Block:
    kept = {name: value for name, value in part.items() if name not in _FRAMEWORK_KEYS}
    if "partial_json" in part:
        # A gathered stream holds the input of a call in fragments beside an empty one.
        kept["input"] = exact_arguments(part["partial_json"]) or {}
    return kept


def _text(part: Mapping[str, Any]) -> Block | None:
    text = part.get("text") or ""
    if not text.strip():
        return None
    citations = [_citation(citation) for citation in part.get("citations") or _annotated(part)]
    kept = {"citations": citations} if citations else {}
    return {"type": "text", "text": text, **kept, **_cache_control(part)}


def _citation(citation: Mapping[str, Any]) -> Block:
    # An answer's citations name a file_id, which a request's may not.
    return {name: value for name, value in citation.items() if name != "file_id"}


def _annotated(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [note["value"] for note in part.get("annotations") or [] if note.get("type") == "non_standard_annotation"]


def _cache_control(part: Mapping[str, Any]) -> Block:
    found = part.get("cache_control") or (part.get("extras") or {}).get("cache_control")
    return {"cache_control": found} if found else {}


def _url(value: str | Mapping[str, Any]) -> str:
    return value if isinstance(value, str) else str(value["url"])


def _media(part: Mapping[str, Any], *, source: Block) -> Block:
    if source.get("media_type", "").startswith("image/") or part["type"] != "file":
        return {"type": "image", "source": source, **_cache_control(part)}
    found = {**part, **(part.get("extras") or {}), **(part.get("metadata") or {})}
    beside = {name: found[name] for name in _DOCUMENT_KEYS if found.get(name) is not None}
    return {"type": "document", "source": source, **beside}


def _source(part: Mapping[str, Any]) -> Block:
    match part:
        case {"base64": str(data)} | {"source_type": "base64", "data": str(data)}:
            return {"type": "base64", "media_type": _media_type(part, data), "data": data}
        case {"source_type": "text", "text": str(data)}:
            return {"type": "text", "media_type": "text/plain", "data": data}
        case {"file_id": str(identifier)} | {"source_type": "id", "id": str(identifier)}:
            return {"type": "file", "file_id": identifier}
        case {"url": str(url)}:
            return _source_of_url(url)
        case {"id": str(identifier)}:
            return {"type": "file", "file_id": identifier}
    raise ConfigurationError(f"A block of type {part['type']!r} has none of base64, url, file_id: give one of them.")


def _media_type(part: Mapping[str, Any], data: str) -> str:
    usual = PDF if part["type"] == "file" else None
    found = part.get("mime_type") or media_type_of_base64(data) or usual
    if found is None:
        raise ConfigurationError("An image block with base64 data has no mime_type: give one, such as 'image/png'.")
    return str(found)


def _source_of_url(url: str) -> Block:
    if data := _DATA_URL.fullmatch(url):
        return {"type": "base64", **data.groupdict()}
    if not url.startswith(("https://", "http://")):
        raise ConfigurationError("An image or file URL is neither https:// nor data:<type>;base64,<data>.")
    return {"type": "url", "url": url}


def _plain_text(part: Mapping[str, Any]) -> Block:
    source = _source(part) if "text" not in part else {"type": "text", "media_type": "text/plain", "data": part["text"]}
    return {**_media({**part, "type": "file"}, source=source)}


def _thinking(part: Mapping[str, Any]) -> Block | None:
    signature = (part.get("extras") or {}).get("signature")
    # Reasoning of another provider has no signature, and the API takes none without.
    return {"type": "thinking", "thinking": part.get("reasoning", ""), "signature": signature} if signature else None


def _server_tool_use(part: Mapping[str, Any]) -> Block:
    beside = dict(part.get("extras") or {})
    call = {"id": part["id"], "input": part["args"]}
    if part["name"] == "remote_mcp":
        return {"type": "mcp_tool_use", **call, "name": beside.pop("tool_name", ""), **beside}
    name = "code_execution" if part["name"] == "code_interpreter" else part["name"]
    return {"type": "server_tool_use", **call, "name": name, **beside}


def _server_tool_result(part: Mapping[str, Any]) -> Block:
    beside = dict(part.get("extras") or {})
    kind = beside.pop("block_type", "web_search_tool_result")
    failed = {"is_error": part.get("status") == "error"} if kind == "mcp_tool_result" else {}
    return {"type": kind, "tool_use_id": part["tool_call_id"], "content": part.get("output", []), **failed, **beside}

"""Content blocks of LangChain, in each of its dialects, to content blocks of the Messages API.

Sources: https://docs.langchain.com/oss/python/langchain/messages (standard content blocks),
https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from claude_foundry._arguments import exact_arguments
from claude_foundry._translation import tool_id
from claude_foundry.errors import ConfigurationError
from claude_foundry.langchain import _media
from claude_foundry.langchain._citations import citations
from claude_foundry.langchain._whole_texts import named

Block = dict[str, Any]

_FRAMEWORK_KEYS = ("index", "extras", "partial_json")
_BESIDE_A_CALL = ("caller", "toolset_name", "cache_control")
_NOT_BLOCKS_OF_A_REQUEST = (
    # Calls of other providers stand in the message's own list too; their reasoning is theirs.
    *("function_call", "reasoning_content"),
    "input_json_delta",
    "tool_call_chunk",
    "server_tool_call_chunk",
    "invalid_tool_call",
    "refusal",
)


def blocks(content: str | Iterable[str | Mapping[str, Any]], *, beside: Sequence[str] = ()) -> list[Block]:
    """Gives the blocks of a message's content; empty text, which the API refuses, is left out.

    Args:
        content: of the message, in any of LangChain's dialects.
        beside: names of fields that texts keep beside those that are known here.

    Raises:
        ConfigurationError: a block has no counterpart in the API.
    """
    parts = [content] if isinstance(content, str) else content
    whole = ({"type": "text", "text": part} if isinstance(part, str) else part for part in parts)
    translated = (_block(part, beside) for part in whole)
    return [block for block in translated if block is not None]


def _block(part: Mapping[str, Any], beside: Sequence[str] = ()) -> Block | None:
    match part.get("type"):
        case "text":
            return _text(part, named(part, beside))
        case "image" | "document" if "source" in part:
            return _verbatim(part)
        case "image" | "image_url" | "file" | "text-plain":
            return _media.block(part)
        case "thinking" if not part.get("signature"):
            return None
        case "tool_result":
            return _tool_result(part)
        case "reasoning" | "tool_call" | "server_tool_call" | "server_tool_result" | "non_standard":
            return _standard(part)
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


def _standard(part: Mapping[str, Any]) -> Block | None:
    """Translates a block that an answer has in LangChain's standard form."""
    match part["type"]:
        case "reasoning":
            return _thinking(part)
        case "tool_call":
            return _tool_use(part)
        case "server_tool_call":
            return _server_tool_use(part)
        case "server_tool_result":
            return _server_tool_result(part)
    return _block(part["value"])


def _verbatim(part: Mapping[str, Any]) -> Block | None:
    kept = {name: value for name, value in part.items() if name not in _FRAMEWORK_KEYS}
    if "partial_json" in part:
        # A gathered stream holds the input of a call in fragments beside an empty one.
        arguments = exact_arguments(part["partial_json"])
        if arguments is None and part["type"] != "tool_use":
            return None
        kept["input"] = arguments or {}
    return kept


def _text(part: Mapping[str, Any], beside: Block) -> Block | None:
    text = part.get("text") or ""
    if not text.strip():
        return None
    cited = {"citations": found} if (found := citations(part)) else {}
    return {"type": "text", "text": text, **cited, **beside, **_media.cache_control(part)}


def _thinking(part: Mapping[str, Any]) -> Block | None:
    beside = part.get("extras") or {}
    # Reasoning of another provider has no signature, and the API takes none without.
    return {"type": "thinking", "thinking": part.get("reasoning", ""), **beside} if beside.get("signature") else None


def _tool_use(part: Mapping[str, Any]) -> Block:
    beside = {name: value for name, value in (part.get("extras") or {}).items() if name in _BESIDE_A_CALL}
    return {"type": "tool_use", "id": tool_id(part.get("id")), "name": part["name"], "input": part["args"], **beside}


def _tool_result(part: Mapping[str, Any]) -> Block:
    content = part.get("content")
    translated = {"content": blocks(content)} if isinstance(content, list) else {}
    return {**(_verbatim(part) or {}), "tool_use_id": tool_id(part.get("tool_use_id")), **translated}


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

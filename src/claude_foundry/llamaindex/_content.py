"""From LlamaIndex's content blocks to those of the Messages API.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/search-results (citable content),
https://platform.claude.com/docs/en/build-with-claude/prompt-caching (where a cache point may stand)
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    CachePoint,
    CitableBlock,
    CitationBlock,
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from claude_foundry._fields import filled, mapping
from claude_foundry._translation import tool_id
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex import _added_words, _media, _whole_texts
from claude_foundry.llamaindex._cache_points import cached

Block = dict[str, Any]

VERBATIM = "claude_block"
"""Where a ``ThinkingBlock`` keeps a block that LlamaIndex has no class for, in ``additional_information``."""

_OF_USER = ("text", "image", "document", "search_result", "container_upload")


def content_block(block: Mapping[str, Any]) -> ThinkingBlock:
    """Gives a content block of the API as one of LlamaIndex's, which is sent as it is.

    It is for what LlamaIndex has no class for, such as a file that was uploaded::

        file = llm.client.files.upload("report.pdf")
        message = ChatMessage(role="user", blocks=[content_block(content.uploaded(file.id, kind="document")), ...])

    Args:
        block: as ``claude_foundry.content`` gives it.

    Raises:
        ConfigurationError: it is no dict with a ``type``.
    """
    given = mapping(block, argument="block", instead="give a dict, as claude_foundry.content gives it")
    filled(given.get("type"), argument="block['type']")
    return ThinkingBlock(additional_information={VERBATIM: dict(given)})


def content(blocks: Sequence[ContentBlock], *, names: Mapping[str, str], assistant: bool = False) -> list[Block]:
    """Gives the wire blocks of one message.

    Args:
        blocks: as LlamaIndex holds them.
        names: a tool's own name to its name on the wire.
        assistant: whether the message is one of the model's.

    Raises:
        ConfigurationError: a block cannot be sent.
    """
    whole = {block["id"] for block in map(verbatim, blocks) if block and block["type"] == "tool_use"}
    kept = _whole_texts.texts(blocks) if assistant else {}
    found: list[Block] = []
    for block in blocks:
        match block:
            case CachePoint(cache_control=control):
                found = cached(found, {"ttl": control.ttl})
            case TextBlock(text=text) if kept.get(text):
                found.extend(kept[text].pop(0))
            case CitationBlock() if assistant:
                # It quotes a source beside the text that cites it, which is sent with what it cites.
                continue
            case ToolCallBlock(tool_call_id=identifier) if identifier in whole or not assistant:
                continue
            case ThinkingBlock() if not assistant and (verbatim(block) or {}).get("type") not in _OF_USER:
                continue
            case _:
                found.extend(_translated(block, names))
    return found


def verbatim(block: Any) -> Block | None:
    """Gives the wire block that a ``ThinkingBlock`` carries unchanged, if it carries one."""
    match block:
        case ThinkingBlock(additional_information={"claude_block": {"type": str()} as carried}):
            return dict(carried)
    return None


def arguments(given: Mapping[str, Any] | str | None) -> dict[str, Any]:
    """Gives the arguments of a call as the object that the API demands."""
    if not isinstance(given, str):
        return dict(given or {})
    try:
        parsed = json.loads(given or "{}")
    except (ValueError, RecursionError):
        parsed = None
    return parsed if isinstance(parsed, dict) else {"unparsed_arguments": given}


def _translated(block: ContentBlock, names: Mapping[str, str]) -> list[Block]:
    match block:
        case TextBlock(text=text):
            return _text(text)
        case ThinkingBlock():
            return _thinking(block)
        case ToolCallBlock(tool_call_id=identifier, tool_name=name, tool_kwargs=given):
            call = {"id": tool_id(identifier or name), "name": names.get(name, name), "input": arguments(given)}
            return [{"type": "tool_use", **call}]
        case ImageBlock():
            return [{"type": "image", "source": _media.image_source(block)}]
        case DocumentBlock():
            return [_document(block)]
        case CitableBlock():
            return [_citable(block)] if any(map(_says, block.content)) else []
        case CitationBlock(cited_content=cited):
            return _translated(cited, names)
    raise ConfigurationError(
        f"{type(block).__name__} cannot be sent: Claude takes text, images and documents. Send its transcript as text."
    )


def _text(text: str) -> list[Block]:
    # The API refuses text blocks of white space alone.
    return [{"type": "text", "text": text}] if text.strip() else []


def _thinking(block: ThinkingBlock) -> list[Block]:
    added = _added_words.of(block)
    if (carried := verbatim(block)) is not None:
        return [*added, carried]
    signature = block.additional_information.get("signature")
    # Reasoning without Claude's signature is another model's: the API would refuse it.
    thought = {"type": "thinking", "thinking": block.content or "", "signature": signature}
    return [*added, thought] if signature else added


def _document(block: DocumentBlock) -> Block:
    title = {} if block.title in (None, "", "input_document") else {"title": block.title}
    return {"type": "document", "source": _media.document_source(block), **title}


def _says(part: ContentBlock) -> bool:
    return not isinstance(part, TextBlock) or bool(part.text.strip())


def _citable(block: CitableBlock) -> Block:
    cited = {"title": block.title, "citations": {"enabled": True}}
    match block.content:
        case [DocumentBlock() as document]:
            return {**_document(document), **cited}
        case [*parts] if all(isinstance(part, TextBlock) for part in parts):
            return {"type": "search_result", "source": block.source, "content": _inner(parts), **cited}
        case [*parts] if not any(isinstance(part, DocumentBlock) for part in parts):
            source = {"type": "content", "content": _inner(parts)}
            return {"type": "document", "source": source, "context": block.source, **cited}
    raise ConfigurationError("CitableBlock holds a DocumentBlock beside other blocks: give each document its own.")


def _inner(parts: Iterable[ContentBlock]) -> list[Block]:
    return [wire for part in parts for wire in _translated(part, {})]

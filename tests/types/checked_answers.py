"""Answers for a type checker: the usual loops over blocks, results, citations and events need no ``isinstance``."""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from typing import Any, assert_type

from claude_foundry.types import (
    CitationPageLocation,
    CitationWebSearchResultLocation,
    ContentBlock,
    Message,
    TextBlock,
    TextCitation,
    ThinkingBlock,
    ToolUseBlock,
    UnknownBlock,
    WebSearchResult,
)


def texts_and_thinking(message: Message) -> str:
    said = ""
    for block in message.content:
        if block.type == "text":
            assert_type(block, TextBlock)
            said += block.text
        elif block.type == "thinking":
            assert_type(block, ThinkingBlock)
            print(block.thinking, block.signature)
        elif block.type == "redacted_thinking":
            print(block.data)
        else:
            print(block.text)  # type: ignore[union-attr]
    return said


def calls(message: Message) -> None:
    for block in message.content:
        if block.type == "tool_use":
            assert_type(block, ToolUseBlock)
            assert_type(block.input, dict[str, Any])
            print(block.id, block.name)
        if block.type == "server_tool_use" or block.type == "mcp_tool_use":
            print(block.id, block.name, block.input)
        if block.type == "mcp_tool_use":
            print(block.server_name)
        if block.type == "invalid_tool_use":
            print(block.partial_json)
            print(block.input)  # type: ignore[attr-defined]
        if block.type == "tool_call":  # type: ignore[comparison-overlap]
            print(block)


def calls_by_match(block: ContentBlock) -> str:
    match block.type:
        case "text":
            return block.text
        case "tool_use":
            return block.name
        case "compaction":
            return block.content or ""
        case "fallback":
            return block.to.model
        case _:
            return block.type


def results(message: Message) -> None:
    for block in message.content:
        if block.type == "web_search_tool_result":
            if isinstance(block.content, list):
                for found in block.content:
                    if found.type == "web_search_result":
                        assert_type(found, WebSearchResult)
                        print(found.url, found.title)
            elif block.content.type == "web_search_tool_result_error":
                print(block.content.error_code)
        elif block.type == "web_fetch_tool_result":
            if block.content.type == "web_fetch_result":
                print(block.content.url)
        elif block.type == "bash_code_execution_tool_result":
            if block.content.type == "bash_code_execution_result":
                print(block.content.stdout, block.content.return_code)
            print(block.content.stdout)  # type: ignore[union-attr]
        elif block.type == "code_execution_tool_result":
            if block.content.type == "code_execution_result":
                print([output.file_id for output in block.content.content])
        elif block.type == "mcp_tool_result":
            print(block.content if isinstance(block.content, str) else [text.text for text in block.content])


def citations(message: Message) -> None:
    for block in message.content:
        if block.type == "text":
            for citation in block.citations or []:
                print(place(citation))
    print([place(citation) for citation in message.citations])


def place(citation: TextCitation) -> str:
    if citation.type == "web_search_result_location":
        assert_type(citation, CitationWebSearchResultLocation)
        return citation.url
    if citation.type == "page_location":
        assert_type(citation, CitationPageLocation)
        return f"{citation.document_title}: {citation.start_page_number}"
    if citation.type == "search_result_location":
        return citation.source
    return citation.type


def passes_and_edits(message: Message) -> None:
    for each in message.usage.iterations or []:
        if each.type == "message" or each.type == "compaction":
            assert_type(each.input_tokens, int | None)
    for edit in (message.context_management and message.context_management.applied_edits) or []:
        if edit.type == "clear_thinking_20251015":
            assert_type(edit.cleared_thinking_turns, int)


def what_is_not_known_here(message: Message) -> None:
    for block in message.content:
        if isinstance(block, UnknownBlock):
            print(str(block.type) == "block_of_tomorrow", block.model_dump())

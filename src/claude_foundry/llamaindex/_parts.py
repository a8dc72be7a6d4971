"""One content block of an answer while it arrives, and the LlamaIndex blocks that show it.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Iterable, Mapping
from typing import Any

from llama_index.core.base.llms.types import CitationBlock, ContentBlock, TextBlock, ThinkingBlock, ToolCallBlock

from claude_foundry._arguments import exact, exact_arguments
from claude_foundry._fields import present
from claude_foundry._growing import Growth, half_written
from claude_foundry.llamaindex._content import content_block
from claude_foundry.llamaindex._copies import like

_PLAIN_CALL = {"type", "id", "name", "input"}
_TEXT = TextBlock(text="")
_THINKING = ThinkingBlock(content="")


class Part:
    """A content block as far as it has come."""

    text: str = ""
    blocks: tuple[ContentBlock, ...] = ()

    def grow(self, delta: Mapping[str, Any]) -> bool:
        """Takes a delta; tells whether there is more to show."""
        return False

    def stop(self) -> bool:
        """Ends the block; tells whether that changes what is shown."""
        return False

    def break_off(self, *, is_cut: bool) -> bool:
        """Takes it that the answer has broken off; tells whether that changes what is shown.

        Args:
            is_cut: whether the block may lack something although it has ended.
        """
        return False


def part_of(block: Mapping[str, Any], *, names: Mapping[str, str], whole: bool = False) -> Part:
    """Gives the part that a content block begins, or all of it when it came ``whole``."""
    match block["type"]:
        case "text":
            return Text(block)
        case "thinking":
            return Thinking(block)
        case "tool_use":
            return Call(block, name=names.get(block["name"], block["name"]), whole=whole)
        case _:
            return Verbatim(block, whole=whole)


def rendered(parts: Iterable[Part]) -> list[ContentBlock]:
    """Gives the blocks of a message; neighbouring texts, which citations set apart, are one."""
    shown = Shown()
    for index, part in enumerate(parts):
        shown.add(index, part)
    return shown.blocks()


class Shown:
    """The blocks of a message while its parts arrive. All but the last part are rendered once."""

    def __init__(self) -> None:
        self.parts: dict[int, Part] = {}
        self._before: list[ContentBlock] = []
        self._text = ""
        self._citations: list[ContentBlock] = []
        self._last = -1

    def add(self, index: int, part: Part) -> None:
        """Takes a part that begins."""
        self.parts[index] = part
        if index < self._last:
            self._settle()
            return
        self._take_up(self.parts.get(self._last))
        if not isinstance(part, Text):
            self._before += _said(self._text, self._citations)
            self._text, self._citations = "", []
        self._last = index

    def grown(self, index: int) -> None:
        """Takes note that a part has grown."""
        if index != self._last:
            self._settle()

    def blocks(self) -> list[ContentBlock]:
        """Gives the blocks so far, in a list of the caller's own."""
        last = self.parts.get(self._last)
        if isinstance(last, Text):
            return [*self._before, *_said(self._text + last.text, [*self._citations, *last.blocks])]
        return [*self._before, *(last.blocks if last else ())]

    def _take_up(self, part: Part | None) -> None:
        if isinstance(part, Text):
            self._text += part.text
            self._citations += part.blocks
        elif part is not None:
            self._before += part.blocks

    def _settle(self) -> None:
        # Blocks seldom grow side by side.
        parts = sorted(self.parts.items())
        self._before, self._text, self._citations, self._last = [], "", [], -1
        for index, part in parts:
            self.add(index, part)


class Text(Part):
    """Text, and what it cites; its blocks are the citations."""

    def __init__(self, block: Mapping[str, Any]) -> None:
        self.text = block.get("text") or ""
        self.blocks = tuple(map(_citation, block.get("citations") or ()))

    def grow(self, delta: Mapping[str, Any]) -> bool:
        match delta:
            case {"type": "text_delta", "text": str(text)}:
                self.text += text
                return bool(text)
            case {"type": "citations_delta", "citation": citation}:
                self.blocks = (*self.blocks, _citation(citation))
        return False


class Thinking(Part):
    """The model's reasoning, with the signature it must be sent back with."""

    def __init__(self, block: Mapping[str, Any]) -> None:
        self._thinking: str = block.get("thinking") or ""
        self._signature: str = block.get("signature") or ""
        self._show()

    def grow(self, delta: Mapping[str, Any]) -> bool:
        self._thinking += delta.get("thinking") or ""
        self._signature += delta.get("signature") or ""
        self._show()
        return bool(delta.get("thinking"))

    def _show(self) -> None:
        signed = {"signature": self._signature} if self._signature else {}
        self.blocks = (like(_THINKING, content=self._thinking, additional_information=signed),)


class Call(Part):
    """A call of one of the caller's tools.

    Arguments that are half written are read again each time they have grown by a tenth; at the end they are read
    exactly, and a call whose arguments are cut is not shown. Nor is one whose end has not come when the answer ends.
    """

    def __init__(self, block: Mapping[str, Any], *, name: str, whole: bool) -> None:
        self._block = block
        self._name = name
        self._arguments: dict[str, Any] = block.get("input") or {}
        self._pieces: list[str] = []
        self._length = 0
        self._growth = Growth()
        self._ended = whole
        self._show(whole=whole)

    def grow(self, delta: Mapping[str, Any]) -> bool:
        piece = delta.get("partial_json") or ""
        self._pieces.append(piece)
        self._length += len(piece)
        if not piece or not self._growth.is_due(self._length):
            return False
        return self._changed_to(_partial("".join(self._pieces)))

    def stop(self) -> bool:
        self._ended = True
        written = "".join(self._pieces)
        arguments = exact_arguments(written)
        if arguments is None or exact(self._block) is not self._block:
            self.blocks = ()
            return True
        changed = bool(written) and self._changed_to(arguments)
        self._show(whole=True)
        return changed

    def break_off(self, *, is_cut: bool) -> bool:
        if self._ended and not is_cut:
            return False
        shown, self.blocks = self.blocks, ()
        return bool(shown)

    def _changed_to(self, arguments: dict[str, Any] | None) -> bool:
        if arguments is None or arguments == self._arguments:
            return False
        self._arguments = arguments
        self._show(whole=False)
        return True

    def _show(self, *, whole: bool) -> None:
        call = ToolCallBlock(tool_call_id=self._block["id"], tool_name=self._name, tool_kwargs=self._arguments)
        # What else the service wrote on the call, such as which program made it, must come back with it.
        special = whole and not _PLAIN_CALL.issuperset(_present(self._block))
        kept = {**present(self._block), "input": self._arguments}
        self.blocks = (content_block(kept), call) if special else (call,)


class Verbatim(Part):
    """Any other block: kept as it came, in a ``ThinkingBlock`` without content, and shown when it is whole."""

    def __init__(self, block: Mapping[str, Any], *, whole: bool) -> None:
        self.blocks = (content_block(block),) if whole else ()


def _said(text: str, citations: Iterable[ContentBlock]) -> list[ContentBlock]:
    return [like(_TEXT, text=text), *citations] if text else [*citations]


def _partial(text: str) -> dict[str, Any] | None:
    parsed = half_written(text)
    return parsed if isinstance(parsed, dict) else None


def _present(block: Mapping[str, Any]) -> set[str]:
    plain = {"caller": {"type": "direct"}}
    return {name for name, value in block.items() if value is not None and value != plain.get(name)}


def _citation(citation: Mapping[str, Any]) -> CitationBlock:
    # A kind not known here may have anything under these names.
    told = {name: value for name, value in citation.items() if isinstance(value, str)}
    named = told.get("document_title") or f"document {citation.get('document_index', 0)}"
    source = told.get("source") or told.get("url") or named
    places = {name: value for name, value in citation.items() if isinstance(value, int)}
    return CitationBlock(
        cited_content=TextBlock(text=told.get("cited_text") or ""),
        source=source,
        title=told.get("title") or source,
        additional_location_info=places,
    )

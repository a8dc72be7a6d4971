"""The calls of a stream as chunks: their arguments as they come, the block of each once its call is whole.

langchain-core keeps a block that stands in the content whatever becomes of its call, and fills it with the arguments of
any other call: a cut one has none there.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from claude_foundry._arguments import exact_arguments
from claude_foundry._stream import MessageAccumulator
from claude_foundry.langchain._chunks import delta, validated
from claude_foundry.langchain._from_wire import invalid_call, kept
from claude_foundry.langchain._last_call import LastCall
from claude_foundry.types import Message

Block = dict[str, Any]
Chunks = Sequence[ChatGenerationChunk]


class CallChunks:
    """Translates the calls of one stream. What each turns out to be is what ``account`` makes of it.

    A call that is not what was handed on of it is spoiled: nothing that was handed on can be taken back.
    """

    def __init__(self, account: MessageAccumulator) -> None:
        self.identifier: str | None = None
        """Id of the message."""
        self._account = account
        self._named: dict[int, Block] = {}
        self._arguments: dict[int, list[str]] = {}
        self._last = LastCall()

    def __contains__(self, index: int) -> bool:
        return index in self._named

    def before(self, index: int) -> Chunks:
        """Gives what is to be told before a block that begins, of any kind: the call in front of it is whole."""
        shown = self._last.begun(index)
        return () if shown is None else (self._settled(shown),)

    def begin(self, index: int, block: Block) -> ChatGenerationChunk:
        """Gives the beginning of a call. An input that comes with it may be replaced until the call ends."""
        self._named[index] = {"id": block["id"], "name": block["name"]}
        self._arguments[index] = []
        call = tool_call_chunk(name=block["name"], args="", id=block["id"], index=index)
        return validated([], identifier=self.identifier, response_metadata={}, tool_call_chunks=[call])

    def change(self, event: Any) -> Chunks:
        """Gives what a delta adds to the arguments; one of another kind changes the call as a whole."""
        index, change = event["index"], event["delta"]
        if change["type"] != "input_json_delta":
            self._account.add(event)
            return ()
        text = change["partial_json"]
        if not text:
            return ()
        self._arguments[index].append(text)
        return (self._added(index, text),)

    def close(self, event: Any) -> Chunks:
        """Gives what is to be told when the block of a call ends."""
        index = event["index"]
        arguments: Any = {"type": "input_json_delta", "partial_json": "".join(self._arguments[index])}
        if arguments["partial_json"]:
            self._account.add({"type": "content_block_delta", "index": index, "delta": arguments})
        self._account.add(event)
        return self.end(index)

    def end(self, index: int) -> Chunks:
        """Gives what is to be told of a call that has come whole: nothing before it is known that it is."""
        return (self._settled(index),) if self._last.ended(index) else ()

    def finish(self, answer: Message | None) -> Iterator[ChatGenerationChunk]:
        """Gives what is to be told at the end of the answer; a call that is still open is a cut one.

        Args:
            answer: as far as it came; None where that is no message.
        """
        waiting, is_cut = self._last.at_end(answer)
        for index in sorted(self._named):
            yield self._settled(index, is_cut=is_cut or index != waiting)

    def _settled(self, index: int, *, is_cut: bool = False) -> ChatGenerationChunk:
        named, sent, block = self._named.pop(index), "".join(self._arguments.pop(index)), self._account.block(index)
        arguments = block.get("input")
        is_other = {**block, **named} != block or (sent and exact_arguments(sent) != arguments)
        if is_cut or is_other or block["type"] != "tool_use":
            return self._added(index, spoiler(sent))
        rest = json.dumps(arguments) if arguments and not sent else ""
        return self._added(index, rest, {**kept(block), "index": index})

    def _added(self, index: int, arguments: str, block: Block | None = None) -> ChatGenerationChunk:
        call: ToolCallChunk = {"name": None, "args": arguments, "id": None, "index": index, "type": "tool_call_chunk"}
        return delta(block, identifier=self.identifier, call=call)


def invalid(block: Block, *, identifier: str | None) -> ChatGenerationChunk:
    """Gives the chunk that tells an invalid call whose arguments were not handed on as those of a call."""
    told = invalid_call(block)
    arguments = f"{told['args']}{spoiler(told['args'] or '')}"
    # Where blocks are standard ones, an index would join it to the block of the same index.
    call = tool_call_chunk(name=told["name"], args=arguments, id=told["id"], index=None)
    return validated([], identifier=identifier, response_metadata={}, tool_call_chunks=[call])


def spoiler(partial_json: str) -> str:
    """Gives the text that, appended to cut arguments, no lenient parser completes: a bracket that does not match.

    langchain-core joins the fragments of a call and repairs what is cut, which would make half a call executable.
    """
    open_brackets: list[str] = []
    in_string = escaped = False
    for letter in partial_json:
        if in_string:
            in_string, escaped = escaped or letter != '"', not escaped and letter == "\\"
        elif letter == '"':
            in_string = True
        elif letter in "{[":
            open_brackets.append(letter)
        elif letter in "}]" and open_brackets:
            open_brackets.pop()
    closing = '""' if escaped else '"' if in_string else ""
    return closing + ("}" if open_brackets[-1:] == ["["] else "]")

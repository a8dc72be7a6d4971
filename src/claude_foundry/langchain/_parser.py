"""Structured output read from LangChain's messages: an object, or an error that says why there is none.

Source: https://docs.langchain.com/oss/python/langchain/structured-output
"""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core import exceptions
from langchain_core.exceptions import ModelError, OutputParserException
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.output_parsers import BaseTransformOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel, ValidationError
from pydantic.v1 import BaseModel as BaseModelV1

from claude_foundry._fields import no_constant
from claude_foundry._growing import Growth, half_written

if TYPE_CHECKING:
    ModelRefusalError = ModelError
else:
    # langchain-core has a class for refusals from 1.7.5 on.
    ModelRefusalError = getattr(exceptions, "ModelRefusalError", ModelError)

_REFUSED = "Claude refused to answer{why}, so there is no output: ask differently, or ask another model."
_NOTHING = {
    "max_tokens": "The output was cut at max_tokens: raise max_tokens.",
    "model_context_window_exceeded": "The output was cut at the end of the context window: send a shorter prompt.",
    "pause_turn": "The turn was paused before the output: leave continue_paused_turns on, or send the answer back.",
}
_SHOWN_REASONS = 5
_AMONG_TEXT = (
    *("text", "thinking", "redacted_thinking", "reasoning"),
    # No text follows a call of the caller's, and a tool that takes the output as text may be called beside others.
    *("tool_use", "tool_call", "tool_call_chunk", "invalid_tool_call"),
)


class OutputRefusedError(OutputParserException, ModelRefusalError):
    """The answer is a refusal where an output was asked for."""

    def __init__(self, error: Any, *, raw_message: BaseMessage | None = None, llm_output: str | None = None) -> None:
        super().__init__(error, llm_output=llm_output)
        self.raw_message = raw_message
        """The refusing answer; its ``response_metadata`` tell why."""


class OutputParser(BaseTransformOutputParser[Any]):
    """Reads the arguments of the call of one tool, or the answer's text.

    Of a stream it gives the output as far as it has come, when it is a dict, or as soon as it fits its class, and the
    whole one at the end. What has come is read again when it has grown by a tenth.

    Raises:
        OutputRefusedError: the answer is a refusal.
        OutputParserException: a whole answer holds no output, or one that does not fit its class.
    """

    output_type: Any = None
    """A pydantic class; anything else leaves the output a dict."""
    tool: str | None = None
    """Name of the tool; None reads the text."""

    def parse(self, text: str) -> Any:
        """Reads the output from a text."""
        return self._made(self._parsed(text))

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """Reads the output from a whole answer; nothing of it is mended."""
        message = result[0].message if isinstance(result[0], ChatGeneration) else AIMessage(result[0].text)
        stopped = message.response_metadata.get("stop_reason")
        if stopped == "refusal":
            raise _refused(message)
        if stopped in _NOTHING:
            raise OutputParserException(_NOTHING[stopped], llm_output=str(message.text))
        found = self._found(message)
        if found is None:
            why = "its text is null" if self.tool is None else f"the model did not call the tool {self.tool!r}"
            raise OutputParserException(f"The answer holds no output: {why}.", llm_output=str(message.text))
        return self._made(found)

    def so_far(self, text: str) -> Any:
        """Reads the output from as much of its JSON as has come; None when there is nothing yet that fits."""
        try:
            return self._made(half_written(text) or None)
        except (OutputParserException, ValueError):
            return None

    def _transform(self, input: Iterator[str | BaseMessage]) -> Iterator[Any]:
        growing = _Growing(self)
        for chunk in input:
            for output in growing.feed(chunk):
                yield output
        for output in growing.finish():
            yield output

    async def _atransform(self, input: AsyncIterator[str | BaseMessage]) -> AsyncIterator[Any]:
        growing = _Growing(self)
        async for chunk in input:
            for output in growing.feed(chunk):
                yield output
        for output in growing.finish():
            yield output

    def _found(self, message: Any) -> Any:
        if self.tool is None:
            return self._parsed(_last_text(message.content))
        calls = getattr(message, "tool_calls", [])
        return next((call["args"] for call in calls if call["name"] == self.tool), None)

    def _parsed(self, text: str) -> Any:
        try:
            return _exact(text)
        except (ValueError, RecursionError) as error:
            raise OutputParserException("The output is not JSON.", llm_output=text) from error

    def _made(self, value: Any) -> Any:
        kind = self.output_type
        if value is None or not (isinstance(kind, type) and is_basemodel_subclass(kind)):
            return value
        try:
            return _of_class(kind, value)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False, include_context=False)[:_SHOWN_REASONS]
            told = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in wrong)
        except ValueError as error:
            told = str(error)
        raise OutputParserException(f"The output does not fit {kind.__name__}: {told}", llm_output=str(value))


def _refused(message: BaseMessage) -> OutputRefusedError:
    told = message.response_metadata.get("stop_details")
    details = told if isinstance(told, dict) else {}
    why = "".join(f" ({name}: {details[name]})" for name in ("category", "explanation") if details.get(name))
    return OutputRefusedError(_REFUSED.format(why=why), raw_message=message, llm_output=str(message.text))


def _texts(content: str | Sequence[Any]) -> Iterator[str | None]:
    """Gives the texts of a message, and None for what ends all before it: the service's own calls and results."""
    for block in [content] if isinstance(content, str) else content:
        match block:
            case str():
                yield block
            case {"type": "text", "text": str(text)}:
                yield text
            case {"type": "non_standard", "value": {"type": kind}} | {"type": kind} if kind not in _AMONG_TEXT:
                yield None


def _last_text(content: str | Sequence[Any]) -> str:
    last = ""
    for text in _texts(content):
        last = "" if text is None else last + text
    return last


def _of_class(kind: type[BaseModel | BaseModelV1], value: Any) -> Any:
    return kind.parse_obj(value) if issubclass(kind, BaseModelV1) else kind.model_validate(value)


def _exact(text: str) -> Any:
    """Parses a document, or the one that a text shows as code; a document that lacks anything is none."""
    try:
        return json.loads(text, parse_constant=no_constant)
    except ValueError:
        inside = text.partition("```")[2].rpartition("```")[0]
        code = inside[4:] if inside[:4].lower() == "json" else inside
        return json.loads(code, parse_constant=no_constant)


class _Growing:
    """The output of a stream while it comes: feed it each chunk in order, and finish it."""

    def __init__(self, parser: OutputParser) -> None:
        self._parser = parser
        self._messages: list[Any] = []
        self._pieces: list[str] = []
        self._length = 0
        self._growth = Growth()
        self._call: int | None = None
        self._last: Any = None

    def feed(self, chunk: str | BaseMessage) -> Iterator[Any]:
        """Gives the output as far as it has come, if the chunk makes it worth another look, and it is not the last."""
        message = AIMessageChunk(content=chunk) if isinstance(chunk, str) else chunk
        self._messages.append(message)
        for piece in self._added(message):
            if piece is None:
                self._pieces, self._length = [], 0
            else:
                self._pieces.append(piece)
                self._length += len(piece)
        if self._length and self._growth.is_due(self._length):
            yield from self._told(self._parser.so_far("".join(self._pieces)))

    def finish(self) -> Iterator[Any]:
        """Gives the whole output, if it is not what was given last."""
        if self._messages:
            yield from self._told(self._parser.parse_result([ChatGeneration(message=summed(self._messages))]))

    def _added(self, message: Any) -> Iterator[str | None]:
        """Gives what a chunk adds to the JSON of the output, and None where that begins anew."""
        if self._parser.tool is None:
            yield from _texts(message.content)
            return
        for call in getattr(message, "tool_call_chunks", ()):
            if self._call is None and call["name"] == self._parser.tool:
                self._call = call["index"]
            if self._call is not None and call["index"] == self._call:
                yield call["args"] or ""

    def _told(self, output: Any) -> Iterator[Any]:
        if output is not None and output != self._last:
            self._last = output
            yield output


def summed(messages: Sequence[Any]) -> Any:
    """Gives the message of all chunks of a stream; one that came whole is that."""
    first, *rest = messages
    return first + rest if rest else first

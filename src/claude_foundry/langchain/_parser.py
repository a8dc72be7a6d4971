"""Structured output read from LangChain's messages: an object, or an error that says why there is none.

Source: https://docs.langchain.com/oss/python/langchain/structured-output
"""

from typing import TYPE_CHECKING, Any

from langchain_core import exceptions
from langchain_core.exceptions import ModelError, OutputParserException
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.output_parsers.transform import BaseCumulativeTransformOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.utils.json import parse_json_markdown
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel, ValidationError
from pydantic.v1 import BaseModel as BaseModelV1

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


class OutputRefusedError(OutputParserException, ModelRefusalError):
    """The answer is a refusal where an output was asked for."""

    def __init__(self, error: Any, *, raw_message: BaseMessage | None = None, llm_output: str | None = None) -> None:
        super().__init__(error, llm_output=llm_output)
        self.raw_message = raw_message
        """The refusing answer; its ``response_metadata`` tell why."""


class OutputParser(BaseCumulativeTransformOutputParser[Any]):
    """Reads the arguments of the call of one tool, or the answer's text.

    Of a stream it gives the output as far as it has come, when it is a dict, or as soon as it fits its class.

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
        """Reads the output from an answer, or from as much of it as there is."""
        message = result[0].message if isinstance(result[0], ChatGeneration) else AIMessage(result[0].text)
        if partial and getattr(message, "chunk_position", None) != "last":
            return self._so_far(message)
        stopped = message.response_metadata.get("stop_reason")
        if stopped == "refusal":
            raise _refused(message)
        if stopped in _NOTHING:
            raise OutputParserException(_NOTHING[stopped], llm_output=str(message.text))
        found = self._found(message)
        if found is None:
            raise OutputParserException(
                f"The answer holds no output: the model did not call the tool {self.tool!r}.",
                llm_output=str(message.text),
            )
        return self._made(found)

    def _so_far(self, message: Any) -> Any:
        try:
            return self._made(self._found(message) or None)
        except (OutputParserException, ValueError):
            return None

    def _found(self, message: Any) -> Any:
        if self.tool is None:
            return self._parsed(str(message.text))
        calls = getattr(message, "tool_calls", [])
        return next((call["args"] for call in calls if call["name"] == self.tool), None)

    def _parsed(self, text: str) -> Any:
        try:
            return parse_json_markdown(text)
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


def _of_class(kind: type[BaseModel | BaseModelV1], value: Any) -> Any:
    return kind.parse_obj(value) if issubclass(kind, BaseModelV1) else kind.model_validate(value)

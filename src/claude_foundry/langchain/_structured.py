"""Structured output: which of the API's two ways is asked for, and how its answer is read.

Sources: https://docs.langchain.com/oss/python/langchain/structured-output,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from langchain_core.language_models import LanguageModelInput
from langchain_core.output_parsers import BaseOutputParser
from langchain_core.outputs import ChatGeneration
from langchain_core.runnables import AddableDict, Runnable, RunnableGenerator, RunnableMap
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel

from claude_foundry._models import Model
from claude_foundry._schema import expressible
from claude_foundry._translation import unforced
from claude_foundry.errors import ConfigurationError
from claude_foundry.langchain import _output_tool
from claude_foundry.langchain._parser import summed
from claude_foundry.langchain._tools import bound, function_of, named_at_root

Schema: TypeAlias = "dict[str, Any] | type"
Method: TypeAlias = Literal["function_calling", "json_schema", "json_mode"]


def chosen(method: Method | None, *, schema: Schema, model: Model, thinking: Any) -> Method:
    """Gives the method to use: the one asked for, else the first that the model is known to accept.

    Raises:
        ConfigurationError: the method's name is unknown, or it cannot hold all that the schema allows.
    """
    if method not in (None, "function_calling", "json_schema", "json_mode"):
        raise ConfigurationError(f"method={method!r}: give 'function_calling', 'json_schema' or 'json_mode'.")
    holds = expressible(_json_schema(schema))
    if method in ("json_schema", "json_mode") and not holds:
        raise ConfigurationError(
            f"method={method!r}: the API's own output holds neither open objects, such as dict[str, int], nor Any, "
            "nor recursion: give a list of key and value, or method='function_calling'."
        )
    if method is not None:
        return method
    forced = unforced({"type": "any"}, model=model, thinking=thinking) is None
    return "function_calling" if forced or not model.structured_output or not holds else "json_schema"


def traced(schema: Schema, method: Method) -> dict[str, Any]:
    """Gives what a tracer is told about the output's form."""
    return {
        "ls_structured_output_format": {
            "kwargs": {"method": method},
            "schema": convert_to_openai_tool(named_at_root(schema)),
        }
    }


def tool(schema: Schema, *, model: Model, thinking: Any) -> dict[str, Any]:
    """Gives the definition of the tool that stands for a schema, under a name that the API takes.

    Where the tool cannot be forced, its description is what makes the model call it.
    """
    (definition,) = bound([schema])
    named = {**definition, "name": re.sub(r"[^a-zA-Z0-9_-]", "_", definition["name"])[:64]}
    if unforced({"type": "any"}, model=model, thinking=thinking) is None:
        return named
    return {**named, "description": " ".join(filter(None, [_output_tool.FINAL, definition.get("description")]))}


def output_format(schema: Schema) -> dict[str, Any]:
    """Gives the ``output_config`` that makes the answer's text fit a schema."""
    return {"format": _output_tool.output_format(_json_schema(schema))}


def _json_schema(schema: Schema) -> Mapping[str, Any]:
    if isinstance(schema, dict) and schema.get("type") not in (None, "function"):
        return schema
    function = function_of(schema)
    described = {"description": function["description"]} if "description" in function else {}
    return {"title": function["name"], **described, **function.get("parameters", {})}


def with_raw(
    model: Runnable[LanguageModelInput, Any], parser: BaseOutputParser[Any]
) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
    """Gives the parsed output beside the message it came from and the error of reading it, if any.

    In a stream the chunks of the message come first.
    """

    def read(given: Iterator[Any]) -> Iterator[Any]:
        chunks = []
        for part in given:
            chunks.append(part["raw"])
            yield part
        yield _read(chunks, parser)

    async def aread(given: AsyncIterator[Any]) -> AsyncIterator[Any]:
        chunks = []
        async for part in given:
            chunks.append(part["raw"])
            yield part
        yield _read(chunks, parser)

    return RunnableMap(raw=model) | RunnableGenerator(read, aread)


def _read(chunks: Sequence[Any], parser: BaseOutputParser[Any]) -> AddableDict:
    try:
        parsed = parser.parse_result([ChatGeneration(message=summed(chunks))])
        return AddableDict(parsed=parsed, parsing_error=None)
    except Exception as error:  # noqa: BLE001 - whatever a validator raises, it stands beside the message
        return AddableDict(parsed=None, parsing_error=error)

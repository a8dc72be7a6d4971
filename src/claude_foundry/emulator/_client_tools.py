"""Tools of Anthropic's that the caller runs: Claude knows their inputs, so that requests bring no schema of them.

The emulator only ever looks: it views a memory or a file, takes a screenshot, runs the command that a question quotes.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/memory-tool,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/text-editor-tool,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/bash-tool,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Tool = Mapping[str, Any]


def _schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_SCHEMAS = {
    "memory_": _schema(command={"const": "view"}, path={"const": "/memories"}),
    "text_editor_": _schema(command={"const": "view"}, path={"type": "string"}),
    "bash_": _schema(command={"type": "string"}),
    "computer_": _schema(action={"const": "screenshot"}),
}


def callable_tools(tools: Iterable[Tool]) -> Iterator[Tool]:
    """Gives the tools that the caller runs, each with the schema of its input."""
    for tool in tools:
        schema = tool.get("input_schema") or _known(str(tool.get("type")))
        if schema:
            yield {**tool, "input_schema": schema}


def _known(kind: str) -> dict[str, Any] | None:
    return next((schema for start, schema in _SCHEMAS.items() if kind.startswith(start)), None)

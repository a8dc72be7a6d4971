"""Which fields the API takes: anything else is an extra input.

Source: https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Complaints = Iterator[str]


@dataclass(frozen=True)
class Shape:
    """The fields of an object: those it must have, and those it may have."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def complaints(self, value: Mapping[str, Any], path: str) -> Complaints:
        """Gives what is wrong with the fields of ``value``, in the service's words."""
        at = f"{path}." if path else ""
        yield from (f"{at}{name}: Field required" for name in self.required if name not in value)
        known = {*self.required, *self.optional}
        yield from (f"{at}{name}: Extra inputs are not permitted" for name in value if name not in known)


_PROMPT = ("system", "tools", "tool_choice", "thinking", "cache_control", "output_config")
COUNTED = Shape(("model", "messages"), _PROMPT)
ASKED = Shape(
    ("model", "max_tokens", "messages"),
    (*_PROMPT, "container", "metadata", "service_tier", "stop_sequences", "stream"),
)
SAMPLING = ("temperature", "top_p", "top_k")
BETA_FIELDS = {
    "context_management": ("context-management-", "compact-"),
    "compaction": ("compact-",),
    "mcp_servers": ("mcp-client-",),
    "fallback_credit_token": ("fallback-credit-",),
}
"""Fields that are taken when the ``anthropic-beta`` header names one of these betas."""

MESSAGE = Shape(("role", "content"))
TOOL = Shape(
    ("name", "input_schema"),
    (
        *("type", "description", "strict", "cache_control", "defer_loading"),
        *("allowed_callers", "input_examples", "eager_input_streaming"),
    ),
)
TOOL_CHOICES = {
    "auto": Shape(("type",), ("disable_parallel_tool_use",)),
    "any": Shape(("type",), ("disable_parallel_tool_use",)),
    "tool": Shape(("type", "name"), ("disable_parallel_tool_use",)),
    "none": Shape(("type",)),
}
THINKING = {
    "enabled": Shape(("type", "budget_tokens"), ("display",)),
    "adaptive": Shape(("type",), ("display", "block_binding")),
    "between_tools": Shape(("type",), ("display",)),
    "disabled": Shape(("type",)),
}
OUTPUT_CONFIG = Shape((), ("effort", "format", "task_budget"))
FORMATS = {"json_schema": Shape(("type", "schema"))}
CACHE_CONTROLS = {"ephemeral": Shape(("type",), ("ttl",))}
CITATIONS = Shape((), ("enabled",))

_RESULT = Shape(("type", "tool_use_id", "content"), ("caller", "cache_control"))
BLOCKS = {
    "text": Shape(("type", "text"), ("citations", "cache_control")),
    "image": Shape(("type", "source"), ("transformations", "cache_control")),
    "document": Shape(("type", "source"), ("title", "context", "citations", "cache_control")),
    "search_result": Shape(("type", "source", "title", "content"), ("citations", "cache_control")),
    "thinking": Shape(("type", "thinking", "signature")),
    "redacted_thinking": Shape(("type", "data")),
    "tool_use": Shape(("type", "id", "name", "input"), ("caller", "toolset_name", "cache_control")),
    "tool_result": Shape(("type", "tool_use_id"), ("content", "is_error", "toolset_name", "cache_control")),
    "tool_reference": Shape(("type", "tool_name"), ("cache_control",)),
    "server_tool_use": Shape(("type", "id", "name", "input"), ("caller", "cache_control")),
    "web_search_tool_result": _RESULT,
    "web_fetch_tool_result": _RESULT,
    "code_execution_tool_result": _RESULT,
    "bash_code_execution_tool_result": _RESULT,
    "text_editor_code_execution_tool_result": _RESULT,
    "tool_search_tool_result": _RESULT,
    "container_upload": Shape(("type", "file_id"), ("cache_control",)),
    "mcp_tool_use": Shape(("type", "id", "name", "server_name", "input"), ("cache_control",)),
    "mcp_tool_result": Shape(("type", "tool_use_id"), ("content", "is_error", "cache_control")),
    "compaction": Shape(("type",), ("content", "encrypted_content", "signature", "tool_changes", "cache_control")),
}
OF_USER = frozenset(
    {"text", "image", "document", "search_result", "tool_result", "container_upload", "mcp_tool_result"}
)
OF_ASSISTANT = frozenset(BLOCKS) - {"image", "search_result", "tool_result", "tool_reference", "container_upload"}
OF_RESULT = frozenset({"text", "image", "search_result", "document", "tool_reference"})
SOURCES = {
    "base64": Shape(("type", "media_type", "data")),
    "url": Shape(("type", "url")),
    "file": Shape(("type", "file_id")),
    "text": Shape(("type", "media_type", "data")),
    "content": Shape(("type", "content")),
}
SOURCES_OF = {"image": ("base64", "url", "file"), "document": ("base64", "text", "content", "url", "file")}
MEDIA_TYPES = {
    ("image", "base64"): ("image/jpeg", "image/png", "image/gif", "image/webp"),
    ("document", "base64"): ("application/pdf",),
    ("document", "text"): ("text/plain",),
}
SERVER_TOOLS = (
    *("bash_", "text_editor_", "memory_", "web_search_", "web_fetch_", "tool_search_tool_", "computer_2"),
    *("code_execution_", "mcp_toolset"),
)
"""How the types of tools begin that need no schema of the caller's."""


def tagged(value: Any, shapes: Mapping[str, Shape], path: str) -> Complaints:
    """Gives what is wrong with an object whose ``type`` says which fields it has."""
    if not isinstance(value, Mapping):
        yield f"{path}: Input should be an object"
        return
    kind = value.get("type")
    if kind is None:
        yield f"{path}.type: Field required"
    elif not isinstance(kind, str) or kind not in shapes:
        expected = ", ".join(f"'{name}'" for name in shapes)
        yield f"{path}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {expected}"
    else:
        yield from shapes[kind].complaints(value, f"{path}.{kind}")

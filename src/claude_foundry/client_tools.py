"""Tools of Anthropic's definition that the caller runs, with the Python that runs them: for ``run_tools``.

The model knows these tools; what is given here is the handler. Its arguments are validated against its type hints, as
those of any function. What it raises is told to Claude, a ``ToolError`` by its text alone.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/memory-tool,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/text-editor-tool,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/bash-tool,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from claude_foundry import server_tools
from claude_foundry._folder_memory import FolderMemory
from claude_foundry._functions import FunctionTool, HandledTool, ToolError

__all__ = ["FolderMemory", "ToolError", "bash_tool", "computer_tool", "memory_tool", "text_editor_tool"]

_MEMORY = ("view", "create", "str_replace", "insert", "delete", "rename")
_TEXT_EDITOR = ("view", "create", "str_replace", "insert")
_COMPUTER = (
    "screenshot",
    "cursor_position",
    "mouse_move",
    "left_click",
    "right_click",
    "middle_click",
    "double_click",
    "triple_click",
    "left_click_drag",
    "left_mouse_down",
    "left_mouse_up",
    "scroll",
    "key",
    "hold_key",
    "type",
    "wait",
    "zoom",
)


def memory_tool(handler: Any, **fields: Any) -> FunctionTool:
    """Gives the memory tool, whose files below ``/memories`` the handler keeps.

    ::

        client.messages.run_tools(..., tools=[memory_tool(FolderMemory("memory"))])

    Args:
        handler: ``FolderMemory``, or any object with a method for each command, all plain or all async:
            ``view(path, view_range=None)``, ``create(path, file_text)``, ``str_replace(path, old_str, new_str)``,
            ``insert(path, insert_line, insert_text)``, ``delete(path)`` and ``rename(old_path, new_path)``. Each
            returns the text that the documentation of the tool has for its result.
        fields: of the definition, to add: ``cache_control`` and the like.

    Raises:
        ConfigurationError: a method is missing or cannot be used.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/memory-tool
    """
    return _dispatching(handler, server_tools.memory(), fields, needed=_MEMORY)


def text_editor_tool(handler: Any, *, max_characters: int | None = None, **fields: Any) -> FunctionTool:
    """Gives the editor tool, whose edits the handler makes.

    Args:
        handler: any object with a method for each command, all plain or all async:
            ``view(path, view_range=None)``, ``create(path, file_text)``, ``str_replace(path, old_str, new_str="")``
            and ``insert(path, insert_line, insert_text)``. It decides which paths Claude may touch.
        max_characters: most characters that a view of a file shows; the handler cuts there.
        fields: of the definition, to add.

    Raises:
        ConfigurationError: a method is missing or cannot be used.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/text-editor-tool
    """
    definition = server_tools.text_editor(max_characters=max_characters)
    return _dispatching(handler, definition, fields, needed=_TEXT_EDITOR)


def bash_tool(handler: Callable[..., Any], **fields: Any) -> FunctionTool:
    """Gives the shell tool, whose commands the handler runs, in whatever isolation they need.

    Args:
        handler: a function, plain or async, ``(command: str | None = None, restart: bool = False)``, that gives what
            the command wrote. The shell is one session; ``restart`` asks for a new one.
        fields: of the definition, to add.

    Raises:
        ConfigurationError: the signature cannot be used.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/bash-tool
    """
    return HandledTool({**server_tools.bash(), **fields}, FunctionTool(handler, {"name": "bash"}))


def computer_tool(
    handler: Any, *, display_width_px: int, display_height_px: int, enable_zoom: bool = False, **fields: Any
) -> FunctionTool:
    """Gives the computer tool, whose clicks and keys the handler makes. Its beta is named by the client.

    Args:
        handler: any object with a method for each action that it can do, all plain or all async, ``screenshot()``
            among them: ``left_click(coordinate, text=None)``, ``type(text)``, ``key(text)``,
            ``scroll(coordinate, scroll_direction, scroll_amount)`` and so on. A picture is returned as
            ``[content.image(...)]``. Claude is told of an action that the handler does not have.
        display_width_px: width of the screen in pixels.
        display_height_px: height of the screen in pixels.
        enable_zoom: whether ``zoom(region)`` may be asked for.
        fields: of the definition, to add.

    Raises:
        ConfigurationError: a method is missing or cannot be used.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool
    """
    definition = server_tools.computer(
        display_width_px=display_width_px, display_height_px=display_height_px, enable_zoom=enable_zoom
    )
    needed = ("screenshot", "zoom") if enable_zoom else ("screenshot",)
    return _dispatching(handler, definition, fields, needed=needed, known=_COMPUTER, by="action")


def _dispatching(
    handler: Any,
    definition: Mapping[str, Any],
    fields: Mapping[str, Any],
    *,
    needed: Sequence[str],
    known: Sequence[str] = (),
    by: str = "command",
) -> FunctionTool:
    methods = {name: getattr(handler, name, None) for name in (known or needed)}
    there = {name: FunctionTool(method, {}) for name, method in methods.items() if callable(method)}
    return HandledTool({**definition, **fields}, there, needed=needed, by=by)

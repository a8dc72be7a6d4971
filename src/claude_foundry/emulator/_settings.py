"""What a caller gives the emulator, as what its tools work with.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools
"""

from collections.abc import Mapping

from claude_foundry.emulator._mcp import Functions, tools_by_server
from claude_foundry.emulator._pages import pages as read_pages
from claude_foundry.emulator._served import MOST_STEPS, Resources
from claude_foundry.errors import ConfigurationError


def resources(
    *,
    pages: Mapping[str, str] | None = None,
    mcp_functions: Functions | None = None,
    max_server_steps: int | None = None,
) -> Resources:
    """Gives what the service's tools work with.

    Args:
        pages: texts or HTML, by address.
        mcp_functions: plain functions that stand for an MCP server, by its name.
        max_server_steps: most steps of the service's tools in one answer. Default: 10.

    Raises:
        ConfigurationError: one of them cannot be used.
    """
    most = MOST_STEPS if max_server_steps is None else max_server_steps
    if not isinstance(most, int) or most < 1:
        raise ConfigurationError(f"max_server_steps={most!r}: give a whole number of at least 1.")
    return Resources(pages=read_pages(pages), functions=tools_by_server(mcp_functions), most_steps=most)

"""Constructions of the LLM for a type checker: those of the documentation pass, wrong ones are refused.

A line that must be refused carries ``# type: ignore[...]``; one that is not needed is itself an error.
"""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from pydantic import SecretStr

from claude_foundry import context_management, server_tools
from claude_foundry.llamaindex import ClaudeFoundry
from claude_foundry.types import ToolUnionParam

TOOLS: list[ToolUnionParam] = [server_tools.web_search(), server_tools.code_execution()]
DOCS = server_tools.mcp("docs", url="https://docs.example.com/mcp")

ClaudeFoundry(model="d", resource="r", api_key="k", thinking="high", max_tokens=5, system_prompt="Be brief.")
ClaudeFoundry(model="d", api_key=SecretStr("k"), server_tools=[server_tools.web_search()], betas=["b-2026-01-01"])
ClaudeFoundry(model="d", server_tools=TOOLS, container=server_tools.skills("pptx"), cache_control={"type": "ephemeral"})
ClaudeFoundry(model="d", server_tools=DOCS["tools"], mcp_servers=DOCS["mcp_servers"], cache_tools="1h")
ClaudeFoundry(model="d", context_management={"edits": [context_management.clear_thinking(keep_turns=1)]})
ClaudeFoundry(model="d", thinking={"type": "adaptive"}, structured_mode="json_schema", timeout=3.0)
ClaudeFoundry(resource="r")  # type: ignore[call-arg]
ClaudeFoundry(model="d", max_token=5)  # type: ignore[call-arg]
ClaudeFoundry(model="d", thinking="hard")  # type: ignore[arg-type]
ClaudeFoundry(model="d", cache_tools="2h")  # type: ignore[arg-type]

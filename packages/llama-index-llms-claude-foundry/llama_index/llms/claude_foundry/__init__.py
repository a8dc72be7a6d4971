"""Claude in Microsoft Foundry under its LlamaIndex path; what it gives is that of ``claude_foundry.llamaindex``."""

from claude_foundry.llamaindex import ClaudeFoundry, content_block

__all__ = ["ClaudeFoundry", "content_block"]

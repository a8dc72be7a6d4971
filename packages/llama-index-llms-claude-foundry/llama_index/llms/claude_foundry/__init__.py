"""Claude in Microsoft Foundry under its LlamaIndex path; the class is that of ``claude_foundry.llamaindex``."""

from claude_foundry.llamaindex import ClaudeFoundry

__all__ = ["ClaudeFoundry"]

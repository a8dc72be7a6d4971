"""Claude in Microsoft Foundry as a LlamaIndex LLM (extra ``llamaindex``)."""

from claude_foundry._extras import needing

with needing("llamaindex", part="claude_foundry.llamaindex"):
    from claude_foundry.llamaindex._content import content_block
    from claude_foundry.llamaindex._llm import ClaudeFoundry

__all__ = ["ClaudeFoundry", "content_block"]

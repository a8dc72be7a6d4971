"""Claude in Microsoft Foundry as a LangChain chat model (extra ``langchain``)."""

from claude_foundry.langchain._chat_model import ChatClaudeFoundry

__all__ = ["ChatClaudeFoundry"]

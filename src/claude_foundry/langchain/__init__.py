"""Claude in Microsoft Foundry as a LangChain chat model (extra ``langchain``)."""

from typing import TYPE_CHECKING, Any

from claude_foundry.langchain._chat_model import ChatClaudeFoundry
from claude_foundry.langchain._registration import register

if TYPE_CHECKING:
    from claude_foundry.langchain._middleware import FoundryPromptCachingMiddleware

__all__ = ["ChatClaudeFoundry", "FoundryPromptCachingMiddleware", "register"]


def __getattr__(name: str) -> Any:
    # LangChain's agents take long to import, and models are used without them.
    if name == "FoundryPromptCachingMiddleware":
        from claude_foundry.langchain._middleware import FoundryPromptCachingMiddleware

        return FoundryPromptCachingMiddleware
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

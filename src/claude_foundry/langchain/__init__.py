"""Claude in Microsoft Foundry as a LangChain chat model (extra ``langchain``; for agents ``langchain-agents``)."""

from typing import TYPE_CHECKING, Any

from claude_foundry._extras import needing
from claude_foundry._lazy import attribute

with needing("langchain", part="claude_foundry.langchain"):
    from claude_foundry.langchain._chat_model import ChatClaudeFoundry

if TYPE_CHECKING:
    from claude_foundry.langchain._middleware import FoundryPromptCachingMiddleware
    from claude_foundry.langchain._registration import register

__all__ = ["ChatClaudeFoundry", "FoundryPromptCachingMiddleware", "register"]

_WHEN_ASKED_FOR = ("FoundryPromptCachingMiddleware", "register")


def __getattr__(name: str) -> Any:
    # LangChain's agents take long to import, and models are used without them.
    with needing("langchain-agents", part=name):
        return attribute(__name__, name, names=_WHEN_ASKED_FOR, homes=("_registration", "_middleware"))

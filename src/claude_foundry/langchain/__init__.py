"""Claude in Microsoft Foundry as a LangChain chat model (extra ``langchain``; for agents ``langchain-agents``)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from claude_foundry._extras import needing

with needing("langchain", part="claude_foundry.langchain"):
    from claude_foundry.langchain._chat_model import ChatClaudeFoundry

if TYPE_CHECKING:
    from claude_foundry.langchain._middleware import FoundryPromptCachingMiddleware
    from claude_foundry.langchain._registration import register

__all__ = ["ChatClaudeFoundry", "FoundryPromptCachingMiddleware", "register"]

_HOMES = {"FoundryPromptCachingMiddleware": "_middleware", "register": "_registration"}


def __getattr__(name: str) -> Any:
    # LangChain's agents take long to import, and models are used without them.
    if name in _HOMES:
        with needing("langchain-agents", part=name):
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

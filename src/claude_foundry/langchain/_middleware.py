"""Prompt caching for LangChain's agents.

Sources: https://platform.claude.com/docs/en/build-with-claude/prompt-caching,
https://docs.langchain.com/oss/python/langchain/middleware
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

from langchain.agents.middleware.types import AgentMiddleware, ModelCallResult, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import SystemMessage
from langchain_core.runnables import Runnable, RunnableBinding
from langchain_core.runnables.config import ensure_config
from langchain_core.runnables.configurable import DynamicRunnable
from langchain_core.tools import BaseTool

from claude_foundry._warnings import warn
from claude_foundry.errors import ConfigurationError
from claude_foundry.langchain._chat_model import ChatClaudeFoundry

_CHOICES = {"type": ("ephemeral",), "ttl": ("5m", "1h"), "unsupported_model_behavior": ("ignore", "warn", "raise")}


class FoundryPromptCachingMiddleware(AgentMiddleware[Any, Any, Any]):
    """Lets the service keep an agent's tools, system prompt and conversation, so that each turn reads them cheaply.

    Three of the four cache points that a request may have are used: the last tool, the end of the system prompt, and
    the end of the conversation. What a user marks beside them is kept as far as there is room.

    Args:
        type: of cache; the API has this one.
        ttl: how long it is kept after each use: five minutes or an hour.
        min_messages_to_cache: how many messages, the system prompt among them, there must be.
        unsupported_model_behavior: what follows when the model of a turn is no ChatClaudeFoundry: nothing, a warning,
            or an error.

    Raises:
        ConfigurationError: an argument is wrong; on a turn, a model is not supported and that is an error.

    Example:
        ``create_agent(llm, tools, middleware=[FoundryPromptCachingMiddleware(ttl="1h")])``

    Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
    """

    def __init__(
        self,
        type: Literal["ephemeral"] = "ephemeral",
        ttl: Literal["5m", "1h"] = "5m",
        min_messages_to_cache: int = 0,
        unsupported_model_behavior: Literal["ignore", "warn", "raise"] = "warn",
    ) -> None:
        given = {"type": type, "ttl": ttl, "unsupported_model_behavior": unsupported_model_behavior}
        for name, value in given.items():
            if value not in _CHOICES[name]:
                raise ConfigurationError(f"{name}={value!r}: give {' or '.join(map(repr, _CHOICES[name]))}.")
        super().__init__()
        self.type = type
        self.ttl = ttl
        self.min_messages_to_cache = min_messages_to_cache
        self.unsupported_model_behavior = unsupported_model_behavior

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelCallResult[Any]:
        """Calls the model with the cache points set."""
        return handler(self._cached(request))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelCallResult[Any]:
        """Calls the model with the cache points set, without blocking."""
        return await handler(self._cached(request))

    def _cached(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        if not self._is_supported(request.model):
            return request
        if len(request.messages) + (request.system_message is not None) < self.min_messages_to_cache:
            return request
        control = {"type": self.type, "ttl": self.ttl}
        return request.override(
            model_settings={"cache_control": control, **request.model_settings},
            system_message=_marked_system(request.system_message, control),
            tools=_marked_tools(request.tools, control),
        )

    def _is_supported(self, model: BaseChatModel) -> bool:
        bare = _bare(model)
        if isinstance(bare, ChatClaudeFoundry):
            return True
        told = f"FoundryPromptCachingMiddleware caches prompts of ChatClaudeFoundry, not of {type(bare).__name__}."
        match self.unsupported_model_behavior:
            case "raise":
                raise ConfigurationError(f"{told} Give such a model, or unsupported_model_behavior='ignore'.")
            case "warn":
                warn(told)
        return False


def _bare(model: Any) -> Any:
    """The chat model inside what binds arguments to it, or chooses it by the configuration of the run."""
    match model:
        case RunnableBinding():
            return _bare(model.bound)
        case DynamicRunnable():
            return _bare(model.prepare(ensure_config())[0])
        case Runnable() if not isinstance(model, BaseChatModel):
            # What init_chat_model gives with configurable_fields; it has no other way to the model.
            chosen: Any = getattr(type(model), "_model", None)
            return model if chosen is None else _bare(chosen(model))
    return model


def _marked_system(message: SystemMessage | None, control: Mapping[str, str]) -> SystemMessage | None:
    if message is None or not message.content:
        return message
    content = message.content
    *before, last = [content] if isinstance(content, str) else content
    block = {"type": "text", "text": last} if isinstance(last, str) else last
    return message.model_copy(update={"content": [*before, {"cache_control": control, **block}]})


def _marked_tools(tools: Sequence[Any], control: Mapping[str, str]) -> list[Any]:
    """The tools, with a point on the last that is part of every prompt: what is deferred is not."""
    places = [place for place, tool in enumerate(tools) if not _extras(tool).get("defer_loading")]
    return [_marked(tool, control) if place in places[-1:] else tool for place, tool in enumerate(tools)]


def _extras(tool: Any) -> dict[str, Any]:
    return (tool.extras or {}) if isinstance(tool, BaseTool) else dict(tool)


def _marked(tool: Any, control: Mapping[str, str]) -> Any:
    extras = {"cache_control": control, **_extras(tool)}
    return tool.model_copy(update={"extras": extras}) if isinstance(tool, BaseTool) else extras

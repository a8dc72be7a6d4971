"""A name for the chat model in LangChain's ``init_chat_model``.

Source: https://docs.langchain.com/oss/python/langchain/models (init_chat_model)
"""

import importlib
import re
from typing import Any

from claude_foundry._extras import needing
from claude_foundry.errors import ConfigurationError

PROVIDER = "claude_foundry"
_PLACE = "langchain.chat_models.base"
_TABLE = "_BUILTIN_PROVIDERS"
_WAY_OUT = "Make the model yourself: ChatClaudeFoundry(model=...)."


def register(name: str = PROVIDER) -> None:
    """Lets ``init_chat_model("claude_foundry:my-deployment")`` make a ChatClaudeFoundry, in this process.

    LangChain keeps its providers in a table that is not public, so that this is for those who ask for it.

    Args:
        name: of the provider, before the colon.

    Raises:
        ConfigurationError: the name is taken or not possible, or langchain keeps its providers in another form by now.
        MissingExtraError: ``claude-foundry[langchain-agents]`` is not installed.

    Source: https://docs.langchain.com/oss/python/langchain/models
    """
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise ConfigurationError(f"name={name!r}: give lower-case letters, digits and '_'; no other is looked up.")
    table = _table()
    entry = (__package__, "ChatClaudeFoundry", _made)
    if table.get(name, entry)[:2] != entry[:2]:
        raise ConfigurationError(f"name={name!r} is another provider of LangChain's: give a name of your own.")
    table[name] = entry


def _made(cls: Any, **fields: Any) -> Any:
    return cls(**fields)


def _table() -> dict[str, Any]:
    with needing("langchain-agents", part="init_chat_model"):
        table = getattr(importlib.import_module(_PLACE), _TABLE, None)
    entries = list(table.values()) if isinstance(table, dict) else []
    if not entries or not all(isinstance(entry, tuple) and len(entry) == 3 for entry in entries):
        raise ConfigurationError(f"This version of langchain keeps its providers in a form not known here. {_WAY_OUT}")
    return {} if table is None else table

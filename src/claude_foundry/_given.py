"""A request as a caller gives it: checked, and read where it can be read only once.

Source: https://platform.claude.com/docs/en/api/messages
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from claude_foundry._fields import mapping, whole
from claude_foundry.errors import ConfigurationError

_DEPLOYMENT = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Fields that hold lists in which features are looked for.
_LISTING = ("container", "context_management")


def checked(body: Mapping[str, Any], *, required: Sequence[str]) -> dict[str, Any]:
    """Gives the fields of a request, read.

    Raises:
        ConfigurationError: one is missing, or none of its kind.
    """
    missing = [name for name in required if body.get(name) is None]
    if missing:
        raise ConfigurationError(f"{', '.join(missing)} missing: the API needs {', '.join(required)}.")
    fields = read(body)
    if "max_tokens" in fields:
        fields["max_tokens"] = whole(fields["max_tokens"], argument="max_tokens", least=0)
    return {**fields, "model": _checked_model(body["model"]), "messages": _checked_messages(fields["messages"])}


def read(request: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the fields of a request, what can be read only once read: it is looked at before it is written."""
    fields = _listed(request)
    for name in _LISTING:
        if name in fields and isinstance(fields[name], Mapping):
            fields[name] = _listed(fields[name])
    messages = fields.get("messages")
    if type(messages) is list or isinstance(messages, list | tuple):
        fields["messages"] = [_read_message(message) for message in messages]
    return fields


def _listed(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, Iterator) else value for name, value in fields.items()}


def _read_message(message: Any) -> Any:
    content = message.get("content") if type(message) is dict else None
    # Long conversations are looked through at each request, and hardly ever hold what can be read only once.
    if type(content) is str or (type(content) is list and not any(map(_holds_unread, content))):
        return message
    if not isinstance(content, Iterator | list | tuple):
        return message
    return {**message, "content": [_listed(block) if _holds_unread(block) else block for block in content]}


def _holds_unread(block: Any) -> bool:
    inner = block.get("content") if type(block) is dict else None
    return inner is not None and type(inner) is not str and isinstance(inner, Iterator)


def _checked_model(model: Any) -> str:
    if not isinstance(model, str) or not _DEPLOYMENT.fullmatch(model):
        raise ConfigurationError(
            f"model={model!r}: give the deployment name (letters, digits, '.', '_', '-'; at most 64)."
        )
    return model


def _checked_messages(messages: Any) -> list[Any]:
    if type(messages) is not list and (isinstance(messages, str | Mapping) or not isinstance(messages, Iterable)):
        raise ConfigurationError('messages: give a list, such as [{"role": "user", "content": "Hello"}].')
    listed = messages if type(messages) is list else list(messages)
    if not listed:
        raise ConfigurationError("messages is empty: give at least one user message.")
    for place, message in enumerate(listed):
        if (
            not (type(message) is dict or isinstance(message, Mapping))
            or "role" not in message
            or "content" not in message
        ):
            raise _no_message(message, argument=f"messages[{place}]")
    return listed


def _no_message(message: Any, *, argument: str) -> ConfigurationError:
    mapping(message, argument=argument, instead="give a dict with role and content")
    lacking = " and ".join(name for name in ("role", "content") if name not in message)
    return ConfigurationError(f"{argument} has no {lacking}: give a dict with role and content.")

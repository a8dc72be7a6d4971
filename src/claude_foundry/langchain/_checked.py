"""What is wrong with the settings of a chat model, told when it is made and not at its first call."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel

from claude_foundry._fields import filled, mapping, whole
from claude_foundry._reasoning import BUDGETS
from claude_foundry.errors import ConfigurationError

_OF_MESSAGES = ("messages", "system", "stream")


def refuse_wrong(settings: Mapping[str, Any], *, arguments: Collection[str]) -> None:
    """Raises for the first setting that no call could be made with.

    Args:
        settings: by the names of their fields, of the right types.
        arguments: names that a chat model takes, and that ``model_kwargs`` may not hold therefore.

    Raises:
        ConfigurationError: there is one.
    """
    filled(settings["model"], argument="model")
    if settings["base_model"] is not None:
        filled(settings["base_model"], argument="base_model")
    if settings["max_tokens"] is not None:
        whole(settings["max_tokens"], argument="max_tokens", least=0)
    refuse_unknown_effort(settings["reasoning_effort"])
    further = settings["model_kwargs"]
    for name in further:
        if name in arguments or name in _OF_MESSAGES:
            raise ConfigurationError(
                f"model_kwargs holds {name!r}: it is an argument of its own, or comes from the messages."
            )
    # Whatever else stands there goes past all checks on purpose; tokens and keys would be shown in dumps.
    if "extra_headers" in further:
        raise ConfigurationError("model_kwargs holds extra_headers: pass default_headers={...}, which no dump shows.")
    if "mcp_servers" in mapping(further.get("extra_body") or {}, argument="extra_body"):
        raise ConfigurationError(
            "model_kwargs holds mcp_servers in extra_body: pass mcp_servers=[...], which is sealed."
        )


def refuse_unknown_effort(effort: Any) -> None:
    """Raises for an effort that there is not.

    Raises:
        ConfigurationError: it is none.
    """
    if effort is not None and effort not in ("none", *BUDGETS):
        raise ConfigurationError(f"reasoning_effort={effort!r}: give 'none', {', '.join(map(repr, BUDGETS))}.")


def argument_names(model: type[BaseModel]) -> set[str]:
    """Gives the names that the fields of a model are given by."""
    aliases = (field.validation_alias for field in model.model_fields.values())
    choices = (alias.choices for alias in aliases if isinstance(alias, AliasChoices))
    return {*model.model_fields, *(str(name) for names in choices for name in names)}

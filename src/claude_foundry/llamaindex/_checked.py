"""What is wrong with the settings of an LLM, told when it is made and not at its first call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from claude_foundry._config import Settings, resolve
from claude_foundry._fields import filled, listed
from claude_foundry.errors import ConfigurationError


def made(make: Callable[..., None], settings: Mapping[str, Any]) -> None:
    """Makes an object of pydantic's.

    Raises:
        ConfigurationError: a setting has no value of its type; its name and what it takes are told, not its value.
    """
    try:
        make(**settings)
    except ValidationError as error:
        wrong = {str(each["loc"][0] if each["loc"] else "settings"): each["msg"] for each in reversed(error.errors())}
    else:
        return
    raise ConfigurationError("; ".join(f"{name}: {message}" for name, message in reversed(wrong.items())) + ".")


def refuse_wrong(settings: Settings, *, model: str, base_model: str | None, betas: Sequence[str]) -> None:
    """Raises for the first setting that no call could be made with; the environment is left to the first call.

    Args:
        settings: of the client.
        model: name of the deployment.
        base_model: that is deployed.
        betas: for the header.

    Raises:
        ConfigurationError: there is one.
    """
    filled(model, argument="model")
    if base_model is not None:
        filled(base_model, argument="base_model")
    listed(betas, argument="betas")
    is_open = settings.resource is None and settings.base_url is None
    named = replace(settings, resource="of-the-environment") if is_open else settings
    resolve(named, environ={}, entra_installed=True)

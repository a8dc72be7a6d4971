"""What is wrong with the settings of an LLM, told when it is made and not at its first call."""

from collections.abc import Sequence
from dataclasses import replace

from claude_foundry._config import Settings, resolve
from claude_foundry._fields import filled, listed


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

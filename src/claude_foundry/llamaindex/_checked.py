"""What is wrong with the settings of an LLM, told when it is made and not at its first call."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from claude_foundry._config import Settings, resolve
from claude_foundry._fields import filled, listed, mapping
from claude_foundry._written import tokens
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._dumps import SEALED

_OWN_WORDS = (
    *("model", "messages", "system", "stream", "max_tokens", "temperature", "thinking", "output_config", "betas"),
    *("mcp_servers", "container", "context_management", "cache_control", "extra_headers"),
)


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
    allowed = settings.allow_insecure_loopback
    known = replace(named, allow_insecure_loopback=True if allowed is None else allowed)
    resolve(known, environ={}, entra_installed=True)


def refuse_shown(further: Mapping[str, Any]) -> None:
    """Raises for what stands among the further fields of the API, and has an argument of its own or must not be shown.

    Raises:
        ConfigurationError: there is something.
    """
    for name in further:
        if name in SEALED or name in _OWN_WORDS:
            raise ConfigurationError(
                f"additional_kwargs holds {name!r}: it is an argument of its own, or a message; headers of every "
                "request go in default_headers."
            )
    # A dump would show it.
    if tokens(mapping(further.get("extra_body") or {}, argument="extra_body")):
        raise ConfigurationError(
            "additional_kwargs holds tokens of mcp_servers in extra_body: pass mcp_servers=[...], which is sealed."
        )

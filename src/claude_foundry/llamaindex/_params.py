"""Settings and arguments of a call, merged to the fields of a request and checked.

Source: https://platform.claude.com/docs/en/api/messages
"""

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from claude_foundry import _translation
from claude_foundry._models import Model
from claude_foundry.errors import ConfigurationError
from claude_foundry.types import MessageRequest

_FIELDS = MessageRequest.__required_keys__ | MessageRequest.__optional_keys__
_LISTS = ("tools", "betas")
_SECRETS = ("api_key", "azure_ad_token_provider", "credential", "default_headers")
_RETIRED_BETA = "prompt-caching-2024-07-31"
_WAY_OUT = "Further fields of the API go in additional_kwargs={...}, or extra_body={...} for one call."


def merged(settings: Mapping[str, Any], call: Mapping[str, Any], *, model: Model) -> dict[str, Any]:
    """Gives the fields of a request, without messages.

    Args:
        settings: fields set on the LLM; tools and betas of the call are added to theirs.
        call: arguments of this call; they win over settings. None means "not given".
        model: what is known of the model that answers.

    Raises:
        ConfigurationError: an argument is unknown or cannot be sent.
    """
    base, given = _given(settings), _accepted(_translated(_given(call)), model)
    lists = {name: [*base.get(name, ()), *given.get(name, ())] for name in _LISTS}
    return {**base, **given, **{name: listed for name, listed in lists.items() if listed}}


def refuse_unknown(given: Iterable[str], *, known: Iterable[str], where: str) -> None:
    """Raises for the first name that is not known, with the nearest that is.

    Raises:
        ConfigurationError: there is such a name.
    """
    _translation.refuse_unknown(given, known=known, where=where, way_out=_WAY_OUT)


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value not in ([], (), {})}


def _translated(call: dict[str, Any]) -> dict[str, Any]:
    """The call in the API's words: frameworks pass OpenAI's ``stop`` and ``n``, and a beta that is long retired."""
    stop = call.pop("stop", None)
    if stop is not None:
        call.setdefault("stop_sequences", [stop] if isinstance(stop, str) else list(stop))
    if call.pop("n", 1) != 1:
        raise ConfigurationError("n: Claude gives one answer a request; call as often as you need answers.")
    if "extra_headers" in call:
        call["extra_headers"] = _without_retired(call["extra_headers"])
    return call


def _without_retired(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in headers.items()
        if name.lower() != "anthropic-beta" or value.strip() != _RETIRED_BETA
    }


def _accepted(call: dict[str, Any], model: Model) -> dict[str, Any]:
    secret = next((name for name in _SECRETS if name in call), None)
    if secret is not None:
        raise ConfigurationError(f"{secret} is set when the LLM is made: arguments of a call are shown to callbacks.")
    refuse_unknown(call, known=_FIELDS - {"messages", "system"}, where="a call")
    refused = _translation.refused_sampling(call, model=model)
    if refused:
        warnings.warn(f"{model.name} does not accept {', '.join(refused)}: not sent.", stacklevel=2)
    return {name: value for name, value in call.items() if name not in refused}

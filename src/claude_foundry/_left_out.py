"""What a pickle of an adapter leaves out, and what must be set again before the opened one sends anything.

A model that was given a key must not sign in as somebody else, and one that was given a way out must not go another.

Source: https://docs.python.org/3/library/pickle.html (data that is opened elsewhere)
"""

from collections.abc import Iterable, Mapping
from typing import Any

from claude_foundry._config import API_KEY_VARIABLE
from claude_foundry._sealed import sealing
from claude_foundry.errors import ConfigurationError

_SIGN_INS = ("api_key", "azure_ad_token_provider", "credential")
_OF_THE_OTHER_METHODS = {True: ("http_client",), False: ("http_async_client", "async_http_client")}


@sealing
def refuse_left_out(
    names: Iterable[str], *, fields: Mapping[str, Any], environ: Mapping[str, str], in_loop: bool
) -> None:
    """Raises when something that a pickle left out has nothing in its place.

    Any sign-in stands for one that was left out, and the environment's key for a key.

    Args:
        names: of what the pickle left out.
        fields: of the adapter.
        environ: the environment's variables.
        in_loop: whether the asynchronous methods are used, which have an HTTP client of their own.

    Raises:
        ConfigurationError: there is something.
    """
    found = {name for name, value in fields.items() if value is not None}
    if not found.isdisjoint(_SIGN_INS):
        found.update(_SIGN_INS)
    if environ.get(API_KEY_VARIABLE):
        found.add("api_key")
    missing = [name for name in names if name not in found and name not in _OF_THE_OTHER_METHODS[in_loop]]
    if missing:
        raise ConfigurationError(
            f"{', '.join(sorted(missing))}: given to the model that was pickled, and in no pickle: set it again, as by "
            f"model_copy(update={{...}}){f', or set {API_KEY_VARIABLE}' if missing == ['api_key'] else ''}."
        )

"""What a caller gives the emulator, checked, and as what its tools work with.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools
"""

from collections.abc import Collection, Mapping
from typing import Any

from claude_foundry._features import feature
from claude_foundry._fields import filled, listed, mapping, string, whole
from claude_foundry._models import MODELS, known
from claude_foundry.emulator._mcp import Functions, tools_by_server
from claude_foundry.emulator._pages import pages as read_pages
from claude_foundry.emulator._served import MOST_STEPS, Resources
from claude_foundry.errors import ConfigurationError

_LAST_PORT = 65_535
_DEPLOYMENTS = "such as {'my-deployment': 'claude-opus-5-5'}"
_UNSUPPORTED = "such as {'claude-opus-5-5': ['structured_outputs']}"


def resources(
    *,
    pages: Mapping[str, str] | None = None,
    mcp_functions: Functions | None = None,
    max_server_steps: int | None = None,
) -> Resources:
    """Gives what the service's tools work with.

    Args:
        pages: texts or HTML, by address.
        mcp_functions: plain functions that stand for an MCP server, by its name.
        max_server_steps: most steps of the service's tools in one answer. Default: 10.

    Raises:
        ConfigurationError: one of them cannot be used.
    """
    most = MOST_STEPS if max_server_steps is None else whole(max_server_steps, argument="max_server_steps")
    return Resources(pages=read_pages(pages), functions=tools_by_server(mcp_functions), most_steps=most)


def port(number: Any) -> int:
    """Gives a port to listen on; 0 stands for a free one.

    Raises:
        ConfigurationError: it is none.
    """
    checked = whole(number, argument="port", least=0)
    if checked > _LAST_PORT:
        raise ConfigurationError(f"port={number!r}: give a port from 0 to {_LAST_PORT:,}; 0 takes a free one.")
    return checked


def key(given: Any) -> str:
    """Gives the key that an emulator accepts.

    Raises:
        ConfigurationError: it is no string, or one that no client can send.
    """
    if not all("!" <= letter <= "~" for letter in filled(given, argument="api_key")):
        raise ConfigurationError("api_key holds characters that no key has: give printable ASCII without spaces.")
    return str(given)


def deployments(given: Any) -> dict[str, str]:
    """Gives base models by deployment name.

    Raises:
        ConfigurationError: they are something else, or one of no model that is known.
    """
    named = mapping(given or {}, argument="deployments", instead=f"give base models by name, {_DEPLOYMENTS}")
    for name, base_model in named.items():
        filled(name, argument="a name in deployments")
        if known(string(base_model, argument=f"deployments[{name!r}]")).name is None:
            choices = ", ".join(map(str, MODELS))
            raise ConfigurationError(
                f"deployments[{name!r}]={base_model!r} is no model known here: give one of {choices}."
            )
    return dict(named)


def unsupported(given: Any, *, deployments: Collection[str]) -> dict[str, frozenset[str]]:
    """Gives the names of the features that each deployment refuses.

    Raises:
        ConfigurationError: they are something else, or a deployment or feature does not exist, or no request shows
            that it uses the feature.
    """
    named = mapping(given or {}, argument="unsupported", instead=f"give features by deployment name, {_UNSUPPORTED}")
    refused = {name: listed(features, argument=f"unsupported[{name!r}]") for name, features in named.items()}
    for row in (feature(name) for features in refused.values() for name in features):
        if not row.uses:
            raise ConfigurationError(f"unsupported: {row.name!r} is a feature that no request shows it uses.")
    if unknown := [name for name in refused if name not in (*deployments, *MODELS)]:
        raise ConfigurationError(f"unsupported={unknown}: name such a deployment in deployments too.")
    return {name: frozenset(features) for name, features in refused.items()}

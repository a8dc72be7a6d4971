"""Addresses: the endpoint people mean by what they paste, and paths below it.

Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from claude_foundry._fields import mapping, string
from claude_foundry._urls import is_usable
from claude_foundry.errors import ConfigurationError

INSECURE_LOOPBACK_VARIABLE = "ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK"
_AZURE_HOSTS = (".services.ai.azure.com", ".openai.azure.com", ".cognitiveservices.azure.com")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9a-fA-F:.]+")
_ANTHROPIC = re.compile(r".*?/anthropic(?=/|$)")
_TARGET = re.compile(r"(?:/v1(?:/messages(?:/count_tokens)?)?)?/*$")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})+")


def endpoint_of_resource(resource: str, *, named: str) -> str:
    """Gives the base URL of a resource, by its name alone: a DNS label, so that it can name no other host."""
    name = string(resource, argument=named).strip().lower()
    if not _LABEL.fullmatch(name):
        raise ConfigurationError(
            # Not quoted: keys are pasted in its place.
            f"{named} is not the name of a resource (letters, digits and inner hyphens, at most 63): "
            "pass the name alone, or a URL as base_url."
        )
    return _usable(f"https://{name}.services.ai.azure.com/anthropic", named=named)


def endpoint_of_url(url: str, *, named: str, insecure_loopback: bool) -> str:
    """Gives the base URL for what people paste: a name, host, base URL, Target URI or project endpoint.

    Args:
        url: as it was pasted.
        named: where it comes from.
        insecure_loopback: whether it may be ``http://`` to this machine.
    """
    text = string(url, argument=named).strip()
    if "://" not in text and _LABEL.fullmatch(text.lower()):
        return endpoint_of_resource(text, named=named)
    parts = _split(text if "://" in text else f"https://{text}", named=named)
    if parts.scheme == "http":
        _refuse_clear(parts.hostname or "", named=named, insecure_loopback=insecure_loopback)
    return _usable(f"{parts.scheme}://{parts.netloc.lower()}{_base_path(parts)}", named=named)


def shown(url: str) -> str:
    """Gives an endpoint as it may be written down: without its query, which is not used and may hold a key."""
    return url.partition("?")[0]


def _usable(url: str, *, named: str) -> str:
    if not is_usable(url):
        raise ConfigurationError(f"{named} is not a URL that a request can be sent to.")
    return url


def _split(url: str, *, named: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError(f"{named} is not a URL.") from None
    # A slash too few makes a host of the scheme.
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host) or parts.netloc.endswith(":"):
        raise ConfigurationError(f"{named} is not an https:// URL with a host name.")
    if "@" in parts.netloc or parts.fragment:
        raise ConfigurationError(f"{named} holds a user name or a fragment: give scheme, host and path only.")
    return parts


def _refuse_clear(host: str, *, named: str, insecure_loopback: bool) -> None:
    if not is_loopback(host):
        raise ConfigurationError(f"{named} is http://, which would send the key in clear: use https:// for {host}.")
    if not insecure_loopback:
        raise ConfigurationError(
            f"{named} is http://, which sends the key in clear to whatever listens there: for an emulator on this "
            f"machine pass allow_insecure_loopback=True or set {INSECURE_LOOPBACK_VARIABLE}=1, else use https://."
        )


def _base_path(parts: SplitResult) -> str:
    if known := _ANTHROPIC.match(parts.path):
        return known[0]
    if (parts.hostname or "").endswith(_AZURE_HOSTS):
        return "/anthropic"
    # A gateway's own path is taken as it is: it stands for what /anthropic is on Azure's hosts.
    return _TARGET.sub("", parts.path) or "/anthropic"


def is_loopback(host: str) -> bool:
    """Tells whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # Names below it are looked up like all others on some systems.
        return host == "localhost"


def below(base_url: str, path: str, *, params: Mapping[str, Any] | None = None) -> str:
    """Gives the URL of a path below an endpoint, such as ``v1/messages``; it can lead nowhere else.

    Raises:
        ConfigurationError: the path is absolute, climbs, or is no path; ``params`` are no dict; or both are too long.
    """
    segments = path.removeprefix("/").split("/") if isinstance(path, str) else [""]
    if not all(_SEGMENT.fullmatch(segment) and _stays(unquote(segment)) for segment in segments):
        raise ConfigurationError(
            f"path={path!r} is not a path below the endpoint: give one such as 'v1/messages', without scheme, host, "
            "'..' or query; a query goes in params."
        )
    query = _query(mapping(params or {}, argument="params"))
    return _usable(f"{base_url}/{'/'.join(segments)}{query}", named="path, with params,")


def _stays(segment: str) -> bool:
    return segment not in (".", "..") and segment.isprintable() and not set(segment) & set("/\\%")


def _query(params: Mapping[str, Any]) -> str:
    given = {name: _written(value) for name, value in params.items() if value is not None}
    return f"?{urlencode(given, doseq=True)}" if given else ""


def _written(value: Any) -> Any:
    match value:
        case bool():
            return str(value).lower()
        case list() | tuple():
            return [_written(item) for item in value]
    return value

"""A recorded exchange as a document to read and review, and back to what VCR plays.

JSON bodies stand as YAML mappings, streams and other text as literal blocks, what is neither as binary. Headers come
from two short lists, the host is always the same example, and a document that would hold a credential is refused.
"""

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Annotated, Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from claude_foundry._address import endpoint_of_resource
from claude_foundry._bounds import Bounded
from claude_foundry.errors import APIConnectionError, ResponseFormatError
from claude_foundry.testing._faults import CUT, FAULT, Fault
from claude_foundry.testing._privacy import (
    CassetteError,
    check_private,
    credentials,
    plain,
    strings,
    tokens,
    without_tokens,
)

RESOURCE = "example-resource"
ENDPOINT = endpoint_of_resource(RESOURCE, named="resource")

RequestHeader: TypeAlias = Literal["accept", "anthropic-beta", "anthropic-version", "content-type"]
ResponseHeader: TypeAlias = Literal[
    "apim-request-id",
    "content-type",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "x-ms-region",
    "x-should-retry",
]
Body: TypeAlias = dict[str, Any] | list[Any] | str | bytes | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class RecordedRequest(_Part):
    """What was sent, but for its credentials."""

    method: str
    uri: Annotated[str, Field(pattern=rf"^{re.escape(ENDPOINT)}/[^?#]*$")]
    headers: dict[RequestHeader, str]
    body: Body = None


class RecordedResponse(_Part):
    """What came back, its content coding undone; where it broke off, how."""

    status: int
    headers: dict[ResponseHeader, str]
    body: Body = None
    fault: Fault | None = None


class Interaction(_Part):
    """One request and its answer."""

    request: RecordedRequest
    response: RecordedResponse


class Cassette(_Part):
    """All that one test sent and got, and whom it talked to."""

    recorded_from: str
    interactions: list[Interaction]


class CassetteSerializer:
    """What VCR calls to write and read a cassette.

    Args:
        recorded_from: who answers while recording.
        host: their host, which no cassette may name.
    """

    def __init__(self, *, recorded_from: str, host: str) -> None:
        self._recorded_from = recorded_from
        self._host = host

    def serialize(self, recorded: Mapping[str, Any]) -> str:
        """Gives the text of a cassette.

        Raises:
            CassetteError: the text would hold a credential or the host, or the exchange is not one with the service.
        """
        cassette = to_cassette(recorded["interactions"], recorded_from=self._recorded_from)
        text = dump(cassette)
        sent = (_raw(each["request"]["body"]) for each in recorded["interactions"])
        forbidden = {
            **credentials(recorded["interactions"]),
            **tokens(sent),
            self._host: "the host that it was recorded from",
        }
        check_private((text, *strings(cassette.model_dump())), forbidden=forbidden)
        return text

    def deserialize(self, text: str) -> dict[str, Any]:
        """Gives what VCR plays.

        Raises:
            CassetteError: the text is not a cassette of ours.
        """
        read = load(text).interactions
        try:
            return {"interactions": [_to_vcr(interaction) for interaction in read]}
        except (ValueError, TypeError, RecursionError) as error:
            raise CassetteError(f"This is not a cassette: a body is no JSON: {error}.") from None


def at_example(uri: str, *, base_url: str) -> str | None:
    """Gives the address at the example host, without its query, or None for one outside of ``base_url``.

    An address at the example host stays as it is: VCR asks for it more than once.
    """
    path = urlsplit(uri)._replace(query="", fragment="").geturl()
    roots = (root for root in (base_url, ENDPOINT) if path.startswith(f"{root}/"))
    return next((ENDPOINT + path.removeprefix(root) for root in roots), None)


def to_cassette(interactions: Iterable[Mapping[str, Any]], *, recorded_from: str) -> Cassette:
    """Gives the document of what VCR recorded.

    Raises:
        CassetteError: an exchange is not one with the service.
    """
    read = [{"request": _request(each["request"]), "response": _response(each["response"])} for each in interactions]
    return _checked({"recorded_from": recorded_from, "interactions": read})


def dump(cassette: Cassette) -> str:
    """Gives the text of a cassette."""
    document = cassette.model_dump(exclude_defaults=True)
    # Folded lines would hide a long value from a search, and move when a word is added.
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)


def load(text: str) -> Cassette:
    """Gives the cassette of a text; nothing in the text can name a Python object.

    Raises:
        CassetteError: the text is not a cassette of ours.
    """
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CassetteError(f"This is not a cassette: {error}") from None
    return _checked(document)


def to_body(raw: bytes) -> Body:
    """Gives a body as it is written down: a JSON object or list parsed, other text as text, the rest as bytes."""
    if not raw:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw
    try:
        # Unlike the standard library's parser it stops at a depth that can be written down.
        parsed = from_json(raw, allow_inf_nan=False)
        from_body(parsed)
    except ValueError:
        return text
    return parsed if isinstance(parsed, dict | list) else text


def from_body(body: Body) -> bytes:
    """Gives the bytes of a body: those recorded, but for the white space of JSON.

    Raises:
        ValueError: JSON that has no such bytes: a number too large, half a surrogate pair.
    """
    match body:
        case None:
            return b""
        case bytes():
            return body
        case str():
            return body.encode()
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _checked(document: Any) -> Cassette:
    try:
        return Cassette.model_validate(document)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise CassetteError(f"This is not a cassette of claude-foundry: {wrong}") from None


def _request(request: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "method": request["method"],
        "uri": request["uri"],
        "headers": _kept(request["headers"], get_args(RequestHeader)),
        "body": without_tokens(to_body(_raw(request["body"]))),
    }


def _response(response: Mapping[str, Any]) -> dict[str, Any]:
    headers = plain(response["headers"])
    content, whole = _decoded(_raw(response["body"].get("string")), coding=headers.get("content-encoding", ""))
    return {
        "status": response["status"]["code"],
        "headers": _kept(response["headers"], get_args(ResponseHeader)),
        "body": to_body(content),
        "fault": headers.get(FAULT, None if whole else CUT),
    }


def _to_vcr(interaction: Interaction) -> dict[str, Any]:
    request, response = interaction.request, interaction.response
    return {
        "request": {
            "method": request.method,
            "uri": request.uri,
            "headers": dict(request.headers),
            "body": from_body(request.body),
        },
        "response": {
            "status": {"code": response.status, "message": ""},
            "headers": {name: [value] for name, value in (*response.headers.items(), *_fault(response))},
            "body": {"string": from_body(response.body)},
        },
    }


def _fault(response: RecordedResponse) -> list[tuple[str, str]]:
    return [(FAULT, response.fault)] if response.fault else []


def _kept(headers: Mapping[str, Any], allowed: Collection[str]) -> dict[str, str]:
    return {name: value for name, value in plain(headers).items() if name in allowed}


def _raw(body: Any) -> bytes:
    match body:
        case None:
            return b""
        case str():
            return body.encode()
        case bytes():
            return body
    raise CassetteError(f"Not written: a body is {type(body).__name__}, not bytes.")


def _decoded(raw: bytes, *, coding: str) -> tuple[bytes, bool]:
    """Gives a body without its coding, and whether the coding came to its end."""
    if not raw:
        return b"", True
    try:
        bounds = Bounded(coding, most=None)
        content = b"".join(bounds.feed(raw))
    except ResponseFormatError as error:
        raise CassetteError(f"Not written: a body is not the {coding} that its header says. {error}") from None
    try:
        bounds.end()
    except APIConnectionError:
        return content, False
    return content, True


class _Loader(yaml.SafeLoader):
    """Reads every value where it stands: a few aliases of aliases make a text without end."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "found an alias")
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    """Writes every value where it stands, and text of several lines as a literal block where YAML can hold it."""

    ignore_aliases: Callable[..., bool] = staticmethod(lambda _: True)


def _represented(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # YAML 1.1 takes NEL for a line end and would give back a newline.
    style = '"' if "\x85" in text else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represented)

"""The vendor's SDK as an oracle: what it knows of the Messages API is known here, or there is a reason why not."""

import typing
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_origin

import anthropic.types
import anthropic.types.beta
import httpx
import pydantic
import pytest
from anthropic.types.beta.message_count_tokens_params import MessageCountTokensParams
from anthropic.types.beta.message_create_params import MessageCreateParamsNonStreaming
from typing_extensions import get_type_hints, is_typeddict

import claude_foundry.types
from claude_foundry._stream import MessageAccumulator
from claude_foundry._timeout import Timeout
from claude_foundry.types import (
    CallOptions,
    CountTokensRequest,
    Message,
    MessageRequest,
    StopReason,
    StreamEvent,
    Usage,
)
from claude_foundry.types._wire_model import WireModel

Shapes = dict[str, set[str]]

NOT_ON_FOUNDRY = "not on Foundry"
REQUEST_FIELDS_LEFT_OUT = {
    "billing_policy": NOT_ON_FOUNDRY,
    "diagnostics": NOT_ON_FOUNDRY,
    "inference_geo": NOT_ON_FOUNDRY,
    "speed": NOT_ON_FOUNDRY,
    "stream": "create() and stream() set it",
    "thread": NOT_ON_FOUNDRY,
    "user_profile_id": "a header, for extra_headers",
    "workspace_id": "a header, for extra_headers",
}
PARAMS_LEFT_OUT = {
    "billing_policy": NOT_ON_FOUNDRY,
    "continue": "belongs to thread",
    "create": "belongs to thread",
    "object": "input_schema is any mapping",
}
ANSWER_FIELDS_LEFT_OUT = {("message", "diagnostics"): NOT_ON_FOUNDRY}
MODELS_LEFT_OUT = {
    *("messages_changed", "model_changed", "system_changed", "tools_changed"),  # these belong to diagnostics,
    *("previous_message_not_found", "unavailable"),  # which are not on Foundry
}
EVENTS = (
    *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
    *("message_delta", "message_stop"),
)
BY_STRING = {
    "StopDetails": ("refusal",),
    "Caller": ("direct", "code_execution_20250825", "code_execution_20260120"),
    "FallbackTrigger": ("refusal",),
    "FallbackCreditStatus": ("redeemed", "not_applied"),
    "InputTransformation": ("thinking_dropped", "thinking_mismatch_allowed"),
    "DocumentSource": ("base64", "text"),
    "ContainerSkill": ("anthropic", "custom"),
}
"""Models here that stand for several of the SDK's, told apart by a string."""


def tags(hint: Any) -> tuple[str, ...]:
    """Gives the strings of a Literal, through Required and Optional."""
    if get_origin(hint) is typing.Literal:
        return tuple(value for value in get_args(hint) if isinstance(value, str))
    return tuple(tag for inner in get_args(hint) for tag in tags(inner))


def inside(hint: Any) -> Iterator[type]:
    """Gives the classes that a hint names."""
    if isinstance(hint, type) and get_origin(hint) is None:
        yield hint
    for inner in get_args(hint):
        yield from inside(inner)


def fields_of(kind: type) -> dict[str, Any]:
    if is_typeddict(kind):
        return get_type_hints(kind, localns={"httpx": httpx, "Timeout": Timeout}, include_extras=True)
    return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}


@cache
def reachable(*roots: Any) -> frozenset[type]:
    """Gives the models and typed dicts that a value of these types may hold."""
    found: set[type] = set()
    left = [kind for root in roots for kind in inside(root)]
    while left:
        kind = left.pop()
        if kind in found or not (is_typeddict(kind) or issubclass(kind, pydantic.BaseModel)):
            continue
        found.add(kind)
        left += [inner for hint in fields_of(kind).values() for inner in inside(hint)]
    return frozenset(found)


def shapes(kinds: frozenset[type]) -> Shapes:
    """Gives the fields by ``type``; those of several classes of one type are put together."""
    found: Shapes = {}
    for kind in kinds:
        fields = fields_of(kind)
        for tag in tags(fields.get("type")) or BY_STRING.get(kind.__name__, ()):
            found.setdefault(tag, set()).update(fields)
    return found


def missing(theirs: Shapes, ours: Shapes) -> set[str]:
    unknown = theirs.keys() - ours.keys()
    fields = {f"{tag}.{name}" for tag in theirs.keys() & ours.keys() for name in theirs[tag] - ours[tag]}
    return unknown | fields


# What compaction tells of tools that changed is a tool of the request once more.
TOOL_CHANGES = reachable(
    anthropic.types.beta.BetaResponseToolAdditionBlock, anthropic.types.beta.BetaResponseToolRemovalBlock
)
SDK_ANSWERS = reachable(anthropic.types.Message, anthropic.types.beta.BetaMessage) - TOOL_CHANGES
SDK_EVENTS = reachable(anthropic.types.beta.BetaRawMessageStreamEvent, anthropic.types.RawMessageStreamEvent)


def test_answers() -> None:
    """Every block, citation, result, iteration and edit of an answer has its model, with every field."""
    allowed = {f"{tag}.{name}" for tag, name in ANSWER_FIELDS_LEFT_OUT}

    assert missing(shapes(SDK_ANSWERS), shapes(reachable(Message))) - allowed - MODELS_LEFT_OUT == set()


def test_usage() -> None:
    """Every field of the usage, and of what stands in it, is known."""
    theirs = [anthropic.types.Usage, anthropic.types.beta.BetaUsage, anthropic.types.beta.BetaMessageDeltaUsage]

    for kind in theirs:
        for name, hint in fields_of(kind).items():
            ours = Usage.model_fields[name].annotation
            parts = {field for part in reachable(hint) for field in fields_of(part)}
            assert parts <= {field for part in reachable(ours) for field in fields_of(part)}, name


def test_stop_reasons() -> None:
    """Every stop reason is known."""
    theirs = {*tags(fields_of(anthropic.types.Message)["stop_reason"])}
    theirs |= {*tags(fields_of(anthropic.types.beta.BetaMessage)["stop_reason"])}

    assert theirs == set(get_args(StopReason))


def params(*roots: Any) -> Shapes:
    return shapes(frozenset(filter(is_typeddict, reachable(*roots))))


def test_params() -> None:
    """Every block, source, tool, choice and configuration of a request has its typed dict, with every key."""
    theirs = params(MessageCreateParamsNonStreaming, anthropic.types.MessageParam, anthropic.types.ToolUnionParam)

    assert missing(theirs, params(MessageRequest)) == PARAMS_LEFT_OUT.keys()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [(MessageCreateParamsNonStreaming, MessageRequest), (MessageCountTokensParams, CountTokensRequest)],
)
def test_request_fields(theirs: type, ours: type) -> None:
    """Every field of the two requests can be given."""
    left_out = fields_of(theirs).keys() - fields_of(ours).keys() - fields_of(CallOptions).keys()

    assert left_out <= REQUEST_FIELDS_LEFT_OUT.keys()


def test_what_is_left_out_is_still_there() -> None:
    """A reason to leave something out goes when the thing goes."""
    assert REQUEST_FIELDS_LEFT_OUT.keys() - fields_of(MessageCreateParamsNonStreaming).keys() == set()
    assert MODELS_LEFT_OUT - shapes(SDK_ANSWERS).keys() == set()


@pytest.mark.parametrize("tag", sorted(shapes(SDK_ANSWERS).keys() & shapes(reachable(Message)).keys() - {"message"}))
def test_wire_of_each_model(tag: str) -> None:
    """What the SDK's model takes, ours takes with all its fields, and dumps as it came."""
    for kind in SDK_ANSWERS:
        if tag in tags(fields_of(kind).get("type")):
            wire = sample(kind) | {"type": tag}
            ours = [model for model in reachable(Message) if tag in known_tags(model)]
            assert any(takes(model, wire) for model in ours), (kind, wire)


def known_tags(model: type) -> tuple[str, ...]:
    return tags(fields_of(model).get("type")) or BY_STRING.get(model.__name__, ())


def takes(model: Any, wire: dict[str, Any]) -> bool:
    try:
        return bool(model.model_validate(wire).model_dump() == wire)
    except pydantic.ValidationError:
        return False


def sample(hint: Any) -> Any:
    """Gives a value of the type on the wire."""
    if is_model(hint):
        return {name: sample(inner) for name, inner in fields_of(hint).items()}
    if tags(hint):
        return tags(hint)[0]
    origin, inner = get_origin(hint), [kind for kind in get_args(hint) if kind is not type(None)]
    match origin:
        case typing.Annotated | typing.Union:
            return sample(inner[0])
        case _ if origin is list:
            return [sample(inner[0])]
        case _ if origin is dict:
            return {"a": 1}
    return {str: "a", int: 1, bool: True}.get(hint, "2026-01-01T00:00:00Z")


def is_model(hint: Any) -> bool:
    return isinstance(hint, type) and get_origin(hint) is None and issubclass(hint, pydantic.BaseModel)


def deltas() -> list[Mapping[str, Any]]:
    kinds = [kind for kind in SDK_EVENTS if any(tag.endswith("_delta") for tag in tags(fields_of(kind).get("type")))]
    return [sample(kind) for kind in kinds if "delta" not in fields_of(kind)]


@pytest.mark.parametrize("delta", deltas(), ids=lambda delta: delta["type"])
def test_deltas(delta: dict[str, Any]) -> None:
    """Each kind of delta adds all its fields to the message."""
    account = MessageAccumulator()
    account.add({"type": "message_start", "message": {"content": []}})
    account.add({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})

    account.add({"type": "content_block_delta", "index": 0, "delta": delta})

    # How many tokens a thought will have had is a guess for a progress bar, and no part of the message.
    values = {name: value for name, value in delta.items() if name not in ("type", "estimated_tokens")}
    told = {"citations": [values["citation"]]} if "citation" in values else values
    assert account.block(0).items() >= told.items()


def test_events() -> None:
    """Each kind of event is understood: together they make a whole message."""
    by_type = {event["type"]: event for event in map(sample, SDK_EVENTS) if event.get("type") in EVENTS}
    account = MessageAccumulator()
    by_type["message_start"]["message"]["content"] = []
    by_type["content_block_start"]["content_block"] = {"type": "text", "text": ""}
    by_type["content_block_delta"]["delta"] = {"type": "text_delta", "text": "a"}

    for kind in EVENTS:
        account.add({**by_type[kind], **({"index": 0} if "index" in by_type[kind] else {})})

    told = account.snapshot() or {}
    ending = by_type["message_delta"]
    assert account.complete
    assert told["content"] == [{"type": "text", "text": "a"}]
    assert told.items() >= ending["delta"].items()
    assert told["usage"].items() >= ending["usage"].items()
    assert Message.model_validate(told).model_dump() == told


def test_event_types() -> None:
    """There are no other events."""
    union = anthropic.types.beta.BetaRawMessageStreamEvent
    assert {tag for kind in inside(union) for tag in tags(fields_of(kind)["type"])} == set(EVENTS)


def event_shapes(kinds: Iterable[type]) -> Shapes:
    """Gives the fields of events and of their deltas, each apart; a message's delta has no type of its own."""
    found = shapes(frozenset(kinds))
    endings = [fields_of(kind)["delta"] for kind in kinds if tags(fields_of(kind).get("type")) == ("message_delta",)]
    found["ending"] = {name for ending in endings for kind in inside(ending) for name in fields_of(kind)}
    return {tag: fields for tag, fields in found.items() if tag in EVENTS or tag.endswith("_delta") or tag == "ending"}


def test_event_shapes() -> None:
    """Every event and every delta has its typed dict, with every key; the only others are those told in prose."""
    ours = event_shapes(reachable(StreamEvent))

    assert missing(event_shapes(SDK_EVENTS), ours) == set()
    assert {tag for kind in reachable(StreamEvent) for tag in tags(fields_of(kind).get("type"))} - ours.keys() == {
        "ping",
        "error",
    }


def test_public_names() -> None:
    """What a user reads or writes can be imported from claude_foundry.types."""
    ours = {kind.__name__ for kind in reachable(Message, MessageRequest, StreamEvent)} - {"WireModel"}

    assert {name for name in ours if not name.startswith("_")} <= {*claude_foundry.types.__all__, "Timeout"}
    assert all(issubclass(kind, WireModel) for kind in reachable(Message))

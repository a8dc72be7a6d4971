"""From a request's bytes to the bytes of its answer: the emulator's one way in, for the server and in process."""

import json
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from claude_foundry import _sse, _stream
from claude_foundry._features import hosted_elsewhere
from claude_foundry._models import MODELS, Model, known
from claude_foundry.emulator import _binding, _checks, _context, _door, _files, _passes, _stored_sources
from claude_foundry.emulator._files import Download, FileStore
from claude_foundry.emulator._ids import Ids
from claude_foundry.emulator._leaves import TooLargeError
from claude_foundry.emulator._limits import Ending
from claude_foundry.emulator._refusals import DEPLOYMENT_NOT_FOUND, Refusal, invalid
from claude_foundry.emulator._served import Resources
from claude_foundry.emulator._usage import PromptCache, input_tokens
from claude_foundry.emulator._words import words

Events = Iterator[Mapping[str, Any]]

CREDENTIALS = ("x-api-key", "api-key", "authorization")
_MOST_REMEMBERED = 1000
_MOST_REMEMBERED_BYTES = 32 * 1024 * 1024
_AT_THE_END = ("container", "stop_details")
_JSON = "application/json"
_EVENTS = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer: its status, its headers, and its body, whole or as the chunks of a stream."""

    status: int
    headers: dict[str, str]
    body: bytes | list[bytes]


@dataclass(frozen=True, kw_only=True)
class RecordedRequest:
    """A request as it came: headers in lower case and without credentials, the body as parsed JSON."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    """None where the request was refused before its fields were read, and of the Files API."""
    size: int
    """Bytes of that body."""


@dataclass(kw_only=True)
class State:
    """What one emulator remembers from request to request."""

    key: str = "emulator"
    deployments: Mapping[str, str] = field(default_factory=dict)
    """Base model by deployment name, beside the names of the models themselves."""
    unsupported: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Names of features that a deployment lacks, by deployment name."""
    refused: Collection[str] = ()
    """Texts: a question that holds one of them is refused."""
    cache: PromptCache = field(default_factory=PromptCache)
    files: FileStore = field(default_factory=FileStore)
    resources: Resources = field(default_factory=Resources)
    """What the tools work with that the service runs."""
    requests: deque[RecordedRequest] = field(default_factory=lambda: deque(maxlen=_MOST_REMEMBERED))
    serials: Iterator[int] = field(default_factory=count)

    def model(self, deployment: str) -> Model | None:
        """Gives the model behind a deployment name, or None when there is no such deployment."""
        base_model = self.deployments.get(deployment, deployment if deployment in MODELS else None)
        return None if base_model is None else known(base_model)

    def remember(self, request: RecordedRequest) -> None:
        """Keeps a request, and of those before it as many as there is room for."""
        self.requests.append(request)
        while len(self.requests) > 1 and sum(kept.size for kept in self.requests) > _MOST_REMEMBERED_BYTES:
            self.requests.popleft()


def respond(method: str, path: str, headers: Mapping[str, str], body: bytes, *, state: State, query: str = "") -> Reply:
    """Answers one request.

    Args:
        method: of HTTP, in capitals.
        path: without its query.
        headers: names in lower case.
        body: as sent.
        state: remembers the request, and what it cached.
        query: of the URL, without the question mark.
    """
    ids = Ids(next(state.serials), body)
    refusal = _door.refusal(method, path, headers, body, key=state.key)
    fields = refusal or (None if _door.is_files(path) else _door.parsed(body))
    plain = {name: value for name, value in headers.items() if name not in CREDENTIALS}
    kept = fields if isinstance(fields, dict) else None
    size = 0 if kept is None else len(body)
    state.remember(RecordedRequest(method=method, path=path, headers=plain, body=kept, size=size))
    match fields:
        case Refusal():
            return _refused(fields, ids)
        case None:
            return _of_files(_files.respond(method, path, query, headers, body, store=state.files, ids=ids), ids)
    try:
        return _answered(path, headers, fields, state=state, ids=ids)
    except RecursionError:
        return _refused(invalid("The request is nested too deep for the emulator."), ids)
    except TooLargeError:
        return _refused(invalid("A schema asks for more than the emulator makes up: lower its least numbers."), ids)


def _answered(path: str, headers: Mapping[str, str], fields: dict[str, Any], *, state: State, ids: Ids) -> Reply:
    name = fields.get("model")
    model = state.model(name) if isinstance(name, str) else Model()
    if model is None:
        return _refused(DEPLOYMENT_NOT_FOUND, ids)
    counting = path == _door.COUNT_TOKENS
    unsupported = hosted_elsewhere(model).union(state.unsupported.get(str(name), ()))
    stored = state.files.files
    if refusal := _checks.refusal(
        fields, headers, model=model, counting=counting, unsupported=unsupported, stored=stored
    ):
        return _refused(refusal, ids)
    fields = _stored_sources.filled_in(fields, stored)
    if complaint := next(_binding.complaints(fields, model), None):
        return _refused(invalid(complaint), ids)
    if counting:
        return _reply(200, _counted(fields), ids)
    return _message(fields, model=model, state=state, ids=ids)


def _message(fields: Mapping[str, Any], *, model: Model, state: State, ids: Ids) -> Reply:
    came = _passes.declined(fields, texts=state.refused, model=model, cache=state.cache) or _passes.outcome(
        fields, model=model, ids=ids, resources=state.resources, cache=state.cache
    )
    message = {
        "id": ids.make("msg"),
        "type": "message",
        "role": "assistant",
        "model": fields["model"],
        "content": came.ending.content,
        "stop_reason": came.ending.stop_reason,
        "stop_sequence": came.ending.stop_sequence,
        **came.beside,
        "usage": came.usage,
    }
    if fields.get("stream"):
        chunks = [_sse.encode(event) for event in _with_ping(_events(message, came.ending, opening=came.opening))]
        return Reply(status=200, headers=_headers(_EVENTS, ids), body=chunks)
    return _reply(200, message, ids)


def _counted(fields: Mapping[str, Any]) -> dict[str, Any]:
    seen = _context.seen(fields)
    managed = fields.get("context_management") is not None
    told = {"context_management": {"original_input_tokens": seen.original_tokens}} if managed else {}
    return {"input_tokens": input_tokens(seen.fields), **told}


def _events(message: Mapping[str, Any], ending: Ending, *, opening: Mapping[str, Any]) -> Events:
    last = len(ending.content) - 1
    whole = {index for index, block in enumerate(ending.content) if _comes_whole(block)}
    for event in _stream.events(message, split=words):
        match event:
            case {"type": "message_start", "message": {**started}}:
                plain = {name: value for name, value in started.items() if name not in _AT_THE_END}
                yield {**event, "message": {**plain, "usage": opening}}
            case {"type": "content_block_start", "index": index} if index in whole:
                yield {**event, "content_block": ending.content[index]}
            case {"type": "content_block_delta", "index": index} if index in whole:
                pass
            # A call that is cut is left open: its arguments end anywhere, and no stop follows.
            case {"type": "content_block_delta", "index": index} if ending.cut_arguments is not None and index == last:
                pass
            case {"type": "content_block_stop", "index": index} if ending.cut_arguments is not None and index == last:
                yield from _cut_deltas(ending.cut_arguments, index)
            case _:
                yield event


def _comes_whole(block: Mapping[str, Any]) -> bool:
    """Tells whether a call's arguments stand in its start: those of calls that code makes do."""
    return str((block.get("caller") or {}).get("type")).startswith("code_execution")


def _cut_deltas(arguments: str, index: int) -> Events:
    for piece in ("", *words(arguments)):
        delta = {"type": "input_json_delta", "partial_json": piece}
        yield {"type": "content_block_delta", "index": index, "delta": delta}


def _with_ping(events: Events) -> Events:
    for event in events:
        yield event
        if event["type"] == "message_start":
            yield {"type": "ping"}


def _of_files(answer: dict[str, Any] | Download | Refusal, ids: Ids) -> Reply:
    match answer:
        case Refusal():
            return _refused(answer, ids)
        case Download(pieces=pieces, mime_type=mime_type):
            told = {**_headers(mime_type, ids), "content-length": str(sum(map(len, pieces)))}
            return Reply(status=200, headers=told, body=pieces)
    return _reply(200, answer, ids)


def _refused(refusal: Refusal, ids: Ids) -> Reply:
    if refusal.by_gateway:
        headers = {"content-type": _JSON, "apim-request-id": ids.uuid(), "x-ms-region": "local"}
        return Reply(status=refusal.status, headers=headers, body=json.dumps(refusal.body).encode())
    return _reply(refusal.status, {**refusal.body, "request_id": ids.make("req")}, ids)


def _reply(status: int, body: Mapping[str, Any], ids: Ids) -> Reply:
    return Reply(status=status, headers=_headers(_JSON, ids), body=json.dumps(body, ensure_ascii=False).encode())


def _headers(content_type: str, ids: Ids) -> dict[str, str]:
    return {
        "content-type": content_type,
        "request-id": ids.make("req"),
        "apim-request-id": ids.uuid(),
        "x-ms-region": "local",
    }

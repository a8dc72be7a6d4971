"""The Files API: what was uploaded, kept in memory.

Unlike the service, it gives out again what was uploaded: it has no tools that make files.

Source: https://platform.claude.com/docs/en/api/beta/files
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from claude_foundry._features import FILES_BETA
from claude_foundry.emulator import _door
from claude_foundry.emulator._ids import Ids
from claude_foundry.emulator._refusals import NOT_FOUND, TOO_LARGE, Refusal, invalid, not_found

_PIECE = 256 * 1024
_PAGE = "page_"
_ONE = re.compile(rf"{_door.FILES}/(?P<id>[^/]+)(?P<content>/content)?")
_NAME = re.compile(rb'[; ]name="?file"?(?:[;\s]|$)')
_FILENAME = re.compile(rb'filename="([^"]*)"')
_KIND = re.compile(rb"^content-type:\s*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """An uploaded file."""

    metadata: dict[str, Any]
    content: bytes


@dataclass(kw_only=True)
class FileStore:
    """The files of one emulator, in the order they came."""

    files: dict[str, StoredFile] = field(default_factory=dict)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(frozen=True, kw_only=True)
class Download:
    """The content of a file, as it is sent."""

    pieces: list[bytes]
    mime_type: str


def respond(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, *, store: FileStore, ids: Ids
) -> dict[str, Any] | Download | Refusal:
    """Answers a request to the Files API."""
    # Later versions of the API have it without a beta.
    if FILES_BETA not in _door.betas(headers) and headers.get("anthropic-version") == _door.VERSIONS[0]:
        return invalid(f"The Files API needs the header `anthropic-beta: {FILES_BETA}`.")
    one = _ONE.fullmatch(path)
    match method, one:
        case "POST", None if path == _door.FILES:
            return _uploaded(headers.get("content-type", ""), body, store=store, ids=ids)
        case "GET", None if path == _door.FILES:
            return _listed({name: values[-1] for name, values in parse_qs(query).items()}, store)
        case "GET" | "DELETE", re.Match() if one["id"] not in store.files:
            return not_found(f"File not found: {one['id']}")
        case "GET", re.Match() if one["content"]:
            return _download(store.files[one["id"]])
        case "GET", re.Match():
            return store.files[one["id"]].metadata
        case "DELETE", re.Match() if not one["content"]:
            del store.files[one["id"]]
            return {"id": one["id"], "type": "file_deleted"}
    return NOT_FOUND


def _uploaded(content_type: str, body: bytes, *, store: FileStore, ids: Ids) -> dict[str, Any] | Refusal:
    if len(body) > _door.MAX_FILE_BYTES:
        return TOO_LARGE
    part = _part(content_type, body)
    if part is None:
        return invalid("file: Field required")
    head, content = part
    name, kind = _FILENAME.search(head), _KIND.search(head)
    if kind and not kind[1].strip().decode("latin-1").isprintable():
        return invalid("file: Invalid content type")
    identifier = ids.make("file")
    metadata = {
        "id": identifier,
        "type": "file",
        "filename": _last(name[1].decode("utf-8", "replace") if name else ""),
        "mime_type": kind[1].decode("latin-1").strip() if kind else "application/octet-stream",
        "size_bytes": len(content),
        "created_at": store.now().isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "downloadable": True,
    }
    store.files[identifier] = StoredFile(metadata=metadata, content=content)
    return metadata


def _part(content_type: str, body: bytes) -> tuple[bytes, bytes] | None:
    """The headers and the content of the part that is the file."""
    kind, _, parameters = content_type.partition(";")
    boundary = re.search(r'boundary="?([^";]+)"?', parameters)
    if kind.strip().lower() != "multipart/form-data" or boundary is None:
        return None
    mark = b"\r\n--" + boundary[1].encode()
    start = 0 if body.startswith(mark[2:]) else -1
    while start >= 0:
        head_end = body.find(b"\r\n\r\n", start)
        end = body.find(mark, head_end)
        if min(head_end, end) < 0:
            return None
        if _NAME.search(body[start:head_end]):
            return body[start:head_end], body[head_end + 4 : end]
        start = end + 2
    return None


def _last(filename: str) -> str:
    return re.split(r"[/\\]", filename)[-1] or "unnamed"


def _listed(query: Mapping[str, str], store: FileStore) -> dict[str, Any] | Refusal:
    # The newest comes first.
    every = [file.metadata for file in reversed(store.files.values())]
    limit = query.get("limit", "20")
    if not limit.isdecimal() or not 1 <= int(limit) <= 1000:
        return invalid("limit: Input should be between 1 and 1000")
    places = {file["id"]: place for place, file in enumerate(every)}
    after = query.get("page", "").removeprefix(_PAGE) or query.get("after_id")
    before = query.get("before_id")
    unknown = next((cursor for cursor in (after, before) if cursor is not None and cursor not in places), None)
    if unknown is not None:
        return invalid(f"Invalid pagination cursor: {unknown}")
    first = places[after] + 1 if after else max(0, places[before] - int(limit)) if before else 0
    last = min(first + int(limit), places[before] if before else len(every))
    page, more = every[first:last], first > 0 if before else last < len(every)
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
    return {"data": page, "has_more": more, **ends, "next_page": f"{_PAGE}{ends['last_id']}" if more else None}


def _download(file: StoredFile) -> Download:
    pieces = [file.content[start : start + _PIECE] for start in range(0, len(file.content), _PIECE)]
    return Download(pieces=pieces or [b""], mime_type=file.metadata["mime_type"])

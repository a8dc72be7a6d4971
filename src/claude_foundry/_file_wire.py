"""Requests of the Files API, and its answers decoded.

Source: https://platform.claude.com/docs/en/api/beta/files
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from claude_foundry import _wire
from claude_foundry._config import FoundryConfig
from claude_foundry._endpoint import endpoint
from claude_foundry._features import FILES_BETA
from claude_foundry._refusal import ids
from claude_foundry._timeout import TimeoutTypes
from claude_foundry._wire import WireRequest
from claude_foundry.errors import ConfigurationError
from claude_foundry.types._files import FileMetadata, FilePage

_PATH = "v1/files"
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_WHOLE = {"accept": "application/json"}
_BINARY = {"accept": "*/*", "accept-encoding": "identity"}


def uploading(
    *, config: FoundryConfig, headers: Mapping[str, str], repeatable: bool, timeout: TimeoutTypes | None
) -> WireRequest:
    """Gives the request that uploads a file, but for its body; one that cannot be sent again is sent once."""
    own = {**_WHOLE, **headers}
    request = endpoint("POST", _PATH, config=config, own=own, betas=(FILES_BETA,), timeout=timeout)
    return replace(request, acts_once=False, max_retries=request.max_retries if repeatable else 0)


def listing(*, config: FoundryConfig, limit: int | None, timeout: TimeoutTypes | None) -> WireRequest:
    """Gives the request for the first page of the listing.

    Raises:
        ConfigurationError: the limit is not one.
    """
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 1000):
        raise ConfigurationError(f"limit={limit!r}: give the files of one page, 1 to 1000.")
    return _listing(config, {"limit": limit}, timeout)


def following(
    page: FilePage, *, config: FoundryConfig, limit: int | None, timeout: TimeoutTypes | None
) -> WireRequest | None:
    """Gives the request for the page after this one, or None when it is the last."""
    # Version 2026-10-21 names the next page, 2023-06-01 the last file of this one.
    if page.next_page:
        return _listing(config, {"limit": limit, "page": page.next_page}, timeout)
    if page.has_more and page.data:
        return _listing(config, {"limit": limit, "after_id": page.last_id or page.data[-1].id}, timeout)
    return None


def _listing(config: FoundryConfig, params: Mapping[str, Any], timeout: TimeoutTypes | None) -> WireRequest:
    return endpoint("GET", _PATH, config=config, own=_WHOLE, betas=(FILES_BETA,), params=params, timeout=timeout)


def of_one(method: str, file_id: str, *, config: FoundryConfig, timeout: TimeoutTypes | None) -> WireRequest:
    """Gives the request about one file.

    Raises:
        ConfigurationError: the id is not one.
    """
    path = f"{_PATH}/{_checked_id(file_id)}"
    return endpoint(method, path, config=config, own=_WHOLE, betas=(FILES_BETA,), timeout=timeout)


def downloading(file_id: str, *, config: FoundryConfig, timeout: TimeoutTypes | None) -> WireRequest:
    """Gives the request for the content of a file.

    Raises:
        ConfigurationError: the id is not one.
    """
    path = f"{_PATH}/{_checked_id(file_id)}/content"
    request = endpoint("GET", path, config=config, own=_BINARY, betas=(FILES_BETA,), timeout=timeout)
    return replace(request, max_bytes=None)


def files(body: bytes, *, headers: Mapping[str, str], retries_taken: int) -> tuple[FilePage, list[FileMetadata]]:
    """Gives a page of the listing and its files, which carry the ids and retries of the request that listed them.

    Raises:
        ResponseFormatError: the answer is no page.
    """
    page = _wire.decode(FilePage, body, headers=headers, named="a page of files")
    carried = {**ids(headers), "retries_taken": retries_taken}
    return page, [file.model_copy(update=carried) for file in page.data]


def length(headers: Mapping[str, str]) -> int | None:
    """Gives the bytes of the content that an answer announces."""
    announced = headers.get("content-length", "")
    return int(announced) if announced.isdecimal() and "content-encoding" not in headers else None


def _checked_id(file_id: str) -> str:
    if not isinstance(file_id, str) or not _ID.fullmatch(file_id):
        raise ConfigurationError(
            f"file_id={file_id!r} is not the id of a file, such as 'file_011CNha8iCJcU1wXNR6q4V8w'."
        )
    return file_id

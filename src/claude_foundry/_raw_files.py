"""The Files API of a client without an event loop, its answers as they came over HTTP.

``_async_raw_files`` is its mirror, word for word with ``await``.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import httpx

from claude_foundry import _file_wire, _hooks, _response, _upload, _wire
from claude_foundry._http import Client
from claude_foundry._response import RawResponse
from claude_foundry._sender import Sender
from claude_foundry._timeout import TimeoutTypes
from claude_foundry._upload import FileSource, Progress, Upload
from claude_foundry._wire import WireRequest
from claude_foundry.errors import APIConnectionError
from claude_foundry.types._files import DeletedFile, FileMetadata, FilePage
from claude_foundry.types._message import Answer

T = TypeVar("T", bound=Answer)


class RawFiles:
    """The Files API of one client, its answers as they came over HTTP."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def upload(
        self,
        file: FileSource,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        on_progress: Progress | None = None,
        timeout: TimeoutTypes | None = None,
    ) -> RawResponse[FileMetadata]:
        """Uploads a file; arguments and errors are those of ``files.upload``.

        Source: https://platform.claude.com/docs/en/api/beta/files/upload
        """
        told = _hooks.progress(on_progress, in_loop=False)
        whole = _upload.upload(file, filename=filename, content_type=content_type, in_loop=False)

        def attempt(request: WireRequest, http: Client) -> httpx.Response:
            body = Body(whole, told)
            try:
                return self._sender.whole(replace(request, content=body), http)
            except APIConnectionError as error:
                # The transport takes what the file or the callback raises for a failure of its own.
                failed = error if body.failure is None else body.failure
            finally:
                body.close()
            try:
                # Raised in there, it would have an error for its context whose cause it is itself.
                raise failed
            finally:
                del failed

        config = self._sender.config
        request = _file_wire.uploading(
            config=config, headers=whole.headers(), repeatable=whole.repeatable, timeout=timeout
        )
        response = self._sender.retried(attempt, request)
        return RawResponse(response, decode=_as(FileMetadata, named="a file's metadata"))

    def list(self, *, limit: int | None = None, timeout: TimeoutTypes | None = None) -> RawResponse[FilePage]:
        """Gives the first page of the listing; arguments and errors are those of ``files.list``.

        Source: https://platform.claude.com/docs/en/api/beta/files/list
        """
        request = _file_wire.listing(config=self._sender.config, limit=limit, timeout=timeout)
        response = self._sender.answered(request)
        return RawResponse(response, decode=_as(FilePage, named="a page of files"))

    def metadata(self, file_id: str, *, timeout: TimeoutTypes | None = None) -> RawResponse[FileMetadata]:
        """Gives what is known of a file; arguments and errors are those of ``files.metadata``.

        Source: https://platform.claude.com/docs/en/api/beta/files/retrieve_metadata
        """
        request = _file_wire.of_one("GET", file_id, config=self._sender.config, timeout=timeout)
        response = self._sender.answered(request)
        return RawResponse(response, decode=_as(FileMetadata, named="a file's metadata"))

    def download(self, file_id: str, *, timeout: TimeoutTypes | None = None) -> RawResponse[bytes]:
        """Gives the content of a file; arguments and errors are those of ``files.download``.

        Source: https://platform.claude.com/docs/en/api/beta/files/download
        """
        request = _file_wire.downloading(file_id, config=self._sender.config, timeout=timeout)
        response = self._sender.answered(request)
        return RawResponse(response, decode=_response.content)

    def delete(self, file_id: str, *, timeout: TimeoutTypes | None = None) -> RawResponse[DeletedFile]:
        """Deletes a file for good; arguments and errors are those of ``files.delete``.

        Source: https://platform.claude.com/docs/en/api/beta/files/delete
        """
        request = _file_wire.of_one("DELETE", file_id, config=self._sender.config, timeout=timeout)
        response = self._sender.answered(request)
        return RawResponse(response, decode=_as(DeletedFile, named="a deletion"))


def _as(kind: type[T], *, named: str) -> Callable[[httpx.Response], T]:
    return _response.decoder(partial(_wire.decode, kind, named=named))


class Body:
    """The body of one attempt to upload: its pieces, told as they are sent, and what made it fail."""

    def __init__(self, whole: Upload, on_progress: Progress | None) -> None:
        self._whole = whole
        self._on_progress = on_progress
        self._frames = self._framed()
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self._frames

    def close(self) -> None:
        """Closes the file."""
        # The transport may be at a piece when it is cancelled; it then closes the file itself.
        with suppress(RuntimeError):
            self._frames.close()

    def _framed(self) -> Generator[bytes]:
        sent = 0
        try:
            yield self._whole.head
            with closing(self._whole.pieces()) as pieces:
                for piece in pieces:
                    sent = _upload.checked_size(sent + len(piece))
                    yield piece
                    _hooks.told(self._on_progress, sent, self._whole.size)
            yield self._whole.tail
        except Exception as error:
            self.failure = error
            raise

"""The Files API of a client without an event loop.

``_async_files`` is its mirror, word for word with ``await``.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx

from claude_foundry import _failures, _file_wire, _hooks, _response
from claude_foundry._http import Client
from claude_foundry._raw_files import RawFiles
from claude_foundry._sender import Sender
from claude_foundry._timeout import TimeoutTypes
from claude_foundry._upload import FileSource, Progress, Target
from claude_foundry._wire import WireRequest
from claude_foundry.types._files import DeletedFile, FileMetadata


class Files:
    """The Files API of one client; deployments hosted on Azure do not have it, those hosted on Anthropic do.

    Source: https://platform.claude.com/docs/en/build-with-claude/files
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @property
    def with_raw_response(self) -> RawFiles:
        """``upload``, ``list`` (one page), ``metadata``, ``download`` and ``delete``, giving answers as they came."""
        return RawFiles(self._sender)

    def upload(
        self,
        file: FileSource,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        on_progress: Progress | None = None,
        timeout: TimeoutTypes | None = None,
    ) -> FileMetadata:
        """Uploads a file of at most 500 MB, in pieces: it is never held whole.

        It is tried again like other requests, unless it is an iterator, which can be read once only.

        Args:
            file: a path, bytes, a file open in binary mode (read from where it stands, and left open), or an iterable
                of bytes.
            filename: its name. Default: that of the path or file.
            content_type: its media type. Default: what the name tells.
            on_progress: called with the bytes sent and those to send, None where unknown; another attempt starts anew.
            timeout: seconds for each wait on the connection, or a ``Timeout``.

        Raises:
            ConfigurationError: an argument is wrong, or the file is too large.
            OSError: the file cannot be read.
            APIError: the request failed, after the retries that could help.

        Source: https://platform.claude.com/docs/en/api/beta/files/upload
        """
        raw = self.with_raw_response.upload(
            file, filename=filename, content_type=content_type, on_progress=on_progress, timeout=timeout
        )
        return raw.parse()

    def list(self, *, limit: int | None = None, timeout: TimeoutTypes | None = None) -> Iterator[FileMetadata]:
        """Gives all files, page by page as they are asked for.

        Args:
            limit: files of one page, 1 to 1000. Default: the service's, 20.
            timeout: seconds for each wait on the connection, or a ``Timeout``.

        Raises:
            ConfigurationError: an argument is wrong.
            APIError: on iteration: a request failed, after the retries that could help.

        Source: https://platform.claude.com/docs/en/api/beta/files/list
        """
        first = _file_wire.listing(config=self._sender.config, limit=limit, timeout=timeout)
        return self._listed(first, limit, timeout)

    def metadata(self, file_id: str, *, timeout: TimeoutTypes | None = None) -> FileMetadata:
        """Gives what is known of a file.

        Args:
            file_id: of the file.
            timeout: seconds for each wait on the connection, or a ``Timeout``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            NotFoundError: there is no such file.
            APIError: the request failed, after the retries that could help.

        Source: https://platform.claude.com/docs/en/api/beta/files/retrieve_metadata
        """
        raw = self.with_raw_response.metadata(file_id, timeout=timeout)
        return raw.parse()

    def download(self, file_id: str, *, timeout: TimeoutTypes | None = None) -> bytes:
        """Gives the content of a file. The service gives out what tools made, not what was uploaded.

        Args:
            file_id: of the file.
            timeout: seconds for each wait on the connection, or a ``Timeout``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            BadRequestError: the file cannot be downloaded.
            APIError: the request failed, after the retries that could help.

        Source: https://platform.claude.com/docs/en/api/beta/files/download
        """
        raw = self.with_raw_response.download(file_id, timeout=timeout)
        return raw.content

    def download_to(
        self,
        file_id: str,
        path: str | os.PathLike[str],
        *,
        on_progress: Progress | None = None,
        timeout: TimeoutTypes | None = None,
    ) -> Path:
        """Writes the content of a file to a path, as it comes; the path appears once the content is whole.

        Args:
            file_id: of the file.
            path: to write; a file that is there is replaced.
            on_progress: called with the bytes written and those to come in all, None where unknown.
            timeout: seconds for each wait on the connection, or a ``Timeout``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            OSError: the path cannot be written.
            APIError: as for ``download``.

        Source: https://platform.claude.com/docs/en/api/beta/files/download
        """
        told = _hooks.progress(on_progress, in_loop=False)
        request = _file_wire.downloading(file_id, config=self._sender.config, timeout=timeout)
        with Target(path) as target:

            def attempt(request: WireRequest, http: Client) -> httpx.Response:
                return self._written(target, request, http, told)

            self._sender.retried(attempt, request)
        return target.path

    def delete(self, file_id: str, *, timeout: TimeoutTypes | None = None) -> DeletedFile:
        """Deletes a file for good.

        Args:
            file_id: of the file.
            timeout: seconds for each wait on the connection, or a ``Timeout``.

        Raises:
            ConfigurationError: an argument is wrong; nothing was sent.
            NotFoundError: there is no such file.
            APIError: the request failed, after the retries that could help.

        Source: https://platform.claude.com/docs/en/api/beta/files/delete
        """
        raw = self.with_raw_response.delete(file_id, timeout=timeout)
        return raw.parse()

    def _listed(
        self, request: WireRequest | None, limit: int | None, timeout: TimeoutTypes | None
    ) -> Iterator[FileMetadata]:
        while request is not None:
            response = self._sender.answered(request)
            page, files = _response.read(response, _response.decoder(_file_wire.files))
            for file in files:  # noqa: UP028 - what awaits has no yield from, and both shells are one text
                yield file
            request = _file_wire.following(page, config=self._sender.config, limit=limit, timeout=timeout)

    def _written(
        self, target: Target, request: WireRequest, http: Client, on_progress: Progress | None
    ) -> httpx.Response:
        target.restart()
        response = self._sender.sent(request, http)
        total = _file_wire.length(response.headers)
        try:
            with _failures.failures(request, response=response):
                for chunk in response.iter_bytes():
                    written = target.write(chunk)
                    _hooks.told(on_progress, written, total)
        finally:
            response.close()
        return response

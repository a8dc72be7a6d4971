"""The Files API of a client in an event loop.

``_files`` is its mirror, word for word without ``await``.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from claude_foundry import _failures, _file_wire, _hooks, _response
from claude_foundry._async_raw_files import AsyncRawFiles
from claude_foundry._async_sender import AsyncSender
from claude_foundry._http import AsyncClient
from claude_foundry._timeout import TimeoutTypes
from claude_foundry._upload import AsyncFileSource, AsyncProgress, Target
from claude_foundry._wire import WireRequest
from claude_foundry.types._files import DeletedFile, FileMetadata


class AsyncFiles:
    """The Files API of one client; deployments hosted on Azure do not have it, those hosted on Anthropic do.

    Source: https://platform.claude.com/docs/en/build-with-claude/files
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    @property
    def with_raw_response(self) -> AsyncRawFiles:
        """``upload``, ``list`` (one page), ``metadata``, ``download`` and ``delete``, giving answers as they came."""
        return AsyncRawFiles(self._sender)

    async def upload(
        self,
        file: AsyncFileSource,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        on_progress: AsyncProgress | None = None,
        timeout: TimeoutTypes | None = None,
    ) -> FileMetadata:
        """Uploads a file of at most 500 MB, in pieces: it is never held whole.

        It is tried again like other requests, unless it is an iterator, which can be read once only.

        Args:
            file: a path, bytes, a file open in binary mode (read from where it stands, and left open), or an iterable
                or asynchronous iterable of bytes.
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
        raw = await self.with_raw_response.upload(
            file, filename=filename, content_type=content_type, on_progress=on_progress, timeout=timeout
        )
        return raw.parse()

    def list(self, *, limit: int | None = None, timeout: TimeoutTypes | None = None) -> AsyncIterator[FileMetadata]:
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

    async def metadata(self, file_id: str, *, timeout: TimeoutTypes | None = None) -> FileMetadata:
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
        raw = await self.with_raw_response.metadata(file_id, timeout=timeout)
        return raw.parse()

    async def download(self, file_id: str, *, timeout: TimeoutTypes | None = None) -> bytes:
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
        raw = await self.with_raw_response.download(file_id, timeout=timeout)
        return raw.content

    async def download_to(
        self,
        file_id: str,
        path: str | os.PathLike[str],
        *,
        on_progress: AsyncProgress | None = None,
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
        told = _hooks.progress(on_progress, in_loop=True)
        request = _file_wire.downloading(file_id, config=self._sender.config, timeout=timeout)
        with Target(path) as target:

            async def attempt(request: WireRequest, http: AsyncClient) -> httpx.Response:
                return await self._written(target, request, http, told)

            await self._sender.retried(attempt, request)
        return target.path

    async def delete(self, file_id: str, *, timeout: TimeoutTypes | None = None) -> DeletedFile:
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
        raw = await self.with_raw_response.delete(file_id, timeout=timeout)
        return raw.parse()

    async def _listed(
        self, request: WireRequest | None, limit: int | None, timeout: TimeoutTypes | None
    ) -> AsyncIterator[FileMetadata]:
        while request is not None:
            response = await self._sender.answered(request)
            page, files = _response.read(response, _response.decoder(_file_wire.files))
            for file in files:
                yield file
            request = _file_wire.following(page, config=self._sender.config, limit=limit, timeout=timeout)

    async def _written(
        self, target: Target, request: WireRequest, http: AsyncClient, on_progress: AsyncProgress | None
    ) -> httpx.Response:
        target.restart()
        response = await self._sender.sent(request, http)
        total = _file_wire.length(response.headers)
        try:
            with _failures.failures(request, response=response):
                async for chunk in response.aiter_bytes():
                    written = await target.async_write(chunk)
                    await _hooks.async_told(on_progress, written, total)
        finally:
            await response.aclose()
        return response

"""The answers of the Files API.

Source: https://platform.claude.com/docs/en/api/beta/files
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from claude_foundry.types._message import Answer


class FileMetadata(Answer):
    """What is known of an uploaded file; its ``id`` stands for it in messages."""

    id: str
    type: Literal["file"]
    filename: str
    mime_type: str
    size_bytes: int
    created_at: datetime = Field(strict=False)
    downloadable: bool | None = None
    """Whether its content can be fetched: the service gives out what tools made, not what was uploaded."""
    expires_at: datetime | None = Field(default=None, strict=False)


class DeletedFile(Answer):
    """The confirmation that a file is gone."""

    id: str
    type: str | None = None


class FilePage(Answer):
    """One page of a listing, and where the next one begins: after ``last_id``, or at ``next_page``."""

    data: list[FileMetadata] = Field(default_factory=list)
    has_more: bool | None = None
    first_id: str | None = None
    last_id: str | None = None
    next_page: str | None = None

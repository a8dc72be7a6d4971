"""What bytes are, by their beginning; which kinds of file are text.

Sources: https://platform.claude.com/docs/en/build-with-claude/vision,
https://platform.claude.com/docs/en/build-with-claude/pdf-support
"""

import base64
import binascii

IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
PDF = "application/pdf"
_TEXTS = frozenset(
    f"application/{kind}"
    for kind in (
        *("csv", "ecmascript", "graphql", "javascript", "json", "json-lines", "jsonl", "ndjson", "sql", "toml"),
        *("typescript", "x-httpd-php", "x-javascript", "x-ndjson", "x-python", "x-sh", "x-sql", "x-tex"),
        *("x-toml", "x-yaml", "xml", "yaml"),
    )
)
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", PDF),
)


def media_type(data: bytes) -> str | None:
    """Gives the media type of an image or PDF that Claude takes, or None when it is neither."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), None)


def media_type_of_base64(data: str | bytes) -> str | None:
    """Gives the media type of what is encoded, likewise; what is no base64 is neither."""
    try:
        return media_type(base64.b64decode(data[:32], validate=True))
    except (binascii.Error, ValueError):
        return None


def is_text(kind: str) -> bool:
    """Tells whether files of a media type are text, whatever kind of text: the API takes it as ``text/plain`` only."""
    bare = kind.partition(";")[0].strip().lower()
    return bare.startswith("text/") or bare in _TEXTS or bare.endswith(("+json", "+xml", "+yaml"))

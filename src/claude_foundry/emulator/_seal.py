"""Text that goes through a conversation unread: ``encrypted_content`` and the like, opened only by who sealed it.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool
"""

import base64
import binascii
import hashlib
import zlib

_MARK = "RW11bGF0b3I"
_CHECKED_BYTES = 12


def sealed(text: str) -> str:
    """Gives a text in a form that shows nothing of it, and tells when it was changed."""
    packed = zlib.compress(text.encode())
    return _MARK + base64.b64encode(hashlib.sha256(packed).digest()[:_CHECKED_BYTES] + packed).decode()


def opened(seal: str) -> str | None:
    """Gives the text of a seal, or None when it is broken or somebody else's."""
    try:
        whole = base64.b64decode(seal.removeprefix(_MARK), validate=True)
        check, packed = whole[:_CHECKED_BYTES], whole[_CHECKED_BYTES:]
        intact = seal.startswith(_MARK) and hashlib.sha256(packed).digest()[:_CHECKED_BYTES] == check
        return zlib.decompress(packed).decode() if intact else None
    except (binascii.Error, ValueError, zlib.error):
        return None


def is_broken(seal: object) -> bool:
    """Tells whether a seal was made here and then changed; what the service sealed is taken as it is."""
    return not isinstance(seal, str) or (seal.startswith(_MARK) and opened(seal) is None)

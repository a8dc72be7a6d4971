"""Ids: the same for the same request and serial number, different for every answer."""

import hashlib

_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Ids:
    """Makes the ids of one answer."""

    def __init__(self, serial: int, body: bytes) -> None:
        self._seed = hashlib.sha256(f"{serial}:".encode() + body).digest()

    def make(self, prefix: str, *, number: int = 0) -> str:
        """Gives an id such as ``msg_01...``."""
        value = int.from_bytes(self._digest(f"{prefix}{number}"), "big")
        return f"{prefix}_01" + "".join(_LETTERS[value // 58**place % 58] for place in range(22))

    def uuid(self) -> str:
        """Gives an id in the form of the gateway's."""
        text = self._digest("apim").hex()
        return "-".join((text[:8], text[8:12], f"4{text[13:16]}", f"a{text[17:20]}", text[20:32]))

    def _digest(self, purpose: str) -> bytes:
        return hashlib.sha256(purpose.encode() + self._seed).digest()

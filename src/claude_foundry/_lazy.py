"""Names of a package that are imported when they are asked for.

Source: https://peps.python.org/pep-0562/
"""

from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Any


def attribute(package: str, name: str, *, names: Collection[str], homes: Sequence[str]) -> Any:
    """Gives what a package offers under a name.

    Args:
        package: that was asked.
        name: what it was asked for.
        names: that it offers.
        homes: its modules that hold them, in the order in which they are looked through.

    Raises:
        AttributeError: it offers no such name.
    """
    for home in homes if name in names else ():
        found = getattr(import_module(f"{package}.{home}"), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {package!r} has no attribute {name!r}")

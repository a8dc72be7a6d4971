"""Fields of a JSON object, as the API takes them."""

from collections.abc import Mapping
from typing import Any


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the fields that have a value; None stands for one that is not given."""
    return {name: value for name, value in fields.items() if value is not None}

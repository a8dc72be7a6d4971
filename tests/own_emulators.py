"""Emulators with settings of their own, for modules of tests with cassettes."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from claude_foundry.emulator import Emulator
from claude_foundry.testing import _service
from claude_foundry.testing._plugin import _SERVICE


@contextmanager
def serving(service: _service.Service, request: pytest.FixtureRequest, **settings: Any) -> Iterator[_service.Service]:
    """Gives the service of the run; where an emulator stands for it, one with these settings."""
    if not service.recorded_from.startswith("emulator"):
        yield service
        return
    with Emulator(api_key=secrets.token_urlsafe(24), **settings) as own:
        request.config.stash[_SERVICE] = served = _service.emulated(own)
        yield served
    request.config.stash[_SERVICE] = service


def without_formats(deployments: Mapping[str, str]) -> dict[str, Any]:
    """Gives the settings of an emulator whose deployments have no output format."""
    return {"deployments": deployments, "unsupported": {name: ["structured_outputs"] for name in deployments}}

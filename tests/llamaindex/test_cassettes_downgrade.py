"""Objects from deployments whose names tell nothing and that refuse a way of asking, against recorded traffic."""

from collections.abc import Iterator
from typing import Any

import pytest

from claude_foundry.llamaindex import ClaudeFoundry
from claude_foundry.testing._service import Service
from tests.llamaindex.test_cassettes_objects import Trip, objects
from tests.own_emulators import serving, without_formats

pytestmark = pytest.mark.vcr
DEPLOYMENTS = {"trips": "claude-haiku-4-5", "journeys": "claude-opus-5-5"}
METHODS = ("predict", "apredict", "stream", "astream")


@pytest.fixture(scope="module")
def foundry_service(foundry_service: Service, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service of the run; where an emulator stands for it, one whose deployments have no output format."""
    with serving(foundry_service, request, **without_formats(DEPLOYMENTS)) as served:
        yield served


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("method", METHODS)
async def test_automatic_downgrade(foundry_endpoint: dict[str, Any], method: str, deployment: str) -> None:
    """Where the format is refused a tool is forced, and where that is refused too it is asked for in words."""
    llm = ClaudeFoundry(model=deployment, max_tokens=2048, **foundry_endpoint)

    first, second = await objects(llm, method), await objects(llm, method)

    assert first[-1] == second[-1] == Trip(city="Paris", days=3)
    known = (llm.async_client if method.startswith("a") else llm.client).capabilities(deployment)
    assert known.has("structured_outputs") is False

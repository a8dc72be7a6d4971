"""What a client learns of its deployments from their answers."""

import json
from concurrent.futures import ThreadPoolExecutor

from claude_foundry._learnt import Learnt
from claude_foundry.errors import APIError, APITimeoutError, from_response


def refusal(named: str, deployment: str | None = "a") -> APIError:
    said = {"type": "error", "error": {"type": "invalid_request_error", "message": f"{named}"}}
    return from_response(400, headers={}, body=json.dumps(said).encode(), deployment=deployment)


def test_refused_features() -> None:
    """Features that a deployment refused add up, and count for that deployment alone."""
    learnt = Learnt()

    learnt.take_in(refusal("structured_outputs not supported in your workspace."))
    learnt.take_in(refusal("code_execution, memory not supported in your workspace."))

    assert learnt.refused("a") == {"structured_outputs", "code_execution", "memory"}
    assert learnt.refused("b") == frozenset()


def test_other_failures() -> None:
    """Of any other failure, and of one whose deployment is not known, nothing is remembered."""
    learnt = Learnt()

    learnt.take_in(APITimeoutError("late"))
    learnt.take_in(refusal("max_tokens: Field required"))
    learnt.take_in(refusal("structured_outputs not supported in your workspace.", deployment=None))

    assert learnt.refused("a") == frozenset()


def test_many_threads() -> None:
    """Nothing that threads learn at the same time is lost."""
    learnt = Learnt()
    failures = [refusal(f"feature_{number} not supported in your workspace.") for number in range(400)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(learnt.take_in, failures))

    assert learnt.refused("a") == {f"feature_{number}" for number in range(400)}

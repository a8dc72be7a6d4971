"""What to do about a refusal, told with it."""

import json
import pickle

import httpx
import pytest

import claude_foundry.errors as errors
from claude_foundry import RequestTooLargeError
from claude_foundry.errors import from_response
from tests.shells import REQUEST, FakeTime, Script, Shell, both
from tests.test_errors import IDS, anthropic, error


@pytest.mark.parametrize(
    ("said", "features"),
    [
        ("structured_outputs not supported in your workspace.", ("structured_outputs",)),
        ("code_execution, mcp_connector not supported in your workspace", ("code_execution", "mcp_connector")),
        ("tools.0: structured_outputs not supported in your workspace.", ("structured_outputs",)),
        ('{"message":"structured_outputs not supported in your workspace."}', ("structured_outputs",)),
        ("features are not available for Azure AI Foundry workspace(s): skills and files", ("skills", "files")),
        ("features are not available for Azure AI Foundry workspaces: a, b_c and d", ("a", "b_c", "d")),
        ("Server-side web search is not available in this environment", ("web_search",)),
    ],
)
def test_features_that_a_deployment_lacks(said: str, features: tuple[str, ...]) -> None:
    """A feature that the service refuses is named, with the deployment and the way out; the error pickles whole."""
    body = json.dumps(anthropic("invalid_request_error", said)).encode()

    found = from_response(400, headers=IDS, body=body, deployment="team-a")

    assert isinstance(found, errors.FeatureNotSupportedError)
    assert isinstance(found, errors.BadRequestError)
    assert (found.features, found.deployment, found.retryable) == (features, "team-a", False)
    assert found.hint in str(found)
    assert "Hosted on Anthropic (model version 1)" in str(found)
    assert vars(pickle.loads(pickle.dumps(found))) == vars(found)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "thread: message threads are not supported in your workspace."),
        (400, "adaptive thinking is not supported on this model"),
        (400, "max_tokens: Field required"),
        (403, "structured_outputs not supported in your workspace."),
        (500, "Server-side web search is not available in this environment"),
    ],
)
def test_other_refusals(status: int, said: str) -> None:
    """A refusal that is not of a feature stays what its status says."""
    assert not isinstance(error(status, anthropic("x", said)), errors.FeatureNotSupportedError)


@both
def test_the_size_of_what_is_too_large(shell: type[Shell]) -> None:
    """A 413 tells the size of the request beside the limit."""
    long = [{"role": "user", "content": "x" * 3_000_000}]

    with pytest.raises(RequestTooLargeError, match=r"32 MB \(this one has 3\.0 MB\): send") as caught:
        shell(Script(httpx.Response(413)), FakeTime()).create(**{**REQUEST, "messages": long})

    assert caught.value.hint in str(caught.value)


def test_a_size_that_is_not_known() -> None:
    """Where the size of a request is not known, the limit is told alone."""
    assert "A request may have 32 MB: send" in str(from_response(413, headers={}, body=b"", sent=None))

"""Which features a request asks for, which betas it needs, and what is known of a deployment."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry import Capabilities, ConfigurationError
from claude_foundry._features import FEATURES, Feature, betas, capabilities, feature, used
from claude_foundry._models import MODELS, UNKNOWN
from claude_foundry._wire import decode_message
from tests.answers import IDS, message

FILE = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
BETA = re.compile(r"[a-z0-9-]+-\d{4}-\d{2}-\d{2}")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FIELDS = ("tools", "messages", "thinking", "output_config", "mcp_servers", "container", "context_management", "system")


def user(*blocks: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(blocks)}]}


def tool(kind: str) -> dict[str, Any]:
    return {"tools": [{"type": kind}]}


@pytest.mark.parametrize("row", FEATURES.values(), ids=lambda row: row.name)
def test_rows(row: Feature) -> None:
    """A feature that is generally available, or not there at all, needs no beta; a beta is a name with a date."""
    named = {beta for beta in row.uses.values() if beta}

    assert all(BETA.fullmatch(beta) for beta in named)
    assert not named or row.status in ("beta", "unverified")
    assert (row.status == "not on Foundry") == (row.azure is False and row.anthropic is False)
    assert (row.status == "unverified") == (row.azure is None)
    assert row.column is None or isinstance(getattr(UNKNOWN, row.column), bool)


@pytest.mark.parametrize(
    ("request_", "features", "needed"),
    [
        ({"mcp_servers": [{"type": "url"}]}, ["mcp_connector"], ["mcp-client-2025-11-20"]),
        ({"container": {"skills": [{"skill_id": "xlsx"}]}}, ["agent_skills"], ["skills-2025-10-02"]),
        (user(FILE), ["files"], ["files-api-2025-04-14"]),
        (user({"type": "tool_result", "content": [FILE]}), ["files"], ["files-api-2025-04-14"]),
        (user({"type": "container_upload", "file_id": "f"}), ["files"], ["files-api-2025-04-14"]),
        (
            tool("code_execution_20250522"),
            ["code_execution", "legacy_code_execution"],
            ["code-execution-2025-05-22"],
        ),
        (tool("code_execution_20250825"), ["code_execution"], []),
        (tool("computer_20251124"), ["computer_use"], ["computer-use-2025-11-24"]),
        (tool("computer_20250124"), ["computer_use"], ["computer-use-2025-01-24"]),
        (
            {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
            ["context_editing"],
            ["context-management-2025-06-27"],
        ),
        ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, ["compaction"], ["compact-2026-01-12"]),
        ({"compaction": {"type": "summarize"}}, ["compaction"], ["compact-2026-09-04"]),
        ({"fallback_credit_token": "t"}, ["fallback_credit"], ["fallback-credit-2026-07-01"]),
        (
            {"thinking": {"type": "adaptive", "display": "updates"}},
            ["thinking", "thinking_updates"],
            ["thinking-display-updates-2026-08-18"],
        ),
        ({"output_config": {"task_budget": {"total": 1}}}, ["task_budgets"], ["task-budgets-2026-03-13"]),
        (
            user({"type": "tool_removal", "name": "x"}),
            ["changing_tools"],
            ["mid-conversation-tool-changes-2026-07-01"],
        ),
        ({"output_config": {"format": {}}}, ["structured_outputs"], []),
        ({"tools": [{"strict": True, "input_schema": {}}]}, ["client_tools", "structured_outputs"], []),
        ({"tools": [{"strict": False, "input_schema": {}}]}, ["client_tools"], []),
        ({"output_config": {"effort": "low"}}, ["effort"], []),
        (tool("web_search_20250305"), ["web_search"], []),
        (tool("web_search_20260318"), ["web_search", "dynamic_filtering"], []),
        (tool("code_execution_20260120"), ["code_execution"], []),
        (tool("memory_20250818"), ["memory"], []),
        (tool("advisor_20260301"), ["advisor"], []),
        ({"tools": [{"allowed_callers": ["code_execution_20260120"]}]}, ["programmatic_tool_calling"], []),
        ({"speed": "standard"}, [], []),
        ({"speed": "fast"}, ["fast_mode"], []),
        (user({"type": "document", "citations": {"enabled": True}}), ["citations"], []),
        (user({"type": "document", "citations": {"enabled": False}}), [], []),
        ({"system": [{"type": "text", "cache_control": {"type": "ephemeral"}}]}, ["prompt_caching"], []),
        ({"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1, "model": "m"}, [], []),
        ({"mcp_servers": [], "container": "c", "context_management": None, "compaction": None}, [], []),
    ],
)
def test_requests(request_: dict[str, Any], features: list[str], needed: list[str]) -> None:
    """What a request asks for is read off its fields, and only betas are named."""
    assert used(request_) == features
    assert betas(request_) == needed


@pytest.mark.parametrize("given_", ["mcp-client-2025-04-04", "mcp-client-2025-11-20", "mcp-client-2026-09-15"])
def test_own_beta_of_a_family(given_: str) -> None:
    """A beta that the caller names stands for the table's of the same family, and for no other."""
    request = {"mcp_servers": [{"type": "url"}], **tool("computer_20251124")}

    assert betas(request, given=[given_]) == ["computer-use-2025-11-24"]
    assert betas(request, given=["mcp-client-extra-2025-11-20"]) == [
        "mcp-client-2025-11-20",
        "computer-use-2025-11-24",
    ]


def test_a_beta_is_named_once() -> None:
    """Two uses of one beta name it once."""
    assert betas(user(FILE, FILE, {"type": "container_upload"})) == ["files-api-2025-04-14"]


def test_typed_blocks() -> None:
    """Blocks of an earlier answer are looked into as they are."""
    answer = decode_message(json.dumps(message(FILE)).encode(), headers=IDS)

    assert used({"messages": [{"role": "assistant", "content": answer.content}]}) == ["files"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_request(request_: dict[str, Any]) -> None:
    """A request of any form is looked into without an error, for the service to judge."""
    assert set(used(request_)) <= FEATURES.keys()
    assert betas(request_, given=betas(request_)) == []


def test_unknown_feature() -> None:
    """A feature that is not in the table is refused with the names that are."""
    with pytest.raises(ConfigurationError, match=r"'structured_output' is no feature .*structured_outputs"):
        feature("structured_output")


@pytest.mark.parametrize(
    ("deployment", "base_model", "expected"),
    [
        ("claude-opus-5-5", None, "claude-opus-5-5"),
        ("team-a-opus-4.8", None, "claude-opus-4-8"),
        ("team-a", None, None),
        ("team-a", "claude-haiku-4-5", "claude-haiku-4-5"),
        ("claude-opus-5-5", "claude-haiku-4-5", "claude-haiku-4-5"),
        ("claude-opus-5-5", "something-new", None),
    ],
)
def test_model_of_a_deployment(deployment: str, base_model: str | None, expected: str | None) -> None:
    """The base model beats what the deployment's name says; an unknown one gets the unknown model's limits."""
    found = capabilities(deployment, base_model=base_model, refused=frozenset())

    assert (found.deployment, found.model.name) == (deployment, expected)


@pytest.mark.parametrize(("deployment", "base_model", "named"), [(None, None, "model"), ("a", 5, "base_model")])
def test_names_that_are_none(deployment: Any, base_model: Any, named: str) -> None:
    """What is no name is refused, by the name of its argument."""
    with pytest.raises(ConfigurationError, match=f"{named} is "):
        capabilities(deployment, base_model=base_model, refused=frozenset())


@pytest.mark.parametrize(
    ("model", "name", "expected"),
    [
        ("claude-opus-5-5", "mcp_connector", True),
        ("claude-opus-5-5", "code_execution", None),
        ("claude-fable-5-2", "code_execution", True),
        ("claude-opus-5-5", "message_batches", False),
        ("claude-opus-5-5", "task_budgets", None),
        ("claude-opus-5-5", "structured_outputs", True),
        ("claude-haiku-5-5", "structured_outputs", False),
        ("own-name", "code_execution", None),
        ("own-name", "mcp_connector", True),
    ],
)
def test_features_of_a_deployment(model: str, name: str, expected: bool | None) -> None:
    """Where a model is hosted in one way only, its features are known; else those of one way alone are not."""
    assert capabilities(model, base_model=None, refused=frozenset()).has(name) is expected


def test_refused_features() -> None:
    """What a deployment has refused it lacks, whatever the tables say, also under a name not known here."""
    found = Capabilities(
        deployment="a", model=MODELS["claude-opus-5-5"], refused=frozenset({"structured_outputs", "new"})
    )

    assert (found.has("structured_outputs"), found.has("new"), found.has("vision")) == (False, False, True)
    with pytest.raises(ConfigurationError, match="no feature"):
        found.has("newer")

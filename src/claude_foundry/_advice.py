"""What to do about an error answer, and what it says is not there.

Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (troubleshooting)
"""

import re
from typing import Literal, NamedTuple, TypeAlias

from claude_foundry._refusal import MOST_SAID, Refusal

Missing: TypeAlias = Literal["feature", "deployment", "endpoint", "api"]
"""What an error answer may say is not there."""
_LACKING = re.compile(
    r"(?:^|[^\w\s]\s*)(?P<listed>[\w-]+(?:, ?[\w-]+)*) not supported in your workspace"
    r"|not available for Azure AI Foundry workspace(?:s|\(s\))?: (?P<joined>[\w-]+(?:(?:, ?| and )[\w-]+)*)"
    r"|(?:^|[^\w\s]\s*)(?P<single>[\w-]+(?: [\w-]+){0,3}) is not available in this environment",
    re.IGNORECASE,
)
_LACKING_HINT = (
    "The deployment lacks this where it is hosted: leave it out, or use a deployment Hosted on Anthropic "
    "(model version 1), which has what Azure's hosting lacks."
)


class _Advice(NamedTuple):
    """What to do about a refusal of a status in which a sign is found."""

    status: int
    sign: str
    hint: str
    missing: Missing | None = None


_ENDPOINT_HINT = (
    "Check the endpoint: it must be https://<resource>.services.ai.azure.com/anthropic, "
    "and `model` must be a deployment name of that resource."
)
_ADVICE = [
    _Advice(
        401,
        r"PermissionDenied|lacks the required data action",
        "The identity lacks a role: assign 'Foundry User' or 'Cognitive Services User' on the resource; "
        "a new assignment takes some minutes to take effect.",
    ),
    _Advice(
        401,
        r"",
        "Check that the key belongs to this resource and that the endpoint is the resource's own; "
        "with Entra ID, check the tenant and that the scope is https://ai.azure.com/.default. "
        "Resources with local authentication disabled take Entra ID only.",
    ),
    _Advice(
        403,
        r"",
        "Check the role assignment ('Foundry User' or 'Cognitive Services User'; minutes to take effect) "
        "and the resource's network rules (public access, private endpoint).",
    ),
    _Advice(
        404,
        r"api_not_supported",
        "Claude is served below /anthropic/v1/messages only: check base_url for an OpenAI or inference path.",
        "api",
    ),
    _Advice(
        404,
        r"\bfile_",
        "Check the id of the file: client.files.list() names those that are there.",
    ),
    _Advice(
        404,
        r"DeploymentNotFound|not_found_error.*model:|\b[Dd]eployment\b",
        "`model` is the deployment name chosen in Foundry, which may differ from the model id; "
        "a new deployment takes up to five minutes to appear.",
        "deployment",
    ),
    # What answers where Claude's API does not: Azure's gateways, and any other server.
    _Advice(
        404, r"\b404\b|Resource not found|Unable to match incoming request|Not Found\b", _ENDPOINT_HINT, "endpoint"
    ),
    _Advice(404, r"", _ENDPOINT_HINT),
    _Advice(
        413,
        r"",
        "A request may have 32 MB{sent}: send large files through the Files API or by URL, or fewer of them at once.",
    ),
    _Advice(
        429,
        r"",
        "A rate limit of the subscription is reached (requests, input or output tokens per minute, shared by all "
        "deployments of the model): wait, lower max_tokens or concurrency, or ask for more quota.",
    ),
]


def lacking(refusal: Refusal) -> tuple[str, ...]:
    """Gives the names of the features that a refusal says the deployment lacks, such as ``structured_outputs``."""
    # The sentence is short; what a gateway may put in its place is not.
    found = _LACKING.search(refusal.message[:1000]) if refusal.status_code == 400 else None
    if found is None:
        return ()
    named = re.split(r", ?| and ", next(filter(None, found.groups())))
    return tuple(re.sub(r"[\s-]+", "_", name.lower().removeprefix("server-side ")) for name in named)


def advice_on(refusal: Refusal) -> tuple[str | None, Missing | None]:
    """Gives what to do about a refusal, from the provider's troubleshooting, and what it says is not there."""
    if lacking(refusal):
        return _LACKING_HINT, "feature"
    seen = f"{refusal.code} {refusal.type} {refusal.message}"[:MOST_SAID]
    for row in _ADVICE:
        if row.status == refusal.status_code and re.search(row.sign, seen):
            sent = "" if refusal.sent is None else f" (this one has {refusal.sent / 1e6:.1f} MB)"
            return row.hint.format(sent=sent), row.missing
    return None, None

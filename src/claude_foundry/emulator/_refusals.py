"""How the service says no: Anthropic's error bodies, and those of the gateway before it.

Sources: https://platform.claude.com/docs/en/api/errors and
https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (troubleshooting)
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An error answer: its status and body, and whether Anthropic's layer gives it or the gateway."""

    status: int
    body: dict[str, Any]

    @property
    def by_gateway(self) -> bool:
        return "type" not in self.body


def invalid(message: str) -> Refusal:
    """Gives the 400 for a request that breaks a rule of the API."""
    return _anthropic(400, "invalid_request_error", message)


def not_found(message: str) -> Refusal:
    """Gives the 404 for what does not exist, or no longer."""
    return _anthropic(404, "not_found_error", message)


def _anthropic(status: int, kind: str, message: str, **more: Any) -> Refusal:
    return Refusal(status=status, body={"type": "error", "error": {"type": kind, "message": message, **more}})


def _gateway(status: int, code: str, message: str, **more: str) -> Refusal:
    return Refusal(status=status, body={"error": {"code": code, "message": message, **more}})


UNAUTHORIZED = _gateway(
    401,
    "401",
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource.",
)
NOT_FOUND = _gateway(404, "404", "Resource not found")
NOT_SUPPORTED = _gateway(
    404,
    "api_not_supported",
    "Requested API is currently not supported",
    details="Claude deployments answer POST /anthropic/v1/messages and /anthropic/v1/messages/count_tokens only.",
)
DEPLOYMENT_NOT_FOUND = _gateway(
    404,
    "DeploymentNotFound",
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
    "please wait a moment and try again.",
    type="invalid_request_error",
)
# Clients that keep their conversations on the server know by this code to send them whole.
NO_THREADS = _anthropic(
    400,
    "invalid_request_error",
    "thread: message threads are not supported in your workspace.",
    details={"error_code": "thread_unsupported_request", "unsupported": ["thread"]},
)
TOO_LARGE = _anthropic(413, "request_too_large", "Request exceeds the maximum size")

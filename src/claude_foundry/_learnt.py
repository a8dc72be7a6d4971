"""What a client learns of its deployments from their answers; its copies share it.

Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (hosting options)
"""

from collections.abc import Iterable
from contextlib import suppress

from pydantic_core import from_json

from claude_foundry import _features
from claude_foundry._features import Capabilities
from claude_foundry._forks import lock_of
from claude_foundry._output_ways import never_forces
from claude_foundry.errors import FeatureNotSupportedError
from claude_foundry.types import StreamEvent

# Nothing else tells where a deployment is hosted. As seen in answers, not documented; "us" is a data zone of Azure.
_HOSTING = {"global": "azure", "us": "azure", "not_available": "anthropic"}


class Learnt:
    """Remembers where a deployment is hosted, and what it has refused. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = lock_of(self)
        self._refused: dict[str, frozenset[str]] = {}
        self._unforced: set[str] = set()
        self._hosting: dict[str, str] = {}

    def take_in(self, failure: Exception, *, deployment: str | None = None) -> None:
        """Remembers the features that a failure names as refused by a deployment, and that it lets no tool be forced.

        Of other failures, nothing.

        Args:
            failure: as it was raised; one that does not name its deployment gets the given one.
            deployment: that was asked.
        """
        if deployment is not None and never_forces(failure):
            with self._lock:
                self._unforced.add(deployment)
        if not isinstance(failure, FeatureNotSupportedError):
            return
        failure.deployment = failure.deployment or deployment
        if failure.deployment is not None:
            with self._lock:
                before = self._refused.get(failure.deployment, frozenset())
                self._refused[failure.deployment] = before.union(failure.features)

    def take_in_geo(self, inference_geo: str | None, *, deployment: str | None) -> None:
        """Remembers where a deployment is hosted, if the usage of its answer shows it; the last answer counts."""
        hosting = _HOSTING.get(inference_geo or "")
        if deployment is not None and hosting is not None:
            with self._lock:
                self._hosting[deployment] = hosting

    def take_in_body(self, body: bytes, *, deployment: str | None) -> None:
        """Does so for the body of a whole answer, whatever it is."""
        with suppress(ValueError):
            match from_json(body):
                case {"usage": {"inference_geo": str(geo)}}:
                    self.take_in_geo(geo, deployment=deployment)

    def take_in_events(self, events: Iterable[StreamEvent], *, deployment: str | None) -> None:
        """Does so for the first events of a stream."""
        for event in events:
            match event:
                case {"type": "message_start", "message": {"usage": {"inference_geo": str(geo)}}}:
                    self.take_in_geo(geo, deployment=deployment)

    def refused(self, deployment: str) -> frozenset[str]:
        """Gives the names of the features that a deployment has refused."""
        with self._lock:
            return self._refused.get(deployment, frozenset())

    def hosting(self, deployment: str) -> str | None:
        """Gives where a deployment is hosted, ``azure`` or ``anthropic``, or None where no answer has shown it."""
        with self._lock:
            return self._hosting.get(deployment)

    def capabilities(self, deployment: str, *, base_model: str | None) -> Capabilities:
        """Gives what is known of a deployment, with what was learnt of it.

        Raises:
            ConfigurationError: a name is no string.
        """
        with self._lock:
            is_unforced = deployment in self._unforced
        return _features.capabilities(
            deployment,
            base_model=base_model,
            refused=self.refused(deployment),
            hosting=self.hosting(deployment),
            unforced=is_unforced,
        )

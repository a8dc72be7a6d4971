"""What a client learns of its deployments from their answers; its copies share it."""

import threading

from claude_foundry.errors import APIError, FeatureNotSupportedError


class Learnt:
    """Remembers which features a deployment has refused. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused: dict[str, frozenset[str]] = {}

    def take_in(self, failure: APIError) -> None:
        """Remembers the features that a failure names as refused by a deployment; of other failures, nothing."""
        if isinstance(failure, FeatureNotSupportedError) and failure.deployment is not None:
            with self._lock:
                before = self._refused.get(failure.deployment, frozenset())
                self._refused[failure.deployment] = before.union(failure.features)

    def refused(self, deployment: str) -> frozenset[str]:
        """Gives the names of the features that a deployment has refused."""
        with self._lock:
            return self._refused.get(deployment, frozenset())

"""What calls on one transport tell each other: how many retries the service can bear, and when it asked for a pause.

Sources: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html (retry quota),
https://github.com/grpc/proposal/blob/master/A6-client-retries.md (throttling of retries)
"""

from collections.abc import Callable

from claude_foundry._forks import lock_of

CAPACITY = 500.0
COST = 14.0
COST_OF_THROTTLED = 5.0
_RECOVERED = CAPACITY / 2
_A_SECOND = 1.0
_A_SUCCESS = 1.0
_SPREAD = 0.1


class Brakes:
    """Tokens that retries take and successes bring back, and pauses of deployments. Safe to share between threads.

    In an outage the tokens run out, and calls fail at their first attempt instead of multiplying the load.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = lock_of(self)
        self._tokens = CAPACITY
        # A caller that is seldom there would otherwise wait for hours until its successes allow a retry again.
        self._filled_at: float | None = None
        self._is_dry = self._is_news = False
        self._paused: dict[str, float] = {}

    def spend(self, cost: float) -> bool:
        """Takes the tokens of a retry; tells whether there were enough."""
        with self._lock:
            self._fill()
            if self._tokens >= _RECOVERED:
                self._is_dry = False
            if cost > self._tokens:
                self._is_news, self._is_dry = self._is_news or not self._is_dry, True
                return False
            self._tokens -= cost
            return True

    def ran_dry(self) -> bool:
        """Tells once that there were not enough tokens, and again only when half of them had come back since."""
        with self._lock:
            is_news, self._is_news = self._is_news, False
            return is_news

    def left(self) -> float:
        """Gives the tokens there are."""
        with self._lock:
            self._fill()
            return self._tokens

    def earn(self, spent: float) -> float:
        """Gives the tokens of a retry back that led to success, or a little for a success without one.

        Gives the tokens there are then.
        """
        with self._lock:
            self._fill()
            self._tokens = min(CAPACITY, self._tokens + max(spent, _A_SUCCESS))
            return self._tokens

    def pause(self, deployment: str | None, seconds: float) -> None:
        """Keeps calls to a deployment back."""
        if deployment is not None and seconds > 0:
            with self._lock:
                self._paused[deployment] = max(self._monotonic() + seconds, self._paused.get(deployment, 0.0))

    def wait(self, deployment: str | None, *, jitter: float) -> float:
        """Gives the seconds for which a call to a deployment is to be kept back; calls that wait do not end as one."""
        if deployment not in self._paused:
            return 0.0
        with self._lock:
            left = self._paused.get(deployment, 0.0) - self._monotonic()
            if left <= 0:
                self._paused.pop(deployment, None)
        return max(left, 0.0) * (1 + _SPREAD * jitter)

    def _fill(self) -> None:
        now = self._monotonic()
        if self._filled_at is not None:
            self._tokens = min(CAPACITY, self._tokens + _A_SECOND * (now - self._filled_at))
        self._filled_at = now

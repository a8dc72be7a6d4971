"""What the HTTP library takes for a URL: it refuses some only when they are used, each in a way of its own."""

import httpx


def is_usable(url: str) -> bool:
    """Tells whether a request can be sent to a URL."""
    try:
        return bool(httpx.URL(url).host)
    except (httpx.InvalidURL, ValueError):
        return False

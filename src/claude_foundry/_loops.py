"""The event loop that runs, whichever library's it is."""

import asyncio
import sys
from contextlib import suppress

from claude_foundry.errors import ConfigurationError


def running_loop() -> object:
    """Gives what stands for the running event loop, and for no other."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        # No asyncio loop runs, and yet this is asynchronous code: httpx knows one other library.
        import trio

        return trio.lowlevel.current_trio_token()


def refuse_trio(said: str) -> None:
    """Refuses to run under trio.

    Args:
        said: why, and what to do instead.

    Raises:
        ConfigurationError: it does.
    """
    if "trio" not in sys.modules:
        return
    with suppress(RuntimeError):
        if not isinstance(running_loop(), asyncio.AbstractEventLoop):
            raise ConfigurationError(said)

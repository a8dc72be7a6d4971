"""The event loop that runs, whichever library's it is."""

import asyncio


def running_loop() -> object:
    """Gives what stands for the running event loop, and for no other."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        # No asyncio loop runs, and yet this is asynchronous code: httpx knows one other library.
        import trio

        return trio.lowlevel.current_trio_token()

"""Where the examples are answered: by Foundry if its variables are set, else by the embedded emulator."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from claude_foundry.emulator import Emulator


@contextmanager
def service() -> Iterator[str]:
    """Gives the name of the deployment to ask."""
    deployment = os.environ.get("CLAUDE_DEPLOYMENT", "claude-sonnet-5")
    if "ANTHROPIC_FOUNDRY_RESOURCE" in os.environ or "ANTHROPIC_FOUNDRY_BASE_URL" in os.environ:
        yield deployment
        return
    print("No ANTHROPIC_FOUNDRY_* variables: answered by the embedded emulator, not by Claude.\n")
    with Emulator() as emulator:
        os.environ.update(emulator.environ())
        yield deployment

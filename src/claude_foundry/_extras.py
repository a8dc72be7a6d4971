"""Parts of this package that need an extra, and what to install where it is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from claude_foundry.errors import MissingExtraError

_MODULES = {
    "langchain": ("langchain_core",),
    "langchain-agents": ("langchain", "langgraph"),
    "llamaindex": ("llama_index",),
    "emulator": ("starlette", "uvicorn"),
    "cli": ("typer",),
    "testing": ("pytest", "pytest_recording", "vcr", "yaml"),
}


def installation(extra: str) -> str:
    """Gives the command that installs an extra; without its quotes zsh reads the brackets as a pattern."""
    return f'pip install "claude-foundry[{extra}]"'


def entra_installed() -> bool:
    """Tells whether azure-identity can be imported, without importing it."""
    return find_spec("azure") is not None and find_spec("azure.identity") is not None


@contextmanager
def needing(extra: str, *, part: str) -> Iterator[None]:
    """Names the extra where what is imported inside is not installed.

    Any other module that is missing is told of as Python does it: something else is wrong then.

    Args:
        extra: that holds what is imported.
        part: of this package that needs it, as the subject of a sentence.

    Raises:
        MissingExtraError: a module of the extra is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _MODULES[extra]:
            raise
        raise MissingExtraError(f"{part} needs `{installation(extra)}`.") from None

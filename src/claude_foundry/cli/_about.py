"""``claude-foundry`` without a command."""

from typing import Annotated

import typer

from claude_foundry._version import __version__


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"claude-foundry {__version__}")
        raise typer.Exit


def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tells the version, and ends.")
    ] = False,
) -> None:
    """Claude in Microsoft Foundry."""

"""The command ``claude-foundry``: one file a command."""

import sys

from claude_foundry._extras import needing
from claude_foundry.errors import FoundryError


def main() -> None:
    """Runs the command line of this process."""
    try:
        _run()
    except FoundryError as error:
        sys.exit(f"claude-foundry: {error}")


def _run() -> None:
    with needing("cli", part="The command line"):
        import typer
    from claude_foundry.cli._about import about
    from claude_foundry.cli.emulate import emulate

    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)
    # With a callback, a single command keeps its name.
    app.callback()(about)
    app.command()(emulate)
    app()

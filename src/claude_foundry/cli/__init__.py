"""The command ``claude-foundry``: one file a command."""

import sys


def main() -> None:
    """Runs the command line of this process."""
    try:
        import typer
    except ModuleNotFoundError:
        sys.exit("claude-foundry: the command line needs `pip install claude-foundry[cli]`.")
    from claude_foundry.cli.emulate import emulate
    from claude_foundry.errors import FoundryError

    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)
    # With a callback, a single command keeps its name.
    app.callback()(_about)
    app.command()(emulate)
    try:
        app()
    except FoundryError as error:
        sys.exit(f"claude-foundry: {error}")


def _about() -> None:
    """Claude in Microsoft Foundry."""

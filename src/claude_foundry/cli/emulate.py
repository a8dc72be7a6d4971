"""``claude-foundry emulate``: the emulator until Ctrl-C."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from claude_foundry.emulator import Emulator
from claude_foundry.emulator._folder import pages_below

DEFAULT_PORT = 8484


def emulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = DEFAULT_PORT,
    pages: Annotated[
        Path | None,
        typer.Option(help="Folder that stands for the web: DIR/example.com/guide.html is https://example.com/guide."),
    ] = None,
) -> None:
    """Answers as Claude in Microsoft Foundry on this machine, without Azure, until Ctrl-C."""
    web = None if pages is None else pages_below(pages)
    with suppress(KeyboardInterrupt), Emulator(port=port, pages=web) as emulator:
        for line in instructions(emulator.environ(), platform=sys.platform):
            typer.echo(line)
        emulator.wait()


def instructions(environ: Mapping[str, str], *, platform: str) -> Iterator[str]:
    """Gives the lines to print: how to point a shell at the emulator, and that it is ready."""
    yield "Set these variables in the shell that runs your program:"
    for name, value in environ.items():
        yield f'  $env:{name} = "{value}"' if platform == "win32" else f"  export {name}={value}"
    yield "Ready. Answers are made from the requests, without a model. Ctrl-C ends."

"""``claude-foundry emulate``: the emulator until Ctrl-C."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated

import typer

from claude_foundry.emulator import Emulator

DEFAULT_PORT = 8484


def emulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = DEFAULT_PORT,
) -> None:
    """Answers as Claude in Microsoft Foundry on this machine, without Azure, until Ctrl-C."""
    with suppress(KeyboardInterrupt), Emulator(port=port) as emulator:
        for line in instructions(emulator.environ(), platform=sys.platform):
            typer.echo(line)
        emulator.wait()


def instructions(environ: Mapping[str, str], *, platform: str) -> Iterator[str]:
    """Gives the lines to print: how to point a shell at the emulator, and that it is ready."""
    yield "Set these variables in the shell that runs your program:"
    for name, value in environ.items():
        yield f'  $env:{name} = "{value}"' if platform == "win32" else f"  export {name}={value}"
    yield "Ready. Answers are made from the requests, without a model. Ctrl-C ends."

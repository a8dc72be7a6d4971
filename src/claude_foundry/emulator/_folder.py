"""A folder of files that stands for the web: ``DIR/example.com/guide.html`` is the page ``https://example.com/guide``."""

from pathlib import Path

from claude_foundry.errors import ConfigurationError

_PAGES = (".html", ".htm", ".txt", ".md")
_WEB_PAGES = (".html", ".htm")


def pages_below(folder: Path) -> dict[str, str]:
    """Reads the pages of a folder: texts and HTML by their address.

    Args:
        folder: whose folders are named after hosts. HTML is at its address without its ending; an
            ``index.html`` is the page of its folder.

    Raises:
        ConfigurationError: it is not a folder, holds no page, or a file in it is not UTF-8.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"pages={str(folder)!r} is not a folder.")
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _PAGES and file.parent != folder)
    if not files:
        raise ConfigurationError(f"pages={str(folder)!r} holds no page: put files below a folder named after a host.")
    return {_address(file.relative_to(folder)): _read(file) for file in files}


def _address(file: Path) -> str:
    if file.suffix.lower() not in _WEB_PAGES:
        return f"https://{file.as_posix()}"
    plain = file.parent if file.stem == "index" else file.with_suffix("")
    return f"https://{plain.as_posix()}"


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError(f"pages: {file.name!r} is not UTF-8.") from None

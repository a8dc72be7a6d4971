"""The pytest plugin: what VCR does with cassettes, whom tests talk to, and what fails a run.

Sources: https://github.com/kiwicom/pytest-recording, https://vcrpy.readthedocs.io/en/latest/advanced.html
"""

import functools
import os
import secrets
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pytest_recording.plugin import get_default_cassette_name
from vcr import VCR
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.record_mode import RecordMode
from vcr.request import Request
from vcr.serialize import deserialize, serialize

from claude_foundry import _shared
from claude_foundry._extras import entra_installed
from claude_foundry.testing import _service
from claude_foundry.testing._cassette import CassetteSerializer, at_example, to_body
from claude_foundry.testing._faults import FAULT, PIECE, breaking, noting
from claude_foundry.testing._match import first_difference, with_one_boundary, with_plain_docstrings
from claude_foundry.testing._privacy import CassetteError, without_tokens

if TYPE_CHECKING:
    from claude_foundry.emulator import Emulator

_FOLDER = "cassettes"
_CANCELLED = (
    "Not written: an asynchronous call was cancelled, or ended by the time limit `total`, while its answer was read. "
    "Limit its waits by `read`: what has come by then is recorded."
)
_SERVICE = pytest.StashKey[_service.Service]()
_REFUSED = pytest.StashKey[list[CassetteError]]()


@pytest.fixture(scope="session")
def foundry_emulator() -> Iterator["Emulator"]:
    """An emulator that listens for the whole session."""
    from claude_foundry.emulator import Emulator

    with Emulator(api_key=secrets.token_urlsafe(24)) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def foundry_service(request: pytest.FixtureRequest, record_mode: str) -> _service.Service:
    """Whom the tests marked ``vcr`` talk to: their cassettes, or while recording the real service or an emulator."""
    if record_mode == "none":
        service = _service.CASSETTES
    else:
        real = _service.real_service(os.environ, entra_installed=entra_installed())
        service = real or _service.emulated(request.getfixturevalue("foundry_emulator"))
    request.config.stash[_SERVICE] = service
    return service


@pytest.fixture
def foundry_endpoint(foundry_service: _service.Service) -> dict[str, Any]:
    """The keyword arguments that point a client, a chat model or an LLM at whom the test talks to.

    What is learnt of a deployment changes what is sent: no test goes on from what one before it has learnt.
    """
    _shared.forget()
    return dict(foundry_service.endpoint)


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """The folder of a module's cassettes."""
    return str(_folder(request.path, root=request.config.rootpath))


@pytest.fixture
def vcr_config(foundry_service: _service.Service, record_mode: str, pytestconfig: pytest.Config) -> dict[str, Any]:
    """How VCR matches, and in what pieces it plays."""
    is_played = record_mode == "none"
    lost = functools.partial(pytestconfig.stash[_REFUSED].append, CassetteError(_CANCELLED))
    patches = _patches(lost=None if is_played else lost)
    config = {"match_on": ["method", "host", "path", "body"], "custom_patches": patches}
    if is_played:
        return config
    return {**config, "before_record_request": functools.partial(_at_example, base_url=foundry_service.base_url)}


def pytest_configure(config: pytest.Config) -> None:
    """Refuses to add to a cassette: it says of itself as a whole what it was recorded from."""
    if config.getoption("--record-mode") not in (None, "none", "rewrite"):
        raise pytest.UsageError("claude-foundry records cassettes whole: use --record-mode=rewrite.")
    config.stash[_REFUSED] = []


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    """Makes VCR write and read documents of our own."""
    service = config.stash[_SERVICE]
    vcr.register_serializer("yaml", CassetteSerializer(recorded_from=service.recorded_from, host=service.host))
    vcr.register_persister(_Files(config.stash[_REFUSED]))
    vcr.register_matcher("body", _same_body)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Fails the run for cassettes that belong to no test."""
    chosen = any("::" in argument for argument in config.args) or config.getoption("lf", False)
    if chosen or config.getoption("--record-mode") == "rewrite":
        return
    if orphans := [str(file.relative_to(config.rootpath)) for file in _orphans(items, root=config.rootpath)]:
        raise pytest.UsageError(f"No test plays {', '.join(orphans)}: delete what is left of tests that are gone.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fails a test that passed without playing its cassette to the end, and tells how one is recorded."""
    try:
        result = yield
    except Exception as error:
        _tell_how_to_record(item, error)
        raise
    cassette = getattr(item, "funcargs", {}).get("vcr")
    if cassette is not None and cassette.record_mode == RecordMode.NONE:
        left = [str(request.uri) for at, request in enumerate(cassette.requests) if at not in cassette.play_counts]
        if left:
            pytest.fail(
                f"Not sent, but in the cassette of this test: {', '.join(left)}. Send or record.", pytrace=False
            )
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Raises what kept the cassette of a test from being written, once VCR is out of the way."""
    result = yield
    if refused := item.config.stash[_REFUSED]:
        error = refused[0]
        refused.clear()
        raise error
    return result


def _tell_how_to_record(item: pytest.Item, error: BaseException) -> None:
    """Says how a test is recorded whose cassette is not there; of another that differs, beside what VCR says.

    VCR names record modes that are refused here.
    """
    if not any(isinstance(each, CannotOverwriteExistingCassetteException) for each in _chain(error)):
        return
    command = f"pytest --record-mode=rewrite -m vcr '{item.nodeid}'"
    file = _file(item, root=item.config.rootpath)
    if not file.exists():
        told = f"There is no cassette {file.relative_to(item.config.rootpath)}. Record it: {command}"
        pytest.fail(told, pytrace=False)
    error.add_note(f"The test sends what its cassette does not hold. If that is right, record it anew: {command}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _orphans(items: list[pytest.Item], *, root: Path) -> Iterator[Path]:
    modules = {_folder(item.path, root=root) for item in items}
    played = {_file(item, root=root) for item in items if item.get_closest_marker("vcr")}
    for file in sorted((root / _FOLDER).rglob("*.yaml")):
        module = root / f"{file.parent.relative_to(root / _FOLDER)}.py"
        if not module.exists() or (file.parent in modules and file not in played):
            yield file


def _file(item: pytest.Item, *, root: Path) -> Path:
    marker = item.get_closest_marker("default_cassette")
    name = marker.args[0] if marker else get_default_cassette_name(getattr(item, "cls", None), item.name)
    return _folder(item.path, root=root) / f"{name}.yaml"


def _folder(module: Path, *, root: Path) -> Path:
    return root / _FOLDER / os.path.relpath(module.with_suffix(""), root)


def _at_example(request: Request, *, base_url: str) -> Request | None:
    # None keeps what goes elsewhere, such as the sign-in of Microsoft Entra ID, out of the cassette.
    uri = at_example(request.uri, base_url=base_url)
    request.uri = uri or request.uri
    return request if uri else None


def _same_body(sent: Request, recorded: Request) -> None:
    raw = (with_one_boundary(_bytes_of(request)) for request in (sent, recorded))
    bodies = (without_tokens(with_plain_docstrings(to_body(body))) for body in raw)
    if difference := first_difference(*bodies):
        raise AssertionError(difference)


def _bytes_of(request: Request) -> bytes:
    body = request.body or b""
    return body if isinstance(body, bytes) else str(body).encode()


class _Files:
    """Cassettes as files: UTF-8 with Unix line ends everywhere, and named in errors."""

    def __init__(self, refused: list[CassetteError]) -> None:
        self._refused = refused

    def load_cassette(self, cassette_path: str, serializer: CassetteSerializer) -> Any:
        path = Path(cassette_path)
        if not path.is_file():
            raise CassetteNotFoundError
        try:
            return deserialize(path.read_text(encoding="utf-8"), serializer)
        except CassetteError as error:
            raise CassetteError(f"{path}: {error}") from None

    def save_cassette(self, cassette_path: str, cassette_dict: dict[str, Any], serializer: CassetteSerializer) -> None:
        if self._refused:
            return
        path = Path(cassette_path)
        try:
            text = serialize(cassette_dict, serializer)
        except CassetteError as error:
            # VCR leaves its patches in place when saving raises.
            self._refused.append(CassetteError(f"{path}: {error}"))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _patches(*, lost: Callable[[], None] | None) -> tuple[tuple[type, str, object], ...]:
    made = ((httpx.Response, "__init__", noting(httpx.Response.__init__, lost=lost)),) if lost else ()
    return (
        *made,
        (httpx.Response, "__setattr__", breaking(httpx.Response.__setattr__)),
        (httpx.Response, "iter_raw", _in_pieces(httpx.Response.iter_raw)),
        (httpx.Response, "aiter_raw", _in_async_pieces(httpx.Response.aiter_raw)),
    )


def _in_pieces(read: Callable[..., Iterator[bytes]]) -> Callable[..., Iterator[bytes]]:
    @functools.wraps(read)
    def in_pieces(response: httpx.Response, chunk_size: int | None = None) -> Iterator[bytes]:
        yield from read(response, chunk_size or _piece(response))

    return in_pieces


def _in_async_pieces(read: Callable[..., AsyncIterator[bytes]]) -> Callable[..., AsyncIterator[bytes]]:
    @functools.wraps(read)
    async def in_pieces(response: httpx.Response, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        async with aclosing(read(response, chunk_size or _piece(response))) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    return in_pieces


def _piece(response: httpx.Response) -> int | None:
    # What breaks off comes in pieces already: httpx keeps back the end of a stream that it cuts, and then loses it.
    return None if FAULT in response.headers else PIECE

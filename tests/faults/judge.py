"""Puts a fault to a face, and tells in what the outcome differs from the row."""

import pickle
import re
from collections.abc import Callable, Iterator

from langchain_core.exceptions import ModelError

from claude_foundry import APIError, ResponseFormatError
from claude_foundry.errors import StreamInterruptedError
from tests.faults import (
    rows_bodies,
    rows_connecting,
    rows_connection,
    rows_credentials,
    rows_errors,
    rows_framing,
    rows_redirects,
    rows_sign_in,
    rows_silence,
    rows_status,
    rows_stream,
)
from tests.faults.faces import FACES, PROMPT, Asked, asked, named_by_langchain
from tests.faults.matrix import Expected, Fault, Servers
from tests.faults.wire import TEXT

ROWS = [
    *rows_connecting.ROWS,
    *rows_connection.ROWS,
    *rows_framing.ROWS,
    *rows_stream.ROWS,
    *rows_errors.ROWS,
    *rows_bodies.ROWS,
    *rows_status.ROWS,
    *rows_redirects.ROWS,
    *rows_sign_in.ROWS,
    *rows_credentials.ROWS,
    *rows_silence.ROWS,
]


def differences(fault: Fault, face: str, mode: str, expected: Expected, *, servers: Servers) -> list[str]:
    """Runs a case and gives what is not as the row says; nothing is as it should be."""
    return differences_of(FACES[face], fault, mode, expected, servers=servers, named=named_by_langchain(face))


def differences_of(
    face: Callable[[Asked], None],
    fault: Fault,
    mode: str,
    expected: Expected,
    *,
    servers: Servers,
    named: bool = False,
) -> list[str]:
    """Likewise, of any face; ``named`` are errors that LangChain knows by classes of its own."""
    seen, attempts = _put(face, fault, mode, servers=servers)
    return [*_of_outcome(seen, expected, named=named), *_of_effort(seen, attempts, expected)]


def _put(face: Callable[[Asked], None], fault: Fault, mode: str, *, servers: Servers) -> tuple[Asked, int]:
    script = fault.script()
    with fault.address(servers, script) as url:
        asking = Asked(
            url=url,
            stream=mode == "stream",
            settings={"timeout": 10.0, **fault.settings, **fault.own()},
            calls=fault.calls,
            between=fault.between,
            passing=fault.passing,
            prompt=fault.prompt or PROMPT,
        )
        asked(face, asking)
    return asking, len(script.requests) if fault.counted else len(asking.time.slept) + 1


def _of_effort(seen: Asked, attempts: int, expected: Expected) -> Iterator[str]:
    if expected.attempts not in (None, attempts):
        yield f"{attempts} attempts, not {expected.attempts}"
    if expected.retries is not None and seen.retries and seen.retries != expected.retries:
        yield f"retries told: {seen.retries}, not {expected.retries}"
    if seen.took > expected.within:
        yield f"{seen.took:.1f} s, more than {expected.within}"


def _of_outcome(seen: Asked, expected: Expected, *, named: bool) -> Iterator[str]:
    delivered = seen.texts[-1] if seen.texts else ""
    if not TEXT.startswith(delivered) if expected.text is None else delivered != expected.text:
        yield f"delivered {delivered[:60]!r}"
    if seen.finals and seen.finals[-1] != delivered:
        yield f"the final message holds {seen.finals[-1][:60]!r} where {delivered[:60]!r} was delivered"
    if seen.terminals and seen.terminals[-1] != expected.terminal:
        yield f"the stream ended with {seen.terminals[-1]}, not {expected.terminal}"
    if expected.error is None and seen.error is not None:
        yield f"raised {type(seen.error).__name__}: {str(seen.error)[:200]}"
    if expected.error is not None and not isinstance(seen.error, expected.error):
        yield f"not {expected.error.__name__} but {type(seen.error).__name__}: {str(seen.error)[:200]}"
    if expected.error is not None and seen.error is not None:
        yield from _of_message(str(seen.error), expected)
        yield from _of_error(seen.error, expected, named=named)


def _of_message(message: str, expected: Expected) -> Iterator[str]:
    if not re.search(expected.says, message):
        yield f"the message has no {expected.says!r}: {message[:200]}"
    if expected.unsaid in message or len(message) > expected.longest:
        yield f"the message holds {expected.unsaid!r} or is long: {len(message)} characters"


def _of_error(error: Exception, expected: Expected, *, named: bool) -> Iterator[str]:
    if named and isinstance(error, APIError | ResponseFormatError) and not isinstance(error, ModelError):
        yield f"{type(error).__name__} is no ModelError"
    yield from _of_attempts(error)
    yield from _of_travel(error)
    if expected.retry_after is not None and getattr(error, "retry_after", None) != expected.retry_after:
        yield f"retry_after is {getattr(error, 'retry_after', None)}, not {expected.retry_after}"
    if isinstance(error, StreamInterruptedError) and error.partial is not None:
        yield from (f"a call was handed on: {block}" for block in error.partial.content if block.type == "tool_use")
    if isinstance(error, StreamInterruptedError) and (error.request_id, error.apim_request_id) != ("req_1", "apim-1"):
        yield f"its ids are {error.request_id} and {error.apim_request_id}"
    if expected.cause is not None and not isinstance(error.__cause__, expected.cause):
        yield f"the cause is {error.__cause__!r}"
    if expected.most_bytes is not None and len(str(getattr(error, "body", ""))) > expected.most_bytes:
        yield f"the error keeps {len(str(getattr(error, 'body', '')))} characters of the body"


def _of_travel(error: Exception) -> Iterator[str]:
    try:
        copy = pickle.loads(pickle.dumps(error))
        told = str(error).encode()
    except (RecursionError, UnicodeEncodeError) as fault:
        yield f"it can be neither pickled nor written: {type(fault).__name__}"
        return
    if (type(copy), str(copy).encode()) != (type(error), told):
        yield f"its copy is {copy!r}"


def _of_attempts(error: Exception) -> Iterator[str]:
    if not isinstance(error, APIError | ResponseFormatError):
        return
    numbers = [attempt.request.attempt for attempt in error.attempts]
    if numbers != list(range(1, error.retries_taken + 2)):
        yield f"the attempts told are {numbers} where {error.retries_taken} retries were taken"
    if not all(attempt.error for attempt in error.attempts):
        yield f"an attempt tells no error: {error.attempts}"

"""A server that answers with what it was asked, so that an answer tells whose it is."""

import json
import random

from tests.faults import wire
from tests.faults.server import Exchange, Request, Script


def asked_text(request: Request) -> str:
    content = json.loads(request.body)["messages"][-1]["content"]
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def whole_answer(request: Request) -> bytes:
    text = asked_text(request)
    if json.loads(request.body).get("stream"):
        return wire.stream(wire.told(text))
    return wire.document(wire.message(text=text))


def echo() -> Script:
    return Script(lambda request, _: Exchange((whole_answer(request),)), keeps=False)


def outage() -> Script:
    return Script(lambda _, __: Exchange((wire.refusal(503),)))


def faulty_echo(seed: int) -> Script:
    """Gives a script that echoes most requests, and fails the others in one of many ways, by chance."""
    chance = random.Random(seed)
    return Script(lambda request, _: _perhaps(whole_answer(request), chance), keeps=False)


def _perhaps(answer: bytes, chance: random.Random) -> Exchange:
    cut = chance.randrange(len(answer))
    match chance.randrange(16):
        case 0:
            return Exchange(end="rst")
        case 1:
            return Exchange(end="fin")
        case 2:
            return Exchange((answer[:cut],), "rst")
        case 3:
            return Exchange((answer[:cut],), "fin")
        case 4:
            return Exchange((answer[:cut], 0.001, answer[cut:]))
        case 5:
            return Exchange((wire.refusal(529, "overloaded_error"),))
        case 6:
            return Exchange((wire.sized(b"<h1>502</h1>", status=502, kind="text/html"),), "fin")
        case 7:
            return Exchange((answer,), "fin")
        case 8:
            return Exchange((wire.raw_stream(wire.event(wire.failure_event())),))
        case 9:
            return Exchange((answer[:cut], b"\xff\xfe garbage \r\n\r\n"), "fin")
    return Exchange((answer,))


def echoed(request: Request, _: int = 0) -> Exchange:
    """Gives a refusal that tells of all headers of its request, in its own as in its body."""
    told = "".join(f"x-{name}: {value}\r\napim-request-id: {value}\r\n" for name, value in request.headers.items())
    return Exchange((wire.refusal(401, text=str(request.headers), headers=told),))

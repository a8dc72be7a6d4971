"""Objects where the service, the class or the answer refuses: another way is gone, or an error tells why."""

import pytest
from llama_index.core.llms import ChatMessage, CitableBlock, TextBlock
from llama_index.core.prompts import ChatPromptTemplate
from pydantic import BaseModel

from claude_foundry.emulator import Emulator
from claude_foundry.errors import (
    BadRequestError,
    ConfigurationError,
    FeatureNotSupportedError,
    OutputNotParsedError,
)
from tests.llamaindex.components import CALL, WORDS, way, ways
from tests.llamaindex.contract_ground import PARIS, PROMPT, TEXT, City
from tests.llamaindex.faces import Face, both, llm_on, message, played, refused, sent, whole
from tests.shells import Script


class Prices(BaseModel):
    """Prices by name."""

    euros: dict[str, int]


NO_FORMAT = "structured_outputs not supported in your workspace."
NO_FORCE = 'tool_choice: type "tool" and "any" are not supported for this model.'
modes = pytest.mark.parametrize("mode", ["auto", "function_calling"])


@both
def test_deployment_that_lacks_the_format(face: Face) -> None:
    """Another way is gone when the deployment refuses the format; it is remembered, so that it is asked once."""
    answer = message(CALL, stop_reason="tool_use")
    script = Script(refused(NO_FORMAT), whole(answer), whole(answer))
    llm = llm_on(script)
    assert [face.structured_predict(llm, City, PROMPT, text=TEXT) for _ in range(2)] == [PARIS, PARIS]
    assert ways(script) == ["format", "tool", "tool"]


@both
def test_stream_of_a_deployment_that_lacks_the_format(face: Face) -> None:
    """A stream goes the other way as well, and remembers it."""
    script = Script(refused(NO_FORMAT), *[played(CALL, stop_reason="tool_use") for _ in range(2)])
    llm = llm_on(script)
    assert [face.stream_structured(llm, City, PROMPT, text=TEXT)[-1] for _ in range(2)] == [PARIS, PARIS]
    assert ways(script) == ["format", "tool", "tool"]


@both
def test_unknown_deployment_of_a_service_that_checks(face: Face) -> None:
    """A deployment under a name that tells nothing gives the object though it takes neither format nor force."""
    emulator = Emulator(
        api_key="key", deployments={"mine": "claude-opus-5-5"}, unsupported={"mine": ["structured_outputs"]}
    )
    llm = llm_on(emulator.transport().handle_request, model="mine")
    assert face.structured_predict(llm, City, PROMPT, text=TEXT) == PARIS
    assert face.stream_structured(llm, City, PROMPT, text=TEXT)[-1] == PARIS
    assert [way(request.body) for request in emulator.requests] == ["format", "tool", "auto", "auto"]


@both
def test_another_deployment_for_one_call(face: Face) -> None:
    """What a deployment that a call names has refused is known at the next call of it."""
    answer = whole(message(CALL, stop_reason="tool_use"))
    script = Script(refused(NO_FORMAT), answer, answer)
    llm = llm_on(script)
    for _ in range(2):
        assert face.structured_predict(llm, City, PROMPT, text=TEXT, llm_kwargs={"model": "mine"}) == PARIS
    assert ways(script) == ["format", "tool", "tool"]


@both
def test_model_that_cannot_be_forced(face: Face) -> None:
    """An unknown model that refuses the format and a forced call is asked in words."""
    answer = whole(message(CALL, stop_reason="tool_use"))
    script = Script(refused(NO_FORMAT), refused(NO_FORCE), answer, answer)
    llm = llm_on(script, model="mine")
    assert [face.structured_predict(llm, City, PROMPT, text=TEXT) for _ in range(2)] == [PARIS, PARIS]
    assert ways(script) == ["format", "tool", "auto", "auto"]
    assert sent(script)[2]["messages"][-1]["content"][-1]["text"] == "Answer by calling the tool City."


@both
@pytest.mark.parametrize(
    "refusal",
    [
        "Schema is too complex for compilation.",
        "output_config.format: Extra inputs are not permitted",
        "output_config.format: structured outputs and citations cannot be used together.",
    ],
)
def test_schema_that_is_refused(face: Face, refusal: str) -> None:
    """A schema or request that the format does not take goes to the tool."""
    script = Script(refused(refusal), whole(message(CALL, stop_reason="tool_use")))
    assert face.structured_predict(llm_on(script), City, PROMPT, text=TEXT) == PARIS
    assert ways(script) == ["format", "tool"]


@both
def test_mode_that_is_named_stays(face: Face) -> None:
    """A way that the user names is the only one: its refusal is the user's to see."""
    script = Script(refused(NO_FORMAT))
    with pytest.raises(FeatureNotSupportedError):
        face.structured_predict(llm_on(script, structured_mode="json_schema"), City, PROMPT, text=TEXT)
    assert ways(script) == ["format"]


@both
@pytest.mark.parametrize("mode", ["auto", "json_schema", "function_calling"])
def test_other_refusals(face: Face, mode: str) -> None:
    """A refusal that is about something else is raised at once."""
    for said in ("messages: at least one message is required", "code_execution not supported in your workspace."):
        script = Script(refused(said), played(CALL, stop_reason="tool_use"))
        with pytest.raises(BadRequestError, match=said):
            face.stream_structured(llm_on(script, structured_mode=mode), City, PROMPT, text=TEXT)
        assert len(script.requests) == 1


@both
def test_class_that_the_format_cannot_hold(face: Face) -> None:
    """Free keys go to the tool; where the format is wanted, it is an error before anything is sent."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "Prices", "input": {"euros": {"tea": 3}}}
    script = Script(whole(message(call, stop_reason="tool_use")))
    llm = llm_on(script)
    assert face.structured_predict(llm, Prices, PROMPT, text="tea 3") == Prices(euros={"tea": 3})
    assert ways(script) == ["tool"]
    with pytest.raises(ConfigurationError, match="dict"):
        face.structured_predict(llm_on(script, structured_mode="json_schema"), Prices, PROMPT, text="tea 3")


@both
def test_documents_that_are_cited(face: Face) -> None:
    """Citations and the format exclude each other, so that the tool is asked for."""
    script = Script(whole(message(CALL, stop_reason="tool_use")))
    document = CitableBlock(title="Atlas", source="atlas", content=[TextBlock(text=TEXT)])
    prompt = ChatPromptTemplate([ChatMessage(role="user", blocks=[document, TextBlock(text="Which city?")])])
    assert face.structured_predict(llm_on(script), City, prompt) == PARIS  # type: ignore[arg-type]
    assert ways(script) == ["tool"]


@both
@modes
@pytest.mark.parametrize("reason", ["refusal", "max_tokens"])
def test_answer_without_the_object(face: Face, mode: str, reason: str) -> None:
    """A refused and a cut answer are errors that tell the stop reason and hold the answer, whole and streamed."""
    content = (WORDS, CALL)
    script = Script(whole(message(*content, stop_reason=reason)), played(*content, stop_reason=reason))
    llm = llm_on(script, structured_mode=mode)
    with pytest.raises(OutputNotParsedError, match=r"refused to|at max_tokens") as raised:
        face.structured_predict(llm, City, PROMPT, text=TEXT)
    assert (raised.value.stop_reason, raised.value.message.request_id) == (reason, "req_1")
    with pytest.raises(OutputNotParsedError, match=r"refused to|at max_tokens"):
        face.stream_structured(llm, City, PROMPT, text=TEXT)


@both
def test_object_that_is_not_valid(face: Face) -> None:
    """An object that the class refuses is an error that does not quote it, and a ``ValueError`` too."""
    words = {"type": "text", "text": '{"name": "Paris", "population": "many"}'}
    with pytest.raises(OutputNotParsedError, match="population") as raised:
        face.structured_predict(llm_on(Script(whole(message(words)))), City, PROMPT, text=TEXT)
    assert isinstance(raised.value, ValueError)
    assert "many" not in str(raised.value)

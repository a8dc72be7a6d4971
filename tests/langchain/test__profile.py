"""Profiles: what is known of a model, what the caller knows better, and what follows for requests."""

import copy
import json
import pickle
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import ConfigurableField

from claude_foundry import ConfigurationError
from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import whole
from tests.langchain.ways import Ask, answers, every_way, model, whole_calls
from tests.shells import Script

OWN = {"max_output_tokens": 8192, "tool_choice": False, "temperature": False}
TOOL = {"name": "add", "input_schema": {"type": "object", "properties": {}, "additionalProperties": False}}


def made(name: str, **settings: Any) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(model=name, resource="a", api_key="k", **settings)


@every_way
@pytest.mark.filterwarnings("ignore:.*does not accept a forced tool_choice")
def test_the_callers_profile_holds(ask: Ask) -> None:
    """What a caller's profile says of a deployment decides on limits and on what is sent to it."""
    service = Script(answers(ask))
    llm = model(service, model="mine", profile=OWN)

    ask(llm.bind_tools([TOOL], tool_choice="any"), "Hi")

    request = json.loads(service.requests[0].content)
    assert (request["max_tokens"], request["tool_choice"]) == (8192, {"type": "auto"})
    with pytest.raises(ConfigurationError, match="temperature"):
        ask(llm.bind(temperature=0.5), "Hi")


def test_the_callers_profile_is_merged() -> None:
    """A profile tells what is known of the model, with what the caller gave over it."""
    profile = made("claude-opus-5", profile={"max_output_tokens": 10}).profile

    assert profile is not None
    assert (profile["max_output_tokens"], profile["name"]) == (10, "claude-opus-5")
    assert made("mine", profile=OWN).profile == OWN
    assert made("mine").profile is None


def test_a_profile_that_names_its_model() -> None:
    """The model that a profile names stands for a deployment whose name tells nothing."""
    profile = made("claude-haiku-4-5").profile

    llm = made("mine", profile=dict(profile or {}))

    assert llm._known().name == "claude-haiku-4-5"
    assert llm._known().efforts == ()


def test_efforts_of_a_profile() -> None:
    """An effort is lowered to what the profile of an unknown deployment allows."""
    service = Script(whole())
    profile = {"reasoning_effort_levels": ["low", "medium"]}

    model(service, model="mine", profile=profile, reasoning_effort="max").invoke("Hi")

    assert json.loads(service.requests[0].content)["output_config"] == {"effort": "medium"}


@every_way
def test_the_model_below_for_one_call(ask: Ask) -> None:
    """The model that a call names as deployed tells what is sent, in all that is sent."""
    service = Script(answers(ask))
    llm = model(service, model="mine").bind_tools([TOOL], strict=True).bind(base_model="claude-haiku-5-5")

    with pytest.warns(UserWarning, match="'strict' is not sent"):
        ask(llm, "Hi")

    assert "strict" not in json.loads(service.requests[0].content)["tools"][0]


@whole_calls
def test_no_model_for_one_call(ask: Ask) -> None:
    """A call whose model is None goes to the chat model's own."""
    service = Script(answers(ask))

    ask(model(service).bind(model=None), "Hi")

    assert json.loads(service.requests[0].content)["model"] == "claude-opus-5-5"


# langchain-core older than the key warns of it, and keeps it.
@pytest.mark.filterwarnings("ignore:Unrecognized keys in model profile:UserWarning")
@whole_calls
def test_a_call_of_another_model(ask: Ask) -> None:
    """The caller's profile is of the deployment it was given for, and not of one that a call names."""
    service = Script(answers(ask))
    llm = model(service, model="mine", profile={**OWN, "mid_conversation_system_messages": True})

    with pytest.warns(UserWarning, match="A system message that follows"):
        ask(llm.bind(model="claude-opus-5-5"), [HumanMessage("Hi"), SystemMessage("Be kind.")])

    request = json.loads(service.requests[0].content)
    assert request["max_tokens"] == 128_000
    assert [turn["role"] for turn in request["messages"]] == ["user"]


def test_profiles_of_other_models() -> None:
    """A copy or a configuration with another model has that model's profile, and keeps what the caller gave."""
    llm = made("claude-opus-5", profile={"attachment": False})
    configurable = llm.configurable_fields(model=ConfigurableField(id="model"))
    configured, _ = configurable.prepare(config={"configurable": {"model": "claude-haiku-4-5"}})

    for other in (llm.model_copy(update={"model": "claude-haiku-4-5"}), configured):
        assert other.profile["name"] == "claude-haiku-4-5"
        assert other.profile["attachment"] is False
    assert llm.model_copy(update={"profile": {"max_output_tokens": 5}}).profile["name"] == "claude-opus-5"
    assert llm.model_copy(update={"max_tokens": 5}).profile == llm.profile


def test_profiles_travel() -> None:
    """Pickles and deep copies know which part of a profile the caller gave."""
    llm = made("claude-opus-5", profile={"max_output_tokens": 10})

    for other in (copy.deepcopy(llm), pickle.loads(pickle.dumps(llm))):
        changed = other.model_copy(update={"base_model": "claude-haiku-4-5"})
        assert (changed.profile["name"], changed.profile["max_output_tokens"]) == ("claude-haiku-4-5", 10)
        assert changed._known().max_output_tokens == 10

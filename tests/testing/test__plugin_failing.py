"""What fails a test that replays, and what fails the whole run."""

from pathlib import Path

import pytest
import yaml

from claude_foundry.testing._cassette import ENDPOINT
from tests.testing.projects import SEND, record, replay, with_calls


@pytest.mark.parametrize("sent", ["pass", SEND])
def test_a_cassette_not_played_to_its_end_fails_its_test(project: pytest.Pytester, sent: str) -> None:
    """A test that sends less than was recorded fails, whether it sends something or nothing."""
    with_calls(project, f"{SEND}\n{SEND}")
    record(project).assert_outcomes(passed=1)
    with_calls(project, sent)

    run = replay(project)

    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines([f"*Not sent, but in the cassette of this test: *{ENDPOINT}/v1/messages*"])


def test_a_test_that_fails_anyway_fails_for_its_own_reason(project: pytest.Pytester) -> None:
    """What a failing test left unplayed is not reported over its failure."""
    with_calls(project, f"{SEND}")
    record(project).assert_outcomes(passed=1)
    with_calls(project, "assert not 'its own reason'")

    run = replay(project)

    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*its own reason*"])
    run.stdout.no_fnmatch_line("*Not sent*")


@pytest.mark.parametrize(
    "sent",
    [
        "client.messages.create(**{**HELLO, 'max_tokens': 201})",
        f"{SEND}\n{SEND}",
        "httpx.post('https://example.com/v1/messages', json=HELLO)",
        "client.messages.count_tokens(model=HELLO['model'], messages=HELLO['messages'])",
    ],
)
def test_a_request_that_is_not_in_the_cassette_fails(project: pytest.Pytester, sent: str) -> None:
    """Another body, another host, another path, or once more: nothing is sent to anybody."""
    with_calls(project, SEND)
    record(project).assert_outcomes(passed=1)
    with_calls(project, sent)

    run = replay(project)

    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*CannotOverwriteExistingCassetteException*"])
    run.stdout.fnmatch_lines(["*record it anew: pytest --record-mode=rewrite -m vcr 'test_one.py::test_one'*"])


def test_the_report_says_where_bodies_part(project: pytest.Pytester) -> None:
    """A request that is nearly the recorded one is reported with the place of the difference."""
    with_calls(project, SEND)
    record(project).assert_outcomes(passed=1)
    with_calls(project, "client.messages.create(**{**HELLO, 'max_tokens': 201})")

    run = replay(project)

    run.stdout.re_match_lines([r".*body\['max_tokens'\] is 201, the cassette has 200"])


def test_a_test_without_a_cassette_fails(project: pytest.Pytester) -> None:
    """A test that was never recorded cannot reach the service by accident, and is told how it is recorded."""
    with_calls(project, SEND)

    run = replay(project)

    run.assert_outcomes(failed=1)
    file, command = Path("cassettes", "test_one", "test_one.yaml"), "pytest --record-mode=rewrite -m vcr"
    run.stdout.fnmatch_lines([f"There is no cassette {file}. Record it: {command} 'test_one.py::test_one'"])
    run.stdout.no_fnmatch_line("*record mode ('*")


def test_what_was_told_records(project: pytest.Pytester) -> None:
    """The command that is told makes the cassette."""
    with_calls(project, SEND)
    [told] = [line for line in replay(project).outlines if line.startswith("There is no cassette")]

    project.runpytest_inprocess(*told.partition(": pytest ")[2].replace("'", "").split()).assert_outcomes(passed=1)

    replay(project).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("orphan", "arguments"),
    [
        ("test_one/test_gone.yaml", ()),
        ("test_one/test_gone.yaml", ("-k", "nothing_that_exists")),
        ("test_module_gone/test_one.yaml", ()),
        ("test_module_gone/test_one.yaml", ("test_one.py",)),
    ],
)
def test_a_cassette_that_belongs_to_no_test_fails_the_run(
    project: pytest.Pytester, orphan: str, arguments: tuple[str, ...]
) -> None:
    """What renamed and deleted tests leave behind is named, even where few tests run."""
    with_calls(project, SEND)
    record(project).assert_outcomes(passed=1)
    file = project.path / "cassettes" / orphan
    file.parent.mkdir(exist_ok=True)
    file.write_text("left behind")

    run = replay(project, *arguments)

    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.stderr.fnmatch_lines([f"*No test plays {Path('cassettes', orphan)}*"])


@pytest.mark.parametrize("arguments", [(), ("-k", "test_two"), ("test_one.py::test_two",), ("test_two.py",)])
def test_a_part_of_the_tests_can_run_alone(project: pytest.Pytester, arguments: tuple[str, ...]) -> None:
    """Cassettes of tests that were not chosen are not taken for left behind."""
    with_calls(project, f"{SEND}\n\n")
    record(project).assert_outcomes(passed=1)
    with_calls(project, f"{SEND}\n")
    module = project.path / "test_one.py"
    module.write_text(f"{module.read_text('utf-8')}\ndef test_two(): pass\n", "utf-8")
    project.makepyfile(test_two="def test_two(): pass")

    assert replay(project, *arguments).ret == pytest.ExitCode.OK


def test_a_file_that_is_not_a_cassette_is_named(project: pytest.Pytester) -> None:
    """A damaged cassette fails its test, and the error says which file it is."""
    with_calls(project, SEND)
    file = project.path / "cassettes" / "test_one" / "test_one.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump({"version": 1, "interactions": []}))

    run = replay(project)

    run.assert_outcomes(errors=1)
    run.stdout.fnmatch_lines(["*test_one.yaml: This is not a cassette of claude-foundry*"])

"""Text that goes through a conversation unread."""

from hypothesis import given
from hypothesis import strategies as st

from claude_foundry.emulator._seal import is_broken, opened, sealed


@given(st.text())
def test_there_and_back(text: str) -> None:
    """What was sealed is opened unchanged."""
    assert opened(sealed(text)) == text
    assert not is_broken(sealed(text))


@given(st.text(min_size=5, max_size=50), st.data())
def test_a_changed_seal_is_broken(text: str, data: st.DataObject) -> None:
    """A seal in which one character is another opens no more."""
    seal = sealed(text)
    place = data.draw(st.integers(min_value=20, max_value=len(seal) - 10))
    changed = f"{seal[:place]}{'A' if seal[place] != 'A' else 'B'}{seal[place + 1 :]}"
    assert opened(changed) is None
    assert is_broken(changed)


def test_other_seals() -> None:
    """What the service sealed cannot be read, and is taken as it is."""
    assert opened("EugCCioIEhgCIiQw") is None
    assert not is_broken("EugCCioIEhgCIiQw")
    assert is_broken(None)

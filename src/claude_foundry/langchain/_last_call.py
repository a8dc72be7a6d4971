"""Which calls of a stream are known to be whole: a limit or a refusal may have cut the one at the very end."""

from claude_foundry.langchain._from_wire import cut_calls
from claude_foundry.types import Message


class LastCall:
    """Takes the blocks of a stream as they begin and end, and tells which of its calls has another block behind it.

    What stands behind a call is of a higher index, whichever of them comes first.
    """

    def __init__(self) -> None:
        self._highest = -1
        self._waiting: int | None = None

    def begun(self, index: int) -> int | None:
        """Takes the beginning of a block; gives the call that has ended and is known to be whole by it, if any."""
        if index < self._highest:
            return None
        self._highest = index
        shown, self._waiting = self._waiting, None
        return shown

    def ended(self, index: int) -> bool:
        """Takes the end of a call; tells whether it is known by now that nothing has cut it."""
        if index < self._highest:
            return True
        self._waiting = index
        return False

    def at_end(self, answer: Message | None) -> tuple[int | None, bool]:
        """Gives the call that still waits when the answer has ended, and whether it was cut.

        Args:
            answer: as far as it came; None where that is no message, which tells nothing of the call.
        """
        if answer is None:
            return self._waiting, True
        cut = cut_calls(answer)
        return self._waiting, bool(cut) and cut[-1] is answer.content[-1]

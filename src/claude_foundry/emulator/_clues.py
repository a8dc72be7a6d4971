"""What a text offers to fill arguments with: numbers, quotations, names, dates; each is given once."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from claude_foundry.emulator._words import is_common, sentences, stems

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w]|\.\d)")
_QUOTED = re.compile(r"(?<!\w)'([^'\n]+)'(?!\w)|\"([^\"\n]+)\"|“([^”\n]+)”|「([^」\n]+)」|`([^`\n]+)`")
_NAME = re.compile(r"[^\W\d_a-z][\w'.-]*[\w](?:(?:,? |, )[^\W\d_a-z][\w'-]*[\w])*|[^\W\d_a-z]\b")
_PLACED = re.compile(rf"\b(?:in|near|from|at|to) (?:({_NAME.pattern})|([a-z][\w-]*\w))")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s'\"<>)\]]+[^\s'\"<>)\].,;:!?]")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)?")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join(_MONTHS)
_WRITTEN_DATE = re.compile(
    rf"(?:(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH})|({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?),? (\d{{4}})",
    re.IGNORECASE,
)
_LINK = r"\W{0,3}(?:\b(?:is|are|was|be|of|to|as|named|called|set to|equal to)\b)?\W{0,3}?"
_NUMBER_AFTER = re.compile(rf"{_LINK}({_NUMBER.pattern})")
_NUMBER_BEFORE = re.compile(rf"({_NUMBER.pattern})\W{{0,2}}$")
# So many characters count as near a word.
_NEAR = 60
_NO = re.compile(r"\b(?:no|not|without|never|don't|do not|disable[sd]?|off|false)\W+(?:\w+\W+){0,2}$", re.IGNORECASE)


class Clues:
    """The values of one text. Taking one uses it up, so that two fields get two values."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._stems = set(stems(text))
        dates = _dates(text)
        without_dates = _WRITTEN_DATE.sub(" ", _ISO_DATE.sub(" ", text))
        self._left: dict[str, list[str]] = {
            "number": [match[0].replace(",", "") for match in _NUMBER.finditer(without_dates)],
            "quotation": [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)],
            "name": _names(without_dates),
            "place": _places(without_dates),
            "date": dates,
            "email": _EMAIL.findall(text),
            "uri": _URL.findall(text),
        }

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing to take."""
        return not any(self._left.values())

    def left(self, kind: str) -> list[str]:
        """Gives the values of a kind that are not used up; of an unknown kind there are none."""
        return list(self._left.get(kind, ()))

    def use(self, value: str) -> None:
        """Uses a value up."""
        for values in self._left.values():
            if value in values:
                values.remove(value)

    def has_number_beside(self, named: str) -> bool:
        """Tells whether one of the numbers that are left stands beside a field's name."""
        return not self._beside(named).isdisjoint(self._left["number"])

    def numbers(self, named: str) -> list[str]:
        """Gives the numbers that are left, those beside a field's name first."""
        beside = self._beside(named)
        return sorted(self._left["number"], key=lambda number: number not in beside)

    def after(self, named: str) -> str | None:
        """Gives the word that follows a field's name, as in ``city: Paris`` or ``name is Ada``."""
        if not named:
            return None
        spoken = r"[ _-]?".join(map(re.escape, re.findall(r"[^\W_]+", named)))
        match = re.search(rf"\b{spoken}\b(?:\s*[:=]\s*|\s+(?:is|are|=|named|called)\s+)([\w@.+-]*\w)", self.text, re.I)
        return match[1] if match and not is_common(match[1]) else None

    def passages(self, about: str, *, longest: int) -> Iterator[str]:
        """Gives parts of the text, the whole first if it is short, then the sentences nearest to a subject."""
        wanted = set(stems(about))
        nearest = sorted(self._sentences, key=lambda part: -len(wanted.intersection(self._sentences[part])))
        yield from (part for part in (self.text, *nearest) if 0 < len(part) <= longest)
        yield from (word[0] for word in re.finditer(r"[\w-]+", self.text) if not is_common(word[0]))
        yield self.text[:longest]

    @cached_property
    def _sentences(self) -> dict[str, frozenset[str]]:
        """The stems of each sentence."""
        parts = (self.text[start:end] for start, end in sentences(self.text))
        return {part: frozenset(stems(part)) for part in parts}

    def mentions(self, words: str) -> bool:
        """Tells whether the text has every significant word of another."""
        wanted = stems(words)
        return bool(wanted) and self._stems.issuperset(wanted)

    def mentioned(self, values: Iterable[str]) -> str | None:
        """Gives the value that the text has, the longest if several."""
        lowered = self.text.lower()
        found = [value for value in values if re.search(rf"(?<!\w){re.escape(value.lower())}(?!\w)", lowered)]
        return max(found, key=len, default=None)

    def denies(self, named: str) -> bool:
        """Tells whether the text names a field with a ``no`` before it."""
        wanted = set(stems(named))
        said = (match for match in re.finditer(r"\w+", self.text) if set(stems(match[0])) & wanted)
        return any(_NO.search(self.text[max(0, match.start() - _NEAR) : match.start()]) for match in said)

    def _beside(self, named: str) -> set[str]:
        """Gives the numbers just before or after a field's name."""
        spoken = r"[ _-]?".join(map(re.escape, re.findall(r"[^\W_]+", named)))
        found: set[str] = set()
        for match in re.finditer(rf"\b{spoken}\b", self.text, re.IGNORECASE) if spoken else ():
            before = _NUMBER_BEFORE.search(self.text[max(0, match.start() - _NEAR) : match.start()])
            after = _NUMBER_AFTER.match(self.text[match.end() : match.end() + _NEAR])
            found.update(number[1].replace(",", "") for number in (before, after) if number)
        return found


def _dates(text: str) -> list[str]:
    found = [(match.start(), match[0]) for match in _ISO_DATE.finditer(text)]
    for match in _WRITTEN_DATE.finditer(text):
        day, month = match[1] or match[4], match[2] or match[3]
        found.append((match.start(), f"{match[5]}-{_MONTHS.index(month.lower()) + 1:02}-{int(day):02}"))
    return [date for _, date in sorted(found)]


def _places(text: str) -> list[str]:
    found = (_without_common(match[1] or match[2]) for match in _PLACED.finditer(text))
    return [place for place in found if place]


def _names(text: str) -> list[str]:
    """Names in mid-sentence first: a capital at a sentence's start may mean nothing; places last."""
    starts, placed = {start for start, _ in sentences(text)}, _places(text)
    found = [(match.start() in starts, _without_common(match[0])) for match in _NAME.finditer(text)]
    ordered = [name for _, name in sorted(found, key=lambda pair: pair[0]) if name]
    return [*(name for name in ordered if name not in placed), *placed]


def _without_common(name: str) -> str:
    while is_common(re.split("[,']", name.partition(" ")[0])[0]):
        name = name.partition(" ")[2]
    return name.strip(" ,.'")

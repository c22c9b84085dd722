"""How much of a password somebody would guess at once: pieces that many people use count as one character. Pure.

The pieces are a list of leaked passwords and one of habits here (pinyin, lucky numbers, surnames, the trade), besides
runs, keyboard rows, dates and phone numbers. It needs no network: docs/decisions/0024.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources

_LISTS = ("passwords.txt", "habits.txt")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "01234567890",
    "qazwsxedcrfvtgbyhnujm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
)
#: Whole dates, years, mobile numbers.
_NUMBERS = re.compile(
    r"1[3-9]\d{9}|(?:19|20)\d\d[-./]?(?:0[1-9]|1[0-2])[-./]?(?:0[1-9]|[12]\d|3[01])|(?:19|20)\d\d(?:0[1-9]|1[0-2])|"
    r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:19|20)\d\d"
)
_LONGEST = 24
_LEAST_RUN = 3
#: Signs that stand for letters in passwords that only look strong.
_LEET = str.maketrans({"@": "a", "4": "a", "0": "o", "3": "e", "1": "i", "!": "i", "$": "s", "5": "s", "7": "t"})


def hard_part(password: str, *, also: tuple[str, ...] = ()) -> int:
    """Return the number of characters of a password that are not guessed at once; each common piece counts as one.

    `also` are words that belong to the person or the archive, such as their login.
    """
    folded = unicodedata.normalize("NFKC", password).casefold()
    words = frozenset(word.casefold() for word in also if len(word) >= _LEAST_RUN)
    plain = min((_left(text, words) for text in (folded, folded.translate(_LEET))), default=0)
    return min(plain, _left(_unrepeated(folded), words))


def _unrepeated(text: str) -> str:
    """Return the piece that a text repeats, or the text itself."""
    fits = (text[:n] for n in range(1, len(text) // 2 + 1) if (text[:n] * (len(text) // n + 1)).startswith(text))
    return next(fits, text)


def _left(text: str, words: frozenset[str]) -> int:
    at, count = 0, 0
    while at < len(text):
        at += max(1, _piece(text, at, words))
        count += 1
    return count


def _piece(text: str, at: int, words: frozenset[str]) -> int:
    """Return the length of the longest common piece that begins at `at`, 0 when none does."""
    known = common()
    listed = (n for n in range(min(_LONGEST, len(text) - at), 1, -1) if text[at : at + n] in known)
    own = max((len(word) for word in words if text.startswith(word, at)), default=0)
    number = _NUMBERS.match(text, at)
    return max(next(listed, 0), own, _run(text, at), number.end() - at if number else 0)


def _run(text: str, at: int) -> int:
    """Return the length of a run of one sign, or along a row of the keyboard or the alphabet either way."""
    same = len(text[at:]) - len(text[at:].lstrip(text[at]))
    longest = same if same >= _LEAST_RUN else 0
    for row in _ROWS:
        for line in (row, row[::-1]):
            n = _LEAST_RUN
            while at + n <= len(text) and text[at : at + n] in line:
                longest = max(longest, n)
                n += 1
    return longest


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """Return the common pieces of the lists."""
    folder = resources.files("archive_service.people") / "common"
    lines = [line for name in _LISTS for line in (folder / name).read_text("utf-8").splitlines()]
    return frozenset(line for line in lines if line and not line.startswith("#"))

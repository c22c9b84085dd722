"""Which papers a line of the basket names, as one short text: that of addresses, forms and of what is remembered."""

from __future__ import annotations

from dataclasses import dataclass

from archive_service.borrowing.wishes import Wish
from archive_service.errors import Invalid

#: Longer ones name more than anybody chooses by hand.
LONGEST = 200
_PARTS = 4
_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Line:
    """A household file, or a case of it, or papers by number, or pages of one paper."""

    account_no: str
    application_no: str = ""
    item_nos: tuple[int, ...] = ()
    pages: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """Return the text that `read` reads."""
        numbers = (",".join(map(str, part)) for part in (self.item_nos, self.pages))
        return "|".join((self.account_no, self.application_no, *numbers)).rstrip("|")

    def wish(self, *, way: str, days: int, prints: int, unmasked: bool) -> Wish:
        """Return the line as a wish to borrow it in a way."""
        return Wish(
            self.account_no,
            way,
            days,
            application_no=self.application_no or None,
            item_nos=self.item_nos,
            pages=self.pages,
            prints=prints,
            unmasked=unmasked,
        )


def read(key: str) -> Line:
    """Return the line that a text names. Raises Invalid for one that names none."""
    parts = [part.strip() for part in key.split("|")]
    if not parts[0] or len(parts) > _PARTS or len(key) > LONGEST:
        raise _no_line(key)
    account, application, items, pages = [*parts, "", "", ""][:_PARTS]
    return Line(account, application, _numbers(items, key), _numbers(pages, key))


def read_all(keys: str) -> list[Line]:
    """Return the lines of a text with a line each, every one once, in their order. Raises Invalid."""
    return [read(key) for key in dict.fromkeys(keys.split("\n")) if key.strip()]


def _numbers(text: str, key: str) -> tuple[int, ...]:
    found = tuple(dict.fromkeys(part for part in text.split(",") if part))
    if any(not (one.isascii() and one.isdigit() and len(one) <= 10 and 0 < int(one) <= _LARGEST) for one in found):
        raise _no_line(key)
    return tuple(int(one) for one in found)


def _no_line(key: str) -> Invalid:
    return Invalid("loan.line", "借阅篮里有一项看不懂。请从户档案、案件或资料页面重新选择。", given=key[:60])

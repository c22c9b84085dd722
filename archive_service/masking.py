"""Hide what identifies a person: identity numbers, phones, bank cards, names.

Everything keeps its length, so that places in a text stay true. Account and application numbers are never hidden:
without them nobody finds a file. Source: the personal information law's care for identity numbers; how many digits
stay visible is this product's default.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from archive_service import check_digits

MASK = "*"

#: First two digits of identity numbers: the provinces, and 91 for permits of foreigners.
_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")
_ID_18, _ID_15, _MOBILE = 18, 15, 11
_CARD_LENGTHS = range(16, 20)
#: More digits than this are no personal number, however they are joined.
_LONGEST = 19
_SHORTEST = 7
#: So many pieces a number is commonly written in.
_FEW = 6
_ACCOUNT_LENGTHS = frozenset({10, 13})
#: Names longer than this are organisations, which are not hidden.
_LONGEST_NAME = 4
_COMPOUND_SURNAMES = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "夏侯"}
)

#: Letters that OCR puts in place of a digit, each one character for one.
_LOOKALIKES = str.maketrans({"O": "0", "o": "0", "〇": "0", "l": "1", "I": "1", "|": "1", "×": "X", "x": "X"})
_DIGIT = "0-9OolI|〇"
#: Digits with at most three spaces or one hyphen between them; a line never continues on the next.
_RUN = re.compile(rf"(?:[0-9]|(?<![A-Za-z])[lI|](?=[0-9]))(?:(?:[^\S\n]{{0,3}}|[^\S\n]?[-—‐][^\S\n]?)[{_DIGIT}Xx×])*")
_TOKEN = re.compile(rf"[{_DIGIT}Xx×]+")
_DIGITS = frozenset("0123456789OolI|〇")

_SAYS_RECORD = re.compile(r"(?:户号|编号|工单号?|申请号|表号|条码|流水号|资产号|信用代码|单号)[^0-9A-Za-z\n]{0,6}$")
_SAYS_IDENTITY = re.compile(r"(?:身份证|证件|公民身份)[^0-9\n]{0,8}$")
_SAYS_PHONE = re.compile(r"(?:电话|手机|联系方式|传真|热线|[Tt][Ee][Ll]|[Pp]hone)[^0-9\n]{0,6}$")
_SAYS_CARD = re.compile(r"(?:卡号|银行[账帐]号|[账帐]号|开户)[^0-9\n]{0,8}$")
_LOOK_BACK = 16


def id_number(value: str) -> str:
    """Return an identity number with its first 3 and last 4 characters visible, of other papers the ends only."""
    length = len(value)
    if length >= _ID_15:
        return _hide(value, 3, 4)
    return _hide(value, 1, 2) if length > _LONGEST_NAME else MASK * length


def phone(value: str) -> str:
    """Return a phone number as 138****5678, a land line with its area code and last two digits."""
    digits = sum(c.isdecimal() for c in value)
    if digits >= _MOBILE and not value.startswith("0"):
        return _hide_digits(value, digits - 8, 4)
    area = re.match(r"\(?0\d{2,3}\)?[-\s]", value)
    return _hide_digits(value, sum(c.isdecimal() for c in area.group()) if area else 0, 2)


def bank_card(value: str) -> str:
    """Return a bank card or bank account number with its last 4 digits visible."""
    return _hide_digits(value, 0, 4)


def name_for_outsiders(value: str) -> str:
    """Return a person's name with only the surname visible; names of organisations are returned unchanged."""
    if not 1 < len(value) <= _LONGEST_NAME or not all("\u3400" <= c <= "\u9fff" for c in value):
        return value
    surname = 2 if value[:2] in _COMPOUND_SURNAMES and len(value) > 2 else 1
    return value[:surname] + MASK * (len(value) - surname)


def field(name: str, value: str) -> str:
    """Return the value of a field as those see it who may not read personal data."""
    if "id_number" in name:
        return id_number(value)
    if "phone" in name or "mobile" in name:
        return phone(value)
    if "bank" in name or "card_no" in name:
        return bank_card(value)
    return value if name in _RECORD_FIELDS else text(value)


#: Numbers of the archive and of the trade; what they hold is never personal, whatever it looks like.
_RECORD_FIELDS = frozenset(
    {
        "account_no",
        "application_no",
        "contract_no",
        "meter_no",
        "credit_code",
        "capacity",
        "amount",
        "voltage",
        "document_date",
    }
)


def text(value: str) -> str:
    """Return running text with identity numbers, phones and bank cards hidden, also with OCR's spaces inside them.

    The answer has the length of `value`; every character that is not hidden stays where it was.
    """
    found = [number.places[front : len(number.places) - back] for number, front, back in _numbers(_half_width(value))]
    if not found:
        return value
    masked = list(value)
    for places in found:
        for place in places:
            masked[place] = MASK
    return "".join(masked)


def spans(value: str) -> list[tuple[int, int]]:
    """Return where the numbers that `text` would hide begin and end, whole and with the digits that it would show."""
    return [(number.places[0], number.places[-1] + 1) for number, _, _ in _numbers(_half_width(value))]


def identities(value: str) -> set[str]:
    """Return the identity numbers of 18 characters in running text that are certain: province, birthday, check digit.

    A letter X at the end is a capital one.
    """
    found = {number.digits.upper() for number, _, _ in _numbers(_half_width(value))}
    return {digits for digits in found if _is_certain(digits)}


def names_identity(value: str) -> bool:
    """Say whether a text holds what looks like a whole identity number, old or new."""
    return any(_is_identity(number.digits) for number, _, _ in _numbers(_half_width(value)))


def without_identities(value: str) -> str:
    """Return running text with identity numbers hidden and everything else as it is."""
    masked = list(value)
    for number, front, back in _numbers(_half_width(value)):
        if len(number.digits) >= _ID_15 and (_is_identity(number.digits) or (front, back) == (3, 4)):
            for place in number.places[front : len(number.places) - back]:
                masked[place] = MASK
    return "".join(masked)


def digit_count(value: str) -> int:
    """Return how many characters of `value` are digits or look like one."""
    return sum(c in _DIGITS for c in _half_width(value))


def is_personal(value: str) -> bool:
    """Say whether running text holds something that `text` would hide."""
    return text(value) != value


@dataclass(frozen=True)
class _Number:
    """Neighbouring pieces of digits read as one number; `places` are the positions of its characters."""

    digits: str
    places: tuple[int, ...]
    #: Lengths of the pieces as written.
    pieces: tuple[int, ...]
    #: Text between the first piece and the second.
    first_gap: str


class _HalfWidth(dict[int, str]):
    """Makes one character half-width, and remembers it."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        narrow = unicodedata.normalize("NFKC", character)
        self[code] = narrow if len(narrow) == 1 else character
        return self[code]


_HALF_WIDTH = _HalfWidth()


def _half_width(value: str) -> str:
    """Return `value` with full-width digits and letters made half-width, one character for one."""
    return value.translate(_HALF_WIDTH)


def _numbers(plain: str) -> Iterator[tuple[_Number, int, int]]:
    """Give the personal numbers of a text, each with how many characters stay visible in front and behind."""
    # Nearly all runs are days, sums and places in a list: too short to be a personal number.
    for run in _RUN.finditer(plain):
        if run.end() - run.start() >= _SHORTEST:
            yield from _numbers_in(plain, *run.span())


def _numbers_in(plain: str, start: int, end: int) -> Iterator[tuple[_Number, int, int]]:
    tokens = [(start + m.start(), start + m.end()) for m in _TOKEN.finditer(plain[start:end])]
    whole = sum(end_ - start_ for start_, end_ in tokens)
    first = 0
    while first < len(tokens):
        taken = 1
        for last in _ends(tokens, first):
            if last - first > 1 and whole in _ACCOUNT_LENGTHS:
                continue
            number = _number(plain, tokens[first:last])
            shown = _shown(plain, number)
            # Many pieces of a longer run are one number only if everything about it fits.
            loose = _FEW < last - first < len(tokens)
            if shown is not None and not (loose and not _is_certain(number.digits)):
                yield number, *shown
                taken = last - first
                break
        first += taken


def _ends(tokens: list[tuple[int, int]], first: int) -> list[int]:
    """Return where a number that begins with the piece `first` may end, longest first."""
    ends, length = [], 0
    for last in range(first, len(tokens)):
        length += tokens[last][1] - tokens[last][0]
        if length > _LONGEST and last > first:
            break
        if length >= _SHORTEST:
            ends.append(last + 1)
    return ends[::-1]


def _is_certain(digits: str) -> bool:
    return len(digits) == _ID_18 and _is_identity(digits) and _has_birthday(digits) and _checks(digits)


def _number(plain: str, tokens: list[tuple[int, int]]) -> _Number:
    places = tuple(place for start, end in tokens for place in range(start, end))
    gap = plain[tokens[0][1] : tokens[1][0]] if len(tokens) > 1 else ""
    digits = "".join(plain[place] for place in places).translate(_LOOKALIKES)
    return _Number(digits, places, tuple(end - start for start, end in tokens), gap)


def _shown(plain: str, number: _Number) -> tuple[int, int] | None:
    """Return how many characters of a personal number stay visible in front and behind; none if it is not one."""
    start, end = number.places[0], number.places[-1] + 1
    before = plain[max(0, start - _LOOK_BACK) : start]
    digits, length = number.digits, len(number.digits)
    if not digits[:-1].isdecimal():
        return None
    if _SAYS_IDENTITY.search(before) and length in (_ID_15, 17, _ID_18, 19):
        return 3, 4
    if _SAYS_RECORD.search(before) or not digits.isdecimal():
        return (3, 4) if digits[-1] == "X" and _is_identity(digits) else None
    if _is_identity(digits) and (len(number.pieces) == 1 or _has_birthday(digits)):
        return 3, 4
    if _touches_letter(plain, start, end):
        return None
    return _shown_of_phone(before, number) or _shown_of_card(before, number)


def _is_identity(digits: str) -> bool:
    if not _PROVINCES.match(digits):
        return False
    if len(digits) == _ID_18:
        # One wrongly read digit spoils the check digit or the date, hardly both.
        return _has_birthday(digits) or _checks(digits)
    return len(digits) == _ID_15 and _has_birthday(digits)


def _has_birthday(digits: str) -> bool:
    return _is_day(digits[6:14]) if len(digits) == _ID_18 else _is_day("19" + digits[6:12])


def _is_day(digits: str) -> bool:
    return digits[:2] in ("18", "19", "20") and 1 <= int(digits[4:6]) <= 12 and 1 <= int(digits[6:8]) <= 31


def _checks(digits: str) -> bool:
    return check_digits.of_identity_number(digits[:17]) == digits[-1]


def _touches_letter(plain: str, start: int, end: int) -> bool:
    around = plain[max(0, start - 1) : start] + plain[end : end + 1]
    return any(c.isascii() and c.isalpha() for c in around)


def _shown_of_phone(before: str, number: _Number) -> tuple[int, int] | None:
    digits, length = number.digits, len(number.digits)
    country = re.match(r"(?:00)?86(?=1[3-9]\d{9}$)", digits)
    mobile = digits[country.end() :] if country else digits
    if re.fullmatch(r"1[3-9]\d{9}", mobile) and (country is None or _SAYS_PHONE.search(before) or before.endswith("+")):
        return length - 8, 4
    area = re.fullmatch(r"(0\d{2,3})\d{7,8}", digits)
    if area is None:
        return (0, 2) if _SAYS_PHONE.search(before) and length in (7, 8) else None
    torn = len(number.pieces) > 1 and number.pieces[0] in (3, 4) and number.pieces[0] < length
    if _SAYS_PHONE.search(before) or (torn and (number.first_gap.strip() or length not in _ACCOUNT_LENGTHS)):
        return (number.pieces[0] if torn else 3), 2
    return None


def _shown_of_card(before: str, number: _Number) -> tuple[int, int] | None:
    length = len(number.digits)
    if length not in _CARD_LENGTHS:
        return None
    grouped = length == 16 and number.pieces == (4, 4, 4, 4) and number.digits[0] in "3456"
    if _SAYS_CARD.search(before) or ((number.digits.startswith("62") or grouped) and _luhn(number.digits)):
        return 0, 4
    return None


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _hide(value: str, front: int, back: int) -> str:
    return value[:front] + MASK * (len(value) - front - back) + value[len(value) - back :]


def _hide_digits(value: str, front: int, back: int) -> str:
    """Hide the digits of `value` except the first `front` and the last `back` of them."""
    places = [place for place, c in enumerate(value) if c.isdecimal()]
    hidden = set(places[front : max(front, len(places) - back)])
    return "".join(MASK if place in hidden else c for place, c in enumerate(value))

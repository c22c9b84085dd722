"""Build pages as a reader yields them: lines with boxes on an A4 sheet of 1654 by 2339 pixels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from archive_service.catalogue import load
from ingest.lines import PageText, TextLine
from ingest.recognise.propose import propose
from ingest.recognise.values import KnownCase, KnownHousehold, Proposal, Said, Sheet, Thresholds

WIDTH, HEIGHT = 1654, 2339
ACCOUNTS = r"\d{10}|\d{13}"
APPLICATIONS = r"[0-9A-Z][0-9A-Z-]{5,23}"
EDITION = load.edition_for(None)


def line(text: str, x: int, y: int, *, h: int = 32, confidence: float = 0.98) -> TextLine:
    """Return a line whose width follows from its text."""
    width = round(sum(1.0 if ord(sign) > 0x2E80 else 0.5 for sign in text) * h)
    return TextLine(text, (x, y, x + max(width, 4), y + h), confidence)


def title(text: str, *, y: int = 180, h: int = 58) -> TextLine:
    """Return a large, centred line."""
    width = round(sum(1.0 if ord(sign) > 0x2E80 else 0.5 for sign in text) * h)
    return line(text, (WIDTH - width) // 2, y, h=h)


def page(number: int, *lines: TextLine) -> PageText:
    """Return a page with these lines."""
    return PageText(number, lines, WIDTH, HEIGHT)


def rows(pairs: Sequence[tuple[str, str]], *, y: int = 380, x: int = 180, step: int = 84) -> list[TextLine]:
    """Return a table of two columns: labels to the left, values to the right."""
    made = []
    for place, (label, value) in enumerate(pairs):
        made.append(line(label, x, y + place * step))
        made.append(line(value, x + 240, y + place * step - 4))
    return made


def text_block(*texts: str, y: int = 420, x: int = 170, step: int = 58) -> list[TextLine]:
    """Return lines of running text."""
    return [line(text, x, y + place * step) for place, text in enumerate(texts)]


def household(
    id_: int = 1,
    account_no: str = "3271004518826",
    name: str = "青屿县恒润食品有限公司",
    address: str = "青屿县望江镇工业二路18号",
    category: str = "HV",
    cases: tuple[KnownCase, ...] | None = None,
) -> KnownHousehold:
    """Return a registered household with one case."""
    return KnownHousehold(id_, account_no, name, address, category, (case(id_, id_),) if cases is None else cases)


def case(
    id_: int = 1,
    household_id: int = 1,
    application_no: str = "",
    business_type: str = "NEW",
    accepted_on: date | None = date(2026, 11, 9),
    energised_on: date | None = None,
    expected: frozenset[str] = frozenset({"A02H", "P03H", "K01H", "T01", "A06"}),
) -> KnownCase:
    """Return a registered case; without a number, one made of its id."""
    number = application_no or f"2026110904{id_:02d}"
    return KnownCase(id_, household_id, number, business_type, "HV", accepted_on, energised_on, expected)


class Register:
    """A register of households held in memory."""

    def __init__(self, *households: KnownHousehold) -> None:
        self.households = households

    def by_account_no(self, text: str) -> list[KnownHousehold]:
        """Return the household with this number."""
        return [one for one in self.households if one.account_no == text]

    def by_application_no(self, text: str) -> list[KnownCase]:
        """Return the case with this number."""
        return [found for one in self.households for found in one.cases if found.application_no == text]

    def by_name(self, name: str) -> list[KnownHousehold]:
        """Return the households with this name."""
        return [one for one in self.households if one.account_name == name]

    def by_household_id(self, household_id: int) -> KnownHousehold | None:
        """Return the household with this id."""
        return next((one for one in self.households if one.id == household_id), None)


def proposals(
    *pages: PageText,
    register: Register | None = None,
    said: Said | None = None,
    sheets: Sequence[Sheet] = (),
    pictures: Sequence[int] = (),
    cut: Sequence[Sequence[int]] = (),
) -> list[Proposal]:
    """Return what is proposed for these pages; one known household unless a register is given."""
    return propose(
        pages,
        edition=EDITION,
        lookup=register or Register(household()),
        said=said or Said(),
        thresholds=Thresholds(),
        account_pattern=ACCOUNTS,
        application_pattern=APPLICATIONS,
        sheets=sheets,
        pictures=pictures,
        cut=cut,
    )


def reply(
    number: int = 1,
    heading: str = "高压供电方案答复单",
    account_no: str = "3271004518826",
    application_no: str = "202611090401",
    name: str = "青屿县恒润食品有限公司",
) -> PageText:
    """Return a reply to a supply application, one page."""
    fields = [
        ("户  号", account_no),
        ("申请编号", application_no),
        ("户  名", name),
        ("用电地址", "青屿县望江镇工业二路18号"),
        ("供电电压", "交流 10 kV"),
        ("供电容量", "630 kVA"),
    ]
    return page(number, title(heading), *rows(fields), line("答复日期:", 870, 2010), line("2026年11月11日", 1030, 2006))

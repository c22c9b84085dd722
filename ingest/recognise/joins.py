"""Whether a page goes on with the paper before it, by all that the two show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingest.recognise import titles
from ingest.recognise.cards import CardSides
from ingest.recognise.pages import Page
from ingest.recognise.phrases import Phrases
from ingest.recognise.titles import PageTitle, TitleHit

#: A title this sure starts a document.
_SURE_TITLE = 0.85
#: A title that starts a document where nothing speaks for its being a continuation.
_LIKELY_TITLE = 0.6
_ARTICLE = re.compile(
    r"^(?:第[一二三四五六七八九十百\d]{1,4}[条章节]|[(]?[一二三四五六七八九十]{1,3}[)、.]|[(]?\d{1,2}(?:[)、]|\.(?!\d))|\d{1,2}\.\d{1,2})"
)
#: The heading of a chapter, such as "2 评估结论"; "1号变压器" is the name of a thing.
_CHAPTER = re.compile(r"^(?:第[一二三四五六七八九十\d]{1,3}[章节部]|\d{1,2}[.、]?(?!号|台|组)[\u4e00-\u9fff])")
_SIGNATURES = re.compile(
    r"本页无正文|以下无正文|签字盖章页|签署页|(?:甲方|供电方|供电人|出租方)[((]?(?:盖章|公章|签章|签字)"
)
_SIGNING = re.compile(
    r"^(?:.{0,12}(?:签字|签章|签收|签名|盖章)[)]?(?::|$)|(?:编制人|审批人|批准人|检验人员|验收人员|审核人|勘查人员?|受理人员?|客户经理)(?::|$))",
    re.MULTILINE,
)
#: Headings inside a paper.
_PART_HEADS = ("附", "续", "第", "(")
_HEAD_LABELS = ("户号", "户名", "客户编号", "客户名称", "用户编号", "用户名称", "申请编号", "用电地址", "工单编号")
#: A page with this many lines of running text is the continuation of a text.
_RUNNING_LINES = 6
_RUNNING_LENGTH = 18


@dataclass
class PageFacts:
    """What grouping knows of a page."""

    page: Page
    title: PageTitle
    card: CardSides
    #: Account number with its label, as read; None where the page bears none.
    account_no: str | None

    @property
    def sure_title(self) -> bool:
        """Say whether the page bears a title that starts a document."""
        best = self.title.best
        return bool(best and best.confidence >= _SURE_TITLE and best.look >= titles.TITLE_LOOK)


@dataclass
class Grouped:
    """The pages of one document with why they stand together and what is unclear about it."""

    pages: list[PageFacts]
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    #: The document type that a separator before it gives; then all pages up to the next sheet are taken for it.
    said_type: str | None = None

    @property
    def page_numbers(self) -> str:
        """The pages as a person says them."""
        return "、".join(str(facts.page.page_no) for facts in self.pages)


def joins(current: Grouped, page: PageFacts, phrases: Phrases) -> tuple[bool, str, str]:
    """Say whether `page` belongs to `current`, with the reason and a doubt (either may be empty)."""
    no = page.page.page_no
    if page.card.any or current.pages[-1].card.any:
        return _joins_card(current, page)
    last_account = next((one.account_no for one in reversed(current.pages) if one.account_no), None)
    if page.account_no and last_account and page.account_no != last_account:
        return (
            False,
            f"第 {no} 页的户号与前一页不同，另起一份",
            "" if page.sure_title else f"第 {no} 页没有标题，但户号与前一页不同",
        )
    by_number = _joins_by_number(current, page)
    if by_number is not None:
        return by_number
    if page.sure_title:
        return _joins_with_title(current, page)
    if page.title.unknown and not _continues(page):
        return False, f"第 {no} 页有新标题“{page.title.unknown}”", ""
    return _joins_untitled(current, page, phrases)


def _joins_card(current: Grouped, page: PageFacts) -> tuple[bool, str, str]:
    before = current.pages[-1].card
    no = page.page.page_no
    one_side_each = (
        (before.front != before.back) and (page.card.front != page.card.back) and before.front != page.card.front
    )
    if one_side_each and len(current.pages) == 1:
        return True, f"第 {current.pages[0].page.page_no} 页与第 {no} 页是身份证的两面", ""
    doubt = "" if page.card.any or page.sure_title or page.title.unknown else f"第 {no} 页没有标题"
    return False, "", doubt


def _joins_by_number(current: Grouped, page: PageFacts) -> tuple[bool, str, str] | None:
    """Decide by printed page numbers, or return None where they say nothing."""
    number = page.page.number
    before = current.pages[-1].page.number
    no = page.page.page_no
    if number is None:
        return None
    if number.page == 1:
        return (
            (False, "", "" if page.sure_title else f"第 {no} 页没有认出标题")
            if before or page.sure_title or number.of
            else None
        )
    if page.sure_title and _foreign_title(current, page):
        return False, "", f"第 {no} 页印有“第 {number.page} 页”，但有自己的标题"
    expected = before.page if before else None
    same_paper = before is not None and (number.of == before.of or number.of is None or before.of is None)
    if same_paper and expected is not None:
        if number.page == expected + 1:
            return True, f"第 {no} 页印有“第 {number.page} 页”，接前页", ""
        if number.page > expected + 1 and number.of is not None:
            return True, "", f"按印刷页码缺第 {span(expected + 1, number.page - 1)} 页"
        if number.of is not None:
            return False, "", f"第 {no} 页的印刷页码是第 {number.page} 页，与前页接不上"
    if before is None and number.page == len(current.pages) + 1 and not page.sure_title:
        return True, f"第 {no} 页印有“第 {number.page} 页”，接前页", ""
    if number.of is None:
        return None
    return False, "", f"从印刷页码第 {number.page} 页开始，前面的页不在其中"


def _foreign_title(current: Grouped, page: PageFacts) -> bool:
    own = {hit.target for one in current.pages for hit in one.title.hits}
    best = page.title.best
    return bool(best and best.target not in own and best.confidence >= 0.95)


def _joins_with_title(current: Grouped, page: PageFacts) -> tuple[bool, str, str]:
    best = page.title.best
    first = current.pages[0].title.best
    no = page.page.page_no
    if best and first and best.target == first.target and _continues(page):
        return True, f"第 {no} 页是“{first.text}”的续页", ""
    return False, "", ""


def _joins_untitled(current: Grouped, page: PageFacts, phrases: Phrases) -> tuple[bool, str, str]:
    no = page.page.page_no
    first = current.pages[0].title.best
    before = current.pages[-1].page
    if _finished(before):
        return False, "", f"第 {no} 页没有标题，而前一份已到末页"
    if _begins_another(first, page):
        return False, "", ""
    if _continues(page):
        return True, f"第 {no} 页没有标题，内容接前页", ""
    if _next_row(before, page.page):
        return True, f"第 {no} 页的表格序号接前页", ""
    if _has_head(page.page):
        return False, "", f"第 {no} 页有表头但没有认出标题"
    if _signed(page.page) and not _signed(before) and not page.title.hits:
        return True, f"第 {no} 页没有标题，是前一份的签字部分", ""
    best = page.title.best
    if best and best.look >= titles.TITLE_LOOK and best.confidence >= _LIKELY_TITLE:
        return False, "", ""
    long_paper = first is not None and bool(_codes(first.target, phrases) & phrases.many_pages)
    if long_paper and page.title.heading and _CHAPTER.match(page.title.heading) and not page.title.hits:
        return True, f"第 {no} 页没有标题，以章节“{page.title.heading}”接前页", ""
    if page.title.heading:
        return False, "", f"第 {no} 页以“{page.title.heading}”开头，不能确定是否属于前一份"
    if long_paper and (_running(page.page) or _signature_page(page.page)):
        return True, f"第 {no} 页没有标题，是前一份的正文", ""
    if page.account_no and any(one.account_no == page.account_no for one in current.pages) and not page.title.hits:
        return True, f"第 {no} 页没有标题，户号与前页相同", ""
    return False, "", f"第 {no} 页没有标题，不能确定是否属于前一份"


def _begins_another(first: TitleHit | None, page: PageFacts) -> bool:
    """Say whether the page is headed like another paper, though not surely; articles below the head are its own."""
    best = page.title.best
    return bool(
        best
        and best.look >= titles.TITLE_LOOK
        and best.confidence >= _LIKELY_TITLE
        and (first is None or best.target != first.target)
        and not best.text.startswith(_PART_HEADS)
    )


def _codes(target: str, phrases: Phrases) -> set[str]:
    family = phrases.families.get(target)
    return {member.code for member in family.members} if family else {target}


def _finished(page: Page) -> bool:
    return page.number is not None and page.number.of is not None and page.number.page == page.number.of


def _continues(page: PageFacts) -> bool:
    """Say whether the page begins in the middle of something: an article, a list, an attachment, signatures."""
    top = [line for line in page.page.lines if line.middle < 0.35 * page.page.height][:4] or list(page.page.lines[:2])
    for line in top:
        if _ARTICLE.match(line.compact):
            first_article = re.match(r"^(?:第一[条章节]|[(]?一[)、.]|[(]?1[)、.])", line.compact)
            # A page with a head of its own whose articles begin anew is another paper.
            begun = first_article is not None and page.title.unknown is not None
            return not begun and (first_article is None or line is not top[0] or _running(page.page))
        if (
            re.match(r"^(?:附件|附表|附图|附录|附页|续表|续页|[(]续|[(]接上页|接上页)", line.compact)
            or "(续" in line.compact
        ):
            return True
    return _signature_page(page.page)


def _signature_page(page: Page) -> bool:
    return bool(_SIGNATURES.search(page.joined)) and len(page.lines) < 30


def _next_row(before: Page, page: Page) -> bool:
    """Say whether the numbered rows of a table go on from one page to the next."""
    last, first = _row_numbers(before), _row_numbers(page)
    return bool(last and first and max(last) >= 2 and min(first) == max(last) + 1)


def _row_numbers(page: Page) -> list[int]:
    """Return the numbers with which rows of at least two cells begin."""
    return [int(row[0].compact) for row in page.rows if len(row) >= 2 and re.fullmatch(r"\d{1,3}", row[0].compact)]


def _signed(page: Page) -> bool:
    return _SIGNING.search(page.text) is not None


def _has_head(page: Page) -> bool:
    top = "".join(line.compact for line in page.lines if line.middle < 0.4 * page.height)
    return sum(label in top for label in _HEAD_LABELS) >= 2


def _running(page: Page) -> bool:
    return sum(len(line.compact) >= _RUNNING_LENGTH for line in page.lines) >= min(
        _RUNNING_LINES, max(2, len(page.lines) // 2)
    )


def span(first: int, last: int) -> str:
    """Return the numbers from `first` to `last` as people write them."""
    return str(first) if first == last else f"{first}~{last}"

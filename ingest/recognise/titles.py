"""Find the title of a page: which line is set like one, and which type its words name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from ingest.recognise import labels
from ingest.recognise.pages import Line, Page, union
from ingest.recognise.phrases import Phrases

#: Lower down no title stands, but for cards and drawings, which are known by their text.
_TITLE_REGION = 0.45
_LONGEST_TITLE = 36
#: Titles stand among the first rows.
_MOST_ROWS = 40
_LONG_WORD = 7
#: One wrong sign in four leaves another word as likely; one in nine does not.
_DOUBT_OF_MENDING = 0.6
#: A mended title must be explained nearly whole, or every line would be mended into one.
_MENDED_COVERAGE = 0.7
#: From here a line is set like a title; from the weak limit it may be one.
TITLE_LOOK = 0.6
WEAK_LOOK = 0.3
_UNKNOWN_LOOK = 0.7
_SENTENCE = re.compile(r"[。;；,，!?？]|:.")
# Signs that tell members of a family apart are never mended, or a low-voltage paper would turn into a high-voltage one.
_TELLING = frozenset("高低非临居")
_ISSUER = re.compile(
    r"^.{2,30}?(?:供电公司|电力公司|供电局|供电所|电力有限公司|有限责任公司|有限公司|集团公司|营业厅|供电中心|服务中心)"
)
_REMARK = re.compile(
    r"^[(\[].{1,8}[)\]]|[(\[](?:[第正副存留]|续|样|复印|原件|一式|客户|供电|用户)[^()]{0,8}[)\]]$|(?:No|NO|编号|№)[.:]?\w*$"
)
# Seals, names of companies and page numbers are large and centred, too.
_NO_TITLE = re.compile(r"(?:专用章|公章|章|公司|页)$|^(?:第.{1,3}页|No\.?)")
#: The page of a deed that matters is headed by its number only.
_DEED_NUMBER = re.compile(r"^.{0,2}\(\d{4}\).{0,16}?(?P<kind>不动产(?:权|证明))第\d{4,12}号$")
_PART = re.compile(
    r"^(?:第[一二三四五六七八九十\d]+[章条节部]|[一二三四五六七八九十\d]+[、.]|\(?[一二三四五六七八九十\d]+\))"
)


@dataclass(frozen=True)
class TitleHit:
    """A title and the type or family that its words name, with how sure that is."""

    target: str
    confidence: float
    text: str
    look: float
    #: Share of the title's characters that the words explain.
    coverage: float
    #: Number of characters that the words explain.
    length: int
    #: Share of a word's signs that had to be mended to find it.
    mended: float

    @property
    def rank(self) -> tuple[float, int, float]:
        """Surest first; of two as sure, the one that explains more."""
        return round(self.confidence, 2), self.length, self.look


@dataclass(frozen=True)
class PageTitle:
    """What the head of a page says: known titles, best first, and the text of a title no rule knows."""

    hits: tuple[TitleHit, ...]
    unknown: str | None
    #: A large line at the head that is not even worded like a title; whatever it is, something begins here.
    heading: str | None
    #: The best look of any line read as a title, known or not.
    look: float

    @property
    def best(self) -> TitleHit | None:
        """The surest known title."""
        return self.hits[0] if self.hits else None


def find(page: Page, phrases: Phrases) -> PageTitle:
    """Return what the head of `page` says about its type."""
    hits: dict[str, TitleHit] = {}
    unknown: tuple[float, str] | None = None
    heading: str | None = None
    cell_labels = labels.vocabulary().known
    for line, look in looks(page):
        core = strip(line.compact)
        if core in cell_labels:
            # The label of a cell, such as 用电性质, is also a keyword of a type.
            continue
        found = _match(core, phrases, mend=look >= TITLE_LOOK)
        for target, coverage, length, mended in found:
            hit = TitleHit(target, _confidence(coverage, mended, look), line.compact, look, coverage, length, mended)
            known = hits.get(target)
            if known is None or known.rank < hit.rank:
                hits[target] = hit
        if not found and look >= _UNKNOWN_LOOK and not _PART.match(core) and len(core) >= 3:
            heading = heading or line.compact
        if (
            not found
            and look >= _UNKNOWN_LOOK
            and _reads_like_title(core, phrases)
            and (unknown is None or unknown[0] < look)
        ):
            unknown = (look, line.compact)
    ordered = sorted(hits.values(), key=lambda hit: hit.rank, reverse=True)
    look = max([hit.look for hit in ordered] + ([unknown[0]] if unknown else [0.0]))
    return PageTitle(tuple(ordered), unknown[1] if unknown else None, heading, look)


def looks(page: Page) -> list[tuple[Line, float]]:
    """Return the lines at the head of `page` that may be its title, with how much each is set like one."""
    found: list[tuple[Line, float]] | None = page.memo.get("looks")
    if found is None:
        seen = ((line, look_of(page, line)) for line in _candidates(page) if not _NO_TITLE.search(line.compact))
        found = page.memo["looks"] = [(line, look) for line, look in seen if look >= WEAK_LOOK]
    return found


def look_of(page: Page, line: Line) -> float:
    """Say, 0 to 1, how much a line is set like a title: larger than the body, centred, high up, alone, no sentence."""
    look = 0.0
    size = line.height / page.body_height
    look += 0.4 if size >= 1.35 else 0.3 if size >= 1.2 else 0.1 if size >= 1.1 else 0.0
    middle = (line.box[0] + line.box[2]) / 2
    off = min(abs(middle - page.width / 2), abs(middle - page.middle_x)) / page.width
    look += 0.3 if off < 0.05 else 0.15 if off < 0.1 else 0.0
    top = line.middle / page.height
    look += 0.2 if top < 0.22 else 0.15 if top < 0.34 else 0.05
    look += 0.1 if _alone(page, line) else 0.0
    look -= 0.4 if _SENTENCE.search(strip(line.compact)) else 0.0
    look -= 0.2 if len(line.compact) > 24 else 0.0
    return max(0.0, min(1.0, look))


def strip(text: str) -> str:
    """Return a title line without the issuing company before it and remarks such as "(存根)" after it."""
    deed = _DEED_NUMBER.match(text)
    if deed:
        return "不动产权证书" if deed["kind"] == "不动产权" else "不动产登记证明"
    before = None
    while before != text:
        before = text
        text = _REMARK.sub("", text)
    shorter = _ISSUER.sub("", text)
    return shorter if len(shorter) >= 3 else text


def _candidates(page: Page) -> Iterator[Line]:
    """Yield the lines that may be titles; letters far apart and titles in two rows are joined."""
    previous: Line | None = None
    for row in page.rows[:_MOST_ROWS]:
        if row[0].middle > _TITLE_REGION * page.height:
            return
        joined = _join(row) if len(row) > 1 else None
        yield from (line for line in row if 2 <= len(line.compact) <= _LONGEST_TITLE)
        if joined and _spread(row, page):
            yield joined
        line = joined if joined and _spread(row, page) else row[0] if len(row) == 1 else None
        if previous and line and _one_title(previous, line, page):
            yield _join([previous, line])
        previous = line


def _spread(row: list[Line], page: Page) -> bool:
    """Say whether a row is one title whose letters stand so far apart that they were read as several lines."""
    large = all(line.height >= 1.15 * page.body_height for line in row)
    letters = len(row) >= 3 and all(len(line.compact) <= 2 for line in row)
    return (large or letters) and sum(len(line.compact) for line in row) <= _LONGEST_TITLE


def _one_title(above: Line, line: Line, page: Page) -> bool:
    near = line.box[1] - above.box[3] < 1.2 * max(line.height, above.height)
    alike = abs(line.height - above.height) < 0.3 * max(line.height, above.height)
    large = min(line.height, above.height) >= 1.2 * page.body_height
    return near and alike and large and len(above.compact) + len(line.compact) <= _LONGEST_TITLE


def _join(lines: list[Line]) -> Line:
    text = "".join(line.compact for line in lines)
    box = union([line.box for line in lines])
    if lines[-1].box[1] >= lines[0].box[3] - lines[0].height // 2:
        # Set over two rows: its size is that of one row.
        box = (box[0], box[1], box[2], box[1] + max(line.height for line in lines))
    return Line(text, text, box, min(line.confidence for line in lines))


def _alone(page: Page, line: Line) -> bool:
    return not any(
        other is not line
        and min(other.box[3], line.box[3]) - max(other.box[1], line.box[1]) > 0.5 * min(other.height, line.height)
        and (other.box[0] >= line.box[2] or other.box[2] <= line.box[0])
        for other in page.lines
    )


def _match(core: str, phrases: Phrases, *, mend: bool) -> list[tuple[str, float, int, float]]:
    """Return (type or family, share explained, signs explained, share mended) for the title `core`."""
    found = _apply(core, phrases)
    share = found[0][1] if found else 0.0
    mended = 0.0
    if mend and share < _MENDED_COVERAGE and len(core) >= 4:
        text, mended = _mended(core, phrases)
        better = [one for one in _apply(text, phrases) if one[1] >= _MENDED_COVERAGE] if mended else []
        if better:
            found = better
        else:
            mended = 0.0
    return [(target, coverage, length, mended) for target, coverage, length in found]


def _apply(core: str, phrases: Phrases) -> list[tuple[str, float, int]]:
    """Return (type or family, share of the telling signs explained, number of signs explained), best first."""
    best: dict[str, tuple[float, int]] = {}
    neutral = _neutral(core, phrases)
    for rule in phrases.rules:
        marked = rule.marks(core)
        if len(marked) >= 2:
            share = len(marked) / (len(core) - len(neutral - marked))
            best[rule.target] = max(best.get(rule.target, (0.0, 0)), (share, len(marked)))
    return sorted(((target, *found) for target, found in best.items()), key=lambda entry: (-entry[1], -entry[2]))


def _neutral(core: str, phrases: Phrases) -> set[int]:
    places: set[int] = set()
    for word in phrases.fillers:
        start = core.find(word)
        if start >= 0:
            places.update(range(start, start + len(word)))
    return places


def _mended(core: str, phrases: Phrases) -> tuple[str, float]:
    """Return `core` with the one word mended that is nearest to a known one, and the share of its signs changed."""
    best: tuple[float, str, float] | None = None
    for word in phrases.vocabulary:
        allowed = 1 if len(word) < 7 else 2
        if len(word) > len(core) + 1 or word in core:
            continue
        place = fuzz.partial_ratio_alignment(word, core, score_cutoff=65)
        if place is None:
            continue
        for start, end in ((place.dest_start, place.dest_end), (place.dest_start, place.dest_start + len(word))):
            piece = core[start:end]
            distance = Levenshtein.distance(word, piece, score_cutoff=allowed)
            if distance <= allowed and _misread(piece, word, phrases):
                score = (len(word) - 2 * distance) / len(word) + len(word) / 100
                if best is None or score > best[0]:
                    best = (score, core[:start] + word + core[end:], distance / len(word))
    return (best[1], best[2]) if best else (core, 0.0)


def _misread(piece: str, word: str, phrases: Phrases) -> bool:
    """Say whether `piece` may be a misreading of `word` and not another word in its own right."""
    if any(sign in _TELLING and sign not in word for sign in piece):
        return False
    if len(piece) != len(word):
        # A sign lost or gained leaves too little of a short word.
        return len(word) >= _LONG_WORD
    changed = [i for i in range(len(word)) if piece[i] != word[i]]
    around = {piece[i : i + 2] for at in changed for i in (at - 1, at) if 0 <= i < len(piece) - 1}
    return not around & phrases.pairs


def _confidence(coverage: float, mended: float, look: float) -> float:
    sure = (
        0.985
        if coverage >= 0.65
        else 0.96
        if coverage >= 0.5
        else 0.9
        if coverage >= 0.38
        else 0.75
        if coverage >= 0.25
        else 0.5
    )
    sure *= 1.0 if look >= TITLE_LOOK else 0.9 if look >= 0.5 else 0.78
    return round(min(0.995, sure - _DOUBT_OF_MENDING * mended + 0.01 * min(1.0, coverage)), 4)


def _reads_like_title(core: str, phrases: Phrases) -> bool:
    plain = core.rstrip(")")
    return (
        3 <= len(core) <= 24
        and plain.endswith(phrases.title_ends)
        and not core.startswith(phrases.part_heads)
        and not _PART.match(core)
        and len(re.findall(r"[\u4e00-\u9fff]", core)) >= 0.7 * len(core)
    )

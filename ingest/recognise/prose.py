"""Values that stand in running text: a contract's "合同容量为630千伏安" has no cell and no colon."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.lines import Box
from ingest.recognise import labels, parse
from ingest.recognise.pages import Line, Page, union
from ingest.recognise.parse import Patterns, Value

#: A line that ends this far right goes on in the next one.
_FULL_LINE = 0.86
_KINDS = frozenset(
    {"account", "application", "capacity", "voltage", "identity", "address", "date", "text", "phone", "credit", "money"}
)
#: Papers in which somebody allows the customer something.
_CONSENTS = frozenset({"A12", "A34"})
_LINK = (
    r"(?:\([^()]{0,12}\))?(?:确定|核定|约定|暂定|共计|合计|总计)?"
    r"(?P<link>为|是|系|位于|在|:|计)?:?(?:交流|人民币|大写)?"
)
_ORGANISATION = (
    r"[\u4e00-\u9fff()A-Za-z0-9]{2,40}?(?:公司|厂|商店|部|中心|医院|学校|大学|中学|小学|幼儿园|合作社|局|委员会|集团"
    r"|事务所|银行|协会|酒店|农场|经营部|工作室)"
)
_PERSON = r"[\u4e00-\u9fff]{2,4}?"
_BEHIND_NAME = r"(?=[(,、;]|现|因|申请|特|委托|的|系|同志|自愿|郑重|同意|$)"
#: Whoever is allowed something is the customer; whoever allows it is not.
_ALLOWED = re.compile(
    rf"同意(?:由|给)?(?P<name>{_ORGANISATION}|{_PERSON})(?=在(?:该|此|上述|我|本|其)|办理用电|申请用电|使用|安装|装表)"
)
_SELF = (
    re.compile(
        rf"(?:我单位|本单位|我公司|本公司|委托单位|申请单位|兹有)(?:\(?名称\)?)?:?(?P<name>{_ORGANISATION}){_BEHIND_NAME}"
    ),
    re.compile(
        rf"本人(?!同意|申请|承诺|自愿|委托|授权|提供|确认|愿意|已|在|于|因|将)(?P<name>{_PERSON}){_BEHIND_NAME}"
    ),
)
_HOLDER = (
    re.compile(
        rf"(?:现任|担任|系|为)(?P<name>{_ORGANISATION})(?:的)?"
        r"(?:董事长|总经理|经理|执行董事|法定代表人|负责人|厂长|主任|院长|校长|职务)"
    ),
    re.compile(rf"(?:客户|用户|申请人|用电人)(?P<name>{_ORGANISATION})(?=申请|办理|因|的|,)"),
    re.compile(
        rf"(?:业主|住户|客户|用户|申请人|户主|居民|村民)(?P<name>{_PERSON})(?=[,(、]|同志|先生|女士|申请|身份证|位于)"
    ),
)
#: To whom a letter is addressed, in its first part.
_ADDRESSEE = re.compile(rf"^(?P<name>{_ORGANISATION}):$", re.MULTILINE)
_RELATION = r"(?:[我本该]?(?:村|社区|街道|辖区|小区|单位|公司)?(?:\d{1,3}组)?(?:村民|居民|住户|业主|职工|员工))?"
_OWNER = re.compile(rf"(?:兹证明|证明|查){_RELATION}(?P<name>{_PERSON})(?=[(,、]|同志|系|位于)")
_DAY = (
    r"(?:[0-9〇零○O一二三四五六七八九]{4}[年./-][0-9一二三四五六七八九十]{1,3}[月./-][0-9一二三四五六七八九十]{1,3}日?)"
)
_PERIOD = re.compile(
    rf"(?:自|从)?(?P<valid_from>{_DAY})?[^。;\n]{{0,14}}?(?:至|到|—|~)(?P<valid_to>{_DAY})(?:止|终止|为止|期满|结束|[,。;]|$)"
)
_RENAMED = re.compile(
    rf"(?:由|原名称?为?|原户名为?|曾用名为?|原姓名为?|将)[:\"]?(?P<old_name>{_ORGANISATION}|{_PERSON})\"?,?"
    rf"(?:变更为|更名为|变更登记为|改为|更改为|改名为|现名称?为?|现更名为)[:\"]?(?P<new_name>{_ORGANISATION}|{_PERSON})(?=[\",。;(、]|$)",
    re.MULTILINE,
)
_REPRESENTATIVE = re.compile(
    r"(?:^|[,。兹])(?:兹证明)?(?!性别|身份|现任|职务)(?P<legal_rep_name>[\u4e00-\u9fff]{2,4}?)(?:同志|先生|女士)?(?:[,(][^。]{0,40}?)?"
    r"(?:系|为|任|是)(?:我|本)(?:单位|公司|厂|店|院|校)(?:的)?(?:法定代表人|负责人)",
    re.MULTILINE,
)
_DEED = re.compile(
    r"(?P<title_no>[\u4e00-\u9fff]?[((]?\d{4}[))]?[\u4e00-\u9fff]{2,12}不动产权第\d{4,10}号|[\u4e00-\u9fff]房权证[\u4e00-\u9fff]{0,8}字第?\d{4,12}号)"
)
#: Sentences that say a value without any label, by field.
_SENTENCES: dict[str, tuple[re.Pattern[str], str]] = {
    "valid_from": (_PERIOD, "date"),
    "valid_to": (_PERIOD, "date"),
    "old_name": (_RENAMED, "name"),
    "new_name": (_RENAMED, "name"),
    "legal_rep_name": (_REPRESENTATIVE, "person"),
    "title_no": (_DEED, "text"),
}
_PLACE_NAME = re.compile(r"[\u4e00-\u9fff]{2,9}?(?:[省市县镇乡]|(?<!小)区)")
_PLACE = re.compile(
    r"(?:在|位于|坐落于|坐落在|坐落|地处|系)(?P<address>[\u4e00-\u9fff]{2,12}?[省市县区镇乡][\u4e00-\u9fff0-9A-Za-z\-#()]{2,40}?"
    r"(?:号|室|幢|栋|楼|小区|地块|号楼|车位))(?=[的,。;、(]|内|处|安装|建设|投资|用电|申请|办理|房屋|拟|新建|所在)"
)
_SUPPLIED = re.compile(
    r"(?:以|经|由|采用|通过)(?:交流|AC)?(?P<voltage>\d+(?:\.\d+)?(?:/\d+)?(?:[kK]?[vV]|千伏|伏))(?=电源|电压|线路|供电|专线|等级|三相|单相|向)"
)
#: Classes of electricity as tariffs name them.
_CLASS = re.compile(
    r"(?:按|为|属于?|执行|类别是|性质是|用于)(?P<usage>(?:城镇|乡村|城乡)?(?:大工业|一般工商业(?:及其他)?|工商业|居民生活|居民合表|农业生产|农业排灌|非居民照明|商业"
    r"|非工业|普通工业)(?:用电)?)(?=的?电价|计价|计费|收费|标准|类别|[,。;]|$)",
    re.MULTILINE,
)
_ADDRESS_STOP = re.compile(r"的|[,。;、(]|用电|申请|办理|安装|建设|投资|(?<=[号室幢栋楼村区])(?:内|处|房屋|拟)")


@dataclass(frozen=True)
class Text:
    """The running text of a page in one string, with the line and place of every character."""

    text: str
    places: tuple[tuple[Line, int], ...]

    def box(self, start: int, end: int) -> Box:
        """Return the box around the characters from `start` to `end`."""
        parts: dict[int, tuple[Line, int, int]] = {}
        for line, place in self.places[start:end]:
            first = parts.get(id(line), (line, place, place))[1]
            parts[id(line)] = (line, first, place + 1)
        return union([labels.part_box(line, first, last) for line, first, last in parts.values()])

    def confidence(self, start: int, end: int) -> float:
        """Return the least confidence of the lines that hold these characters."""
        return min((line.confidence for line, _ in self.places[start:end]), default=0.0)


@dataclass(frozen=True)
class Spoken:
    """A value found in running text behind a label or phrase."""

    label: str
    value: Value
    box: Box
    confidence: float


def running(page: Page) -> Text:
    """Return the lines of `page` that stand alone in their row, joined where a line runs on into the next."""
    if "running" not in page.memo:
        page.memo["running"] = _running(page)
    text: Text = page.memo["running"]
    return text


def _running(page: Page) -> Text:
    signs: list[str] = []
    places: list[tuple[Line, int]] = []
    right = max((line.box[2] for line in page.lines), default=0)
    for row in page.rows:
        if len(row) != 1:
            if signs:
                signs.append("\n")
                places.append((row[0], 0))
            continue
        line = row[0]
        for place, sign in enumerate(line.text):
            if not sign.isspace():
                signs.append(sign)
                places.append((line, place))
        if line.box[2] < _FULL_LINE * right:
            signs.append("\n")
            places.append((line, len(line.text) - 1))
    return Text("".join(signs), tuple(places))


def spoken(texts: Sequence[Text], kind: str, known: Sequence[str], patterns: Patterns) -> Iterator[tuple[int, Spoken]]:
    """Yield the values of `kind` that follow one of the labels `known` in running text, with the page from 1."""
    if kind not in _KINDS:
        return
    words = sorted((label for label in known if len(label) >= 4 or label in ("户号",)), key=len, reverse=True)
    if not words:
        return
    pattern = re.compile(rf"(?P<label>{'|'.join(map(re.escape, words))}){_LINK}")
    for number, text in enumerate(texts, 1):
        for hit in pattern.finditer(text.text):
            rest = text.text[hit.end() : hit.end() + 70].split("\n")[0]
            if not hit["link"] and (kind == "text" or (kind == "address" and not _PLACE_NAME.match(rest))):
                continue
            found = _value(kind, rest, hit[0], patterns)
            if found:
                value, length = found
                end = min(hit.end() + max(length, 1), len(text.places))
                yield number, Spoken(hit["label"], value, text.box(hit.end(), end), text.confidence(hit.end(), end))


def places(texts: Sequence[Text]) -> Iterator[tuple[int, Spoken]]:
    """Yield the addresses that letters speak of without a label: "在……号安装", "位于……号的"."""
    for number, text in enumerate(texts, 1):
        for hit in _PLACE.finditer(text.text):
            value = parse.address(hit["address"])
            if value:
                start, end = hit.span("address")
                yield number, Spoken("", value, text.box(start, end), text.confidence(start, end))


def voltages(texts: Sequence[Text]) -> Iterator[tuple[int, Spoken]]:
    """Yield the voltages with which a contract says that it supplies: "以交流380V电源向用电人供电"."""
    for number, text in enumerate(texts, 1):
        for hit in _SUPPLIED.finditer(text.text):
            value = parse.parse("voltage", hit["voltage"], "", Patterns("", ""))
            if value:
                start, end = hit.span("voltage")
                yield number, Spoken("", value, text.box(start, end), text.confidence(start, end))


def usages(texts: Sequence[Text]) -> Iterator[tuple[int, Spoken]]:
    """Yield the classes of electricity that a contract names without a label: "按农业生产用电计价"."""
    for number, text in enumerate(texts, 1):
        for hit in _CLASS.finditer(text.text):
            start, end = hit.span("usage")
            yield number, Spoken("", Value(hit["usage"]), text.box(start, end), text.confidence(start, end))


def holders(texts: Sequence[Text], code: str) -> Iterator[tuple[int, Spoken]]:
    """Yield the names of the account holder that letters and statements speak of."""
    consent = code in _CONSENTS
    for number, text in enumerate(texts, 1):
        for pattern in (_ALLOWED, *_HOLDER) if consent else (*_SELF, *_HOLDER):
            yield from _named(pattern, text, number)
        if number == 1 and not consent:
            head = Text(text.text[: len(text.text) // 2], text.places)
            yield from _named(_ADDRESSEE, head, number)


def sentences(texts: Sequence[Text], name: str) -> Iterator[tuple[int, Spoken]]:
    """Yield what whole sentences say of a field: periods of validity, changes of name, representatives, deeds."""
    if name not in _SENTENCES:
        return
    pattern, kind = _SENTENCES[name]
    for number, text in enumerate(texts, 1):
        for hit in pattern.finditer(text.text):
            value = parse.parse(kind, hit[name] or "", "", Patterns("", ""))
            if value:
                start, end = hit.span(name)
                yield number, Spoken("", value, text.box(start, end), text.confidence(start, end))


def owners(texts: Sequence[Text]) -> Iterator[tuple[int, Spoken]]:
    """Yield the names of the owner that statements speak of."""
    for number, text in enumerate(texts, 1):
        yield from _named(_OWNER, text, number)
        yield from _named(_SELF[1], text, number)


def _named(pattern: re.Pattern[str], text: Text, number: int) -> Iterator[tuple[int, Spoken]]:
    for hit in pattern.finditer(text.text):
        value = parse.name(hit["name"])
        if value:
            start, end = hit.span("name")
            yield number, Spoken("", value, text.box(start, end), text.confidence(start, end))


def _value(kind: str, text: str, label: str, patterns: Patterns) -> tuple[Value, int] | None:
    """Return the value that `text` begins with and its length."""
    if kind == "address":
        stop = _ADDRESS_STOP.search(text)
        text = text[: stop.start()] if stop else text
        following = next((span.start for span in labels.spans(text) if span.start), len(text))
        text = text[:following]
        value = parse.parse(kind, text, "", patterns)
        return (value, len(text)) if value and re.search(r"\d|村|小区", value.value) else None
    if kind == "text":
        if any(span.start == 0 for span in labels.spans(text)):
            return None
        text = re.split(r"[,。;、(]", text)[0]
        value = parse.parse(kind, text, "", patterns)
        return (value, len(text)) if value and len(value.value) >= 3 else None
    head = re.match(r"[A-Za-z0-9¥￥.+×xX*,/()\-]*(?:[\u4e00-\u9fff]{0,3})", text)
    first = re.match(r"[¥￥]?[0-9A-Za-z一二三四五六七八九〇零]", text)
    if not head or not first:
        return None
    piece = text[:30] if kind in ("date", "money") else head[0]
    value = parse.parse(kind, piece, label, patterns)
    return (value, len(piece)) if value else None

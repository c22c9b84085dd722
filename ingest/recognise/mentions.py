"""Persons, organisations and places that running text speaks of, and what it says they are.

A letter has no cells: "现委托张三（身份证号…）前往办理" names an agent by the words around the name. A name is taken
where it begins with a surname or ends like an organisation, so that the words around it may stand in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.recognise import parse, validators
from ingest.recognise.parse import Value
from ingest.recognise.prose import Spoken, Text
from ingest.recognise.surnames import DOUBLE_SURNAMES, SURNAMES

_HAN = r"[\u4e00-\u9fff]"
#: What may stand behind a name; without it two signs of three would do.
_BEHIND = (
    r"(?=[(,、。;:\s\"]|$|同志|先生|女士|身份|公民身份|居民|为|系|是|于|在|的|所|现|因|担任|任|前往|前来|到|代|全权|办理|负责|使用|经营|申请"
    r"|拥有|购买|本人|与|和|达成|签订|作|业主|住户|村民|变更|过户|承担|同意|拟|将|对|就|以|有)"
)
_PERSON = (
    rf"(?:(?:{DOUBLE_SURNAMES}){_HAN}{{1,2}}|[{SURNAMES}]{_HAN}{{1,2}}?"
    rf"|{_HAN}{{1,8}}(?:·{_HAN}{{1,8}})+)"
)
_ORGANISATION = (
    r"[\u4e00-\u9fff()A-Za-z0-9]{2,40}?(?:公司(?:[\u4e00-\u9fff()]{2,12}分公司)?|厂|商店|便利店|餐饮店|理发店|诊所|酒店|超市|商行|经营部|加工部|门市部|中心"
    r"|医院|学校|大学|中学|小学|幼儿园|合作社|局|委员会|村委会|集团|事务所|银行|协会|农场|工作室)"
)
_NAME = rf"(?P<name>{_ORGANISATION}|{_PERSON}){_BEHIND}"
_ONE = rf"(?P<name>{_PERSON}){_BEHIND}"
_US = r"(?:我|本|该)(?:单位|公司|厂|店|院|校|企业|村|社)"
_POST = r"(?:董事长|总经理|执行董事|副总经理|经理|厂长|校长|院长|主任|社长|会长)"
_HEAD = r"(?:法定代表人|法人代表|负责人)"
_HOLDER = r"(?:产权人|所有权人|房屋所有人|权利人|业主|房东|房主|屋主|户主)"
_LIVING = r"(?:村民|居民|住户|业主|职工)"
_MARK = r"(?:为|是|系|:|由)?"

#: How running text says what somebody is, the most telling way first.
_ROLES: dict[str, tuple[re.Pattern[str], ...]] = {
    "agent_name": (
        re.compile(
            rf"(?:受托人|受委托人|代理人|被委托人|被授权人|委托代理人|授权代理人|经办人|代办人){_MARK}(?!办理|在|的|无|由){_ONE}"
        ),
        re.compile(
            rf"(?:委托|授权|委派|指派|指定|特派|派|由)(?:{_US}|本人|我方)?(?:员工|职工|工作人员|同志|人员|家属|亲属)?{_ONE}"
        ),
    ),
    "legal_rep_name": (
        re.compile(rf"{_HEAD}{_MARK}(?!身份|证明|任职|资格|授权){_ONE}"),
        re.compile(rf"(?:^|[,。兹由明]|现任){_POST}?{_ONE}[^。]{{0,90}}?{_HEAD}", re.MULTILINE),
    ),
    "owner_name": (
        re.compile(rf"{_HOLDER}{_MARK}{_NAME}"),
        re.compile(rf"(?:归|属|属于|系|为|是)(?P<name>{_ORGANISATION}|{_PERSON})(?:\([^)]*\))?(?:个人|单独|共同)?(?:所有|的房产)"),
        re.compile(rf"(?:^|[,。兹]|证明|我|本人){_NAME}(?:\([^)]*\))?[^。]{{0,60}}?(?:的)?{_HOLDER}", re.MULTILINE),
        re.compile(rf"(?:^|[,。兹]|证明|{_LIVING}){_NAME}(?:\([^)]*\))?(?:系|是|为)?", re.MULTILINE),
        re.compile(rf"(?:承租方|承租人|乙方|买受人|受让方|使用人|车主){_MARK}{_NAME}"),
    ),
    "old_name": (
        re.compile(rf"(?:原户主|原用户|原客户|原用电人|原用电方|原户名|老用户|老户主|老户|转让方|转让人|出让方|过出方){_MARK}{_NAME}"),
    ),
    "new_name": (
        re.compile(rf"(?:新户主|新用户|新客户|新用电人|新用电方|新户名|新户|现用户|现户主|现客户|受让方|受让人|承接方|过入方){_MARK}{_NAME}"),
    ),
    "account_name": (
        re.compile(rf"(?:租给|租与|租赁给|出租给|转租给|借给|提供给){_NAME}"),
        re.compile(rf"(?:同意|准许|允许|授权)(?:由|给)?{_NAME}"),
        re.compile(rf"(?:承诺人|声明人|申请人|委托人|承租人|承租户|用电人|用电户){_MARK}{_NAME}"),
        re.compile(rf"(?:我|本)(?:单位|公司|方|户|人|厂|店|企业)(?:\(?名称\)?)?:?{_NAME}"),
    ),
}  # fmt: skip
_SPACE = (
    re.compile(
        r"(?<![A-Za-z0-9-])(?P<name>[A-Za-z]{0,2}\d{0,3}[-—]?[A-Za-z]?\d{1,5}(?:-\d{1,4})?)号?(?:机动车)?(?:停车位|车位|泊位)"
    ),
    re.compile(r"(?:车位|泊位)(?:的)?[,，]?(?:编号|号码|号)(?:为|是|:)?(?P<name>[A-Za-z0-9][A-Za-z0-9\-]{1,11})"),
)
_UNIT = r"(?:号楼|号院|号厂房|号门面|号商铺|号铺|号|室|组|栋|幢|座|层|楼|单元|弄|户|队|社)"
_PLACE = re.compile(
    rf"(?P<name>(?:{_HAN}{{2,7}}(?:省|自治区))?{_HAN}{{2,5}}?(?:市|县|区|旗|州)(?!供电|电力|公安|人民法院|人民政府)[\u4e00-\u9fff0-9A-Za-z#\-]{{1,40}}?\d[\dA-Za-z\-]*{_UNIT}"
    rf"(?:[\u4e00-\u9fffA-Za-z]{{0,6}}?\d[\dA-Za-z\-]*{_UNIT})*(?:(?:工业园|产业园|园区|厂区|大厦|市场|商场|院)内?)?)"
)
_LEADING = re.compile(
    r"^(?:.*?(?:坐落于|坐落在|位于|地处|地点在|地址为|地址是|地址|办理|受理|对|在|就|于|系|是|将|至|到|为|因|有|由|与|和))(?=[\u4e00-\u9fff]{2,5}(?:省|市|县|区|旗|州))"
)
#: Somebody's home is not where the electricity is used.
_HOME = re.compile(r"(?:住址|住所|户籍|家住|现住|住|通讯地址|通信地址|联系地址|注册地址|收件地址)(?:为|是|在|:)?$")
_NUMBER_NEAR = 60


def named(texts: Sequence[Text], name: str) -> Iterator[tuple[int, Spoken]]:
    """Yield who or what plays the part `name`, the most telling way of saying it first, with the page from 1."""
    ways = _SPACE if name == "parking_space_no" else _ROLES.get(name, ())
    for pattern in ways:
        for number, text in enumerate(texts, 1):
            for hit in pattern.finditer(text.text):
                value = Value(hit["name"]) if name == "parking_space_no" else parse.name(hit["name"])
                if value and not _not_a_name(value.value):
                    start, end = hit.span("name")
                    yield number, Spoken("", value, text.box(start, end), text.confidence(start, end))


def places(texts: Sequence[Text]) -> Iterator[tuple[int, Spoken]]:
    """Yield every place that is written out to the number of its house, but not where somebody lives."""
    for number, text in enumerate(texts, 1):
        for hit in _PLACE.finditer(text.text):
            start, end = hit.span("name")
            lead = _LEADING.match(hit["name"])
            start += lead.end() if lead else 0
            value = parse.address(text.text[start:end])
            if value and not _HOME.search(text.text[max(0, start - 8) : start]):
                yield number, Spoken("", value, text.box(start, end), text.confidence(start, end))


def numbers_of(texts: Sequence[Text], name: str) -> Iterator[tuple[int, Spoken]]:
    """Yield the identity numbers that stand behind somebody in the part `name` before anybody else is spoken of."""
    for pattern in _ROLES.get(name, ()):
        for number, text in enumerate(texts, 1):
            for hit in pattern.finditer(text.text):
                end = hit.end("name")
                near = re.search(r"(?<![0-9A-Za-z*])\d{17}[0-9Xx](?![0-9A-Za-z*])", text.text[end : end + _NUMBER_NEAR])
                if near and "。" not in text.text[end : end + near.start()]:
                    found = near[0].upper()
                    valid = validators.identity_number(found)
                    start, stop = end + near.start(), end + near.end()
                    value = Value(found, checked=valid, factor=1.0 if valid else 0.6)
                    yield number, Spoken("", value, text.box(start, stop), text.confidence(start, stop))


def _not_a_name(text: str) -> bool:
    """Say whether what looks like a person's name is a word."""
    return (
        bool(
            re.search(
                r"单位|公章|盖章|签字|时间|日期|方案|成本|任何|安全|安装|应当|应按|负责|全部|有关|相关|向甲|向乙|和乙|何一方",
                text,
            )
        )
        and len(text) <= 4
    )

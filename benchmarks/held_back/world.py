"""Invented customers, their cases and the numbers on their papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from archive_service import check_digits

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志梅红春燕文斌海波佳慧俊鹏宇浩然子轩雨欣晓东立新宏毅永福德胜长青少峰淑珍美玲"
_TOWNS = ("云溪区", "平澜市", "南陂县", "东岭区", "河口县", "安沙市")
_STREETS = (
    "解放路",
    "人民中路",
    "朝阳大街",
    "工业大道",
    "滨江东路",
    "文昌街",
    "学府路",
    "新民巷",
    "站前路",
    "兴业二路",
    "老街",
    "环城北路",
)
_TOWNSHIPS = ("柳林镇", "石桥乡", "白沙街道", "三汇镇", "青山街道", "双河镇", "北关街道")
_ESTATES = ("锦绣家园", "阳光花园", "碧水湾小区", "幸福里小区", "和谐新村", "桃源居", "万象城公寓")
_TRADES = (
    ("机械制造", "通用设备制造业"), ("纺织", "纺织业"), ("食品", "食品制造业"), ("物流", "道路运输业"), ("建材", "非金属矿物制品业"),
    ("电子科技", "计算机制造业"), ("农业开发", "农业"), ("商贸", "批发业"), ("酒店管理", "住宿业"), ("包装印务", "印刷业"), ("新能源", "电力生产业"),
)  # fmt: skip
_BRANDS = (
    "宏达",
    "金源",
    "瑞丰",
    "天成",
    "华昌",
    "永兴",
    "鑫隆",
    "众诚",
    "百盛",
    "凯利",
    "远航",
    "嘉禾",
    "泰和",
    "顺达",
    "博雅",
    "正阳",
)
_SHOPS = ("便利店", "餐饮店", "理发店", "汽修厂", "诊所", "粮油店", "快捷酒店")
USAGES = {
    "HV": ("大工业用电", "一般工商业及其他用电", "农业生产用电"),
    "LN": ("一般工商业用电", "非居民照明", "商业用电", "农业生产用电"),
    "LR": ("居民生活用电", "城镇居民生活用电", "乡村居民生活用电"),
}
_CAPACITY = {
    "HV": (160, 200, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000),
    "LN": (15, 20, 25, 30, 40, 60, 80, 100),
    "LR": (4, 6, 8, 10, 12, 16),
}
VOLTAGES = {"HV": "10kV", "LN": "380V", "LR": "220V"}
STAGES = ("accept", "survey", "scheme", "fee", "design", "inspect", "contract", "meter", "energise", "visit")


@dataclass(frozen=True)
class Person:
    """Somebody with an identity card."""

    name: str
    id_number: str
    sex: str
    born: date
    home: str


@dataclass(frozen=True)
class Case:
    """A household with its one case; `days` has the day of each stage."""

    account_no: str
    application_no: str
    name: str
    address: str
    category: str
    business: str
    natural: bool
    head: Person
    agent: Person
    other: Person
    other_name: str
    credit_code: str
    home_office: str
    phone: str
    usage: str
    industry: str
    capacity: int
    voltage: str
    meter_no: str
    contract_no: str
    amount: str
    estate: str
    supplier: str
    days: Mapping[str, date]
    staff: tuple[str, ...]

    @property
    def unit(self) -> str:
        """High-voltage capacities are in kVA, others in kW."""
        return "kVA" if self.category == "HV" else "kW"


def case(rng: Random, category: str, business: str) -> Case:
    """Invent a case."""
    natural = category == "LR" or (category == "LN" and rng.random() < 0.35)
    town = rng.choice(_TOWNS)
    head, agent, other = (person(rng, town) for _ in range(3))
    brand = (
        "".join(rng.sample("宏金瑞天华永鑫众百凯远嘉泰顺博正恒利", 2)) if rng.random() < 0.5 else rng.choice(_BRANDS)
    )
    trade, industry = rng.choice(_TRADES)
    company = f"{town[:2]}{brand}{trade}{rng.choice(('有限公司', '有限责任公司', '股份有限公司', '有限公司' + town[:2] + '分公司'))}"
    if category == "LN" and rng.random() < 0.4:
        company = f"{town}{brand}{rng.choice(_SHOPS)}"
    estate = rng.choice(_ESTATES)
    days = _days(rng)
    return Case(
        account_no=_account(rng),
        application_no=_application(rng, days["accept"]),
        name=head.name if natural else company,
        address=_address(rng, town, estate, category),
        category=category,
        business=business,
        natural=natural,
        head=head,
        agent=agent,
        other=other,
        other_name=other.name if natural else f"{town[:2]}{rng.choice(_BRANDS)}{trade}有限公司",
        credit_code=credit_code(rng),
        home_office=f"{town}{rng.choice(_STREETS)}{rng.randint(1, 399)}号",
        phone=_mobile(rng),
        usage=rng.choice(USAGES[category]),
        industry=industry,
        capacity=rng.choice(_CAPACITY[category]),
        voltage=VOLTAGES[category],
        meter_no="".join(rng.choices("0123456789", k=rng.choice((12, 22)))),
        contract_no=f"{rng.choice(('GYD', 'HT', 'GD'))}{days['contract']:%Y}-{rng.randint(100, 99999):05d}",
        amount=f"{rng.randint(800, 400000)}.{rng.choice(('00', '00', '50', '36'))}",
        estate=estate,
        supplier=f"国网{town[:2]}供电公司" if rng.random() < 0.5 else f"{town}供电局",
        days=days,
        staff=tuple(_name(rng) for _ in range(6)),
    )  # fmt: skip


def person(rng: Random, town: str) -> Person:
    """Invent a person who lives in `town`."""
    born = date(1950, 1, 1) + timedelta(days=rng.randrange(19000))
    body = f"{rng.choice(('350123', '421125', '530402', '211322', '610426'))}{born:%Y%m%d}{rng.randrange(1000):03d}"
    sex = "男" if int(body[-1]) % 2 else "女"
    home = f"{town}{rng.choice(_TOWNSHIPS)}{rng.choice(_STREETS)}{rng.randint(1, 200)}号"
    return Person(_name(rng), body + check_digits.of_identity_number(body), sex, born, home)


def credit_code(rng: Random) -> str:
    """Invent a unified social credit code with its check character."""
    body = "91" + rng.choice(("350123", "421125", "530402")) + "".join(rng.choices(check_digits.CREDIT_ALPHABET, k=9))
    return body + check_digits.of_credit_code(body)


def _name(rng: Random) -> str:
    return rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=1 if rng.random() < 0.25 else 2))


def _mobile(rng: Random) -> str:
    return rng.choice(("136", "138", "150", "177", "189", "199")) + f"{rng.randrange(10**8):08d}"


def _account(rng: Random) -> str:
    if rng.random() < 0.5:
        return f"{rng.choice(('04', '62', '35', '80'))}{rng.randrange(10**8):08d}"
    return f"{rng.choice(('5420', '6109', '3307'))}{rng.randrange(10**9):09d}"


def _application(rng: Random, day: date) -> str:
    return (
        f"{day:%y%m%d}{rng.randrange(10**6):06d}" if rng.random() < 0.5 else f"{day:%Y%m%d}{rng.randrange(10**4):04d}"
    )


def _address(rng: Random, town: str, estate: str, category: str) -> str:
    if category == "LR" or rng.random() < 0.2:
        return f"{town}{rng.choice(_TOWNSHIPS)}{estate}{rng.randint(1, 30)}{rng.choice(('号楼', '幢', '栋'))}{rng.randint(1, 4)}单元{rng.randint(101, 2404)}室"
    if rng.random() < 0.3:
        return f"{town}{rng.choice(_TOWNSHIPS)}{rng.choice('东西南北大小')}{rng.choice('河湾岗坪洼')}村{rng.randint(1, 12)}组"
    place = rng.choice(
        ("", "", f"{rng.choice('ABC')}座{rng.randint(1, 9)}层", "工业园内", f"{rng.randint(1, 6)}号厂房")
    )
    return f"{town}{rng.choice(_STREETS)}{rng.randint(1, 999)}号{place}"


def _days(rng: Random) -> dict[str, date]:
    day = date(2021, 2, 1) + timedelta(days=rng.randrange(1500))
    days = {}
    for stage in STAGES:
        days[stage] = day
        day += timedelta(days=rng.randint(1, 9))
    return days

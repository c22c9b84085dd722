"""Invented people, companies and addresses of an invented county; nobody real is meant.

The county and its region code do not exist, so no id number or credit code made here can belong to anyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from archive_service.samples import identity


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list that is easier to read as running text."""
    return tuple(text.split())


COUNTY = "青屿县"
REGION = "330198"
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
)
_GIVEN = words(
    "启明 若川 嘉禾 知微 砚秋 志强 建国 秀英 桂兰 国华 海燕 文静 晓峰 雪梅 永福 春生 美玲 立新 德胜 玉珍 "
    "俊杰 思远 雨桐 子涵 浩然 梓萱 宇轩 欣怡 伟 芳 娜 敏 静 强 磊 军 洋 勇 艳 杰 娟 涛 超 霞 平 刚 桂英 玉兰 "
    "凤英 建华 志明 少华 惠芬 丽华 金凤 水根 阿毛 根林 祥云 福来 小龙 亚萍 婷婷 鹏飞"
)
_TOWNS = words("望江镇 临溪镇 石桥镇 白沙乡 青屿街道 东门街道 南浦镇 云岭乡")
_ROADS = words("工业二路 人民路 建设路 中山北路 滨江大道 解放街 创业路 兴业路 学府路 环城西路 迎宾大道 望江路")
_ESTATES = words("翠湖花园 锦绣江南 阳光新城 金桂苑 望江名邸 和谐家园 碧水蓝庭 东方雅苑")
_VILLAGES = words("前山村 后渚村 大塘村 新联村 双溪村 红旗村 下陈村 西岙村")
_WORDS = words("恒润 宏达 金鑫 瑞丰 永兴 天和 华盛 顺通 鼎立 嘉诚 德润 远航 正泰隆 海纳 博雅 万隆 新锐 中联 凯达 东升")
#: What a company makes, its industry class, and how big its supply tends to be.
TRADES = (
    ("食品", "食品制造业"),
    ("机械", "通用设备制造业"),
    ("纺织", "纺织业"),
    ("塑料制品", "橡胶和塑料制品业"),
    ("五金", "金属制品业"),
    ("电子科技", "电子设备制造业"),
    ("建材", "非金属矿物制品业"),
    ("商贸", "批发业"),
    ("餐饮管理", "餐饮业"),
    ("冷链物流", "仓储业"),
)
_BANKS = words("中国农业银行 中国工商银行 中国建设银行 青屿农商银行")


@dataclass(frozen=True)
class Person:
    """An invented natural person."""

    name: str
    woman: bool
    born: date
    id_number: str
    home: str
    phone: str


@dataclass(frozen=True)
class Company:
    """An invented company with the person who stands for it."""

    name: str
    credit_code: str
    head: Person
    address: str
    founded: date
    capital: str
    industry: str
    scope: str
    bank: str
    bank_account: str


def person(rng: Random) -> Person:
    """Invent a grown-up person."""
    born = date(1952, 1, 1) + timedelta(days=rng.randrange(365 * 48))
    serial = rng.randrange(1, 999)
    name = rng.choice(_SURNAMES) + rng.choice(_GIVEN)
    number = identity.id_number(REGION, born, serial)
    return Person(name, serial % 2 == 0, born, number, home(rng), phone(rng))


def company(rng: Random, *, developer: bool = False) -> Company:
    """Invent a company; a `developer` builds housing estates."""
    trade, industry = ("房地产开发", "房地产业") if developer else rng.choice(TRADES)
    kind = rng.choice(("有限公司", "有限公司", "有限责任公司", "股份有限公司"))
    place = rng.choice((COUNTY, COUNTY, "青屿"))
    body = "MA" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(6))
    return Company(
        name=f"{place}{rng.choice(_WORDS)}{trade}{kind}",
        credit_code=identity.credit_code(REGION, body),
        head=person(rng),
        address=f"{COUNTY}{rng.choice(_TOWNS)}{rng.choice(_ROADS)}{rng.randrange(1, 399)}号",
        founded=date(2004, 1, 1) + timedelta(days=rng.randrange(365 * 20)),
        capital=rng.choice(("伍拾万元整", "壹佰万元整", "伍佰万元整", "壹仟万元整", "贰仟万元整")),
        industry=industry,
        scope=f"{trade}的研发、生产、销售;货物进出口;自有房屋租赁。(依法须经批准的项目,经相关部门批准后方可开展经营活动)",
        bank=f"{rng.choice(_BANKS)}{COUNTY}支行",
        bank_account=str(rng.randrange(10**18, 10**19 - 1)),
    )


def home(rng: Random) -> str:
    """Invent the address of a dwelling, in an estate or a village."""
    if rng.random() < 0.6:
        door = f"{rng.randrange(1, 28)}幢{rng.choice((1, 2, 3))}单元{rng.randrange(1, 18)}0{rng.randrange(1, 5)}室"
        return f"{COUNTY}{rng.choice(_TOWNS)}{estate(rng)}{door}"
    return f"{COUNTY}{rng.choice(_TOWNS)}{rng.choice(_VILLAGES)}{rng.randrange(1, 200)}号"


def estate(rng: Random) -> str:
    """Name a housing estate."""
    return rng.choice(_ESTATES)


def shop(rng: Random) -> str:
    """Invent the address of a shop or a workshop."""
    return f"{COUNTY}{rng.choice(_TOWNS)}{rng.choice(_ROADS)}{rng.randrange(1, 399)}号"


def phone(rng: Random) -> str:
    """Invent a mobile number."""
    return rng.choice(("138", "139", "135", "151", "158", "177", "186", "199")) + f"{rng.randrange(10**8):08d}"


def name(rng: Random) -> str:
    """Invent the name of somebody of whom nothing else is needed."""
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)

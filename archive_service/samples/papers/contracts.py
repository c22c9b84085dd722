"""Contracts and agreements, of one page up to half a dozen."""

# The sentences that a paper prints are kept whole, so that they can be read.
# ruff: noqa: E501

from __future__ import annotations

from datetime import timedelta
from random import Random

from archive_service.samples import people
from archive_service.samples.cases import SUPPLIER, Case
from archive_service.samples.document import Document, Paper

_GENERAL = (
    (
        "供电质量",
        "在电力系统正常状况下,供电人按照国家标准向用电人供电,供电频率偏差不超过±0.2赫兹,供电电压偏差符合国家标准规定。",
    ),
    (
        "用电计量",
        "供电人按照国家规定在用电人受电点安装用电计量装置,计量装置的记录作为结算电费的依据。用电人应妥善保护计量装置,发现异常应及时告知供电人。",
    ),
    (
        "电价及电费结算",
        "供电人按照有管理权的物价主管部门批准的电价和用电计量装置的记录,定期向用电人结算电费。在合同有效期内电价变动时,按调价政策规定执行。",
    ),
    ("电费支付", "抄表周期为一个月,用电人应于每月15日前以银行转账方式全额支付上月电费。逾期不交的,按规定收取违约金。"),
    (
        "供电设施维护",
        "产权分界点电源侧的供电设施由供电人负责运行维护,负荷侧的由用电人负责。双方在各自设施上发生事故,由设施产权人依法承担责任。",
    ),
    ("用电安全", "用电人应遵守国家有关安全用电的规定,配备合格的电工,对受电设施进行定期检查、试验,消除事故隐患。"),
    (
        "中止供电",
        "供电设施检修、依法限电等原因需要中止供电时,供电人应按照国家有关规定提前通知用电人。引起停电的原因消除后,应在3日内恢复供电。",
    ),
    (
        "禁止行为",
        "用电人不得擅自改变用电类别、超过合同约定的容量用电、迁移或更动计量装置、擅自引入或供出电源,不得窃电。",
    ),
    (
        "违约责任",
        "任何一方违反本合同约定的,应按照国家法律、法规和《供电营业规则》的规定承担违约责任,造成损失的依法赔偿。",
    ),
    (
        "争议的解决",
        "供用电双方因履行本合同发生争议时,应协商解决;协商不成的,可请求有关行政主管部门调解,或向用电地人民法院起诉。",
    ),
    (
        "信息提供",
        "为保障供电安全,用电人应按供电人要求提供用电负荷、主要设备及生产班次等信息,信息变更时应及时书面告知。",
    ),
    ("保密条款", "双方对因履行本合同知悉的对方商业秘密负有保密义务,未经对方书面同意不得向第三方披露。"),
    (
        "不可抗力",
        "因不可抗力不能履行合同的,根据不可抗力的影响部分或全部免除责任,但应及时通知对方并在合理期限内提供证明。",
    ),
    ("通知", "一方向另一方发出的通知应以书面形式送达合同所载明的地址;电话、短信通知的,以通话或发送记录为准。"),
)


def k01h(case: Case, rng: Random) -> Document:
    """The supply contract of a high-voltage customer, several pages."""
    p = Paper(case, rng, by_hand=0)
    p.head("高压供用电合同", "供用电合同(高压)", "高压供用电合同")
    _parties(p, "供电人", "用电人")
    clauses = [
        ("用电地址", f"用电人用电地址位于{p.value('service_address')}。"),
        (
            "用电性质",
            f"行业分类:{case.industry};用电分类:{p.value('usage_class')};负荷性质:一般负荷,不属于重要电力客户。",
        ),
        (
            "合同容量",
            f"用电人共有1个受电点,合同约定容量为{p.value('capacity')},供电电压为{p.value('voltage')}。受电变压器1台,一次主接线采用单母线接线。",
        ),
        ("供电方式", "供电人以单电源、单回路向用电人供电,由公用线路T接,电源性质为主供电源。"),
        ("产权分界", f"供用电设施产权分界点为{rng.randrange(3, 60)}号杆跌落式熔断器下桩头,分界点示意图见附件。"),
        *_GENERAL,
    ]
    _clauses(p, clauses, wide=True)
    until = p.day(
        case.day("CONTRACT").replace(year=case.day("CONTRACT").year + 5, day=min(28, case.day("CONTRACT").day)),
        "valid_to",
    )
    p.paragraph(
        f"本合同有效期五年,自双方签字盖章之日起至{until}止。合同有效期届满,双方均未提出书面异议的,本合同继续有效。"
    )
    _signed(p, "供电人", "用电人")
    p.number_pages(rng.choice(("第 {n} 页 共 {m} 页", "第{n}页 共{m}页", "- {n} / {m} -")))
    return p.finish("K01H")


def k01l(case: Case, rng: Random) -> Document:
    """The supply contract of a low-voltage customer who is not a resident."""
    p = Paper(case, rng, by_hand=0)
    p.head("低压供用电合同", "供用电合同(低压)", "低压供用电合同")
    _parties(p, "供电人", "用电人")
    clauses = [
        ("用电地址和用电性质", f"用电地址:{p.value('service_address')};用电类别:{p.value('usage_class')}。"),
        ("供电方式和容量", f"供电人以{p.value('voltage')}电源向用电人供电,合同容量为{p.value('capacity')}。"),
        *rng.sample(_GENERAL, 6),
    ]
    _clauses(p, clauses, wide=False)
    until = case.day("CONTRACT") + timedelta(days=3 * 365)
    p.paragraph(f"本合同有效期三年,自签订之日起至{p.day(until, 'valid_to')}止。本合同一式两份,双方各执一份。")
    _signed(p, "供电人", "用电人")
    p.number_pages()
    return p.finish("K01L")


def k01r(case: Case, rng: Random) -> Document:
    """The supply contract of a resident."""
    p = Paper(case, rng, by_hand=0.4)
    p.head("居民供用电合同", "居民生活供用电合同", "居民供用电合同(背书)")
    p.form(p.entries("account_no account_name service_address id_number phone capacity voltage"))
    _clauses(p, rng.sample(_GENERAL, 4), wide=False)
    p.paragraph("本合同自双方签字(盖章)之日起生效,用电人办理销户手续时终止。")
    p.signatures(
        ("供电人(盖章)", case.staff["signer"], p.day("CONTRACT"), p.supplier_seal("合同专用章")),
        ("用电人(签字)", p.customer_signer(), "", ""),
    )
    return p.finish("K01R")


def k02(case: Case, rng: Random) -> Document:
    """The agreement on settling the charges."""
    p = Paper(case, rng, by_hand=0)
    p.head("电费结算协议", "电费支付协议")
    _parties(p, "甲方(供电方)", "乙方(用电方)", numbered=False)
    firm = case.company
    account = (
        f"开户银行:{p.said('bank', firm.bank)},账号:{p.said('bank_account_no', firm.bank_account)}。"
        if firm
        else "以现金或网上缴费方式支付。"
    )
    _clauses(
        p,
        [
            ("结算方式", f"乙方以银行托收方式支付电费。{account}"),
            ("结算周期", "电费按月结算,每月分两次支付,分别于10日、25日前付清。"),
            ("违约金", "乙方逾期支付电费的,每日按欠费总额的千分之二计付违约金。"),
            ("其他", "本协议为供用电合同的附件,与供用电合同具有同等法律效力。"),
        ],
        wide=False,
    )
    _signed(p, "甲方", "乙方")
    return p.finish("K02")


def k07(case: Case, rng: Random) -> Document:
    """The amendment of a contract."""
    p = Paper(case, rng, by_hand=0)
    p.head("供用电合同补充协议", "供用电合同变更协议")
    _parties(p, "供电人", "用电人")
    p.paragraph(
        f"因用电人户名由{p.said('old_name', case.former_name)}变更为{case.account_name},经双方协商一致,对原合同作如下变更:原合同用电人名称变更为{case.account_name},其他条款不变,双方继续履行。"
    )
    _signed(p, "供电人", "用电人")
    return p.finish("K07")


def k08(case: Case, rng: Random) -> Document:
    """The contract on buying the power of a generator."""
    p = Paper(case, rng, by_hand=0)
    p.head("购售电合同", "分布式光伏发电项目购售电合同", "低压发用电合同")
    _parties(p, "购电人", "售电人")
    _clauses(
        p,
        [
            (
                "项目概况",
                f"售电人在{p.value('service_address')}建设分布式光伏发电项目,装机容量{p.generation()},以{p.value('voltage')}电压等级并网。",
            ),
            ("上网电量", "上网电量以关口计量装置的抄录示数为依据,按月结算。"),
            ("上网电价", "按照国家和地方价格主管部门的规定执行。"),
            *rng.sample(_GENERAL, 4),
        ],
        wide=False,
    )
    _signed(p, "购电人", "售电人")
    p.number_pages()
    return p.finish("K08")


def _parties(p: Paper, first: str, second: str, *, numbered: bool = True) -> None:
    case = p.case
    if numbered and case.business_type != "DG":
        p.sides(f"合同编号:{p.value('contract_no')}", p.rng.choice(("", "版本号:V2.1")))
    p.paragraph(f"{first}:{SUPPLIER}", indent=0)
    p.paragraph(f"{second}:{p.said('account_name', case.account_name)}", indent=0)
    p.paragraph(f"{p.style.label('account_no')}:{p.said('account_no', case.account_no)}", indent=0)
    p.paragraph(
        "为明确双方的权利和义务,根据《中华人民共和国民法典》《中华人民共和国电力法》《电力供应与使用条例》等法律法规,经协商一致,订立本合同,共同遵守。"
    )


def _clauses(p: Paper, clauses: list[tuple[str, str]], *, wide: bool) -> None:
    leading = 1.75 if wide else 1.7
    for number, (head, text) in enumerate(clauses, 1):
        label = f"第{_NUMBERS[number - 1]}条 {head}"
        if wide:
            p.paragraph(label, indent=0, bold=True, leading=leading)
            p.paragraph(text, leading=leading)
            for part, sentence in enumerate(_DETAIL[number % len(_DETAIL)], 1):
                p.paragraph(f"{part}. {sentence}", leading=leading)
        else:
            p.paragraph(f"{label}:{text}", leading=leading)


def _signed(p: Paper, first: str, second: str) -> None:
    p.signatures(
        (f"{first}(盖章)", p.case.staff["signer"], p.day("CONTRACT"), p.supplier_seal("合同专用章")),
        (
            f"{second}(盖章)",
            p.customer_signer(),
            p.day("CONTRACT"),
            p.customer_seal("合同专用章" if p.rng.random() < 0.4 else ""),
        ),
    )


_NUMBERS = people.words("一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九 二十")
_DETAIL = (
    ("本条所称用电人包括其委托的代理人。", "供电人有权对用电人的用电情况进行检查,用电人应当予以配合。"),
    ("变更上述内容的,应当提前五个工作日书面申请。",),
    (
        "因用电人原因造成的损失由用电人承担。",
        "因供电人原因造成的损失由供电人依法承担。",
        "第三人过错造成的,由第三人承担。",
    ),
)
PAPERS = {"K01H": k01h, "K01L": k01l, "K01R": k01r, "K02": k02, "K07": k07, "K08": k08}

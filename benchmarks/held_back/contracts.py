"""Contracts of several pages: parties, articles, signatures; numbered in one of three ways or not at all."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.held_back.forms import seal
from benchmarks.held_back.pen import Paper, Pen

_DEV = (
    "供电人应按照国家规定的电能质量标准向用电人连续供电，因检修等需要停电时应提前七日通知用电人。",
    "用电人不得擅自改变用电类别，不得私自超过合同约定的容量用电，不得擅自迁移、更动计量装置。",
    "电能计量装置的产权属于供电人，用电人负有保护义务，发现异常应及时通知供电人处理。",
    "电费按月结算，用电人应于每月25日前足额交清电费，逾期按日加收千分之二的违约金。",
    "受电设施的运行维护责任以产权分界点划分，分界点电源侧由供电人负责，负荷侧由用电人负责。",
    "任何一方违反本合同约定给对方造成损失的，应当依法承担赔偿责任。",
    "发生不可抗力时，受影响的一方应及时通知对方，并采取措施减少损失。",
    "双方因履行本合同发生争议的，应先行协商；协商不成的，向供电人所在地人民法院起诉。",
    "本合同未尽事宜，按《电力供应与使用条例》《供电营业规则》执行。",
)
_HELD = (
    "甲方按本合同载明的方式供应电力，电压偏差不超过国家允许的范围，遇有计划检修提前公告。",
    "乙方保证其受电设备符合安全规程，变压器须经检验合格后方可投入，严禁转供电。",
    "电量以计量表计示数为准，表计失准时按规定的差错率退补，任何一方可申请校验。",
    "电价执行政府价格主管部门的规定，遇有调整自调价之日起按新价计收，无须另行签约。",
    "乙方须指派持证人员管理配电设施，建立巡视记录，接受甲方的用电检查。",
    "出现窃电、违约用电行为的，按有关规定追补电费并承担违约使用电费。",
    "合同期内任何一方要求变更或者解除的，应当提前三十日书面告知另一方。",
    "因电网故障造成的停电，甲方尽力抢修，赔偿责任按法律规定办理。",
    "本合同一式四份，双方各执两份，自签字盖章之日起生效。",
)
_LEASE_DEV = (
    "租金按季支付，承租方应于每季首月10日前付清。", "承租方不得擅自转租，不得改变房屋用途和结构。",
    "租赁期间的水费、电费、物业费由承租方承担，电表由承租方自行申请开户。", "房屋主体的维修由出租方负责。",
    "任何一方提前解除合同应提前一个月通知对方，并支付一个月租金作为违约金。", "本合同一式两份，双方签字后生效。",
)  # fmt: skip
_LEASE_HELD = (
    "场地用于生产经营，乙方自负盈亏，依法纳税。", "租费先付后用，逾期十五日未付的甲方有权收回场地。",
    "乙方可根据需要增设用电设施，费用自理，期满后不得拆除。", "甲方保证对所出租的物业拥有完整权利。",
    "合同期满乙方在同等条件下有优先承租权。", "本协议自双方签署之日起执行。",
)  # fmt: skip


def supply(pen: Pen) -> Paper:
    """A supply contract: two to four pages."""
    case, rng, title = pen.case, pen.rng, pen.title()
    a, b = (
        pen.one_of(["供电人", "供电方"], ["甲方(供电方)", "供电企业"]),
        pen.one_of(["用电人", "用电方"], ["乙方(用电方)", "电力客户"]),
    )
    own = f"<p>{pen.label('id_number')}：{pen.v('id_number')}</p>" if case.natural else ""
    parties = [f"<p>{a}：{case.supplier}</p>", f"<p>{b}：{pen.v('account_name')}</p>", f"<p>{pen.label('account_no')}：{pen.v('account_no')}</p>",
               f"<p>{pen.label('service_address')}：{pen.v('service_address')}</p>{own}"]  # fmt: skip
    if rng.random() < 0.6:
        parties.insert(2, f"<p>{pen.label('application_no')}：{pen.v('application_no')}</p>")
    number = f"<p class=r>{pen.label('contract_no')}：{pen.v('contract_no')}</p>" if pen.code != "K01R" else ""
    first = f"<h1>{title}</h1>{number}{''.join(parties)}<p class=ind>{_opening(pen)}</p>"
    ends = case.days["contract"] + timedelta(days=365 * 3)
    terms = [_supplied(pen), *rng.sample(_HELD if pen.held else _DEV, 8 if case.category == "HV" else 5)]
    terms.append(
        pen.one_of(
            [f"本合同有效期自{pen.other_day(case.days['contract'])}起至{pen.other_day(ends)}止。"],
            [f"合同期限三年，{pen.other_day(ends)}到期，双方无异议自动续期。"],
        )
    )
    pages = _set(pen, first, terms, per_page=rng.choice((4, 5, 7)))
    return pen.paper("contract", title, _closed(pen, pages, a, b, case.name, case.supplier))


def _opening(pen: Pen) -> str:
    return pen.one_of(
        [
            "为明确供电人和用电人在电力供应与使用中的权利和义务，经双方协商一致，签订本合同。",
            "根据《中华人民共和国民法典》《中华人民共和国电力法》，双方签订本合同，共同遵守。",
        ],
        [
            "双方本着平等自愿、诚实信用的原则，就供用电事宜订立条款如下。",
            "鉴于乙方有用电需求，甲方同意供电，双方达成以下约定。",
        ],
    )


def _supplied(pen: Pen) -> str:
    label = pen.label("capacity")
    return pen.one_of(
        [
            f"供电人以{pen.v('voltage')}电压向用电人供电，用电类别为{pen.v('usage_class')}，{label}为{pen.v('capacity')}。",
            f"{label}：{pen.v('capacity')}；{pen.label('voltage')}：{pen.v('voltage')}；{pen.label('usage_class')}：{pen.v('usage_class')}。",
        ],
        [
            f"经核定，{label}{pen.v('capacity')}，由{pen.v('voltage')}线路供电，按{pen.v('usage_class')}计价。",
            f"乙方{pen.label('usage_class')}为{pen.v('usage_class')}，{label}共计{pen.v('capacity')}，{pen.label('voltage')}{pen.v('voltage')}。",
        ],
    )


def _set(pen: Pen, first: str, terms: list[str], per_page: int) -> list[str]:
    """Set articles on pages."""
    names = "一二三四五六七八九十"
    style = pen.rng.choice(("第{}条　", "{}、"))
    numbered = [f"<p class=ind>{style.format(names[i])}{term}</p>" for i, term in enumerate(terms[:10])]
    pages = [first + "".join(numbered[: per_page - 1])]
    rest = numbered[per_page - 1 :]
    pages += ["".join(rest[i : i + per_page]) for i in range(0, len(rest), per_page)]
    return pages


def _closed(pen: Pen, pages: list[str], a: str, b: str, left: str, right: str) -> list[str]:
    """Add signatures to the last page, or on a page of their own, and number the pages."""
    case, rng = pen.case, pen.rng
    day = pen.day("contract")
    label = pen.one_of(["签订日期：", "日期：", "签约日期："], ["签署时间：", "", "订立时间："])
    stamp = "" if case.natural else seal(pen, left, "left:90px;top:-36px", "合同专用章")
    end = (
        f"<div class=sign><div>{a}（{pen.one_of(['盖章'], ['公章'])}）：{seal(pen, right, 'left:80px;top:-30px', '合同专用章')}{right}<br>授权代表：<span class=hand>{case.staff[0]}</span><br>{label}{day}</div>"
        f"<div>{b}（签章）：{stamp}{left}<br>授权代表：<span class=hand>{case.agent.name}</span><br>{label}{day}</div></div>"
    )
    if rng.random() < 0.25:
        pages.append(pen.one_of(["<p>（本页无正文，为签署页）</p>"], ["<p>（以下无正文，签字页）</p>"]) + end)
    else:
        pages[-1] += end
    count = len(pages)
    foots = pen.one_of(
        ["第{n}页 共{c}页", "- {n} -", "", "第 {n} 页 共 {c} 页"], ["{n} / {c}", "第{n}页/共{c}页", "", "— {n} —"]
    )
    return [
        page + (f"<div class=foot>{foots.format(n=n, c=count)}</div>" if foots else "")
        for n, page in enumerate(pages, 1)
    ]


def lease(pen: Pen) -> Paper:
    """A lease of one or two pages."""
    case, rng, title = pen.case, pen.rng, pen.title()
    pen.fields |= {"lessor": case.other.name, "lessee": case.name}
    a, b = (
        pen.one_of(["出租方（甲方）", "出租人"], ["甲方（出租方）", "出租方"]),
        pen.one_of(["承租方（乙方）", "承租人"], ["乙方（承租方）", "承租方"]),
    )
    where, place = pen.one_of(["房屋坐落", "租赁地址"], ["场地位置", "房屋地址"]), pen.v("service_address")
    begun, end = case.days["accept"] - timedelta(days=40), case.days["accept"] + timedelta(days=365 * 5)
    first = (
        f"<h1>{title}</h1><p>{a}：{case.other.name}　身份证号：{case.other.id_number}</p><p>{b}：{case.name}</p><p>{where}：{place}</p>"
        f"<p>{pen.one_of(['租赁期限'], ['租用时间'])}：自{pen.other_day(begun)}起至{pen.other_day(end)}止</p><p>月租金：{rng.randint(8, 300) * 100}元</p>"
    )
    pages = _set(pen, first, list(rng.sample(_LEASE_HELD if pen.held else _LEASE_DEV, 6)), per_page=rng.choice((5, 9)))
    pages[-1] += (
        f"<div class=sign><div>{a}：<span class=hand>{case.other.name}</span><br>{pen.other_day(begun)}</div><div>{b}：<span class=hand>{case.agent.name}</span></div></div>"
    )
    pen.fields["document_date"] = begun.isoformat()
    return pen.paper("lease", title, pages)


def settlement(pen: Pen) -> Paper:
    """An agreement about how electricity is paid for."""
    case, rng, title = pen.case, pen.rng, pen.title()
    account = f"{rng.choice(('6217', '6222', '6228'))}{rng.randrange(10**15):015d}"
    rows = [f"<p>{pen.one_of(['供电方', '甲方'], ['收款单位', '甲方(收费方)'])}：{case.supplier}</p>", f"<p>{pen.one_of(['用电方', '用电人'], ['缴费客户', '乙方(用电客户)'])}：{pen.v('account_name')}</p>",
            f"<p>{pen.label('account_no')}：{pen.v('account_no')}</p>", f"<p>开户银行：中国建设银行{case.address[:2]}支行　{pen.one_of(['银行账号'], ['扣款账号'])}：{account}</p>"]  # fmt: skip
    terms = pen.one_of(
        ["用电方每月分三次支付电费，月末结清。|逾期未付的，供电方可依法中止供电。|结算方式为银行托收。"],
        [
            "乙方授权银行在每月18日从上述账户划扣电费。|账户余额不足的，乙方应在三日内补足。|本约定与供用电合同同时终止。"
        ],
    ).split("|")
    pages = _set(pen, f"<h1>{title}</h1>{''.join(rows)}", terms, per_page=9)
    return pen.paper("settlement", title, _closed(pen, pages, "甲方", "乙方", case.name, case.supplier))

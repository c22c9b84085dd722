"""Forms of the utility and its customers: fields in a layout, with notes, tables and signatures around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.held_back import layouts
from benchmarks.held_back.pen import Paper, Pen, Row

_WHOSE = "account_no application_no account_name service_address "


@dataclass(frozen=True)
class Form:
    """What stands on a form: fields, the stage that dates it, what else is written, who signs."""

    fields: str
    stage: str
    extra: Callable[[Pen], str] | None = None
    more: Callable[[Pen], list[Row]] | None = None
    signs: tuple[str, str] = ("客户", "")
    sealed: bool = False


def form(pen: Pen, spec: Form) -> Paper:
    """Return a form of one page."""
    layout = pen.rng.choice(layouts.LAYOUTS[pen.split])
    title = pen.title()
    rows = pen.rows(spec.fields)
    where = pen.rng.random()
    if where < 0.6:
        rows.append(Row(pen.date_label(), pen.day(spec.stage)))
    rows += spec.more(pen) if spec.more else []
    body = _head(pen, title) + layout(rows, pen.rng)
    body += spec.extra(pen) if spec.extra else ""
    body += _signed(pen, spec, dated=where >= 0.6)
    return pen.paper(layout.__name__, title, [body])


def _head(pen: Pen, title: str) -> str:
    look = pen.rng.choice(("", "kai", "song") if not pen.held else ("", "song", "left", ""))
    over = pen.rng.choice(("", f"<p class=sub>{pen.case.supplier}</p>", ""))
    number = pen.rng.choice(("", "", f"<p class='r note'>No. {pen.rng.randrange(10**6):06d}</p>"))
    return f"{over}<h1 class='{look}'>{title}</h1>{number}"


def _signed(pen: Pen, spec: Form, *, dated: bool) -> str:
    case, (left, right) = pen.case, spec.signs
    who = pen.one_of(["签章", "签字", "盖章"], ["确认签名", "签署"])
    name = case.name if spec.sealed else case.agent.name
    stamp = seal(pen, case.name, "left:60px;top:-30px") if spec.sealed and not case.natural else ""
    day = pen.day(spec.stage) if dated else ""
    label = pen.one_of(["日期：", "", "年月日："], ["时间：", ""]) if dated else ""
    first = f"<div>{left}（{who}）：<span class=hand>{name}</span><br>{stamp}{'' if right else label + day}</div>"
    second = f"<div>{right}：{pen.rng.choice(case.staff)}<br>{label}{day}</div>" if right else ""
    return f"<div class=sign>{first}{second}</div>"


def seal(pen: Pen, text: str, place: str, middle: str = "") -> str:
    """Return a round red seal of `text` at a place in its block."""
    rng = pen.rng
    size = 15 if len(text) < 14 else 11.5
    turn = rng.randint(-25, 25)
    return (
        f"<svg class=seal style='{place};transform:rotate({turn}deg);opacity:{rng.uniform(0.55, 0.9):.2f}' viewBox='0 0 150 150'>"
        f"<g fill='none' stroke='#d22' stroke-width='3.4'><circle cx=75 cy=75 r=71 /></g>"
        f"<path id=a{turn + 99} fill=none d='M 22 98 A 57 57 0 1 1 128 98'/>"
        f"<text font-size='{size}' fill='#d22' font-family=song><textPath href='#a{turn + 99}' textLength='{min(230, 17 * len(text))}'>{text}</textPath></text>"
        f"<text x=75 y=86 font-size=32 text-anchor=middle fill='#d22'>★</text>"
        f"<text x=75 y=120 font-size=13 text-anchor=middle fill='#d22' font-family=song>{middle}</text></svg>"
    )  # fmt: skip


def _equipment(pen: Pen) -> str:
    rng = pen.rng
    items = rng.sample(
        ("空调机组", "水泵", "电梯", "照明", "电热水器", "注塑机", "空压机", "电焊机", "冷库", "风机"),
        rng.randint(3, 6),
    )
    names = pen.one_of(["序号 设备名称 型号 台数 单台容量 备注"], ["编号 设备 规格 数量 功率(kW) 相数"]).split()
    body = "".join(f"<th>{name}</th>" for name in names)
    for number, item in enumerate(items, 1):
        cells = (
            number,
            item,
            f"{rng.choice('ABXY')}{rng.randint(10, 99)}",
            rng.randint(1, 9),
            f"{rng.randint(1, 75)}",
            "三相",
        )
        body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    return f"<table class='grid small'><tr>{body}</table>"


def _fees(pen: Pen) -> str:
    total = pen.case.amount
    part = f"{float(total) * 0.6:.2f}"
    rest = f"{float(total) - float(part):.2f}"
    body = "".join(f"<tr><td>{n}</td><td>{name}</td><td>{value}</td></tr>" for n, name, value in (
        (1, "高可靠性供电费", part), (2, pen.one_of(["临时接电费"], ["装表材料费"]), rest)))  # fmt: skip
    return f"<table class=grid><tr><th>序号</th><th>收费项目</th><th>金额(元)</th></tr>{body}</table>" + (
        f"<p class=note>收款单位：{pen.case.supplier}　开户行：中国银行营业部　账号：{pen.rng.randrange(10**18):018d}</p>"
    )


def _declared(pen: Pen) -> str:
    text = pen.one_of(
        [
            "本人（单位）承诺所填内容真实有效，并已知晓用电业务办理流程和供电企业告知的事项。",
            "特别说明：本表信息由客户提供，如有变更请及时告知供电企业。",
        ],
        [
            "以上信息经我方核对无误，如因信息不实造成的后果由我方自行承担。",
            "填表须知：请用黑色签字笔填写，带*项为必填。",
        ],
    )
    ticks = pen.one_of(
        ["业务类型：☑新装　□增容　□临时用电", "是否需要增值税发票：□是　☑否"],
        ["申办业务：☑新装 □增容 □其他", "自备电源：□有 ☑无　多电源：□是 ☑否"],
    )
    return f"<p>{ticks}</p><p class=ind>{text}</p>"


def _opinion(pen: Pen) -> str:
    good = pen.one_of(
        [
            "经现场检查，具备供电条件，同意按方案实施。",
            "电气设备安装符合设计要求，接地电阻4Ω以下，同意送电。",
            "检验合格，准予投入运行。",
        ],
        ["现场核实无误，线路及设备满足要求。", "各项试验数据合格，资料齐全，可以接入电网运行。"],
    )
    head = pen.one_of(["检查意见", "处理意见"], ["现场情况", "结论意见"])
    rows = "".join(f"<tr><td>{n}</td><td>{text}</td><td>合格</td></tr>" for n, text in enumerate(
        pen.rng.sample(("变压器外观及铭牌", "接地装置", "计量柜", "进线电缆", "安全工器具", "运行规程"), 3), 1))  # fmt: skip
    return f"<table class='grid small'>{rows}</table><p><b>{head}</b></p><p class=ind>{good}</p>"


def _scheme(pen: Pen) -> str:
    rng, case = pen.rng, pen.case
    source = (
        f"{rng.choice(('柳林', '城西', '开发区'))}变电站{rng.randint(901, 999)}线{rng.randint(1, 60)}号杆"
        if case.category == "HV"
        else f"{rng.randint(1, 9)}号公用变台区低压线路"
    )
    valid = case.days["scheme"] + timedelta(days=365 if case.category == "HV" else 90)
    text = pen.one_of(
        [
            f"一、供电电源：由{source}供电。二、计量方式：高供高计，电流互感器变比75/5。三、本方案有效期至{pen.other_day(valid)}，逾期注销。",
            f"供电方式：单电源供电，接入点为{source}。产权分界点：客户进线侧。方案有效期自客户签收之日起算，至{pen.other_day(valid)}止。",
        ],
        [
            f"接入方案：从{source}引接，新建电缆线路约{rng.randint(20, 900)}米。本方案于{pen.other_day(valid)}失效。计费方案：执行目录电价，功率因数考核0.9。",
            f"电源接入：{source}。计量装置安装于客户侧。请于{pen.other_day(valid)}前完成受电工程建设。",
        ],
    )
    return f"<p class=ind>{text}</p>"


def _meters(pen: Pen) -> str:
    rng, case = pen.rng, pen.case
    cells = (("装出", case.meter_no, "三相智能表", "1.5(6)A", f"{rng.randint(0, 9)}.{rng.randint(10, 99)}"),)
    label = pen.label("meter_no")
    pen.fields["meter_no"] = case.meter_no
    heads = pen.one_of([f"类别 {label} 表型 电流 起码"], [f"装拆标志 {label} 规格 标定电流 示数"]).split()
    body = "".join(f"<th>{head}</th>" for head in heads)
    for row in cells:
        body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    return f"<table class='grid small'><tr>{body}</table><p class=note>封印编号：F{rng.randrange(10**7):07d}　倍率：{rng.choice((1, 20, 30, 1500))}</p>"


def _visited(pen: Pen) -> str:
    items = pen.one_of(
        ["您对办电服务是否满意？☑满意 □一般 □不满意", "工作人员是否存在收费不规范情况？□是 ☑否"],
        ["服务态度评价：☑很满意 □满意 □不满意", "是否一次告知全部资料：☑是 □否"],
    )
    return f"<p>1、{items}</p><p>2、是否按承诺时限完成接电？☑是 □否</p><p>回访人员：{pen.case.staff[5]}</p>"


def _before(stage: str, dev: str, held: str) -> Callable[[Pen], list[Row]]:
    """Return rows with the day of another stage: a date on the page that is not the paper's."""
    return lambda pen: (
        [Row(pen.one_of([dev], [held]), pen.other_day(pen.case.days[stage]))] if pen.rng.random() < 0.5 else []
    )


def _wished(pen: Pen) -> list[Row]:
    rng, case = pen.rng, pen.case
    rows = [
        Row(pen.one_of(["邮政编码"], ["邮编"]), f"{rng.randrange(100000, 999999)}"),
        Row(pen.one_of(["要求送电日期"], ["期望用电时间"]), pen.other_day(case.days["energise"])),
    ]
    rows += [
        Row(pen.one_of(["行业分类"], ["所属行业"]), case.industry),
        Row(pen.one_of(["开户行账号"], ["银行结算账号"]), f"{rng.randrange(10**18):018d}"),
    ]
    return rng.sample(rows, rng.randint(1, 3))


def _helpers(pen: Pen) -> list[Row]:
    case, rng = pen.case, pen.rng
    return [
        Row(pen.one_of(["施工单位"], ["承装单位"]), "恒力电力安装有限公司"),
        Row(pen.one_of(["电工证号"], ["作业证编号"]), f"T{case.agent.id_number[:6]}{rng.randrange(10**8):08d}"),
    ]


def _generator(pen: Pen) -> str:
    return (
        f"<p>{pen.one_of(['并网方式：□全额上网 ☑自发自用余电上网', '屋顶产权：☑自有 □租赁'], ['消纳模式：☑余电上网 □全额上网', '并网点数：1个'])}</p>"
        + _declared(pen)
    )


_APPLY = _WHOSE + "id_number credit_code legal_rep_name agent_name agent_id_number phone usage_class capacity voltage"
FORMS: dict[str, Form] = {
    "A01": Form("account_name service_address", "accept", _declared, signs=("客户", "受理人员")),
    "A02H": Form(_APPLY, "accept", _declared, _wished, ("申请单位", "受理人"), sealed=True),
    "A02N": Form(_APPLY, "accept", _declared, _wished, ("客户", "受理人")),
    "A02R": Form(_WHOSE + "id_number phone usage_class capacity", "accept", _declared, signs=("申请人", "受理人")),
    "A02V": Form(_WHOSE + "id_number credit_code phone agent_name", "accept", _declared, signs=("客户", "受理人")),
    "A02D": Form(_WHOSE + "id_number credit_code phone capacity voltage", "accept", _generator, signs=("申请人", "")),
    "A03": Form("account_no account_name capacity", "accept", _equipment, signs=("客户", "")),
    "A27": Form("account_no account_name service_address amount", "accept", None, signs=("核查人", "")),
    "S01": Form(_WHOSE + "phone capacity voltage", "survey", _opinion, _before("accept", "受理日期", "受理时间"), ("客户", "勘查人员")),
    "P03H": Form(_WHOSE + "usage_class capacity voltage phone", "scheme", _scheme, _before("accept", "受理日期", "业务受理时间"), ("客户签收", "供电企业"), sealed=True),
    "P03L": Form(_WHOSE + "usage_class capacity voltage phone", "scheme", _scheme, _before("accept", "受理日期", "业务受理时间"), ("客户签收", "供电企业")),
    "F01": Form("account_no application_no account_name service_address amount", "fee", _fees, signs=("缴费人", "开单人")),
    "D04": Form(_WHOSE, "design", _opinion, _helpers, ("客户", "审查人")),
    "C01": Form(_WHOSE + "phone", "inspect", None, _helpers, ("申请单位", ""), sealed=True),
    "C10": Form(_WHOSE + "capacity", "inspect", _opinion, _before("design", "图纸审查日期", "审图日期"), ("客户", "检验人员")),
    "T01": Form(_WHOSE + "voltage", "meter", _meters, _before("accept", "受理日期", "派工日期"), ("客户", "装接人员")),
    "E02": Form(_WHOSE + "capacity voltage", "energise", _opinion, _before("inspect", "竣工检验日期", "验收时间"), ("客户", "送电人员")),
    "V01": Form("account_no application_no account_name phone", "visit", _visited, _before("energise", "送电日期", "接电时间"), ("", "")),
}  # fmt: skip

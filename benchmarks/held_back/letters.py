"""Letters and statements in prose: who authorises, certifies, consents, promises or hands over."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.held_back.forms import seal
from benchmarks.held_back.pen import Paper, Pen


def letter(pen: Pen) -> Paper:
    """Return the letter of the pen's type."""
    title = pen.title()
    text, signer, sealed = _TEXTS[pen.code](pen)
    paragraphs = "".join(f"<p class=ind>{part}</p>" for part in text)
    stamp = seal(pen, signer, "left:30px;top:-24px") if sealed else ""
    day = pen.day("accept")
    who = pen.one_of(["签章", "盖章", "签名"], ["签字盖章", "具名"])
    end = f"<div class=sign><div></div><div>{stamp}{who}：{signer}<br>{day}</div></div>"
    look = pen.rng.choice(("", "song") if pen.held else ("", "kai"))
    return pen.paper("letter", title, [f"<h1 class='{look}'>{title}</h1>{paragraphs}{end}"])


def _authority(pen: Pen) -> tuple[list[str], str, bool]:
    case = pen.case
    name, where = pen.v("account_name"), pen.v("service_address")
    agent, number = pen.v("agent_name"), pen.v("agent_id_number")
    me = pen.one_of(["我单位", "我公司"], ["本单位", "本公司"]) if not case.natural else "本人"
    own = f"（身份证号：{pen.v('id_number')}）" if case.natural else ""
    text = pen.one_of(
        [
            f"{case.supplier}：|{me}{name}{own}，现委托{agent}（身份证号码：{number}）为代理人，前往贵公司办理位于{where}的用电业务。|代理人在办理过程中签署的文件，{me}均予以承认。",
            f"委托人：{name}{own}|受托人：{agent}，身份证号：{number}|现委托上述受托人办理{where}用电报装事宜，委托期限至业务办结为止。",
        ],
        [
            f"兹有{me}{name}{own}因工作需要，特授权{agent}同志全权办理用电手续，其身份证号码为{number}，用电地点在{where}。|被授权人无转委托权。",
            f"致{case.supplier}：|{name}{own}就{where}用电一事，委派{agent}前来办理，身份证件号码{number}。由此产生的法律责任由{me}承担。",
        ],
    )
    return text.split("|"), case.name, not case.natural


def _representative(pen: Pen) -> tuple[list[str], str, bool]:
    case = pen.case
    boss = pen.v("legal_rep_name")
    number = pen.v("legal_rep_id_number", case.head.id_number)
    post = pen.rng.choice(("董事长", "总经理", "执行董事", "经理"))
    text = pen.one_of(
        [
            f"{boss}同志，性别{case.head.sex}，身份证号码{number}，在我单位担任{post}职务，系我单位法定代表人。特此证明。",
            f"兹证明{boss}（身份证号：{number}）为本公司法定代表人，职务：{post}。",
        ],
        [
            f"现任{post}{boss}为我公司法人代表，其公民身份号码为{number}，任期三年。特此证明。",
            f"{case.name}法定代表人由{boss}担任，身份证件号码：{number}。",
        ],
    )
    return [text], case.name, True


def _consent(pen: Pen) -> tuple[list[str], str, bool]:
    case = pen.case
    pen.fields["owner_name"] = case.other.name
    name, where = pen.v("account_name"), pen.v("service_address")
    owner = f"{case.other.name}（身份证号：{case.other.id_number}）"
    text = pen.one_of(
        [
            f"本人{owner}系{where}房屋的产权人，现同意{name}在该处办理用电报装，由其承担电费。",
            f"兹有{where}房屋，产权人为{owner}，已出租给{name}使用，产权人同意其以自己名义申请用电。",
        ],
        [
            f"{where}的房屋归{owner}所有，租与{name}经营，我同意该承租户装表接电。",
            f"我是{where}房屋的业主{owner}，对{name}在此申请安装电表没有异议。",
        ],
    )
    return [text], case.other.name, False


def _promise(pen: Pen) -> tuple[list[str], str, bool]:
    case = pen.case
    name, where = pen.v("account_name"), pen.v("service_address")
    number = f"，户号{pen.v('account_no')}" if pen.rng.random() < 0.6 else ""
    application = f"（申请编号{pen.v('application_no')}）" if pen.rng.random() < 0.4 else ""
    until = pen.other_day(case.days["contract"])
    text = pen.one_of(
        [
            f"{name}{number}在{where}申请新装用电{application}，因产权证明暂缺，承诺于{until}前补齐。逾期未补齐的，愿承担由此产生的责任。",
            f"承诺人：{name}{number}|用电地址：{where}|本承诺人就申请用电{application}郑重承诺：所提供资料真实有效，缺少的资料在{until}以前送达。",
        ],
        [
            f"我方{name}{number}，用电地点{where}，现就办电事项{application}作出如下承诺：租赁合同等资料将于{until}前补交。",
            f"为尽快用电，{name}{number}申请先行受理位于{where}的用电业务{application}，保证在{until}之前补交营业执照。",
        ],
    )
    return text.split("|"), case.name, not case.natural


def _transfer(pen: Pen) -> tuple[list[str], str, bool]:
    case = pen.case
    old = pen.v("old_name", case.other_name)
    new = pen.v("new_name", case.name)
    number, where = pen.v("account_no"), pen.v("service_address")
    day = pen.other_day(case.days["survey"])
    read = f"{pen.rng.randint(100, 9999)}"
    text = pen.one_of(
        [
            f"甲方（原户主）：{old}|乙方（新户主）：{new}|经双方协商，户号{number}、地址{where}的用电由甲方过户给乙方，抄见表底数{read}，过户前电费由甲方结清。",
            f"转让方：{old}|受让方：{new}|用电户号：{number}|用电地址：{where}|双方一致同意办理用电过户，自{day}起的电费由受让方承担。",
        ],
        [
            f"原用户：{old}|现用户：{new}|原用户同意将编号为{number}的电力客户（地址：{where}）户名变更为现用户，电费已结清至{day}。",
            f"老户{old}与新户{new}就位于{where}的用电（户号{number}）达成一致：自{day}起由新户使用并交纳电费。",
        ],
    )
    return text.split("|"), case.other_name, False


def _parking(pen: Pen) -> tuple[list[str], str, bool]:
    case, rng = pen.case, pen.rng
    space = pen.v("parking_space_no", f"{rng.choice(('B1', 'B2', 'A', 'D'))}-{rng.randint(100, 899)}")
    pen.fields["owner_name"] = case.name
    who = f"{case.head.name}（身份证号{case.head.id_number}）"
    text = pen.one_of(
        [
            f"兹证明我小区业主{who}对{case.address}地下车库{space}号车位拥有使用权。特此证明。",
            f"出租方：{case.estate}物业服务有限公司|承租方：{who}|承租方租用{case.estate}{space}号停车位，位于{case.address}，租期至2035年12月31日。",
        ],
        [
            f"{who}购买了{case.address}所在小区的固定车位，编号{space}，该车位归其长期使用。",
            f"甲方将{case.estate}车库{space}号车位出售给乙方{who}，乙方住址{case.address}，总价捌万元整。",
        ],
    )
    return text.split("|"), f"{case.estate}物业服务有限公司", True


def _installation(pen: Pen) -> tuple[list[str], str, bool]:
    case, rng = pen.case, pen.rng
    space = pen.v("parking_space_no", f"{rng.choice(('B1', 'B2', 'C', 'E'))}-{rng.randint(100, 899)}")
    text = pen.one_of(
        [
            f"{case.supplier}：|我小区{case.address}业主{case.head.name}拟在{space}号车位安装电动汽车充电桩，我公司同意其安装，并配合施工。",
            f"经核实，业主{case.head.name}在{space}号车位建设充电设施符合消防要求，物业同意安装。",
        ],
        [
            f"现有{case.address}住户{case.head.name}申请于{space}号车位加装新能源汽车充电装置，我中心无异议，请供电部门予以办理。",
            f"关于{case.head.name}业主在{space}号车位设置充电桩的请求，经研究准予施工，电缆走向由物业指定。",
        ],
    )
    return text.split("|"), f"{case.estate}物业服务有限公司", True


_TEXTS: dict[str, Callable[[Pen], tuple[list[str], str, bool]]] = {
    "A07": _representative, "A08": _authority, "A12": _consent, "A24": _promise, "A28": _transfer, "A33": _parking, "A34": _installation,
}  # fmt: skip
LETTERS = frozenset(_TEXTS)

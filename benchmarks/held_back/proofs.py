"""What customers bring: cards, licences, deeds, leases, letters, receipts, reports."""

from __future__ import annotations

from datetime import date, timedelta

from benchmarks.held_back import writing
from benchmarks.held_back.forms import seal
from benchmarks.held_back.pen import Paper, Pen
from benchmarks.held_back.world import Person


def identity_card(pen: Pen) -> Paper:
    """Copies of both sides: on one page, or each on its own."""
    role = {"A05": ("account_name", "id_number"), "A09": ("agent_name", "agent_id_number")}[pen.code]
    who = pen.case.head if pen.code == "A05" else pen.case.agent
    pen.fields |= {role[0]: who.name, role[1]: who.id_number}
    mark = pen.one_of(
        ["<p class=mark>仅供办理用电业务使用</p>", ""],
        ["<p class='note sub'>此复印件仅用于办电，与原件核对无误</p>", ""],
    )
    front, back = _front(who, wide=pen.held), _back(pen, who)
    if pen.rng.random() < 0.55:
        return pen.paper("both on one", "居民身份证", [f"{front}{back}{mark}"])
    return pen.paper("one each", "居民身份证", [f"{front}{mark}", back])


def _front(who: Person, *, wide: bool) -> str:
    gap = "&nbsp;&nbsp;" if wide else " "
    born = (
        f"{who.born.year}年{who.born.month}月{who.born.day}日"
        if not wide
        else f"{who.born.year} 年 {who.born.month} 月 {who.born.day} 日"
    )
    number = who.id_number if not wide else f"{who.id_number[:6]} {who.id_number[6:14]} {who.id_number[14:]}"
    home = f"{who.home[:11]}<br>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;{who.home[11:]}"
    return (
        f"<div class=card><div class=face></div><div>姓{gap}名 {who.name}</div><div>性{gap}别 {who.sex} 民{gap}族 汉</div>"
        f"<div>出{gap}生 {born}</div><div>住{gap}址 {home}</div><div class=no>公民身份号码 {number}</div></div>"
    )


def _back(pen: Pen, who: Person) -> str:
    begun = date(2012 + pen.rng.randrange(9), 1 + pen.rng.randrange(12), 3)
    until = f"{begun.replace(year=begun.year + 20):%Y.%m.%d}"
    return (
        f"<div class=card><div class=sub style='font-size:19px;padding-top:26px'>中华人民共和国<br>居 民 身 份 证</div>"
        f"<div class=no>签发机关 {who.home[:3]}公安局<br>有效期限 {begun:%Y.%m.%d}-{until}</div></div>"
    )


def licence(pen: Pen) -> Paper:
    """A business licence, upright or across."""
    case, rng = pen.case, pen.rng
    begun = date(2005 + rng.randrange(15), 1 + rng.randrange(12), 1 + rng.randrange(28))
    kinds = "个体工商户" if not case.name.endswith("公司") else "有限责任公司(自然人投资或控股)"
    head = "经营者" if kinds == "个体工商户" else "法定代表人"
    code, name, boss = pen.v("credit_code"), pen.v("account_name"), pen.v("legal_rep_name")
    rows = [("名  称", name), ("类  型", kinds), (head, boss), ("注册资本", f"{rng.randint(10, 5000)}万元整"), ("成立日期", f"{begun.year}年{begun.month}月{begun.day}日"),
            ("营业期限", "长期"), ("住  所", case.home_office), ("经营范围", "生产、加工、销售；货物进出口（依法须经批准的项目，经相关部门批准后方可开展经营活动）")]  # fmt: skip
    issued = writing.day(begun + timedelta(days=rng.randint(0, 900)), 0)
    if not pen.held:
        body = "".join(f"<tr><td width=110>{label}</td><td>{value}</td></tr>" for label, value in rows)
        text = f"<div class=frame><h1>营业执照</h1><p class=sub>（副本）</p><p class=r>统一社会信用代码 {code}</p><table class=bare>{body}</table><p class=r>登记机关　{issued}</p></div>"
        return pen.paper("licence upright", "营业执照", [text])
    left, right = rows[:3] + rows[7:], rows[3:7]
    cells = ["".join(f"<p><b>{label}</b>　{value}</p>" for label, value in part) for part in (left, right)]
    text = f"<div class=land><p class=note>统一社会信用代码<br><span style='font-size:16px'>{code}</span></p><h1 class=song>营 业 执 照</h1><table class=bare><tr><td width=58%>{cells[0]}</td><td>{cells[1]}</td></tr></table><p class=r>登记机关<br>{issued}</p></div>"
    return pen.paper("licence across", "营业执照", [text])


def deed(pen: Pen) -> Paper:
    """A deed of the premises as a table, or a statement of the village as prose."""
    case, rng, title = pen.case, pen.rng, pen.title()
    owner = case.name if not case.natural or rng.random() < 0.8 else case.other.name
    pen.fields["owner_name"] = owner
    where = pen.v("service_address")
    number = (
        f"{rng.choice('云平南东')}({2015 + rng.randrange(8)}){case.address[:3]}不动产权第{rng.randrange(10**7):07d}号"
    )
    if "证明" in title:
        text = pen.one_of(
            [f"兹证明位于{where}的房屋，产权归{owner}所有，该房屋尚未办理不动产登记，情况属实。特此证明。"],
            [
                f"{owner}系我村村民，其在{where}建有住房一处，占地{rng.randint(80, 300)}平方米，权属清楚，无争议。特此证明。"
            ],
        )
        body = f"<h1>{title}</h1><p class=ind>{text}</p><div class=sign><div></div><div>{seal(pen, case.address[:3] + '村民委员会', 'left:40px;top:-40px')}{case.address[:3]}村民委员会<br>{pen.other_day(case.days['accept'])}</div></div>"
        return pen.paper("deed in prose", title, [body])
    labels = (
        ("权利人", "共有情况", "坐落", "不动产单元号", "权利类型", "用途", "面积")
        if not pen.held
        else ("房屋所有权人", "共有情况", "房屋坐落", "登记时间", "房屋性质", "规划用途", "建筑面积")
    )
    values = (
        owner,
        "单独所有",
        where,
        f"{rng.randrange(10**12):012d}GB{rng.randrange(10**5):05d}F0001",
        "国有建设用地使用权/房屋所有权",
        rng.choice(("住宅", "工业", "商业服务")),
        f"{rng.randint(60, 9000)}.{rng.randint(10, 99)}㎡",
    )
    if pen.held:
        values = (*values[:3], f"{2008 + rng.randrange(8)}-05-17", "商品房", *values[5:])
    body = "".join(
        f"<tr><td width=26%>{label}</td><td>{value}</td></tr>" for label, value in zip(labels, values, strict=True)
    )
    head = (
        f"<h1>{title}</h1><p class=sub>{number}</p>"
        if not pen.held
        else f"<h1 class=song>{title}</h1><p class=r>房权证字第{rng.randrange(10**8):08d}号</p>"
    )
    return pen.paper("deed table", title, [f"{head}<table class=grid>{body}</table>"])


def receipt(pen: Pen) -> Paper:
    """A receipt or invoice of a fee, on a part of the page."""
    case, rng, title = pen.case, pen.rng, pen.title()
    label, day = pen.label("amount"), pen.day("fee")
    payer = pen.one_of(["缴费单位", "付款方", "户名"], ["交款人", "今收到"])
    rows = [f"<p>{payer}：{pen.v('account_name')}</p>"]
    if rng.random() < 0.6:
        rows.append(f"<p>{pen.label('account_no')}：{pen.v('account_no')}</p>")
    rows.append(f"<p>{pen.one_of(['收费项目', '项目'], ['交来款项', '事由'])}：业扩工程费用</p>")
    rows.append(f"<p>{label}：{pen.v('amount')}</p>")
    rows.append(f"<p>{pen.date_label()}：{day}　　收款人：{case.staff[2]}</p>")
    number = f"<p class=r>No {rng.randrange(10**8):08d}</p>"
    stamp = seal(pen, case.supplier, "right:30px;top:40px", "财务专用章")
    return pen.paper(
        "slip",
        title,
        [f"<div class=slip style='position:relative'><h1>{title}</h1>{number}{''.join(rows)}{stamp}</div>"],
    )


def report(pen: Pen) -> Paper:
    """A test report of two pages of tables with few names."""
    rng, title = pen.rng, pen.title()
    name, day = pen.v("account_name"), pen.day("inspect")
    head = f"<p>{pen.one_of(['工程名称', '委托单位'], ['用户单位', '受检单位'])}：{name}</p><p>{pen.date_label()}：{day}　环境温度：{rng.randint(8, 33)}℃</p>"
    tables = []
    for part in rng.sample(
        ("绝缘电阻测量(MΩ)", "直流电阻(mΩ)", "交流耐压试验", "变比测量", "继电保护整定", "接地电阻"), 4
    ):
        body = "".join(
            f"<tr>{''.join(f'<td>{rng.randint(1, 9999) / 10}</td>' for _ in range(5))}</tr>"
            for _ in range(rng.randint(3, 6))
        )
        tables.append(
            f"<p>{part}</p><table class='grid small'><tr><td>相别</td><td>A</td><td>B</td><td>C</td><td>标准</td></tr>{body}</table>"
        )
    foots = [f"{n}/2" if pen.held else f"第{n}页 共2页" for n in (1, 2)]
    of = [f"<div class=foot>{foot}</div>" for foot in foots]
    last = "<p>试验结论：合格</p><p>试验人员：周工　审核：吴工</p>"
    return pen.paper(
        "report", title, [f"<h1>{title}</h1>{head}{''.join(tables[:2])}{of[0]}", f"{''.join(tables[2:])}{last}{of[1]}"]
    )

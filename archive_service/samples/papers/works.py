"""Papers of the customer's own works: drawings, qualifications, records, test reports, rules, operators."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from archive_service.samples import people
from archive_service.samples.cases import Case
from archive_service.samples.document import Document, Paper
from archive_service.samples.sheet import BLACK, RED, Block, Curve, Rule
from archive_service.samples.writer import Cell

_DESIGNER = "青屿县江南电力设计有限公司"
_CONTRACTOR = "青屿县光明电力安装有限公司"
_ACROSS = (297.0, 210.0)


def d02(case: Case, rng: Random) -> Document:
    """The design: a sheet of notes and the single-line diagram."""
    p = Paper(case, rng, by_hand=0)
    p.head("设计说明", "受电工程施工图设计说明", office=False)
    _project(p)
    for number, text in enumerate(
        (
            f"本工程为{case.account_name}受电工程,新装变压器容量{case.capacity}kVA,电源由10kV公用线路引入。",
            "设计依据:《20kV及以下变电所设计规范》《低压配电设计规范》及供电企业答复的供电方案。",
            "高压侧采用单母线接线,低压侧采用单母线分段接线,设无功自动补偿装置。",
            "接地采用TN-S系统,接地电阻不大于4欧姆。",
        ),
        1,
    ):
        p.paragraph(f"{number}. {text}")
    p.signatures(("设计人", people.name(rng), p.day("SURVEY"), f"{p.said('designer', _DESIGNER)}|出图专用章"))
    p.turn()
    _diagram(p, "一次系统图", f"DQ-{rng.randrange(1, 40):02d}")
    return p.finish("D02")


def c02(case: Case, rng: Random) -> Document:
    """An as-built drawing with the contractor's stamp."""
    p = Paper(case, rng, by_hand=0, size=_ACROSS, margin=20)
    p.heading = "竣工图"
    _diagram(p, "竣工图 电气主接线", f"JG-{rng.randrange(1, 40):02d}")
    p.said("contractor", _CONTRACTOR)
    x, y = p.right - 96, p.size[1] - 74
    p.page.marks.append(Block(x, y, 72, 26, None, RED, 0.6))
    for row, text in enumerate(("竣工图", f"施工单位 {_CONTRACTOR}", f"编制日期 {p.day('COMPLETE')}")):
        p.put(x + 3, y + 7 + row * 7.5, text, 14 if row == 0 else 8.5, face="hei", ink=RED, kind="seal")
    return p.finish("C02")


def d03(case: Case, rng: Random) -> Document:
    """The designer's qualification."""
    return _licence(case, rng, "D03", "工程设计资质证书", _DESIGNER, "电力行业(送电工程、变电工程)专业丙级")


def m02(case: Case, rng: Random) -> Document:
    """The contractor's licence."""
    return _licence(case, rng, "M02", "承装(修、试)电力设施许可证", _CONTRACTOR, "承装类四级 承修类四级 承试类四级")


def c04(case: Case, rng: Random) -> Document:
    """The report of electrical tests and relay settings."""
    p = Paper(case, rng, by_hand=0)
    p.head("电气设备交接试验报告", "电力变压器试验报告", "电气试验及保护整定调试报告", office=False)
    _project(p)
    shares = (0.34, 0.22, 0.24, 0.2)
    rows = [("试验项目", "标准值", "实测值", "结论")]
    rows += [
        ("绝缘电阻(MΩ)", "≥1000", str(rng.randrange(2000, 9000)), "合格"),
        ("直流电阻不平衡率(%)", "≤2", f"{rng.randrange(20, 150) / 100:.2f}", "合格"),
        ("变压比误差(%)", "±0.5", f"{rng.randrange(1, 40) / 100:.2f}", "合格"),
        ("工频耐压(kV)", "30/1min", "通过", "合格"),
        ("接地电阻(Ω)", "≤4", f"{rng.randrange(80, 390) / 100:.2f}", "合格"),
        ("过流保护定值(A)", "-", f"{rng.randrange(20, 90) / 10:.1f}", "合格"),
    ]
    p.table(
        [
            [Cell(t, s, "head" if not n else "plain", centred=True) for t, s in zip(row, shares, strict=True)]
            for n, row in enumerate(rows)
        ]
    )
    p.remark("试验结论", p.said("conclusion", "各项试验结果符合规程要求,合格。"), 18, filled=False)
    p.signatures(("试验人员", people.name(rng), p.day("COMPLETE"), f"{p.said('tester', _CONTRACTOR)}|试验专用章"))
    return p.finish("C04")


def c06(case: Case, rng: Random) -> Document:
    """The record of installing the main equipment."""
    p = Paper(case, rng, by_hand=0.5)
    p.head("主设备安装技术记录", "变压器安装记录", "电气设备安装技术记录", office=False)
    _project(p)
    texts = (
        ("设备名称", p.said("equipment", f"S13-M-{case.capacity}/10 变压器")),
        ("基础及就位", "符合要求"),
        ("本体外观", "无渗漏、无损伤"),
        ("引线连接", "紧固,力矩合格"),
        ("接地连接", "两点接地,可靠"),
    )
    p.table([[Cell(label, 0.35, "label"), Cell(text, 0.65)] for label, text in texts])
    p.signatures(("施工员", people.name(rng), p.day("COMPLETE"), _CONTRACTOR))
    return p.finish("C06")


def c07(case: Case, rng: Random) -> Document:
    """The test report of the safety tools."""
    p = Paper(case, rng, by_hand=0)
    p.head("安全工器具试验报告", "绝缘工具试验报告", office=False)
    p.sides(f"委托单位:{case.account_name}", f"编号 AQ{rng.randrange(10**6):06d}")
    rows = [
        ("名称", "数量", "试验电压(kV)", "结果"),
        ("绝缘手套", "2双", "8", "合格"),
        ("绝缘靴", "2双", "15", "合格"),
        ("验电器", "1支", "45", "合格"),
        ("接地线", "2组", "45", "合格"),
    ]
    p.table([[Cell(text, 0.25, "plain" if n else "head", centred=True) for text in row] for n, row in enumerate(rows)])
    until = case.on["COMPLETE"] + timedelta(days=180)
    p.paragraph(f"试验合格,有效期至{p.day(until, 'valid_to')}。")
    p.signatures(("试验人员", people.name(rng), p.day("COMPLETE"), f"{p.said('tester', _CONTRACTOR)}|试验专用章"))
    return p.finish("C07")


def c08(case: Case, rng: Random) -> Document:
    """The customer's rules for running the substation."""
    p = Paper(case, rng, by_hand=0)
    p.head("配电室运行管理制度", "变配电运行管理制度", "配电室值班制度及运行规程", office=False)
    p.said("account_name", case.account_name)
    for number, text in enumerate(
        (
            "值班电工应持证上岗,熟悉本单位电气设备和一次接线,严格执行操作规程。",
            "值班人员每班巡视设备不少于两次,做好运行记录,发现异常及时处理并报告。",
            "倒闸操作必须执行操作票制度,由两人进行,一人操作、一人监护。",
            "检修工作必须办理工作票,做好停电、验电、装设接地线等安全措施。",
            "配电室应保持清洁、通风、照明良好,配备消防器材,严禁堆放杂物。",
            "交接班时应交清设备运行状况、缺陷及工器具,双方签字后方可离岗。",
        ),
        1,
    ):
        p.paragraph(f"第{number}条 {text}")
    p.signatures((case.account_name, "", p.day("COMPLETE"), p.customer_seal()))
    return p.finish("C08")


def c09(case: Case, rng: Random) -> Document:
    """The operators and their certificates."""
    p = Paper(case, rng, by_hand=0.4)
    p.head("值班电工名单及资格证书", "配电室值班人员名单", office=False)
    p.sides(f"单位:{case.account_name}", "")
    until = case.on["COMPLETE"].replace(year=case.on["COMPLETE"].year + 3, day=1)
    shares = (0.14, 0.2, 0.38, 0.28)
    rows = [[Cell(t, s, "head") for t, s in zip(("序号", "姓名", "特种作业操作证号", "有效期至"), shares, strict=True)]]
    for number in range(1, rng.randint(3, 5)):
        certificate = f"T{people.person(rng).id_number}"
        texts = (
            str(number),
            people.name(rng),
            p.said("certificate_no", certificate) if number == 1 else certificate,
            p.day(until, "valid_to"),
        )
        rows.append([Cell(text, share, centred=True) for text, share in zip(texts, shares, strict=True)])
    p.table(rows)
    p.signatures((f"{case.account_name}(盖章)", "", p.day("COMPLETE"), p.customer_seal()))
    return p.finish("C09")


def _licence(case: Case, rng: Random, code: str, title: str, firm: str, grade: str) -> Document:
    p = Paper(case, rng, by_hand=0, margin=30)
    p.page.marks.append(Block(14, 14, p.size[0] - 28, p.size[1] - 28, None, (40, 90, 150), 1.0))
    p.heading = title
    p.title(title)
    p.y += 8
    until = date(case.on["ACCEPT"].year + rng.randint(1, 4), rng.randint(1, 12), rng.randint(1, 28))
    texts = (
        ("单位名称", p.said("firm_name", firm)),
        ("证书编号", p.said("qualification_no", f"4-4-{rng.randrange(10**5):05d}-{case.on['ACCEPT'].year - 2}")),
        ("资质等级", p.said("qualification_grade", grade)),
        ("法定代表人", people.name(rng)),
        ("有效期至", p.day(until, "valid_to")),
    )
    p.table([[Cell(label, 0.28, "label"), Cell(text, 0.72, "plain")] for label, text in texts], row_mm=13)
    p.signatures(
        ("", "", "", ""),
        (
            "发证机关",
            "",
            p.day(until.replace(year=until.year - 6, day=1)),
            "国家能源局华东监管局" if code == "M02" else "住房和城乡建设厅",
        ),
    )
    if rng.random() < 0.5:
        p.seal(p.left + 16, p.size[1] - 40, firm, 38)
    return p.finish(code)


def _project(p: Paper) -> None:
    p.paragraph(f"工程名称:{p.said('project_name', f'{p.case.account_name}10kV受电工程')}", indent=0)
    p.y += 3


def _diagram(p: Paper, title: str, number: str) -> None:
    """Draw a single-line diagram in a frame with a title block."""
    marks, wide, high = p.page.marks, p.size[0], p.size[1]
    marks.append(Block(12, 12, wide - 24, high - 24, None, BLACK, 0.7))
    p.put(wide / 2 - 24, 24, title, 15, face="hei")
    middle, top = wide / 2, 40.0
    marks += [
        Rule(middle, top, middle, top + 16, 0.4),
        Block(middle - 5, top + 16, 10, 10),
        Rule(middle, top + 26, middle, top + 40, 0.4),
    ]
    p.put(middle + 4, top + 4, "10kV进线", 9)
    p.put(middle + 8, top + 22, "负荷开关", 8)
    for row in range(2):
        points = [(middle + 8 * _cos(step), top + 46 + row * 10 + 8 * _cos(step + 5)) for step in range(21)]
        marks.append(Curve(tuple(points), BLACK, 0.4))
    p.put(middle + 14, top + 52, f"S13-M-{p.case.capacity}/10", 9)
    bus = top + 74
    marks += [Rule(middle, top + 64, middle, bus, 0.4), Rule(middle - 70, bus, middle + 70, bus, 1.0)]
    for place in range(5):
        x = middle - 60 + place * 30
        marks += [Rule(x, bus, x, bus + 22, 0.3), Block(x - 2.5, bus + 8, 5, 7, None, BLACK, 0.3)]
        p.put(x - 6, bus + 28, f"回路{place + 1}", 8)
    p.put(wide - 92, high - 18, f"图号 {p.said('drawing_no', number)}", 9)
    p.put(wide - 52, high - 18, "比例 示意", 9)
    p.said("project_name", f"{p.case.account_name}10kV受电工程")
    p.put(18, high - 18, f"工程名称 {p.fields['project_name']}", 9)


def _cos(step: int) -> float:
    """Return the cosine at this twentieth of a turn; with an offset of 5 steps, the sine's mirror."""
    table = (1.0, 0.95, 0.81, 0.59, 0.31, 0.0, -0.31, -0.59, -0.81, -0.95)
    return table[step % 20] if step % 20 < 10 else -table[step % 20 - 10]


PAPERS = {"D02": d02, "D03": d03, "M02": m02, "C02": c02, "C04": c04, "C06": c06, "C07": c07, "C08": c08, "C09": c09}

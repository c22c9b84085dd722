"""Papers that other offices issued and the customer brings: licences, titles, leases, approvals, plans."""

# The sentences that a paper prints are kept whole, so that they can be read.
# ruff: noqa: E501

from __future__ import annotations

from datetime import date
from random import Random

from archive_service.samples import people
from archive_service.samples.cases import SUPPLIER, Case
from archive_service.samples.document import Document, Entry, Paper
from archive_service.samples.people import Company
from archive_service.samples.sheet import BLACK, RED, Block, Curve, Rule
from archive_service.samples.style import chinese_day
from archive_service.samples.writer import Cell

_REGISTRY = "青屿县自然资源和规划局"


def a06(case: Case, rng: Random) -> Document:
    """A business licence, upright or across."""
    firm = case.company
    if firm is None:
        return _village_letter(case, rng, "A06")
    upright = rng.random() < 0.5
    size = (210.0, 297.0) if upright else (297.0, 210.0)
    p = Paper(case, rng, by_hand=0, size=size, margin=34)
    for edge, line in ((12, 1.2), (15, 0.4)):
        p.page.marks.append(Block(edge, edge, size[0] - 2 * edge, size[1] - 2 * edge, None, (150, 130, 70), line))
    p.heading = "营业执照"
    p.centre("营 业 执 照", 34, face="song", bold=True)
    p.centre(rng.choice(("(副  本)", "(副本) 1-1", "(正  本)")), 12)
    p.put(p.left, p.y + 6, "统一社会信用代码", 10)
    p.put(p.left, p.y + 12, p.said("credit_code", firm.credit_code), 13, face="hei")
    p.y += 22
    _licence_rows(p, firm, 8 if upright else 7)
    p.y += 16
    day = firm.founded.replace(day=min(firm.founded.day, 28), year=min(2024, firm.founded.year + 3))
    p.put(p.right - 48, p.y, "登记机关", 11)
    p.put(p.right - 48, p.y + 12, p.day(day), 11)
    p.seal(p.right - 28, p.y, "青屿县市场监督管理局")
    if rng.random() < 0.6:
        _agrees(p)
    return p.finish("A06")


def _licence_rows(p: Paper, firm: Company, step: float) -> None:
    rows = (
        ("名    称", p.said("account_name", p.case.account_name)),
        ("类    型", "有限责任公司(自然人投资或控股)"),
        ("法定代表人", p.said("legal_rep_name", firm.head.name)),
        ("经营范围", firm.scope),
        ("注册资本", firm.capital),
        ("成立日期", _long_day(firm.founded)),
        ("营业期限", f"{_long_day(firm.founded)}至长期"),
        ("住    所", p.said("registered_address", firm.address)),
    )
    for label, text in rows:
        p.y += step
        p.put(p.left, p.y, label, 11.5, face="hei")
        for number, line in enumerate(p.wrapped(text, p.width - 36, 11.5, face="song")):
            p.y += 5.6 if number else 0
            p.put(p.left + 34, p.y, line, 11.5, face="song")


def a10(case: Case, rng: Random) -> Document:
    """The title to the premises: a real-estate certificate, an older house certificate, or a village's letter."""
    kind = rng.random()
    if kind < 0.2 and case.category == "LR":
        return _village_letter(case, rng, "A10")
    p = Paper(case, rng, by_hand=0, margin=25)
    new = kind < 0.75
    year = case.on["ACCEPT"].year - rng.randint(1, 6)
    number = f"{rng.randrange(10**7):07d}"
    p.heading = "不动产权证书" if new else "房屋所有权证"
    p.centre("中华人民共和国" if new else people.COUNTY, 16, face="song")
    p.centre(" ".join(p.heading), 24, face="song", bold=True)
    no = f"浙({year})青屿县不动产权第{number}号" if new else f"青房权证{rng.choice(('望江', '东门'))}字第{number}号"
    p.put(p.left, p.y + 10, p.said("title_no", no), 12)
    p.y += 15
    rows = _title_rows(p, new=new)
    p.table([[Cell(label, 0.26, "label"), Cell(text, 0.74, "plain")] for label, text in rows], row_mm=12)
    p.remark("附记", "", 30)
    p.y += 12
    p.put(p.right - 52, p.y, "登记机构", 11)
    p.put(p.right - 52, p.y + 9, p.day(date(year, rng.randint(1, 12), rng.randint(1, 28))), 11)
    p.seal(p.right - 34, p.y + 2, _REGISTRY + "|不动产登记专用章")
    return p.finish("A10")


def _title_rows(p: Paper, *, new: bool) -> list[tuple[str, str]]:
    """Return the rows of a title; certificates before the reform name some of them differently."""
    home, rng = p.case.category == "LR", p.rng
    area = rng.randrange(6000, 15000) / 100 if home else rng.randrange(60000, 900000) / 100
    return [
        ("权 利 人" if new else "房屋所有权人", p.said("owner_name", p.case.account_name)),
        ("共有情况", "单独所有"),
        ("坐    落" if new else "房屋坐落", p.said("service_address", p.case.service_address)),
        ("不动产单元号" if new else "丘(地)号", f"330198{rng.randrange(10**15):015d}"),
        ("权利类型", "国有建设用地使用权/房屋(构筑物)所有权"),
        ("权利性质", rng.choice(("出让/市场化商品房", "出让/自建房"))),
        ("用    途", "城镇住宅用地/住宅" if home else "工业用地/工业厂房"),
        ("面    积" if new else "建筑面积", f"{p.said('area', f'{area:.2f}')}平方米"),
        ("使用期限", "国有建设用地使用权 2076年5月17日止"),
    ]


def a11(case: Case, rng: Random) -> Document:
    """The lease of the premises."""
    p = Paper(case, rng, by_hand=0.4)
    p.head("房屋租赁合同", "厂房租赁协议", "房屋(场地)租赁合同", office=False)
    p.paragraph(f"出租方(甲方):{p.said('lessor', case.former.name)}", indent=0)
    p.paragraph(f"承租方(乙方):{p.said('lessee', case.account_name)}", indent=0)
    start = case.on["ACCEPT"].replace(day=1)
    for number, text in enumerate(
        (
            f"甲方将坐落于{p.said('service_address', case.service_address)}的房屋出租给乙方使用。",
            f"租赁期限三年,自{p.day(start, 'valid_from')}起至{p.day(start.replace(year=start.year + 3), 'valid_to')}止。",
            f"年租金为人民币{rng.randrange(3, 30)}万元,按年支付,先付后用。",
            "租赁期间水、电等费用由乙方承担。甲方同意乙方在该地址办理用电业务。",
            "任何一方违约的,应赔偿对方由此造成的损失。本合同一式两份,双方各执一份,自签字之日起生效。",
        ),
        1,
    ):
        p.paragraph(f"{number}、{text}")
    p.signatures(
        ("甲方(签字)", case.former.name, p.day(start), ""), ("乙方(签章)", case.holder.name, "", p.customer_seal())
    )
    return p.finish("A11")


def a12(case: Case, rng: Random) -> Document:
    """The owner's consent to the supply."""
    p = Paper(case, rng, by_hand=0.6)
    p.head("同意用电证明", "产权人同意办理用电证明", "产权人承诺书", office=False)
    p.paragraph(f"{SUPPLIER}:", indent=0)
    p.paragraph(
        f"本人{p.said('owner_name', case.former.name)}系{p.said('service_address', case.service_address)}房屋的产权人,现同意{p.said('account_name', case.account_name)}在该地址办理用电手续,由此产生的用电纠纷由双方自行协商解决。"
    )
    p.signatures(("产权人(签字)", case.former.name, p.day("ACCEPT"), ""))
    return p.finish("A12")


def a13(case: Case, rng: Random) -> Document:
    """The government's filing or approval of the project."""
    p = Paper(case, rng, by_hand=0, margin=28)
    project = p.said(
        "project_name", case.project if case.category == "LB" else f"{case.account_name}分布式光伏发电项目"
    )
    year = case.on["ACCEPT"].year
    number = p.said("document_no", f"青发改备〔{year - 1}〕{rng.randrange(1, 400)}号")
    if rng.random() < 0.5:
        p.heading = "关于项目备案的批复"
        p.centre(p.said("issuer", "青屿县发展和改革局") + "文件", 26, face="song", ink=RED, bold=True)
        p.y += 4
        p.centre(number, 12)
        p.page.marks.append(Rule(p.left, p.y, p.right, p.y, 0.8, RED))
        p.y += 8
        p.centre(f"关于{project}项目备案的批复", 16, face="hei", bold=True)
        p.y += 4
        p.paragraph(f"{p.said('account_name', case.account_name)}:", indent=0)
        p.paragraph(
            f"你单位报来的《关于要求{project}立项的申请》收悉。经研究,同意该项目备案。项目建设地点为{p.said('service_address', case.service_address)},总投资{rng.randrange(800, 30000)}万元,建设周期24个月。请据此办理规划、用地、环评等手续。"
        )
    else:
        p.heading = "企业投资项目备案证"
        p.title(p.heading)
        p.sides(f"备案机关:{p.said('issuer', '青屿县发展和改革局')}", f"备案文号:{number}")
        p.form(
            [
                Entry("项目名称", project, True),
                Entry("项目单位", p.said("account_name", case.account_name), True),
                Entry("建设地点", p.said("service_address", case.service_address), True),
                Entry("建设性质", "新建"),
                Entry("总投资", f"{rng.randrange(800, 30000)}万元"),
            ]
        )
    p.signatures(
        ("", "", "", ""), ("", "", p.day(date(year - 1, rng.randint(1, 12), rng.randint(1, 28))), "青屿县发展和改革局")
    )
    return p.finish("A13")


def a14(case: Case, rng: Random) -> Document:
    """The planning permit of the works."""
    p = Paper(case, rng, by_hand=0, margin=28)
    p.heading = "建设工程规划许可证"
    p.centre("中华人民共和国", 16, face="song")
    p.centre("建设工程规划许可证", 24, face="song", bold=True)
    p.y += 8
    p.put(p.left, p.y, f"建字第 {p.said('document_no', f'330198{rng.randrange(10**9):09d}')} 号", 12)
    p.y += 6
    p.paragraph("根据《中华人民共和国城乡规划法》第四十条规定,经审核,本建设工程符合城乡规划要求,颁发此证。")
    p.y += 6
    p.table(
        [
            [Cell(label, 0.26, "label"), Cell(text, 0.74, "plain")]
            for label, text in (
                ("建设单位(个人)", p.said("account_name", case.account_name)),
                ("建设项目名称", p.said("project_name", case.project)),
                ("建设位置", p.said("service_address", case.service_address)),
                ("建设规模", f"{rng.randrange(20000, 90000)}平方米"),
            )
        ],
        row_mm=13,
    )
    p.signatures(
        ("", "", "", ""),
        (
            "发证机关",
            "",
            p.day(date(case.on["ACCEPT"].year - 1, rng.randint(1, 12), rng.randint(1, 28))),
            p.said("issuer", _REGISTRY),
        ),
    )
    return p.finish("A14")


def a15(case: Case, rng: Random) -> Document:
    """The plan of the site."""
    p = Paper(case, rng, by_hand=0, size=(297.0, 210.0), margin=20)
    p.head("用电地址总平面图", "总平面图", "用电地址地理位置图", office=False)
    p.sides(
        f"项目名称:{p.said('project_name', case.project if case.category == 'LB' else case.account_name)}",
        f"比例 {p.said('scale', rng.choice(('1:500', '1:1000', '1:2000')))}",
    )
    top, high = p.y + 3, 132
    p.page.marks.append(Block(p.left, top, p.width, high, None, BLACK, 0.5))
    road = top + high * 0.82
    p.page.marks += [Rule(p.left, road, p.right, road, 0.6), Rule(p.left, road + 14, p.right, road + 14, 0.6)]
    p.put(p.left + p.width * 0.4, road + 9, rng.choice(("工业二路", "人民路", "滨江大道")), 12, face="hei")
    for number in range(1, rng.randint(5, 8)):
        x = p.left + 14 + (number - 1) % 4 * 60 + rng.uniform(0, 8)
        y = top + 10 + (number - 1) // 4 * 46
        p.page.marks.append(Block(x, y, 42, 26, None, BLACK, 0.35))
        p.put(x + 12, y + 14, f"{number}号{'楼' if case.category == 'LB' else '厂房'}", 10)
    p.page.marks.append(Block(p.right - 34, road - 18, 20, 12, (225, 225, 225), BLACK, 0.5))
    p.put(p.right - 31, road - 11, "配电室", 10, face="hei")
    p.page.marks.append(
        Curve(tuple((p.right - 34 - step * 3, road - 8 + (step % 3) * 0.6) for step in range(20)), RED, 0.5)
    )
    p.put(p.right - 74, road - 11, "10kV电缆进线", 9)
    p.y = top + high + 6
    p.sides(f"地址:{p.said('service_address', case.service_address)}", f"绘制日期:{p.day('ACCEPT')}")
    if case.company:
        p.seal(p.right - 40, top + 30, p.customer_seal())
    return p.finish("A15")


def _agrees(p: Paper) -> None:
    """Write that the copy agrees with the original, and seal it as the customer."""
    y = p.size[1] - 30
    p.put(p.left, y, "与原件无异", 14, face="kai", kind="hand")
    p.seal(p.left + 18, y - 4, p.customer_seal(), 36)


def _village_letter(case: Case, rng: Random, code: str) -> Document:
    """A village's letter that the house is the applicant's."""
    p = Paper(case, rng, by_hand=0.7)
    p.head("房屋使用证明", "证  明", office=False)
    village = case.service_address[: case.service_address.find("村") + 1]
    office = f"{village}村民委员会".replace("村村", "村") if village else f"{people.COUNTY}东门街道社区居民委员会"
    p.y += 6
    p.paragraph(
        f"兹证明{p.said('owner_name', case.account_name)}(身份证号:{p.said('id_number', case.holder.id_number)})系我{'村村民' if village else '社区居民'},位于{p.said('service_address', case.service_address)}的房屋为其所有,房屋产权清晰,无纠纷。因宅基地证尚未办理,特此证明。"
    )
    p.signatures(("", "", "", ""), (office, "", p.day("ACCEPT"), office))
    return p.finish(code)


def _long_day(day: date) -> str:
    return chinese_day(day) if day.year % 2 else f"{day.year}年{day.month:02d}月{day.day:02d}日"


PAPERS = {"A06": a06, "A10": a10, "A11": a11, "A12": a12, "A13": a13, "A14": a14, "A15": a15}

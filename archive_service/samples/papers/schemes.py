"""Papers of the survey, the scheme, fees and inspections."""

# The sentences that a paper prints are kept whole, so that they can be read.
# ruff: noqa: E501

from __future__ import annotations

from random import Random

from archive_service.samples import people
from archive_service.samples.cases import SUPPLIER, Case
from archive_service.samples.document import Document, Entry, Paper
from archive_service.samples.writer import Cell

_HEAD = "account_no application_no account_name service_address"


def s01(case: Case, rng: Random) -> Document:
    """The survey sheet."""
    p = Paper(case, rng, by_hand=0.5)
    name = {"HV": "高压", "LB": "高压"}.get(case.category, "低压")
    p.head(f"{name}现场勘查单", "现场勘查单", f"{name}客户现场勘查工作单")
    p.form(p.entries(_HEAD))
    p.form(
        [
            *p.entries("business_type usage_class capacity voltage phone"),
            Entry("勘查人员", case.staff["surveyor"]),
            Entry("勘查日期", p.day("SURVEY")),
        ]
    )
    p.remark(
        "勘查意见",
        f"现场具备供电条件,申请容量与现场核实情况相符,拟由{_source(case, rng)}供电。未发现违约用电、窃电行为。",
        30,
    )
    p.remark("供电方式", _how(case), 16)
    p.signatures(
        ("勘查人(签字)", case.staff["surveyor"], "", ""), ("客户签字", p.customer_signer(), p.day("SURVEY", ""), "")
    )
    return p.finish("S01")


def p01(case: Case, rng: Random) -> Document:
    """The text of the supply scheme, over two pages or so."""
    p = Paper(case, rng, by_hand=0)
    p.head("供电方案", "接入系统方案", f"{case.account_name}供电方案")
    p.form(p.entries(_HEAD))
    p.section("一、用电需求")
    p.paragraph(
        f"客户{case.account_name}申请{p.value('business_type')},用电类别为{p.value('usage_class')},核定容量{p.value('capacity')},供电电压{p.value('voltage')}。负荷等级为三级,客户不属于重要电力客户。"
    )
    p.paragraph("二、供电电源", indent=0, bold=True)
    p.paragraph(
        f"由{_source(case, rng)}供电,新建电缆线路约{rng.randrange(12, 90) / 100:.2f}公里,电缆型号YJV22-8.7/15-3×70。"
    )
    p.paragraph("三、产权分界点", indent=0, bold=True)
    p.paragraph(
        f"产权分界点设在{rng.randrange(3, 60)}号杆跌落式熔断器下桩头。分界点电源侧供电设施属供电企业,由供电企业运行维护;负荷侧设施属客户,由客户运行维护。"
    )
    p.paragraph("四、计量方案", indent=0, bold=True)
    p.paragraph(
        "采用高供高计方式,计量点设在高压计量柜,电压互感器变比10000/100,电流互感器变比50/5,准确度等级0.2S级,安装用电信息采集终端一台。"
        if case.category in ("HV", "LB")
        else "采用低压直接接入方式计量,计量点设在客户表箱内。"
    )
    p.paragraph("五、受电工程要求", indent=0, bold=True)
    for text in (
        "客户受电设备应采用符合国家标准的节能型产品,变压器应选用S13型及以上。",
        "无功补偿装置应按变压器容量的30%配置,功率因数不低于0.95。",
        "客户受电工程竣工后应向供电企业提出竣工检验申请,检验合格后方可接电。",
        "客户应配备具有相应资格的电工人员负责受电设施的运行维护。",
    ):
        p.paragraph(text)
    p.paragraph("六、电价及费用", indent=0, bold=True)
    p.paragraph("执行国家规定的电价政策,两部制电价基本电费按变压器容量计收。单电源供电,不收取高可靠性供电费用。")
    p.signatures(("编制人", case.staff["manager"], p.day("SCHEME"), p.supplier_seal() if rng.random() < 0.5 else ""))
    p.number_pages()
    return p.finish("P01")


def p02(case: Case, rng: Random) -> Document:
    """The sheet on which departments approve the scheme."""
    p = Paper(case, rng, by_hand=0.6)
    p.head("供电方案审批单", "供电方案会签审批单", "供电方案会签单")
    p.form(p.entries(_HEAD + " capacity voltage"))
    for office in ("营销部", "发展部", "运维检修部", "调度控制中心"):
        day = p.style.day(case.day("SCHEME"))
        p.table(
            [
                [
                    Cell(f"{office}意见", 0.22, "label"),
                    Cell(rng.choice(("同意。", "同意该方案。", "无意见。")), 0.4),
                    Cell(people.name(rng), 0.16),
                    Cell(day, 0.22),
                ]
            ],
            row_mm=16,
        )
    p.remark("审批意见", "同意按此方案答复客户。", 24)
    p.signatures(("审批人", case.staff["approver"], p.day("SCHEME"), ""))
    return p.finish("P02")


def p03h(case: Case, rng: Random) -> Document:
    """The reply with the scheme to a high-voltage customer."""
    p = Paper(case, rng, by_hand=0.4)
    p.head("高压供电方案答复单", "高压客户供电方案答复单")
    p.sides(f"No. {rng.randrange(10**7):07d}", "")
    p.form(p.entries(_HEAD + " usage_class industry voltage capacity business_type phone"))
    p.remark(
        "供电电源",
        f"由{_source(case, rng)}供电,新建电缆线路约{rng.randrange(12, 90) / 100:.2f}公里,产权分界点为{rng.randrange(3, 60)}号杆熔断器下桩头。",
    )
    p.remark("受电设备", f"S13-M-{case.capacity}/10 油浸式变压器1台;高压计量柜1面、进线柜1面、低压柜4面。", 20)
    p.remark("计量方式", "高供高计,电压互感器10000/100V,电流互感器50/5A。", 14)
    p.remark("电价与费用", "大工业两部制;高可靠性供电费:不收取。", 14)
    p.remark("其他事项", "供电方案有效期一年,自客户签收之日起算;逾期须在到期前十日书面申请延期。", 20)
    _reply(p)
    return p.finish("P03H")


def p03l(case: Case, rng: Random) -> Document:
    """The reply with the scheme to a low-voltage customer."""
    p = Paper(case, rng, by_hand=0.4)
    p.head("低压供电方案答复单", "低压客户供电方案答复单")
    p.form(p.entries(_HEAD + " usage_class voltage capacity business_type phone"))
    p.remark("供电电源", f"由{_source(case, rng)}供电,接入低压{rng.choice(('架空线', '电缆分支箱'))}。", 18)
    p.remark("计量方案", "安装智能电能表1只,计量箱安装于户外墙面。", 14)
    p.remark("费用", "不收取任何业务费用。", 12)
    p.remark("告知事项", "本供电方案有效期自客户签收之日起三个月内有效。", 16)
    _reply(p)
    return p.finish("P03L")


def p06(case: Case, rng: Random) -> Document:
    """The owner's confirmation of the connection scheme."""
    p = Paper(case, rng)
    p.head("接入系统方案项目业主确认单", "项目业主(用户)确认单")
    p.form([*p.entries(_HEAD + " voltage"), Entry("装机容量", p.generation())])
    p.remark("确认意见", "我方已收到并同意贵公司提出的接入系统方案,将按方案实施。", 24)
    p.signatures(("项目业主(签章)", case.holder.name, p.day("SCHEME"), p.customer_seal()))
    return p.finish("P06")


def f01(case: Case, rng: Random) -> Document:
    """The notice of fees."""
    p = Paper(case, rng, by_hand=0)
    p.head("业务缴费通知单", "业务费用缴费通知单")
    p.form(p.entries("account_no application_no account_name"))
    amount = f"{_fee(case):.2f}"
    p.table(
        [
            [Cell("收费项目", 0.4, "head"), Cell("数量", 0.2, "head"), Cell("金额(元)", 0.4, "head")],
            [
                Cell("临时接电费", 0.4),
                Cell(str(case.capacity), 0.2, centred=True),
                Cell(p.said("amount", amount), 0.4, centred=True),
            ],
        ]
    )
    p.remark("合计", f"人民币 {amount} 元", 12)
    p.signatures(("客户签收", p.customer_signer(), p.day("SCHEME"), ""), ("供电企业", "", "", p.supplier_seal()))
    return p.finish("F01")


def f02(case: Case, rng: Random) -> Document:
    """The receipt of fees."""
    p = Paper(case, rng, by_hand=0, size=(240.0, 140.0), margin=16)
    p.head("电子发票(普通发票)", "收款收据", office=False)
    p.sides(f"发票号码:{p.said('invoice_no', f'{rng.randrange(10**20):020d}')}", f"开票日期:{p.day('SCHEME')}")
    p.form(
        [
            Entry("购买方名称", p.said("account_name", case.account_name), True),
            Entry("项目", "临时接电费"),
            Entry("价税合计(小写)", f"¥{p.said('amount', f'{_fee(case):.2f}')}"),
        ]
    )
    p.seal(p.right - 30, p.y + 4, f"{SUPPLIER}|财务专用章", 36)
    return p.finish("F02")


def c01(case: Case, rng: Random) -> Document:
    """The customer's request to inspect the finished works."""
    p = Paper(case, rng)
    p.head("客户受电工程竣工报验单", "受电工程竣工检验申请表", "受电工程竣工报验单")
    p.form([*p.entries(_HEAD + " phone"), Entry("施工单位", p.said("contractor", "青屿县光明电力安装有限公司"), True)])
    p.remark(
        "报验说明", "我户受电工程已按审定的供电方案施工完毕,经自检合格,特申请竣工检验。随附竣工图纸、试验报告等资料。"
    )
    p.signatures(("客户(签章)", p.customer_signer(), p.day("COMPLETE"), p.customer_seal()))
    return p.finish("C01")


def c05(case: Case, rng: Random) -> Document:
    """The maker's certificate for the main equipment."""
    p = Paper(case, rng, by_hand=0, margin=28)
    p.head("产品合格证", "出厂试验报告", "产品检测报告", office=False)
    maker = f"江南{rng.choice(('新能源', '光电', '电气'))}股份有限公司"
    solar = case.business_type == "DG"
    p.table(
        [
            [Cell(label, 0.3, "label"), Cell(text, 0.7, "plain")]
            for label, text in (
                ("产品名称", p.said("equipment", "光伏并网逆变器" if solar else "油浸式电力变压器")),
                (
                    "产品型号",
                    p.said("equipment_model", f"SG{case.generation}RT" if solar else f"S13-M-{case.capacity}/10"),
                ),
                ("出厂编号", p.said("equipment_serial_no", f"{rng.choice('ABCD')}{rng.randrange(10**9):09d}")),
                ("执行标准", "NB/T 32004" if solar else "GB/T 1094"),
                ("检验结论", "经检验,该产品符合标准要求,准予出厂。"),
            )
        ],
        row_mm=12,
    )
    p.signatures(("检验员", people.name(rng), p.day("SURVEY"), f"{p.said('manufacturer', maker)}|质量检验专用章"))
    return p.finish("C05")


def c10(case: Case, rng: Random) -> Document:
    """The opinion after inspecting the finished works."""
    return _inspection(case, rng, "C10", "客户受电工程竣工检验意见单", "受电工程竣工检验意见单", "竣工验收意见单")


def c11(case: Case, rng: Random) -> Document:
    """The record of checking a low-voltage installation."""
    return _inspection(case, rng, "C11", "低压受电装置检验记录", "低压客户受电装置检验单", "低压受电装置检验意见单")


def _inspection(case: Case, rng: Random, code: str, *titles: str) -> Document:
    p = Paper(case, rng, by_hand=0.5)
    p.head(*titles)
    p.form([*p.entries(_HEAD + " capacity voltage")])
    checks = ("受电设备安装工艺", "接地装置及接地电阻", "计量装置及接线", "安全距离及标识", "保护定值及试验报告")
    p.table(
        [
            [Cell("检验项目", 0.6, "head"), Cell("检验结果", 0.4, "head")],
            *([Cell(text, 0.6, "label"), Cell("合格", 0.4, centred=True)] for text in checks),
        ]
    )
    p.remark("检验意见", "经检验合格,同意接电。" if rng.random() < 0.6 else "本次检验未发现缺陷,符合送电条件。", 22)
    p.signatures(
        ("检验人员", case.staff["inspector"], p.day("COMPLETE"), p.supplier_seal() if code == "C10" else ""),
        ("客户签字", p.customer_signer(), "", ""),
    )
    return p.finish(code)


def _reply(p: Paper) -> None:
    p.signatures(
        ("客户签收", p.customer_signer(), p.day("SCHEME"), ""),
        ("客户经理", p.case.staff["manager"], p.day("SCHEME"), p.supplier_seal()),
    )


def _source(case: Case, rng: Random) -> str:
    line = rng.choice(("望江", "工业", "临溪", "城南", "石桥"))
    if case.category in ("HV", "LB"):
        return f"10kV{line}线{rng.randrange(3, 90)}号杆T接"
    return f"{line}{rng.randrange(1, 9)}号公用变压器"


def _how(case: Case) -> str:
    return "单电源,专用变压器供电" if case.category in ("HV", "LB") else "公用变压器低压供电"


def _fee(case: Case) -> float:
    return case.capacity * 30.0


PAPERS = {"S01": s01, "P01": p01, "P02": p02, "P03H": p03h, "P03L": p03l, "P06": p06, "F01": f01, "F02": f02}
PAPERS |= {"C01": c01, "C05": c05, "C10": c10, "C11": c11}

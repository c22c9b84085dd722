"""Papers of the metering, the energising, the visit and the filing itself."""

# The sentences that a paper prints are kept whole, so that they can be read.
# ruff: noqa: E501

from __future__ import annotations

from random import Random

from archive_service.samples.cases import SUPPLIER, Case
from archive_service.samples.document import Document, Entry, Paper
from archive_service.samples.writer import Cell

_HEAD = "account_no application_no account_name service_address"


def t01(case: Case, rng: Random) -> Document:
    """The work sheet for putting in or taking out meters."""
    p = Paper(case, rng, by_hand=0.5)
    p.head(
        "电能计量装接单",
        "低压电能计量装接单" if case.category in ("LN", "LR") else "高压电能计量装接单",
        "装拆表工作单",
    )
    p.form(p.entries(_HEAD + " capacity voltage"))
    shares = (0.1, 0.36, 0.18, 0.12, 0.12, 0.12)
    heads = ("装/拆", p.style.label("meter_no"), "型号规格", "倍率", "示数", "位置")
    rows = [[Cell(text, share, "head") for text, share in zip(heads, shares, strict=True)]]
    model = rng.choice(("DDZY102", "DTZY341", "DSZ331")) + ("-Z" if rng.random() < 0.5 else "")
    p.said("meter_no", case.meters[0])
    for number in case.meters:
        texts = (
            "拆" if case.business_type == "CANCEL" else "装",
            number,
            model,
            "1" if case.category in ("LR", "LN") else "1000",
            "0.00",
            "表箱",
        )
        rows.append([Cell(text, share, centred=True) for text, share in zip(texts, shares, strict=True)])
    p.table(rows)
    p.form([Entry("封印号", f"{rng.randrange(10**8):08d}"), Entry("装接日期", p.day("METER"))])
    p.remark("现场情况", "计量装置安装完毕,接线正确,封印完好,客户已确认示数。", 20)
    p.signatures(
        ("装接人员", case.staff["installer"], "", ""), ("客户签字", p.customer_signer(), p.day("METER", ""), "")
    )
    return p.finish("T01")


def t02(case: Case, rng: Random) -> Document:
    """The verification certificate of a meter."""
    p = Paper(case, rng, by_hand=0, margin=28)
    p.head("检定证书", "电能表检定证书", "计量检定证书", office=False)
    p.centre(f"证书编号 JD{case.on['ACCEPT'].year}{rng.randrange(10**6):06d}", 11)
    p.y += 8
    rows = (
        ("送检单位", SUPPLIER),
        ("计量器具名称", "三相智能电能表"),
        ("型号/规格", "DSZ331 3×100V 3×1.5(6)A"),
        ("出厂编号", p.value("meter_no")),
        ("准确度等级", p.said("accuracy", "0.5S")),
        ("检定依据", "JJG 596"),
        ("检定结论", "合格"),
    )
    p.table([[Cell(label, 0.32, "label"), Cell(text, 0.68, "plain")] for label, text in rows], row_mm=11)
    p.signatures(("检定员", case.staff["inspector"], p.day("COMPLETE"), "青屿县电能计量中心|检定专用章"))
    return p.finish("T02")


def t03(case: Case, rng: Random) -> Document:
    """The record of setting up the acquisition terminal."""
    p = Paper(case, rng)
    p.head("用电信息采集终端安装调试记录", "采集终端调试记录")
    p.form(
        [
            *p.entries(_HEAD),
            Entry("终端编号", p.said("terminal_no", f"{rng.randrange(10**8):08d}")),
            Entry("安装日期", p.day("METER")),
        ]
    )
    p.remark("调试结果", "终端上线正常,主站召测数据成功。", 20)
    p.signatures(("安装人员", case.staff["installer"], "", ""))
    return p.finish("T03")


def e02(case: Case, rng: Random) -> Document:
    """The sheet of putting the supply live."""
    p = Paper(case, rng, by_hand=0.5)
    p.head("新装(增容)送电单", "送电单", "客户送电单")
    p.form(
        [
            *p.entries(_HEAD + " capacity voltage meter_no"),
            Entry("送电日期", p.day("ENERGISE")),
            Entry("起始示数", "0.00"),
        ]
    )
    p.remark(
        "送电情况",
        "变压器冲击合闸正常,相序核对正确,计量装置运转正常,送电成功。"
        if case.category in ("HV", "LB")
        else "接电正常,计量装置运转正常。",
        26,
    )
    p.signatures(
        ("送电人员", case.staff["operator"], "", p.supplier_seal() if rng.random() < 0.4 else ""),
        ("客户签字", p.customer_signer(), p.day("ENERGISE"), ""),
    )
    return p.finish("E02")


def e03(case: Case, rng: Random) -> Document:
    """The field sheet of sealing a transformer for a rest."""
    p = Paper(case, rng, by_hand=0.6)
    p.head("变更用电现场作业单", "暂停(加封)现场作业单")
    p.form([*p.entries(_HEAD), Entry("停用容量", p.power(case.capacity)), Entry("加封日期", p.day("ENERGISE"))])
    p.remark(
        "作业内容", f"对1号变压器高压侧加封,封印号{rng.randrange(10**6):06d},现场电能表示数{rng.randrange(100, 9999)}。"
    )
    p.signatures(("作业人员", case.staff["operator"], "", ""), ("客户签字", p.customer_signer(), p.day("ENERGISE"), ""))
    return p.finish("E03")


def e04(case: Case, rng: Random) -> Document:
    """The confirmation on site that a supply has ended."""
    p = Paper(case, rng, by_hand=0.6)
    p.head("销户拆表现场确认单", "停电拆表确认单")
    p.form(
        [
            *p.entries(_HEAD + " meter_no"),
            Entry("拆表示数", str(rng.randrange(100, 99999))),
            Entry("拆表日期", p.day("ENERGISE")),
        ]
    )
    p.remark("现场确认", "电能表已拆除,表计封印完好,进户线已拆除,电费已结清。", 20)
    p.signatures(("作业人员", case.staff["operator"], "", ""), ("客户签字", p.customer_signer(), p.day("ENERGISE"), ""))
    return p.finish("E04")


def g01(case: Case, rng: Random) -> Document:
    """The request to inspect and connect a generator."""
    p = Paper(case, rng)
    p.head("并网验收和调试申请表", "分布式电源并网验收和调试申请表")
    p.form(
        [
            *p.entries(_HEAD + " phone voltage"),
            Entry("装机容量", p.generation()),
            Entry("施工单位", "青屿县光明电力安装有限公司", True),
        ]
    )
    p.remark("申请内容", "项目已按接入系统方案建成,具备并网条件,特申请并网验收及调试。", 24)
    p.signatures(("项目业主(签章)", case.holder.name, p.day("COMPLETE"), p.customer_seal()))
    return p.finish("G01")


def g02(case: Case, rng: Random) -> Document:
    """The opinion on a generator's connection."""
    p = Paper(case, rng, by_hand=0.4)
    p.head("并网验收意见单", "分布式电源并网验收意见单", "并网验收调试意见单")
    p.form([*p.entries(_HEAD + " voltage"), Entry("装机容量", p.generation())])
    checks = ("逆变器", "并网开关", "接地及防雷", "计量装置", "防孤岛保护试验")
    p.table(
        [
            [Cell("验收项目", 0.6, "head"), Cell("结论", 0.4, "head")],
            *([Cell(t, 0.6, "label"), Cell("合格", 0.4, centred=True)] for t in checks),
        ]
    )
    p.remark("验收意见", "验收合格,同意并网运行。", 20)
    p.signatures(
        ("验收人员", case.staff["inspector"], p.day("COMPLETE"), p.supplier_seal()),
        ("客户签字", p.customer_signer(), "", ""),
    )
    return p.finish("G02")


def v01(case: Case, rng: Random) -> Document:
    """The record of the visit afterwards."""
    p = Paper(case, rng, by_hand=0.5)
    p.head("服务回访单", "客户满意度回访单")
    p.form(
        [
            *p.entries("account_no account_name phone"),
            Entry("回访日期", p.day("VISIT")),
            Entry("回访方式", rng.choice(("电话", "上门"))),
        ]
    )
    p.remark("回访结果", rng.choice(("非常满意", "满意")), 14)
    p.signatures(("回访人", case.staff["clerk"], "", ""))
    return p.finish("V01")


def x01(case: Case, rng: Random) -> Document:
    """The contents list of the file, naming the papers in it."""
    p = Paper(case, rng, by_hand=0.3)
    p.head("卷内目录", "归档资料目录", "客户档案归档资料目录")
    p.sides(
        f"{p.style.label('account_no')}:{p.said('account_no', case.account_no)}",
        f"{p.style.label('application_no')}:{p.said('application_no', case.application_no)}",
    )
    p.sides(f"{p.style.label('account_name')}:{p.said('account_name', case.account_name)}", "")
    shares = (0.1, 0.5, 0.12, 0.14, 0.14)
    rows = [[Cell(t, s, "head") for t, s in zip(("序号", "资料名称", "页数", "原件", "备注"), shares, strict=True)]]
    for number, (title, pages) in enumerate(case.listed, 1):
        texts = (str(number), title, str(pages), "是" if rng.random() < 0.8 else "复印件", "")
        rows.append([Cell(t, s, centred=i != 1) for i, (t, s) in enumerate(zip(texts, shares, strict=True))])
    p.table(rows, row_mm=8)
    p.sides(f"合计:{sum(pages for _, pages in case.listed)}页", "")
    p.signatures(("立卷人", case.staff["archivist"], p.day("FILING"), ""))
    return p.finish("X01")


def x02(case: Case, rng: Random) -> Document:
    """The list with which the file is handed over."""
    p = Paper(case, rng, by_hand=0.4)
    p.head("档案移交清单", "客户档案移交清单", "资料交接单")
    p.form(p.entries("account_no application_no account_name"))
    shares = (0.12, 0.52, 0.18, 0.18)
    total = sum(pages for _, pages in case.listed)
    rows = [[Cell(t, s, "head") for t, s in zip(("序号", "案卷题名", "件数", "页数"), shares, strict=True)]]
    title = f"{case.account_name}用电业务档案"
    rows.append(
        [
            Cell(t, s, centred=i != 1)
            for i, (t, s) in enumerate(zip(("1", title, str(len(case.listed)), str(total)), shares, strict=True))
        ]
    )
    p.table(rows)
    p.signatures(("移交人", case.staff["manager"], p.day("FILING"), ""), ("接收人", case.staff["archivist"], "", ""))
    return p.finish("X02")


def x03(case: Case, rng: Random) -> Document:
    """The note at the end of the file."""
    p = Paper(case, rng, by_hand=0.5)
    p.head("卷内备考表", office=False)
    p.sides(f"{p.style.label('account_no')}:{p.said('account_no', case.account_no)}", "")
    p.remark(
        "本卷情况说明",
        f"本卷共{len(case.listed)}件,{sum(pages for _, pages in case.listed)}页,资料齐全,无缺损、修改、补充、移出等情况。",
        90,
    )
    p.signatures(("立卷人", case.staff["archivist"], p.day("FILING"), ""), ("检查人", case.staff["approver"], "", ""))
    return p.finish("X03")


PAPERS = {"T01": t01, "T02": t02, "T03": t03, "E02": e02, "E03": e03, "E04": e04, "G01": g01, "G02": g02, "V01": v01}
PAPERS |= {"X01": x01, "X02": x02, "X03": x03}

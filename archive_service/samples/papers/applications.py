"""Papers of the acceptance that the customer fills in: notices, application forms, lists, letters of authority."""

# The sentences that a paper prints are kept whole, so that they can be read.
# ruff: noqa: E501

from __future__ import annotations

from random import Random

from archive_service.samples import people
from archive_service.samples.cases import SUPPLIER, Case
from archive_service.samples.document import Document, Entry, Paper
from archive_service.samples.writer import Cell

_NOTICE = (
    "您可通过营业厅、网上国网、95598服务热线等渠道提出用电申请,我们将在受理后1个工作日内与您联系现场勘查。",
    "请您按申请材料清单提供身份证明、用电地址权属证明及其他资料,并对资料的真实性、合法性负责。",
    "低压供电方案有效期3个月,高压供电方案有效期1年,逾期需重新办理申请手续。",
    "您有权自主选择具备相应资质的设计、施工、试验单位及设备材料供应单位。",
    "受电工程竣工检验合格并签订供用电合同后,我们将在规定时限内装表接电。",
    "除政府价格主管部门批准的收费项目外,我们不收取其他任何费用。",
    "如对我们的服务有意见和建议,请拨打国家能源局投诉举报电话12398。",
)
_DEVICES = (
    ("冷库压缩机组", 30),
    ("速冻生产线", 180),
    ("数控车床", 15),
    ("注塑机", 45),
    ("空气压缩机", 22),
    ("中央空调", 60),
    ("电梯", 18),
    ("水泵", 11),
    ("照明", 8),
    ("充电桩", 7),
    ("烘干机", 36),
    ("包装线", 25),
)


def a01(case: Case, rng: Random) -> Document:
    """The notice on how the business is handled, with the customer's receipt."""
    p = Paper(case, rng, by_hand=0.5)
    p.head("用电业务办理告知书", "业扩报装办理告知书", "用电业务告知书")
    p.paragraph(f"尊敬的客户:欢迎您到{SUPPLIER}办理用电业务!为方便您办理,现将有关事项告知如下:")
    for number, text in enumerate(rng.sample(_NOTICE, rng.randint(5, 7)), 1):
        p.paragraph(f"{number}. {text}")
    p.y += 6
    p.paragraph("本人(单位)已阅读并知晓以上内容。", bold=True)
    p.said("account_name", case.account_name)
    p.y += 8
    p.blank("客户名称", case.account_name, p.left, p.width)
    p.signatures(
        ("客户签字(盖章)", p.customer_signer(), p.day("ACCEPT"), p.customer_seal()),
        ("供电企业", "", "", p.supplier_seal()),
    )
    return p.finish("A01")


def a02h(case: Case, rng: Random) -> Document:
    """The application form of a high-voltage customer."""
    p = Paper(case, rng)
    p.head("高压客户用电登记表", "高压客户用电申请表")
    p.sides(SUPPLIER, f"No. {rng.randrange(10**7):07d}")
    p.form([*p.entries("account_no application_no account_name service_address"), p.identity()])
    p.section("客户基本信息")
    agent = p.entries("agent_name agent_id_number") if case.agent else []
    p.form([*p.entries("legal_rep_name phone industry usage_class business_type"), *agent])
    p.section("用电需求信息")
    p.form(
        [
            *p.entries("capacity_applied voltage"),
            Entry("原有容量", p.style.power(case.capacity_before, "kVA")),
            Entry("自备电源", "有" if "owngen" in case.conditions else "无"),
            Entry("非线性负荷", "有" if "nonlinear" in case.conditions else "无"),
            Entry("增值税发票", "需要" if "vat" in case.conditions else "不需要"),
        ]
    )
    p.remark("客户声明", "本表中的信息及提供的文件真实准确,谨此确认。", filled=False)
    _applied(p)
    return p.finish("A02H")


def a02n(case: Case, rng: Random) -> Document:
    """The application form of a low-voltage customer who is not a resident."""
    p = Paper(case, rng)
    p.head("低压非居民用电登记表", "低压非居民客户用电申请表", "低压非居民客户用电登记表")
    p.form([*p.entries("account_no application_no account_name service_address"), p.identity()])
    agent = p.entries("agent_name agent_id_number") if case.agent else []
    head = p.entries("legal_rep_name") if case.company else []
    p.form([*head, *p.entries("phone business_type usage_class capacity_applied voltage"), *agent])
    p.remark(
        "告知事项", "贵户根据供电可靠性需求,可申请备用电源或自备应急电源。用电设备主要参数应如实填写。", filled=False
    )
    _applied(p)
    return p.finish("A02N")


def a02r(case: Case, rng: Random) -> Document:
    """The application form of a resident."""
    p = Paper(case, rng, by_hand=0.6)
    p.head("低压居民生活用电登记表", "居民生活用电登记表", "低压居民客户用电登记表")
    p.form(p.entries("account_no application_no account_name service_address id_number phone"))
    agent = p.entries("agent_name agent_id_number") if case.agent else []
    p.form([*p.entries("business_type capacity_applied voltage"), *agent])
    p.remark("客户确认", "本人提供的资料真实有效,如有虚假愿承担由此产生的一切责任。", 20, filled=False)
    _applied(p, sealed=False)
    return p.finish("A02R")


def a02v(case: Case, rng: Random) -> Document:
    """The application to change a supply: another name, another holder, a rest, an end."""
    p = Paper(case, rng, by_hand=0.5)
    titles = {
        "RENAME": ("变更用电申请表", "更名(过户)申请表"),
        "TRANSFER": ("更名(过户)申请表", "变更用电申请表", "过户用电申请表"),
        "SUSP": ("暂停(减容)用电申请表", "变更用电申请表"),
        "CANCEL": ("销户用电登记表", "变更用电申请表"),
    }
    p.head(*titles.get(case.business_type, ("变更用电申请表",)))
    p.form([*p.entries("account_no application_no account_name service_address"), p.identity(), *p.entries("phone")])
    reasons = {
        "RENAME": "户名登记变更,用电地址、容量和用电类别不变",
        "TRANSFER": "房屋产权转让,申请办理过户",
        "SUSP": "生产季节性停产,申请暂停用电",
        "CANCEL": "房屋拆迁,不再用电",
    }
    extra = [Entry("申请原因", reasons.get(case.business_type, "用电需要"), wide=True)]
    if case.business_type in ("RENAME", "TRANSFER"):
        extra.insert(0, Entry("原户名", p.said("old_name", case.former_name), wide=True))
    agent = p.entries("agent_name agent_id_number") if case.agent else []
    p.form([*p.entries("business_type"), *extra, *agent])
    p.remark("客户承诺", "以上内容属实,变更前电费已结清,由此引起的一切纠纷由申请人负责。", 20, filled=False)
    _applied(p)
    return p.finish("A02V")


def a02d(case: Case, rng: Random) -> Document:
    """The application to connect a generator to the grid."""
    p = Paper(case, rng)
    p.head("分布式电源并网申请表", "分布式光伏并网申请表", "分布式电源并网申请书")
    p.form(
        [
            *p.entries("application_no account_no account_name service_address"),
            p.identity(),
            *p.entries("phone voltage"),
            Entry("装机容量", p.generation()),
            Entry("并网方式", rng.choice(("自发自用余电上网", "全额上网"))),
            Entry("项目类型", "屋顶分布式光伏"),
        ]
    )
    p.remark("客户声明", "本申请表中的信息和提供的相关文件资料真实准确,谨此确认。", filled=False)
    _applied(p)
    return p.finish("A02D")


def a03(case: Case, rng: Random) -> Document:
    """The list of the customer's main equipment."""
    p = Paper(case, rng)
    p.head("客户主要用电设备清单", "主要用电设备清单", office=False)
    p.form(p.entries("account_no application_no account_name"))
    rows = [[Cell(text, share, "head") for text, share in _DEVICE_HEAD]]
    total = 0
    for number, (name, power) in enumerate(rng.sample(_DEVICES, rng.randint(4, 9)), 1):
        count = rng.randint(1, 6)
        total += count * power
        texts = (str(number), name, f"{power}", str(count), f"{count * power}", rng.choice(("三级", "三级", "二级")))
        rows.append([Cell(text, share, centred=True) for text, (_, share) in zip(texts, _DEVICE_HEAD, strict=True)])
    p.table(rows)
    p.remark(
        "合计", f"用电设备容量合计 {total} kW,我户根据用电设备容量及用电情况统计需求负荷为 {int(total * 0.7)} kW。", 14
    )
    p.signatures(
        ("经办人签名(单位盖章)", p.customer_signer(), p.day("ACCEPT"), p.customer_seal()),
        ("受理人", case.staff["clerk"], "", ""),
    )
    return p.finish("A03")


_DEVICE_HEAD = (
    ("序号", 0.1),
    ("设备名称", 0.28),
    ("单台容量(kW)", 0.19),
    ("台数", 0.11),
    ("合计(kW)", 0.16),
    ("负荷等级", 0.16),
)


def a04(case: Case, rng: Random) -> Document:
    """The sheet of the customer's contacts."""
    p = Paper(case, rng, by_hand=0.6)
    p.head("客户联系人资料表", "联系人资料表")
    p.form(p.entries("account_no application_no account_name service_address"))
    rows = [[Cell(text, 0.2, "head") for text in ("联系人类型", "姓名", "职务", "移动电话", "邮箱")]]
    first = p.said("phone", case.phone)
    for kind, name, number in (
        ("业务联系人", p.customer_signer(), first),
        ("电气联系人", people.name(rng), people.phone(rng)),
        ("账务联系人", people.name(rng), people.phone(rng)),
        ("停送电联系人", people.name(rng), people.phone(rng)),
    ):
        rows.append(
            [
                Cell(text, 0.2, kind_)
                for text, kind_ in (
                    (kind, "label"),
                    (name, "value"),
                    (rng.choice(("经理", "电工", "会计")), "value"),
                    (number, "value"),
                    ("", "value"),
                )
            ]
        )
    p.table(rows)
    p.signatures(("客户签字", p.customer_signer(), p.day("ACCEPT"), p.customer_seal()))
    return p.finish("A04")


def a08(case: Case, rng: Random) -> Document:
    """The power of attorney for the agent."""
    p = Paper(case, rng, by_hand=0.3)
    p.head("授权委托书", "授 权 委 托 书", office=False)
    p.y += 6
    agent = case.agent or case.holder
    who, number = p.said("agent_name", agent.name), p.said("agent_id_number", agent.id_number)
    p.said("account_name", case.account_name)
    we = "我单位" if case.company else "本人"
    p.paragraph(f"{SUPPLIER}:", indent=0)
    own = f"(统一社会信用代码:{p.said('credit_code', case.company.credit_code)})" if case.company else ""
    p.paragraph(
        f"{we}{case.account_name}{own}现委托{who}(身份证号:{number})为{we}代理人,代表{we}办理用电地址位于{p.said('service_address', case.service_address)}的用电业务。"
    )
    p.paragraph("委托权限:提交申请资料、签收供电方案答复单、办理缴费、现场验收及签收相关文书等手续。")
    p.paragraph(f"代理人在上述权限内签署的有关文件,{we}均予以承认,并承担相应的法律责任。代理人无转委托权。")
    until = case.on["ACCEPT"].replace(year=case.on["ACCEPT"].year + 1, day=min(28, case.on["ACCEPT"].day))
    p.paragraph(f"委托期限:自签署之日起至{p.day(until, 'valid_to')}止。")
    p.signatures(
        ("委托人(签章)", case.holder.name, p.day("ACCEPT"), p.customer_seal()), ("受托人(签字)", agent.name, "", "")
    )
    return p.finish("A08")


def a23(case: Case, rng: Random) -> Document:
    """The written list of papers that were missing at acceptance."""
    p = Paper(case, rng)
    p.head("资料补正告知书", "缺件通知书", "一次性告知书(补充资料)")
    p.form(p.entries("account_no application_no account_name"))
    p.paragraph("经审核,您提交的用电申请资料尚缺以下内容,请于5个工作日内补充资料:")
    for number, text in enumerate(
        rng.sample(("用电地址权属证明复印件", "经办人身份证明", "用电设备清单", "授权委托书原件"), 2), 1
    ):
        p.paragraph(f"{number}. {text};")
    p.signatures(
        ("客户签收", p.customer_signer(), p.day("ACCEPT"), ""), ("受理人员", case.staff["clerk"], "", p.supplier_seal())
    )
    return p.finish("A23")


def a37(case: Case, rng: Random) -> Document:
    """The list of the households of an estate."""
    p = Paper(case, rng, by_hand=0)
    p.head("低压批量用户清单", "小区户表清单", "批量新装用户清单", office=False)
    p.sides(
        f"项目名称:{p.said('project_name', case.project)}", f"申请编号:{p.said('application_no', case.application_no)}"
    )
    p.sides(f"申请单位:{p.said('account_name', case.account_name)}", "")
    shares = (0.1, 0.16, 0.34, 0.2, 0.2)
    rows = [[Cell(t, s, "head") for t, s in zip(("序号", "楼幢", "房号", "容量(kW)", "备注"), shares, strict=True)]]
    for number in range(1, rng.randint(18, 40)):
        floor = (number + 3) // 4
        texts = (str(number), "1幢", f"{floor}0{(number - 1) % 4 + 1}室", "8", "")
        rows.append([Cell(text, share, centred=True) for text, share in zip(texts, shares, strict=True)])
    p.table(rows, row_mm=7.2)
    p.sides(f"合计:{len(rows) - 1}户", "")
    p.signatures(("申请单位(盖章)", "", p.day("ACCEPT"), p.customer_seal()))
    p.number_pages("第{n}页/共{m}页")
    return p.finish("A37")


def _applied(p: Paper, *, sealed: bool = True) -> None:
    p.signatures(
        ("客户签字(盖章)", p.customer_signer(), p.day("ACCEPT"), p.customer_seal() if sealed else ""),
        ("受理人员", p.case.staff["clerk"], "", ""),
    )


PAPERS = {"A01": a01, "A02H": a02h, "A02N": a02n, "A02R": a02r, "A02V": a02v, "A02D": a02d, "A03": a03, "A04": a04}
PAPERS |= {"A08": a08, "A23": a23, "A37": a37}

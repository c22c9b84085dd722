"""Letters and proofs of changes, chargers and roofs."""

# The sentences that a paper prints are kept whole, so that they can be read.
# ruff: noqa: E501

from __future__ import annotations

from datetime import timedelta
from random import Random

from archive_service.samples import people
from archive_service.samples.cases import SUPPLIER, Case
from archive_service.samples.document import Document, Entry, Paper


def a24(case: Case, rng: Random) -> Document:
    """The undertaking to bring deferred papers later."""
    p = Paper(case, rng, by_hand=0.5)
    p.head("客户承诺书", "一证受理客户承诺书", "容缺受理承诺书", office=False)
    p.paragraph(f"{SUPPLIER}:", indent=0)
    p.paragraph(
        f"本人(单位){p.said('account_name', case.account_name)}因办理用电业务需要,申请容缺受理,尚缺用电地址权属证明,承诺于{p.day(case.on['ACCEPT'] + timedelta(days=14), 'due_on')}前提供。逾期未提供的,贵公司可终止业务办理,由此造成的损失由本人(单位)承担。"
    )
    p.signatures(("承诺人", case.holder.name, p.day("ACCEPT"), p.customer_seal()))
    return p.finish("A24")


def a27(case: Case, rng: Random) -> Document:
    """The record that no charges are outstanding."""
    p = Paper(case, rng, by_hand=0.3)
    p.head("电费结清证明", "电费结清单", "欠费核查记录")
    p.form(p.entries("account_no account_name service_address"))
    p.paragraph(
        "经核查,该户截至本日电费及违约金已全部结清,无欠费。"
        if rng.random() < 0.7
        else "经营销系统查询,该户应收电费 0.00 元,欠费金额 0.00 元,可办理变更手续。"
    )
    p.signatures(("核查人", case.staff["clerk"], p.day("ACCEPT"), p.supplier_seal()))
    return p.finish("A27")


def a28(case: Case, rng: Random) -> Document:
    """The agreement of the old and the new holder."""
    p = Paper(case, rng, by_hand=0.6)
    p.head("过户协议", "用电过户协议书", "原户主同意过户证明", office=False)
    p.paragraph(f"甲方(原户主):{p.said('old_name', case.former_name)}", indent=0)
    p.paragraph(f"乙方(新户主):{p.said('new_name', case.account_name)}", indent=0)
    reading = rng.randrange(1000, 99999)
    p.paragraph(
        f"因房屋产权转让,甲方同意将户号{p.said('account_no', case.account_no)}、用电地址{p.said('service_address', case.service_address)}的用电户过户给乙方。"
    )
    p.paragraph(
        f"双方确认过户时电能表示数为{reading},此前电费由甲方承担,此后电费由乙方承担。原用电合同权利义务由乙方承继。"
    )
    p.signatures(
        ("甲方(签字)", case.former_name if len(case.former_name) < 5 else case.former.name, p.day("ACCEPT"), ""),
        ("乙方(签字)", case.holder.name, "", p.customer_seal()),
    )
    return p.finish("A28")


def a29(case: Case, rng: Random) -> Document:
    """The proof of a change of name: the registry's notice, or the police's for a person."""
    p = Paper(case, rng, by_hand=0, margin=28)
    old, new = p.said("old_name", case.former_name), p.said("new_name", case.account_name)
    day = case.on["ACCEPT"] - timedelta(days=rng.randint(10, 60))
    if case.company:
        p.head("公司变更登记通知书", "准予变更登记通知书", "名称变更核准通知书", office=False)
        p.centre(f"(青市监)登记内变字〔{day.year}〕第{rng.randrange(10**5):05d}号", 11)
        p.paragraph(f"{new}:", indent=0)
        p.paragraph(
            f"你单位提交的变更登记申请材料齐全,符合法定形式,我局准予变更登记。原名称:{old};变更后名称:{new}。统一社会信用代码不变:{p.said('credit_code', case.company.credit_code)}。"
        )
        office = "青屿县市场监督管理局"
    else:
        p.head("姓名变更证明", "更名证明", "户籍证明", office=False)
        p.paragraph(
            f"兹证明我辖区居民{new},公民身份号码{p.said('id_number', case.holder.id_number)},曾用名{old},于{p.day(day - timedelta(days=9), '')}经批准变更姓名。{old}与{new}系同一人。特此证明。"
        )
        office = "青屿县公安局东门派出所"
    p.said("issuer", office)
    p.signatures(("", "", "", ""), (office, "", p.day(day), office))
    return p.finish("A29")


def a33(case: Case, rng: Random) -> Document:
    """The right to the parking space."""
    p = Paper(case, rng, by_hand=0.3)
    p.head("车位使用权证明", "地下车位转让协议", "车位租赁协议", office=False)
    space = p.said("parking_space_no", f"B{rng.randint(1, 2)}-{rng.randrange(1, 400):03d}")
    p.paragraph(f"出让方:青屿{rng.choice(('万隆', '嘉诚'))}房地产开发有限公司", indent=0)
    p.paragraph(
        f"受让方:{p.said('owner_name', case.account_name)}(身份证号:{p.said('id_number', case.holder.id_number)})",
        indent=0,
    )
    p.paragraph(
        f"出让方将位于{p.said('service_address', case.service_address)}所在小区地下车库{space}号车位的使用权转让给受让方,价款人民币{rng.randrange(6, 18)}万元整,一次性付清。"
    )
    p.signatures(
        ("出让方", "", p.day(case.on["ACCEPT"] - timedelta(days=rng.randint(30, 900))), "青屿嘉诚房地产开发有限公司"),
        ("受让方", case.holder.name, "", ""),
    )
    return p.finish("A33")


def a34(case: Case, rng: Random) -> Document:
    """The property manager's consent to a charger or to panels on a roof."""
    p = Paper(case, rng, by_hand=0.4)
    p.head("同意安装证明", "物业同意安装充电设施证明", "同意建设证明", office=False)
    what = "光伏发电设施" if case.business_type == "DG" else "电动汽车充电设施"
    p.paragraph(f"{SUPPLIER}:", indent=0)
    p.paragraph(
        f"兹有业主{p.said('account_name', case.account_name)},申请在{p.said('service_address', case.service_address)}安装{what}。经核实,其拟安装位置符合小区管理规定,我物业公司同意安装,并配合现场施工。"
    )
    manager = f"青屿{rng.choice(('和谐', '永安', '绿城佳园'))}物业服务有限公司"
    p.signatures(("", "", "", ""), (manager, "", p.day("ACCEPT"), manager))
    return p.finish("A34")


def a35(case: Case, rng: Random) -> Document:
    """The proof that a car was bought."""
    p = Paper(case, rng, by_hand=0, size=(240.0, 150.0), margin=16)
    p.head("机动车销售统一发票", office=False)
    day = case.on["ACCEPT"] - timedelta(days=rng.randint(3, 90))
    price = rng.randrange(90_000, 320_000)
    vin = "L" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(16))
    p.sides(
        f"发票代码 1330{rng.randrange(10**8):08d}", f"发票号码 {p.said('invoice_no', f'{rng.randrange(10**8):08d}')}"
    )
    p.form(
        [
            Entry("开票日期", p.day(day)),
            Entry("购买方名称", p.said("account_name", case.account_name)),
            Entry("身份证号码", p.said("id_number", case.holder.id_number)),
            Entry("车辆类型", "纯电动轿车"),
            Entry("车架号码", p.said("vehicle_no", vin)),
            Entry("价税合计", f"¥{p.said('amount', f'{price:.2f}')}"),
        ]
    )
    p.seal(p.right - 30, p.y, f"青屿{rng.choice(('宏达', '远航'))}汽车销售有限公司|发票专用章", 36)
    return p.finish("A35")


def a36(case: Case, rng: Random) -> Document:
    """The agreement to use a roof that is not the applicant's."""
    p = Paper(case, rng, by_hand=0.3)
    p.head("屋顶租赁协议", "屋顶使用协议", office=False)
    p.paragraph(f"甲方(屋顶所有人):{p.said('lessor', case.former.name)}", indent=0)
    p.paragraph(f"乙方(使用人):{p.said('lessee', case.account_name)}", indent=0)
    p.paragraph(
        f"甲方同意将{p.said('service_address', case.service_address)}屋顶提供给乙方建设光伏发电项目,使用期二十年。"
    )
    p.signatures(("甲方", case.former.name, p.day("ACCEPT"), ""), ("乙方", case.holder.name, "", p.customer_seal()))
    return p.finish("A36")


def property_notice(case: Case, rng: Random) -> Document:
    """A paper that slipped in: a property manager's notice, which no catalogue knows."""
    p = Paper(case, rng, by_hand=0)
    p.head("停水通知", "关于缴纳物业管理费的通知", "温馨提示", "电梯维保公告", office=False)
    p.paragraph("尊敬的各位业主:", indent=0)
    body = {
        "停水通知": "因二次供水水箱清洗,本小区将于本周六上午8时至12时暂停供水,请各住户提前做好储水准备,给您带来不便敬请谅解。",
        "关于缴纳物业管理费的通知": "本年度物业管理费已开始收缴,标准为每平方米每月1.80元,请各位业主于本月底前到物业服务中心缴纳。",
        "温馨提示": "近期天气炎热,请各位业主注意防暑降温,外出时关好门窗,妥善保管贵重物品。高空抛物危害他人安全,请勿为之。",
        "电梯维保公告": "为保障乘梯安全,维保单位将于本周三对各单元电梯进行例行保养,保养期间电梯暂停使用,请走楼梯。",
    }[p.heading]
    p.paragraph(body)
    p.paragraph("特此通知。")
    manager = f"{people.estate(rng)}物业服务中心"
    p.signatures(("", "", "", ""), (manager, "", p.day("ACCEPT"), manager))
    return p.finish("")


def leaflet(case: Case, rng: Random) -> Document:
    """A paper that slipped in: somebody's advertisement."""
    p = Paper(case, rng, by_hand=0)
    p.head("家电下乡 惠民补贴", "宽带安装优惠", "教育培训招生简章", office=False)
    for text in (
        "活动时间:即日起至本月底",
        f"咨询电话:{people.phone(rng)}",
        f"活动地点:{people.shop(rng)}",
        "先到先得,送完即止。本活动最终解释权归商家所有。",
    ):
        p.paragraph(text, size_pt=16)
    return p.finish("")


PAPERS = {"A24": a24, "A27": a27, "A28": a28, "A29": a29, "A33": a33, "A34": a34, "A35": a35, "A36": a36}
STRAYS = (property_notice, leaflet)

"""How one office or one form prints things: faces, words for the same thing, forms of dates and units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from random import Random

from archive_service.samples.sheet import BLACK, BLUE, Ink

#: Words that forms use for the same field.
LABELS = {
    "account_no": ("户号", "户  号", "客户编号", "用户编号", "用电户号"),
    "application_no": ("申请编号", "工单编号", "业务受理号", "申请单号"),
    "account_name": ("户名", "户  名", "客户名称", "用户名称", "用电户名"),
    "service_address": ("用电地址", "用电地点", "用电详细地址"),
    "id_number": ("身份证号", "身份证号码", "证件号码", "公民身份号码"),
    "credit_code": ("统一社会信用代码", "信用代码", "证件号码"),
    "agent_name": ("经办人", "代理人", "受托人", "经 办 人"),
    "agent_id_number": ("经办人身份证号", "受托人身份证号码", "经办人证件号码"),
    "phone": ("联系电话", "移动电话", "手机号码", "联系方式"),
    "capacity": ("合同容量", "报装容量", "供电容量", "用电容量"),
    "capacity_applied": ("申请容量", "报装容量", "申请用电容量"),
    "voltage": ("供电电压", "电压等级"),
    "usage_class": ("用电类别", "用电性质"),
    "industry": ("行业分类", "行业类别", "所属行业"),
    "meter_no": ("电能表编号", "资产编号", "表号", "电能表资产号"),
    "contract_no": ("合同编号", "合同号"),
    "business_type": ("业务类型", "业务类别", "申请业务"),
    "legal_rep_name": ("法定代表人", "负责人", "法人代表"),
}
_DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True)
class Style:
    """The look of one document."""

    face: str
    title_face: str
    fill_face: str
    fill_ink: Ink
    fill_kind: str
    size_pt: float
    title_pt: float
    colon: str
    date_form: int
    unit_form: int
    rule_mm: float
    row_mm: float
    margin_mm: float
    spaced_title: bool
    supplier_above: bool
    full_width: bool
    layout: int
    words: int

    def label(self, name: str) -> str:
        """Return this form's word for a field."""
        words = LABELS.get(name, (name,))
        return words[self.words % len(words)]

    def day(self, day: date) -> str:
        """Return the day as this form writes it."""
        forms = (
            f"{day.year}年{day.month}月{day.day}日",
            f"{day:%Y-%m-%d}",
            f"{day.year} 年 {day.month} 月 {day.day} 日",
            f"{day:%Y.%m.%d}",
            f"{day:%Y/%m/%d}",
            chinese_day(day),
            f"{day.year}年{day.month:02d}月{day.day:02d}日",
        )
        return forms[self.date_form % len(forms)]

    def power(self, amount: int, unit: str) -> str:
        """Return a capacity in kVA or kW as this form writes it."""
        spelled = {"kVA": "千伏安", "kW": "千瓦"}[unit]
        forms = (f"{amount} {unit}", f"{amount}{unit}", f"{amount}{spelled}", f"{amount} {spelled}")
        return forms[self.unit_form % len(forms)]

    def volts(self, voltage: str) -> str:
        """Return a supply voltage as this form writes it."""
        spelled = voltage.replace("kV", "千伏") if "kV" in voltage else voltage.replace("V", "伏")
        number, unit = (voltage[:-2], "kV") if voltage.endswith("kV") else (voltage[:-1], "V")
        return (f"交流{voltage}", voltage, f"交流 {number} {unit}", f"交流{spelled}")[self.unit_form % 4]

    def heading(self, text: str) -> str:
        """Return the title, letter-spaced where this form does so and it is short enough."""
        return " ".join(text) if self.spaced_title and len(text) <= 10 else text


def invent(rng: Random, *, by_hand: float = 0.4) -> Style:
    """Invent a look; `by_hand` is how often the blanks are filled in with a pen."""
    pen = rng.random() < by_hand
    face = rng.choice(("song", "song", "song", "hei"))
    return Style(
        face=face,
        title_face=rng.choice(("song", "hei", "song")),
        fill_face="kai" if pen else rng.choice((face, "song", "kai")),
        fill_ink=BLUE if pen and rng.random() < 0.75 else BLACK,
        fill_kind="hand" if pen else "print",
        size_pt=rng.choice((10.5, 11, 12, 12)),
        title_pt=rng.choice((18, 20, 22)),
        colon=rng.choice(("：", "：", ":")),
        date_form=rng.choice((0, 0, 0, 1, 2, 3, 4, 5, 6)),
        unit_form=rng.randrange(4),
        rule_mm=rng.choice((0.2, 0.3, 0.4)),
        row_mm=rng.choice((8.5, 9.5, 10.5, 12.0, 13.5)),
        margin_mm=rng.choice((20.0, 22.0, 25.0)),
        spaced_title=rng.random() < 0.3,
        supplier_above=rng.random() < 0.4,
        full_width=rng.random() < 0.85,
        layout=rng.randrange(12),
        words=rng.randrange(20),
    )


def chinese_day(day: date) -> str:
    """Return a day in Chinese numerals: 二〇二六年十一月九日."""
    year = "".join(_DIGITS[int(sign)] for sign in str(day.year))
    return f"{year}年{_up_to_99(day.month)}月{_up_to_99(day.day)}日"


def _up_to_99(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def replace_margin(look: Style, margin_mm: float) -> Style:
    """Return `look` with other margins."""
    return replace(look, margin_mm=margin_mm)

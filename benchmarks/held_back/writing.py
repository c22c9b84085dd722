"""How offices write values: many forms for one truth."""

from __future__ import annotations

import re
from datetime import date
from random import Random

_WIDE = str.maketrans("0123456789.-", "０１２３４５６７８９．－")
_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_PLAIN = "〇一二三四五六七八九"


def day(value: date, style: int) -> str:
    """Return a day in one of ten styles; digits in most, Chinese numerals in some."""
    y, m, d = value.year, value.month, value.day
    styles = (
        f"{y}年{m}月{d}日", f"{y}年{m:02d}月{d:02d}日", f"{y}-{m:02d}-{d:02d}", f"{y}.{m:02d}.{d:02d}", f"{y}/{m}/{d}",
        f"{y} 年 {m} 月 {d} 日", chinese_day(value), chinese_day(value).replace("〇", "O"), f"{y}年{m}月{d}日".translate(_WIDE),
        f"{y}.{m}.{d}",
    )  # fmt: skip
    return styles[style % len(styles)]


def chinese_day(value: date) -> str:
    """Return a day in Chinese numerals, as contracts are signed."""
    year = "".join(_PLAIN[int(digit)] for digit in str(value.year))
    return f"{year}年{_small(value.month)}月{_small(value.day)}日"


def _small(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _PLAIN[tens] + "十"
    return head + (_PLAIN[ones] if ones or not tens else "")


def capacity(value: int, unit: str, rng: Random) -> str:
    """Return a capacity with its unit."""
    chinese = {"kVA": "千伏安", "kW": "千瓦"}[unit]
    forms = [
        f"{value}{unit}",
        f"{value} {unit}",
        f"{value}{chinese}",
        f"{value}{unit.upper()}",
        f"{value}.0{unit}",
        f"{value}{chinese}",
    ]
    if unit == "kVA" and value >= 1000:
        forms += [f"{value:,}kVA", f"{value / 1000:g}MVA"]
    return rng.choice(forms)


def amount(value: str, rng: Random) -> str:
    """Return an amount of money in digits, with or without the capitals beside it."""
    grouped = f"{float(value):,.2f}"
    return rng.choice(
        (f"¥{grouped}", f"{value}元", f"￥{value}", f"人民币{grouped}元", f"{capitals(value)}（¥{value}）", f"{value}")
    )


def capitals(value: str) -> str:
    """Return an amount in the capitals of receipts."""
    whole, _, cents = value.partition(".")
    text = _whole(int(whole)) + "元"
    if cents in ("", "00"):
        return text + "整"
    text += f"{_CAPITALS[int(cents[0])]}角" if cents[0] != "0" else "零"
    return text + (f"{_CAPITALS[int(cents[1])]}分" if cents[1] != "0" else "")


def _whole(number: int) -> str:
    if number >= 10000:
        rest = number % 10000
        return _whole(number // 10000) + "万" + (("零" if rest < 1000 else "") + _whole(rest) if rest else "")
    digits, text = f"{number:d}", ""
    for place, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True):
        text += _CAPITALS[int(digit)] + ("", "拾", "佰", "仟")[place] if digit != "0" else "零"
    return re.sub("零+", "零", text).rstrip("零")


def number(value: str, rng: Random) -> str:
    """Return a long number: plain, rarely wide or in groups."""
    drawn = rng.random()
    if drawn < 0.04:
        return value.translate(_WIDE)
    if drawn < 0.07 and value.isdigit():
        return " ".join(value[i : i + 4] for i in range(0, len(value), 4))
    return value


def phone(value: str, rng: Random) -> str:
    """Return a mobile number."""
    return rng.choice(
        (value, value, value, f"{value[:3]} {value[3:7]} {value[7:]}", f"{value[:3]}-{value[3:7]}-{value[7:]}")
    )


def voltage(value: str, rng: Random) -> str:
    """Return a supply voltage."""
    forms = {
        "10kV": ("10kV", "10千伏", "交流10kV", "10KV", "AC10kV"),
        "380V": ("380V", "交流380伏", "380伏", "0.38kV", "220/380V"),
        "220V": ("220V", "交流220伏", "220伏", "AC220V"),
    }
    return rng.choice(forms[value])

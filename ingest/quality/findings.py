"""What can be wrong with a scanned page, from which value on, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archive_service.settings import Settings
from ingest.lines import Box

LOW_RESOLUTION, SKEWED, BLURRED, BLANK = "low-resolution", "skewed", "blurred", "blank"
DARK_BORDER, CROPPED, TOO_DARK, TOO_LIGHT = "dark-border", "cropped", "too-dark", "too-light"
MIRRORED = "mirrored"
MISSING, REPEATED, OUT_OF_ORDER = "page-missing", "page-repeated", "page-order"
#: What the picture of one page shows, and what only the pages of a scan show together.
OF_PAGE = (LOW_RESOLUTION, SKEWED, BLURRED, BLANK, DARK_BORDER, CROPPED, TOO_DARK, TOO_LIGHT, MIRRORED)
OF_SCAN = (MISSING, REPEATED, OUT_OF_ORDER)
CODES = (*OF_PAGE, *OF_SCAN)
#: Findings that are no fault of the picture: an empty back is scanned as it should be.
NO_FAULT = frozenset({BLANK})
#: A single one of these in a sample sends a whole batch back. Source: DA/T 31-2017, pages 100 % complete.
LOSSES = frozenset(OF_SCAN)

NAMES: Mapping[str, str] = {
    LOW_RESOLUTION: "分辨率不足",
    SKEWED: "歪斜",
    BLURRED: "模糊",
    BLANK: "空白页",
    DARK_BORDER: "黑边",
    CROPPED: "缺边",
    TOO_DARK: "过暗",
    TOO_LIGHT: "过淡",
    MIRRORED: "镜像",
    MISSING: "缺页",
    REPEATED: "重复页",
    OUT_OF_ORDER: "页序错乱",
}


@dataclass(frozen=True)
class Finding:
    """Something wrong with a page: the measured value against its limit, and where on the upright image."""

    code: str
    measure: float
    limit: float
    boxes: tuple[Box, ...] = ()
    #: What the sentence needs besides: numbers of pages.
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """From which value on a page is found fault with; the units stand in docs/settings.md."""

    dpi: int = 200
    lean_deg: float = 3.0
    blur: float = 0.09
    border_mm: float = 2.0
    contrast: float = 0.3
    brightness: int = 90

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the limits that a unit has set."""
        return cls(
            dpi=settings.quality_dpi,
            lean_deg=settings.quality_lean_deg,
            blur=settings.quality_blur,
            border_mm=settings.quality_border_mm,
            contrast=settings.quality_contrast,
            brightness=settings.quality_brightness,
        )


def sentence(code: str, measure: float, limit: float, facts: Mapping[str, Any]) -> str:
    """Say what is wrong and what to do about it."""
    return _SENTENCES[code].format(measure=_plain(measure), limit=_plain(limit), **_said(facts))


def _plain(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _said(facts: Mapping[str, Any]) -> dict[str, str]:
    missing = "、".join(str(number) for number in facts.get("missing", ()))
    return {"missing": missing, "of": _total(facts.get("of")), "other": str(facts.get("other", ""))}


def _total(total: int | None) -> str:
    return f"（共 {total} 页）" if total else ""


_SENTENCES: Mapping[str, str] = {
    LOW_RESOLUTION: "分辨率约 {measure} dpi，低于 {limit} dpi，小字难以辨认。请用 {limit} dpi 以上重新扫描这一页。",
    SKEWED: "页面歪斜 {measure} 度，超过 {limit} 度；系统已摆正供阅读。要求版面端正时，请放平后重新扫描这一页。",
    BLURRED: "文字边缘模糊（{measure}，限值 {limit}）。请擦净玻璃、压平纸张或对准焦距后重新扫描这一页。",
    BLANK: "这一页是空白页。是空白背面可不处理；本应有内容时，请核对正反面后重新扫描。",
    DARK_BORDER: "页边有宽 {measure} 毫米的黑边或纸外背景，限值 {limit} 毫米。遮住内容时请盖好盖板后重新扫描。",
    CROPPED: "有 {measure} 处文字顶到画面边缘，可能没有扫全。请把纸放到扫描范围内重新扫描这一页。",
    TOO_DARK: "画面过暗（亮度 {measure}，至少 {limit}）。请调亮后重新扫描这一页。",
    TOO_LIGHT: "字迹过淡（与纸的反差 {measure}，至少 {limit}）。请加深后重新扫描这一页。",
    MIRRORED: "影像左右相反，可能是透明图纸放反了；系统已翻正供查看和识读。请核对，需要时翻面重新扫描这一页。",
    MISSING: "按印刷页码，缺第 {missing} 页{of}。请找到缺页补扫；原件本来就缺时请注明。",
    REPEATED: "与第 {other} 页几乎相同，可能重复扫描。核对后在校核台剔除多余的一页。",
    OUT_OF_ORDER: "印刷页码的顺序与扫描顺序不符{of}。请按页码整理后重新扫描，或核对后照常归入。",
}

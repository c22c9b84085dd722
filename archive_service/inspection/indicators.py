"""The indicators of the auditor's desk. To add one, add an entry to `INDICATORS`: pages, interface and files follow.

An indicator is a share, or a mean, of two sums of `households.measures`. Sources: the trade's own indicators (archives
complete, filed in time, consistent); the goals are the author's own defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Sums = Mapping[str, int]


@dataclass(frozen=True)
class Indicator:
    """A share in percent, or a mean, with what it means."""

    code: str
    #: Chinese, for pages and papers; pages in other languages translate it.
    name: str
    definition: str
    part: Callable[[Sums], int]
    whole: Callable[[Sums], int]
    #: From which on it is good, and below which it is bad; of a mean up to which, and above which.
    goal: float
    bad: float
    #: Query of the list of cases that drag it down; none where the list cannot be narrowed so.
    cases: Mapping[str, str]
    #: A mean is the better the lower it is.
    mean: bool = False

    @property
    def unit(self) -> str:
        """Return what stands behind the number."""
        return "" if self.mean else "%"

    def value(self, sums: Sums) -> Value:
        """Return the indicator of these sums."""
        return Value(self, self.part(sums), self.whole(sums))


@dataclass(frozen=True)
class Value:
    """An indicator worked out."""

    indicator: Indicator
    part: int
    whole: int

    @property
    def number(self) -> float | None:
        """Share in percent, or the mean; none where there is nothing to share."""
        if not self.whole:
            return None
        return self.part / self.whole if self.indicator.mean else 100 * self.part / self.whole

    @property
    def printed(self) -> str:
        """Return a share with one digit, cut, so that 99.97 does not read as all; a mean with two."""
        number = self.number
        if number is None:
            return "–"
        return f"{number:.2f}" if self.indicator.mean else f"{int(number * 10) / 10:.1f}%"

    @property
    def look(self) -> str:
        """Say how good it is: ok, warn, bad, or nothing."""
        number, sign = self.number, -1 if self.indicator.mean else 1
        if number is None:
            return ""
        if sign * number >= sign * self.indicator.goal:
            return "ok"
        return "bad" if sign * number < sign * self.indicator.bad else "warn"


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "complete", "案件齐全率",
        "资料齐全（应归资料件件在档、没有存疑）的案件 ÷ 全部案件。",
        lambda s: s["complete_cases"], lambda s: s["cases"], 98, 90, {"complete": "no"},
    ),
    Indicator(
        "papers", "资料完整率",
        "已在档的应归资料件数 ÷ 应归资料件数，按适用的目录版本逐件判定。",
        lambda s: s["satisfied"], lambda s: s["due"], 98, 90, {"complete": "no"},
    ),
    Indicator(
        "on-time", "归档及时率",
        "在归档期限当日或之前归档的案件 ÷（已归档且有期限的案件 ＋ 期限已过仍未归档的案件）。",
        lambda s: s["on_time"], lambda s: s["on_time"] + s["late"] + s["overdue"], 98, 90, {"due": "overdue"},
    ),
    Indicator(
        "consistent", "资料一致率",
        "交叉核对（XC01 至 XC17）没有发现矛盾的案件 ÷ 至少有一项核对能够得出结论的案件。",
        lambda s: s["consistent"], lambda s: s["compared"], 98, 90, {},
    ),
    Indicator(
        "untouched", "识别直通率",
        "由程序自动归户、此后没有人更正类型、字段或归属的扫描资料件数 ÷ 由扫描件归户的资料件数。",
        lambda s: s["untouched"], lambda s: s["scanned"], 90, 60, {},
    ),
    Indicator(
        "first-pass", "一次通过率",
        "第一次移交就被接收、后来也没有退回的案件 ÷ 第一次移交已有答复的案件。",
        lambda s: s["first_passed"], lambda s: s["first_answered"], 90, 70, {},
    ),
    Indicator(
        "rounds", "平均移交轮数",
        "案件第一次被接收时是第几轮移交，合计 ÷ 已被接收的案件；1 表示都没有退回过。",
        lambda s: s["rounds"], lambda s: s["taken_in"], 1.1, 1.5, {}, mean=True,
    ),
)  # fmt: skip
BY_CODE: Mapping[str, Indicator] = {one.code: one for one in INDICATORS}

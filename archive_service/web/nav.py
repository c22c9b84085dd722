"""The rail and the bottom bar: each person's own places, in one list."""

from __future__ import annotations

from dataclasses import dataclass

from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.web.i18n import N_


@dataclass(frozen=True)
class Place:
    """A place in the menu."""

    address: str
    icon: str
    word: str
    #: What stands under the icon on a phone.
    short: str
    group: str
    #: Right that shows it; none shows it to everybody.
    right: Right | None = None
    #: Name of the count that stands behind it.
    count: str = ""
    #: Another right that shows it too.
    other: Right | None = None


_WORK, _READ, _CARE = N_("档案工作"), N_("查档"), N_("管理")
PLACES = (
    Place("/", "home", N_("首页"), N_("首页"), _WORK),
    Place("/intake", "scan", N_("扫描入库"), N_("入库"), _WORK, Right.SCAN_RECEIVE, other=Right.BATCH_OWN),
    Place("/review", "clipboard-check", N_("校核台"), N_("校核"), _WORK, Right.SCAN_REVIEW, "review"),
    Place("/scans", "files", N_("收到的文件"), N_("文件"), _WORK, Right.SCAN_RECEIVE, other=Right.BATCH_OWN),
    Place("/search", "search", N_("检索"), N_("检索"), _READ, Right.RECORD_READ),
    Place("/cases", "folders", N_("案件"), N_("案件"), _READ, Right.RECORD_READ),
    Place("/loans", "book-2", N_("借阅"), N_("借阅"), _READ, Right.LOAN_ASK),
    Place("/hand-overs", "inbox", N_("移交与退回"), N_("移交"), _WORK, Right.CASE_HAND_OVER, other=Right.CASE_RECEIVE),
    Place("/packages/in", "file-zip", N_("接收外来信息包"), N_("收包"), _WORK, Right.CASE_IMPORT),
    Place("/rooms", "building-warehouse", N_("库房"), N_("库房"), _WORK, Right.ROOM_READ),
    Place("/calendar", "calendar", N_("节假日表"), N_("节假日"), _CARE, Right.CALENDAR_KEEP),
    Place("/copies", "copy", N_("证明复制件"), N_("出证"), _READ, Right.COPY_ISSUE),
    Place("/holds", "lock", N_("冻结"), N_("冻结"), _READ, Right.HOLD_KEEP),
    Place("/subjects", "user-shield", N_("个人信息要求"), N_("要求"), _READ, Right.SUBJECT_KEEP),
    Place("/retention", "hourglass", N_("保管期限"), N_("期限"), _READ, Right.HOLD_KEEP),
    Place("/properties", "clipboard-check", N_("四性检测"), N_("四性"), _READ, Right.CASE_RECEIVE, other=Right.INSPECT),
    Place("/retention/disposals", "trash", N_("鉴定与销毁"), N_("鉴定"), _CARE, Right.DISPOSAL_READ),
    Place("/rulings", "hourglass", N_("容缺与免收"), N_("容缺"), _READ, Right.ITEM_CHANGE, other=Right.RULING_DECIDE),
    Place("/completeness", "checklist", N_("齐全情况"), N_("齐全"), _CARE, Right.AUDIT_READ),
    Place("/catalogue", "list-details", N_("资料目录"), N_("目录"), _CARE, Right.CATALOGUE_CHANGE),
    Place("/inspection", "gauge", N_("稽查台"), N_("稽查"), _CARE, Right.INSPECT, other=Right.INSPECTION_READ),
    Place("/search/identity", "id", N_("按证件号码查户"), N_("证件"), _READ, Right.IDENTITY_SEARCH),
    Place("/audit/flags", "eye", N_("查阅提示"), N_("提示"), _CARE, Right.READING_WATCH),
    Place("/audit/checkpoints", "shield-check", N_("审计检查点"), N_("检查点"), _CARE, Right.AUDIT_READ),
    Place("/people", "users", N_("人员与权限"), N_("人员"), _CARE, Right.PEOPLE_MANAGE, other=Right.ROLES_GRANT),
    Place("/notices/log", "inbox", N_("发信记录"), N_("发信"), _CARE, Right.SYSTEM_HEALTH),
    Place("/fixity", "gauge", N_("存储校验"), N_("校验"), _CARE, Right.INSPECT, other=Right.SYSTEM_HEALTH),
    Place("/jobs", "activity", N_("后台任务"), N_("任务"), _CARE, Right.SCAN_REVIEW, other=Right.SYSTEM_HEALTH),
)


#: What nobody goes to on a phone while something else is to be done there.
_SELDOM = frozenset(
    {
        "/scans", "/jobs", "/fixity", "/rulings", "/catalogue", "/rooms", "/notices/log", "/copies", "/holds",
        "/subjects", "/retention", "/retention/disposals", "/audit/checkpoints", "/properties", "/packages/in",
    }
)  # fmt: skip


def places(viewer: Viewer) -> list[Place]:
    """Return the places that `viewer` has work in."""
    return [p for p in PLACES if p.right is None or viewer.may(p.right) or (p.other and viewer.may(p.other))]


def groups(viewer: Viewer) -> list[tuple[str, list[Place]]]:
    """Return the places by group, in their order."""
    grouped: dict[str, list[Place]] = {}
    for place in places(viewer):
        grouped.setdefault(place.group, []).append(place)
    return list(grouped.items())


def bottom(viewer: Viewer) -> list[Place]:
    """Return the four places of the bottom bar, those of every day first; the fifth is always the rest."""
    return sorted(places(viewer), key=lambda place: place.address in _SELDOM)[:4]


def current(place: Place, path: str) -> bool:
    """Say whether `path` lies in `place`."""
    if place.address == "/":
        return path == "/"
    if place.address == "/retention" and path.startswith("/retention/disposals"):
        return False
    inside = {
        "/search": ("/households", "/items"),
        "/loans": ("/readings",),
        "/audit/checkpoints": ("/audit/runs",),
    }.get(place.address, ())
    return any(path == a or path.startswith(a + "/") for a in (place.address, *inside))

"""Places and what may be done with them: kinds, codes, room left, words. Pure; docs/decisions/0040."""

from __future__ import annotations

from enum import StrEnum

from archive_service.errors import Invalid, Refused


class Kind(StrEnum):
    """What a place is."""

    ROOM = "room"
    CABINET = "cabinet"
    SHELF = "shelf"
    BOX = "box"


#: What a place of a kind stands in; a room stands in nothing.
INSIDE_OF = {Kind.CABINET: Kind.ROOM, Kind.SHELF: Kind.CABINET, Kind.BOX: Kind.SHELF}
#: Names of kinds in sentences.
NAMES = {Kind.ROOM: "库房", Kind.CABINET: "柜", Kind.SHELF: "层", Kind.BOX: "盒"}
#: How a code says the kind, and how many digits follow: K 库房, G 柜, C 层, H 盒.
_LETTER = {Kind.ROOM: "K", Kind.CABINET: "G", Kind.SHELF: "C", Kind.BOX: "H"}
_DIGITS = {Kind.ROOM: 2, Kind.CABINET: 2, Kind.SHELF: 2, Kind.BOX: 5}
#: Kinds with a capacity: a shelf counts boxes, a box papers.
COUNTED = frozenset({Kind.SHELF, Kind.BOX})
#: Most that one place can hold, and most places that are made at once.
MOST_INSIDE, MOST_AT_ONCE = 5000, 500
#: Papers or boxes that one stocktake counts; more are counted cabinet by cabinet.
MOST_COUNTED = 20_000
#: Labels of one print.
MOST_LABELS = 1000
#: Boxes of one transfer.
MOST_SENT = 500
LONGEST_NAME, LONGEST_CODE, LONGEST_NOTE, LONGEST_REASON = 80, 120, 200, 500
#: Verbs of the moves of papers.
PUT, TAKEN, MOVED = "put", "taken", "moved"


def kind_of(text: str) -> Kind:
    """Return the kind that a form names. Raises Invalid."""
    try:
        return Kind(text)
    except ValueError:
        raise Invalid("room.kind", "请选择要加的是柜、层还是盒。", given=text[:20]) from None


def stem_of(kind: Kind, *, unit_code: str, parent_code: str | None) -> str:
    """Return a code but for its running number: places that stay say where they are, boxes only whose they are."""
    before = unit_code if kind in (Kind.ROOM, Kind.BOX) or parent_code is None else parent_code
    return f"{before}-{_LETTER[kind]}"


def code_of(kind: Kind, stem: str, serial: int) -> str:
    """Return the code of a place; beyond its digits the number grows longer."""
    return f"{stem}{serial:0{_DIGITS[kind]}d}"


def check_inside(kind: Kind, parent: Kind) -> None:
    """Refuse a place that does not stand in such a one: cabinets in rooms, shelves in cabinets, boxes on shelves."""
    if INSIDE_OF.get(kind) is not parent:
        raise Refused(
            "room.not-inside",
            f"{NAMES[kind]}不能直接放在{NAMES[parent]}里：库房里放柜，柜里分层，层上放盒。请换一个位置。",
            kind=kind.value,
            parent=parent.value,
        )


def check_capacity(kind: Kind, capacity: int | None) -> int | None:
    """Return how much a place holds: boxes of a shelf, papers of a box, nothing of others. Raises Invalid."""
    if kind not in COUNTED:
        return None
    if capacity is None or not 1 <= capacity <= MOST_INSIDE:
        what = "每层可放几盒" if kind is Kind.SHELF else "每盒可放几件"
        raise Invalid("room.capacity", f"请写明{what}（1 到 {MOST_INSIDE}）。")
    return capacity


def check_room(kind: Kind, code: str, *, capacity: int | None, inside: int, more: int) -> None:
    """Refuse to put `more` into a place that holds `inside` already, when it would hold more than it can."""
    if capacity is not None and inside + more > capacity:
        left = max(0, capacity - inside)
        unit = "盒" if kind is Kind.SHELF else "件"
        raise Refused(
            "room.full",
            f"{NAMES[kind]} {code} 放不下：可放 {capacity} {unit}，已有 {inside}，只剩 {left} 个位置。"
            f"请换一个{NAMES[kind]}再扫。",
            place=code,
            capacity=capacity,
            inside=inside,
        )


def check_smaller(kind: Kind, code: str, *, capacity: int | None, inside: int) -> None:
    """Refuse a capacity below what a place holds already."""
    if capacity is not None and inside > capacity:
        raise Refused(
            "room.capacity-below",
            f"{NAMES[kind]} {code} 里已有 {inside}，容量不能改为 {capacity}。请先移出一些再改。",
            capacity=capacity,
            inside=inside,
        )


def check_name(name: str) -> str:
    """Return the name of a place, trimmed. Raises Invalid when it is empty or too long."""
    said = name.strip()
    if not 1 <= len(said) <= LONGEST_NAME:
        raise Invalid("room.name", f"名称要在 1 到 {LONGEST_NAME} 字之间。请改正后再试。")
    return said


def check_count(count: int | None) -> int:
    """Return how many places to make at once. Raises Invalid."""
    if count is None or not 1 <= count <= MOST_AT_ONCE:
        raise Invalid("room.count", f"一次可以加 1 到 {MOST_AT_ONCE} 个。请改正数量后再试。")
    return count


def check_reason(reason: str, *, most: int = LONGEST_NOTE) -> str:
    """Return a reason, trimmed. Raises Invalid unless it says something."""
    said = reason.strip()
    if not 2 <= len(said) <= most:
        raise Invalid("room.reason", f"请写明原因（2 到 {most} 字），原因会留在记录中。")
    return said


def check_note(note: str) -> str:
    """Return a remark, trimmed; it may be empty. Raises Invalid when it is too long."""
    said = note.strip()
    if len(said) > LONGEST_NOTE:
        raise Invalid("room.note", f"备注最多 {LONGEST_NOTE} 字。请缩短后再试。")
    return said


def check_labels(count: int) -> None:
    """Refuse sheets of no labels, and of more than anybody sticks on in one go."""
    if not count:
        raise Refused("room.no-labels", "这里没有可打印标签的位置。请先加柜、层或盒。")
    if count > MOST_LABELS:
        raise Refused("room.too-many-labels", f"一次最多打印 {MOST_LABELS} 张标签。请按柜或按层分开打印。")

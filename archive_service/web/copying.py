"""Making a certified copy: pages with personal numbers blacked out, laid out, signed, stored, then registered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archive_service import signing
from archive_service.copies import actions, queries, rules
from archive_service.copies.actions import Said
from archive_service.copies.drawing import CopyOf, Words, pdf
from archive_service.copies.tables import CertifiedCopy
from archive_service.errors import NotPermitted, Refused
from archive_service.households import queries as households
from archive_service.households.views import HouseholdView, PageView
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.web import labels, pictures, words
from archive_service.web.i18n import N_
from archive_service.web.render import day
from archive_service.web.visit import Visit

#: Pictures of one copy, which are held in memory together until it is written.
MOST_BYTES = 128 * 1024 * 1024


def made(
    visit: Visit,
    file: HouseholdView,
    *,
    pages: Sequence[tuple[int, int]],
    purpose: str,
    note: str,
    receiver: str,
    unmask_reason: str | None,
    request_key: str,
) -> CertifiedCopy:
    """Issue a copy of pages of a household and return its row; the same form sent again returns the first.

    The file is in the store before there is a row. Raises NotFound, NotPermitted, Invalid, Refused.
    """
    viewer = visit.viewer
    viewer.require(Right.COPY_ISSUE, file.unit_id)
    more, to = rules.check_said(purpose, note, receiver)
    wanted = rules.check_pages(pages)
    reason = None if unmask_reason is None else _check_unmasking(viewer, file, unmask_reason)
    with visit.services.database.reading() as session:
        known = queries.of_request(session, viewer, request_key)
        if known is not None:
            return known
        found = [_page(session, viewer, file, *one, masked=reason is None) for one in wanted]
    with visit.services.database.unit_of_work() as session:
        number = actions.take_number(session, viewer, file.unit_id, now=visit.now)
    code = rules.new_code()
    strip = _words(visit, file, number, purpose, more, to, masked=reason is None)
    made_at, link = visit.now, _link(visit, code)
    data = pdf(_pictures(visit, found), len(found), strip, code=code, link=link, made_at=made_at)
    signed = bool(visit.services.settings.signing_file)
    if signed:
        data = signing.sign(visit.services.settings, data, now=made_at)
    stored = visit.services.store.put_bytes(data)
    said = Said(file.id, file.unit_id, file.account_no, purpose, more, to, reason)
    with visit.services.database.unit_of_work() as session:
        return actions.issue(
            session,
            viewer,
            said,
            number=number,
            code=code,
            request_key=request_key,
            pages=[_kept(one) for one in found],
            stored=stored,
            signed=signed,
            now=made_at,
        )


def _check_unmasking(viewer: Viewer, file: HouseholdView, reason: str) -> str:
    if not viewer.reads_personal(file.unit_id, file.id):
        raise NotPermitted("copy.unmask", "您没有查看这一户个人信息的权限，不能出具不遮蔽的复制件。请取消“不遮蔽”。")
    return rules.check_reason(reason)


def _page(session: Any, viewer: Viewer, file: HouseholdView, item_id: int, page_no: int, *, masked: bool) -> PageView:
    """Return a page as it may be copied. Raises NotFound, and Refused where its numbers cannot be blacked out."""
    read = households.masked_page if masked else households.item_page
    page = read(session, viewer, item_id, page_no)
    if page.item.household_id != file.id or page.item.state != "filed":
        raise Refused("copy.other-file", "所选的页不在这一户的档案里，或资料已撤出。请刷新页面后重新选择。")
    if page.withheld:
        raise Refused(
            "copy.withheld",
            "所选的页里有个人号码，无法确定位置，不能遮蔽。请去掉这一页，或选“不遮蔽”并写明原因。",
            item=item_id,
            page=page_no,
        )
    if page.image_digest is None:
        raise pictures.no_image()
    return page


def _pictures(visit: Visit, found: Sequence[PageView]) -> Iterator[CopyOf]:
    left, say = MOST_BYTES, labels.Labels(visit.language)
    for page in found:
        assert page.image_digest is not None
        hidden = None
        if page.masked:
            hidden = pictures.Masking(page.lines_digest, page.width_px, page.height_px, page.hidden_boxes)
        data = pictures.shown(visit.services.store, page.image_digest, hidden)
        left -= len(data)
        if left < 0:
            raise Refused("copy.too-large", "所选各页的图像合计太大，没有出具。请减少页数，或分几份出具。")
        item = page.item
        source = visit.say(
            N_("原件：%(no)s %(type)s 第 %(n)s 页"),
            no=f"{item.account_no}-{item.item_no:03d}",
            type=say.document_type(item.document_type),
            n=page.page_no,
        )
        yield CopyOf(source, data)


def _words(
    visit: Visit, file: HouseholdView, number: str, purpose: str, note: str, receiver: str, *, masked: bool
) -> Words:
    said = visit.say(words.COPY_PURPOSE[purpose])
    return Words(
        title=visit.say(N_("档案复制件证明")),
        stamp=(file.unit_name, visit.say(N_("复制件与馆藏档案核对一致")), number, day(visit.today)),
        facts=(
            (visit.say(N_("编号")), number),
            (visit.say(N_("出具日期")), day(visit.today)),
            (visit.say(N_("出具单位")), file.unit_name),
            (visit.say(N_("交付")), receiver),
            (visit.say(N_("用途")), f"{said}，{note}" if note else said),
        ),
        count=visit.say(N_("共 {pages} 页 第 {page} 页")),
        masking=visit.say(N_("证件号码、电话等个人号码已遮蔽")) if masked else "",
    )


def _link(visit: Visit, code: str) -> str:
    """Return what the QR code says; the code stands behind the #, so that no log of a server ever holds it."""
    address = visit.services.settings.public_address.rstrip("/")
    return f"{address}/verify-copy#{code}" if address else code


def _kept(page: PageView) -> dict[str, Any]:
    return {
        "item": page.item.id,
        "item_no": page.item.item_no,
        "type": page.item.document_type,
        "page": page.page_no,
        "sha256": page.image_digest,
    }

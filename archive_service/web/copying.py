"""What a certified copy says in the language of who issues it, and its pages as they may leave the archive."""

from __future__ import annotations

from archive_service.copies.drawing import Words
from archive_service.copies.making import Asked, Maker, Speech
from archive_service.copies.tables import CertifiedCopy
from archive_service.households.views import HouseholdView, PageView
from archive_service.web import labels, pictures, words
from archive_service.web.asking import Asking
from archive_service.web.i18n import N_
from archive_service.web.render import day


def made(asking: Asking, file: HouseholdView, asked: Asked) -> CertifiedCopy:
    """Issue a copy and return its row, as `Maker.issue` does."""
    parts = asking.services
    speech = Speech(
        words=lambda number, note, to, masked: _words(asking, file, asked.purpose, number, note, to, masked=masked),
        source=lambda page: _source(asking, page),
        picture=lambda page: _picture(asking, page),
    )
    maker = Maker(parts.settings, parts.database, parts.store)
    return maker.issue(asking.viewer, file, asked, speech, now=asking.now)


def _picture(asking: Asking, page: PageView) -> bytes:
    if page.image_digest is None:
        raise pictures.no_image()
    hidden = None
    if page.masked:
        hidden = pictures.Masking(page.lines_digest, page.width_px, page.height_px, page.hidden_boxes)
    return pictures.shown(asking.services.store, page.image_digest, hidden)


def _source(asking: Asking, page: PageView) -> str:
    item = page.item
    return asking.say(
        N_("原件：%(no)s %(type)s 第 %(n)s 页"),
        no=f"{item.account_no}-{item.item_no:03d}",
        type=labels.Labels(asking.language).document_type(item.document_type),
        n=page.page_no,
    )


def _words(
    asking: Asking, file: HouseholdView, purpose: str, number: str, note: str, receiver: str, *, masked: bool
) -> Words:
    said = asking.say(words.COPY_PURPOSE[purpose])
    return Words(
        title=asking.say(N_("档案复制件证明")),
        stamp=(file.unit_name, asking.say(N_("复制件与馆藏档案核对一致")), number, day(asking.today)),
        facts=(
            (asking.say(N_("编号")), number),
            (asking.say(N_("出具日期")), day(asking.today)),
            (asking.say(N_("出具单位")), file.unit_name),
            (asking.say(N_("交付")), receiver),
            (asking.say(N_("用途")), f"{said}，{note}" if note else said),
        ),
        count=asking.say(N_("共 {pages} 页 第 {page} 页")),
        masking=asking.say(N_("证件号码、电话等个人号码已遮蔽")) if masked else "",
    )

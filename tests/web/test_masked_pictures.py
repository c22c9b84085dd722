"""Every road on which a picture of a page leaves the archive, walked without the right to personal data."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from archive_service.errors import NotFound, NotPermitted
from archive_service.households import queries
from archive_service.households.values import FieldValue
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.web import pictures, scan_sheet
from ingest import queries as ingest
from ingest.quality import queries as quality
from ingest.renditions import queries as renditions
from tests.web.conftest import ID_NUMBER, PHONE, Browser, World
from tests.web.test_borders import add_item


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"))


def roads(world: World) -> list[str]:
    """Every address that answers with a picture, a file or a text of a personal or an internal paper."""
    near = world.near
    return [
        f"/items/{near.internal_item}/pages/1/original",
        f"/items/{near.internal_item}/pdf",
        f"/items/{near.personal_item}/pages/1/image",
        f"/items/{near.personal_item}/pages/1/original",
        f"/items/{near.personal_item}/pdf",
        f"/scans/{near.scan}/pages/1/image",
        f"/scans/{near.scan}/pages/1/thumbnail",
        f"/scans/{near.scan}/original",
        f"/scans/{near.scan}/findings/{near.finding}/picture",
        f"/scans/{near.scan}/superseded/{near.rescan}/image",
        f"/review/{near.document}",
        f"/api/v1/items/{near.internal_item}/pdf",
        f"/api/v1/items/{near.personal_item}/pdf",
        f"/api/v1/scans/{near.scan}/text",
    ]


def test_no_road_hands_an_unmasked_picture_to_a_reader(world: World, staff: Browser) -> None:
    """What cannot be masked is refused, and nothing that is refused carries bytes of a picture."""
    for address in roads(world):
        answer = staff.get(address)
        assert answer.status_code in (403, 404), address
        assert not answer.headers["content-type"].startswith(("image/", "application/octet", "application/pdf")), (
            address
        )


@pytest.mark.parametrize("which", ["image", "thumbnail"])
def test_a_reader_sees_an_internal_paper_with_its_phone_blacked_out(
    world: World, staff: Browser, browser: Browser, which: str
) -> None:
    """The field stands at 5, 5 to 55, 20 of a page of 60 by 80; the archivist sees the picture as it is."""
    phone = FieldValue(PHONE, page=1, box=(5, 5, 55, 20))
    address = f"/items/{add_item(world, 'S01', '现场勘查单', fields={'phone': phone})}/pages/1/{which}"
    seen, whole = pixels(staff.get(address).content), pixels(browser.get(address).content)
    part = 1 if which == "image" else 2
    assert seen.shape == whole.shape
    assert whole.min() > 50
    assert seen[8 // part : 18 // part, 8 // part : 52 // part].max() < 20
    assert abs(int(seen[70 // part, 30 // part]) - int(whole[70 // part, 30 // part])) < 10


def test_a_number_in_the_text_is_blacked_out_on_its_line(world: World, staff: Browser) -> None:
    """Line two of the page says a phone; the first line stays."""
    item = add_item(world, "S01", f"现场勘查单\n电话{PHONE}\n无异常")
    seen = pixels(staff.get(f"/items/{item}/pages/1/image").content)
    assert seen[28:38, 30:50].max() < 20
    assert seen[8:18, 10:50].min() > 50


def test_a_page_whose_lines_cannot_be_read_is_withheld(world: World, staff: Browser) -> None:
    """Nobody can tell what would have to be black."""
    item = add_item(world, "S01", "现场勘查单")
    with world.services.database.reading() as session:
        viewer = people.viewer_by_login(session, "staff")
        assert viewer is not None
        page = queries.item_page(session, viewer, item, 1)
    with pytest.raises(NotPermitted):
        pictures.image(world.services.store, page.image_digest, pictures.Masking(None, 60, 80))
    with pytest.raises(NotPermitted):
        pictures.image(world.services.store, page.image_digest, pictures.Masking("e" * 64, 60, 80))


def test_a_page_that_was_hardly_read_is_withheld(world: World, staff: Browser) -> None:
    """It may hold any number."""
    item = add_item(world, "S01", "现场勘查单")
    assert staff.get(f"/items/{item}/pages/1/image").status_code == 200
    with world.services.database.unit_of_work() as session:
        from archive_service.households.tables import Page

        session.query(Page).filter_by(item_id=item).one().confidence = 0.4
    assert staff.get(f"/items/{item}/pages/1/image").status_code == 403
    assert staff.get(f"/items/{item}/pages/1/thumbnail").headers["content-type"] == "image/svg+xml"


def test_a_corrected_value_that_stands_masked_in_the_text_does_not_hide_the_page(world: World, staff: Browser) -> None:
    """Its place is known from the line, although the field has none any more."""
    item = add_item(world, "S01", f"现场勘查单\n电话{PHONE}", fields={"phone": FieldValue(PHONE, page=1)})
    assert staff.get(f"/items/{item}/pages/1/image").status_code == 200


def archivist_without(world: World, *rights: Right) -> Viewer:
    with world.services.database.reading() as session:
        viewer = people.viewer_by_login(session, "archivist")
    assert viewer is not None
    return replace(viewer, rights={right: units for right, units in viewer.rights.items() if right not in rights})


def test_who_works_on_scans_without_the_right_gets_them_masked_or_not_at_all(world: World) -> None:
    """Originals, renditions, findings and superseded pictures cannot be masked; pages and their text can."""
    viewer = archivist_without(world, Right.RECORD_READ_PERSONAL)
    near = world.near
    with world.services.database.unit_of_work() as session:
        from ingest.tables import ScanPage

        session.query(ScanPage).filter_by(scan_id=near.scan).one().text = f"身份证 {ID_NUMBER}"
    with world.services.database.reading() as session:
        page = ingest.scan_page(session, viewer, near.scan, 1)
        assert page.masked
        assert page.text == "身份证 110***********002X"
        assert scan_sheet.masking(page) is not None
        with pytest.raises(NotPermitted):
            quality.superseded_image(session, viewer, near.scan, near.rescan)
        with pytest.raises(NotPermitted):
            renditions.check_may_have(session, viewer, near.internal_item)
        assert not ingest.scan_page(session, archivist_without(world), near.scan, 1).masked
        with pytest.raises(NotFound):
            ingest.scan_page(session, archivist_without(world, Right.SCAN_REVIEW), near.scan, 1)

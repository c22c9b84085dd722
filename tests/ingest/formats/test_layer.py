"""The text that a PDF carries is used where it is what the page shows, and with places that lie on the words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from archive_service.settings import Settings
from ingest import opening
from ingest.formats import layer, pages
from ingest.lines import page_text
from ingest.opening import Limits, RenderedPage
from ingest.sandbox import Allowance, Sandbox
from tests.support import hostile, papers


@pytest.fixture
def limits(settings: Settings) -> Limits:
    return Limits.of(settings)


def shown(tmp_path: Path, data: bytes, limits: Limits) -> RenderedPage:
    path = tmp_path / "original"
    path.write_bytes(data)
    (page,) = opening.render(path, format="pdf", first=1, last=1, out_dir=tmp_path, limits=limits)
    assert page.error_code is None
    return page


def text_of(page: RenderedPage) -> list[str]:
    assert page.layer is not None
    return [line.text for line in page.layer]


def boxes_lie_on_the_words(page: RenderedPage) -> None:
    """Each box holds ink, and outside the boxes there is none."""
    assert page.image is not None
    assert page.layer
    with Image.open(page.image) as image:
        assert image.size == (page.width_px, page.height_px)
        paper = image.convert("L")
    for line in page.layer:
        assert np.asarray(paper.crop(line.box)).min() < 100, line
    draw = ImageDraw.Draw(paper)
    for line in page.layer:
        x0, y0, x1, y1 = line.box
        draw.rectangle((x0 - 3, y0 - 3, x1 + 3, y1 + 3), fill=255)
    assert pages.is_blank(paper)


def test_a_born_digital_page_brings_its_lines_in_order(tmp_path: Path, limits: Limits) -> None:
    page = shown(tmp_path, papers.born_digital(), limits)
    assert text_of(page) == list(papers.LINES)
    boxes_lie_on_the_words(page)


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "quarter": lambda data: papers.rotated(data, 90),
    "half": lambda data: papers.rotated(data, 180),
    "three quarters": lambda data: papers.rotated(data, 270),
    "moved": papers.moved,
    "moved and turned": lambda data: papers.rotated(papers.moved(data), 90),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_boxes_lie_on_the_words_however_the_page_is_turned_and_cut(
    change: Callable[[bytes], bytes], tmp_path: Path, limits: Limits
) -> None:
    """Text that runs sideways on the page as shown is turned upright: the reader of pictures would do the same."""
    page = shown(tmp_path, change(papers.born_digital()), limits)
    assert text_of(page) == list(papers.LINES)
    assert page.width_px < page.height_px
    boxes_lie_on_the_words(page)


def test_the_cells_of_a_table_are_lines_of_their_own_side_by_side(tmp_path: Path, limits: Limits) -> None:
    page = shown(tmp_path, papers.table(), limits)
    assert text_of(page) == ["户号", "0501234567", "户名", "张三", "容量", "8 kW", "电压", "220 V"]
    assert page.layer is not None
    assert page_text(page.layer).splitlines()[0] == "户号 0501234567 户名 张三"


def test_a_ruled_line_parts_cells_however_narrow_they_are(tmp_path: Path, limits: Limits) -> None:
    page = shown(tmp_path, papers.born_digital(["户号", "户名"], columns=["张三李四", "王五赵六"]), limits)
    assert text_of(page) == ["户号", "张三李四", "户名", "王五赵六"]


def test_a_scan_without_text_is_sent_to_the_reader(tmp_path: Path, limits: Limits) -> None:
    page = shown(tmp_path, papers.scan(), limits)
    assert page.layer is None
    assert page.flags == ()


def test_a_sound_layer_over_a_scan_is_taken(tmp_path: Path, limits: Limits) -> None:
    page = shown(tmp_path, papers.scan(laid_over=papers.LINES), limits)
    assert text_of(page) == list(papers.LINES)


UNSOUND = {
    "of another page": ["第二页", *["另外一份文件的内容放在别处"] * 2],
    "only a stamp": ["扫描件电子档案专用"],
    "read by one who knew no Chinese": ["fEFESOMBERSR a W", "FE: 0501234567", "FE: KE", "PRB hee 12 SBE 3 AIT 402 S"],
    "in the wrong code page": [line.encode("gbk").decode("latin-1") for line in papers.LINES],
    "of private characters": ["".join(chr(0xE000 + n) for n in range(len(line))) for line in papers.LINES],
    "of rare characters": ["鐢ㄧ數鐢宠嬭〃鍙蜂綆鍘嬪眳姘", *["绋嬪簭鎵撳紑鏂囦欢鐨勬枃"] * 5],
    "replacement characters": ["\ufffd" * 12] * 6,
}


@pytest.mark.parametrize("laid_over", UNSOUND.values(), ids=UNSOUND.keys())
def test_an_unsound_layer_over_a_scan_is_not_believed(laid_over: list[str], tmp_path: Path, limits: Limits) -> None:
    assert shown(tmp_path, papers.scan(laid_over=laid_over), limits).layer is None


@pytest.mark.parametrize(
    ("text", "plausible"),
    [
        ("户号：0501234567，容量 8 kW，地址：幸福路12号院③单元（402室）", True),
        ("Application form 0501234567", True),
        ("☑ 低压　□ 高压　380 V±7%　≥10 ㎡　①②", True),
        ("龑、镕、堃：姓名中的少见字不妨碍整页的判断，一页纸上绝大多数仍是常用字", True),
        ("用电申请", False),
        ("低压居民新装" + "\ufffd" * 2 + "\ue000" * 2, False),
        ("µÍÑ¹¾ÓÃñÐÂ×°ÓÃµçÉêÇë±í", False),
        ("浣庡帇灞呮皯鏂拌鐢ㄧ數鐢宠", False),
        ("\x01\x02\x03\x04\x05\x06户号0501", False),
    ],
)
def test_plausible_is_what_papers_are_written_with(text: str, plausible: bool) -> None:
    assert layer.is_plausible(text) is plausible


def test_characters_that_a_font_cannot_name_count_against_a_layer() -> None:
    assert layer.is_plausible("Application form")
    assert not layer.is_plausible("Application form", unmapped=4)


def test_half_a_layer_over_a_scan_is_not_believed(tmp_path: Path, limits: Limits) -> None:
    seen = [*papers.LINES, *papers.LINES, *papers.LINES]
    assert shown(tmp_path, papers.scan(seen, papers.LINES), limits).layer is None


def test_a_picture_with_text_of_its_own_sends_the_page_to_the_reader(tmp_path: Path, limits: Limits) -> None:
    card = ["姓名 张三", "公民身份号码 11010519491231002X", "住址 幸福路12号"]
    page = shown(tmp_path, papers.with_picture_inside(["居民身份证复印件", *papers.LINES], card), limits)
    assert page.layer is None


def test_text_that_nobody_sees_is_no_part_of_the_page(tmp_path: Path, limits: Limits) -> None:
    page = shown(tmp_path, papers.scan(seen=[], laid_over=papers.LINES), limits)
    assert page.layer is None
    assert set(page.flags) == {"blank", "hidden-text"}


def test_a_blank_page_is_flagged_and_no_damage(tmp_path: Path, limits: Limits) -> None:
    page = shown(tmp_path, hostile.one_page(hostile.stream(b"")), limits)
    assert (page.flags, page.error_code, page.layer) == (("blank",), None, None)


def test_a_page_in_a_font_that_the_file_does_not_carry_is_shown_and_read(tmp_path: Path, limits: Limits) -> None:
    page = shown(tmp_path, hostile.pdf_in_a_font_it_does_not_carry("低压居民新装用电申请表"), limits)
    assert text_of(page) == ["低压居民新装用电申请表"]
    assert "blank" not in page.flags


def test_a_page_whose_font_no_one_has_is_not_lost_as_blank(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "original"
    path.write_bytes(hostile.pdf_in_a_font_it_does_not_carry("低压居民新装用电申请表"))
    fontless = Sandbox("tests.support.fontless_steps", search=(Path(__file__).resolve().parents[3],))
    allow = Allowance(memory_bytes=512 << 20, wall_s=20, cpu_s=20)
    (page,) = fontless.run(
        "render", path, into=tmp_path, allow=allow, limits=limits.as_json(), format="pdf", first=1, last=1
    )
    fontless.close()
    assert page["flags"] == ["text-not-shown"]
    assert [line["text"] for line in page["layer"]] == ["低压居民新装用电申请表"]


def test_what_was_filled_into_a_form_is_part_of_the_page(tmp_path: Path, limits: Limits) -> None:
    page = shown(tmp_path, hostile.pdf_with_filled_form("Account 0501234567"), limits)
    assert text_of(page) == ["Application form", "Account 0501234567"]
    boxes_lie_on_the_words(page)

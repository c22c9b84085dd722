"""A page picture keeps its bytes wherever a PDF can say what they mean, and stands upright."""

from __future__ import annotations

import io
import struct

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageCms, ImageOps

from archive_service.errors import Damaged
from ingest.renditions import colour
from ingest.renditions.pdf_a import build
from ingest.renditions.picture import picture_of
from tests.support.rendition_pages import about, jpeg, sheet


def corners(size: tuple[int, int] = (120, 80)) -> Image.Image:
    """A picture whose four corners differ, so that any turn of it shows."""
    image = Image.new("RGB", size, "white")
    for place, shade in (((0, 0), "red"), ((size[0] // 2, 0), "green"), ((0, size[1] // 2), "blue")):
        image.paste(Image.new("RGB", (size[0] // 2, size[1] // 2), shade), place)
    return image


def shown(data: bytes, size: tuple[int, int]) -> np.ndarray:
    """The page with this picture as a reader paints it, one pixel for each of the picture."""
    document = pypdfium2.PdfDocument(build([sheet(picture=data, size=size, dpi=72)], about()))
    try:
        return np.asarray(document[0].render(scale=1).to_pil().convert("RGB")).astype(int)
    finally:
        document.close()


def alike(one: np.ndarray, image: Image.Image) -> bool:
    return bool(np.abs(one - np.asarray(image.convert("RGB")).astype(int)).mean() < 6)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_that_says_how_it_is_held_stands_upright_without_being_packed_again(turn: int) -> None:
    """All eight ways of holding a camera."""
    exif = Image.Exif()
    exif[0x0112] = turn
    data = jpeg(corners(), quality=95, exif=exif)
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image).copy()
    assert picture_of(data).data == data
    assert alike(shown(data, upright.size), upright)


@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"subsampling": 0}, {"keep_rgb": True}])
def test_colours_come_out_as_they_went_in(how: dict[str, object]) -> None:
    data = jpeg(corners(), quality=95, **how)
    assert alike(shown(data, (120, 80)), corners())


def test_a_sound_profile_of_the_picture_is_kept() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert picture_of(jpeg(corners(), icc_profile=profile)).profile == profile


@pytest.mark.parametrize(
    "profile", [b"", b"nonsense" * 40, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_a_profile_that_means_nothing_is_left_out_and_the_picture_kept(profile: bytes) -> None:
    data = jpeg(corners(), icc_profile=profile)
    found = picture_of(data)
    assert (found.profile, found.data) == (None, data)


def test_a_picture_in_printing_colours_becomes_one_in_screen_colours() -> None:
    """PDF/A would want a profile of the press, which nobody has."""
    found = picture_of(jpeg(corners().convert("CMYK"), quality=95))
    assert (found.channels, found.filter) == (3, "DCTDecode")
    assert alike(shown(jpeg(corners().convert("CMYK"), quality=95), (120, 80)), corners())


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_keeps_its_pixels(mode: str) -> None:
    image = corners().convert("L").convert(mode) if mode == "I;16" else corners().convert(mode)
    out = io.BytesIO()
    image.save(out, "PNG")
    if mode in ("RGB", "RGBA", "P"):
        assert alike(shown(out.getvalue(), (120, 80)), corners())
    assert picture_of(out.getvalue()).filter == ""


def test_a_jpeg_whose_header_is_wrong_is_packed_again() -> None:
    """Its size stands as zero, or its frame is of a kind that PDF readers need not know."""
    data = bytearray(jpeg(corners(), quality=95))
    frame = data.index(b"\xff\xc0")
    data[frame + 4] = 12
    with pytest.raises(Damaged):
        picture_of(bytes(data))
    strange = bytes(data[:2]) + b"\xff\xfe" + struct.pack(">H", 60_000) + jpeg(corners())[2:]
    with pytest.raises(Damaged):
        picture_of(strange)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"no picture at all", jpeg()[:300]]
)
def test_what_is_no_picture_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(Damaged) as told:
        picture_of(data)
    assert told.value.code == "rendition.page-unreadable"


def test_the_profile_of_the_file_is_the_librarys_own_but_for_the_moment_of_making() -> None:
    """Otherwise the bytes of a rendition would change with every second."""
    ours, fresh = colour.srgb(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert ours[128:] == fresh[128:]
    assert ours[24:36] != fresh[24:36]
    assert ImageCms.ImageCmsProfile(io.BytesIO(ours)).profile.xcolor_space.strip() == "RGB"

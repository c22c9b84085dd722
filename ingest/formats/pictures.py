"""JPEG, PNG and TIFF by Pillow: sizes are checked before anything is decoded."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from ingest.errors import refuse
from ingest.formats import pages, tiff
from ingest.formats.limits import Limits

# The limit is ours, checked below for each frame; Pillow's own is a global that warns at one size and fails at another.
Image.MAX_IMAGE_PIXELS = None

_FORMATS = {"jpeg": ("JPEG", "MPO"), "png": ("PNG",), "tiff": ("TIFF",)}
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, struct.error, zlib.error)
#: What a file may say of its resolution and still be believed; 72 and 96 are what programs write that know nothing.
_BELIEVABLE_DPI = (100, 1300)
#: Long side of A4 in inches: most papers of a case are A4.
_A4_IN = 11.69
#: Most that one text chunk of a PNG may unpack to. Honest ones hold a title or a colour profile.
_MOST_CHUNK = 8 * 1024 * 1024
_BAND = 512
#: EXIF orientation -> what turns the picture upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def check(path: Path, kind: str, limits: Limits) -> tuple[int, list[str]]:
    """Return the number of pages and flags. Raises FileRefused for what can be told without decoding in full."""
    if kind == "tiff":
        return tiff.count(path, limits), []
    if kind == "png":
        _check_chunks(path)
    with _opened(path, kind) as image:
        _check_size(image, limits)
        if kind == "png":
            image.verify()
        else:
            _check_worth(image, path)
            # At an eighth of the size decoding is cheap, and still walks to the end of the data.
            image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))
            image.load()
    return 1, []


def render(path: Path, kind: str, page_no: int, into: Path, limits: Limits) -> dict[str, Any]:
    """Write page `page_no` as an upright JPEG into the folder `into` and return its record."""
    with _opened(path, kind) as image:
        if page_no > 1:
            image.seek(page_no - 1)
        _check_size(image, limits)
        dpi, factor = _resolution(image, limits)
        scanned = _said_dpi(image)
        wanted = (max(1, image.width // factor), max(1, image.height // factor))
        if kind == "jpeg":
            # The decoder halves as it goes, which is cheaper; what is left of the factor stays whole.
            halved = factor & -factor
            image.draft(None, (image.width // halved, image.height // halved))
        image.load()
        # Asked after loading: a TIFF is turned by loading it.
        turn = _orientation(image)
        upright = _turned(_plain(image, wanted), turn)
    target = into / pages.file_name(page_no)
    saved = pages.save(upright, target)
    flags = ["blank"] if pages.is_blank(saved) else []
    if turn > 1:
        flags.append("turned")
    return pages.record(
        page_no, file=target.name, size=saved.size, dpi=max(1, dpi // factor), flags=flags, scanned_dpi=scanned
    )


@contextmanager
def _opened(path: Path, kind: str) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=_FORMATS[kind]) as image:
            yield image
    except UnidentifiedImageError as error:
        raise refuse("file.damaged") from error
    except MemoryError:
        raise
    except _BROKEN as error:
        # Trouble of the disk carries a number, trouble of the picture does not.
        if isinstance(error, OSError) and error.errno:
            raise
        raise refuse("file.damaged" if kind == "tiff" else "file.damaged/truncated") from error


def _check_size(image: Image.Image, limits: Limits) -> None:
    if image.width * image.height > limits.max_image_pixels or not image.width * image.height:
        raise refuse("file.pixel-limit", limit=limits.max_image_pixels)


def _check_worth(image: Image.Image, path: Path) -> None:
    """Refuse a JPEG with less than one bit for each block: the decoder would fill the picture up and say nothing."""
    if path.stat().st_size * 8 < (image.width // 8) * (image.height // 8):
        raise refuse("file.damaged/truncated")


def _resolution(image: Image.Image, limits: Limits) -> tuple[int, int]:
    """Return the dots per inch and the whole number by which to shrink the image."""
    dpi = _said_dpi(image)
    shrink = 1
    if dpi is not None:
        # More than twice the resolution that pages are read at helps no reader; a whole number keeps strokes even.
        shrink = max(1, dpi // limits.render_dpi)
        if max(image.size) / shrink < limits.render_dpi * _A4_IN / 2:
            shrink = 1
    else:
        # Only a guess: a large drawing without a resolution must not be shrunk as if it were a letter.
        dpi = max(1, round(max(image.size) / _A4_IN))
    while (image.width // shrink) * (image.height // shrink) > limits.max_render_pixels:
        shrink += 1
    while max(image.size) // shrink > pages.LONGEST_SIDE:
        shrink += 1
    return dpi, shrink


def _said_dpi(image: Image.Image) -> int | None:
    """Return the dots per inch that the file says, none when it says nothing that can be believed."""
    with suppress(TypeError, ValueError, ZeroDivisionError, OverflowError, IndexError):
        dpi = round(float(max(image.info.get("dpi", (0, 0)))))
        return dpi if _BELIEVABLE_DPI[0] <= dpi <= _BELIEVABLE_DPI[1] else None
    return None


def _plain(image: Image.Image, wanted: tuple[int, int]) -> Image.Image:
    """Return the image shrunk to about `wanted`, as L or RGB, whatever way it stores its pixels."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bit(image)
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode == "P" or (image.mode in ("L", "RGB") and "transparency" in image.info):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    factor = max(1, round(image.width / wanted[0]))
    if factor > 1:
        image = image.reduce(factor)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        rgba = image.convert("RGBA")
        paper = Image.new("RGB", rgba.size, "white")
        paper.paste(rgba, mask=rgba.getchannel("A"))
        return paper
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    """Bring deep greys to 256 levels by what the image uses: scanners put 10 or 12 bits into 16."""
    values = np.asarray(image)
    low, high = min(0.0, float(values.min())), float(values.max())
    full = next((step for step in (1.0, 255.0, 1023.0, 4095.0, 65535.0) if high <= step), high)
    grey = np.empty(values.shape, np.uint8)
    # Band by band: the whole picture in floating point would take twice its memory again.
    for top in range(0, len(values), _BAND):
        band = values[top : top + _BAND].astype(np.float32)
        grey[top : top + _BAND] = ((band - low) * (255.0 / max(full - low, 1e-6))).clip(0, 255)
    return Image.fromarray(grey)


def _orientation(image: Image.Image) -> int:
    with suppress(*_BROKEN):
        value = image.getexif().get(0x0112, 1)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1
    return 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _check_chunks(path: Path) -> None:
    """Walk the chunks of a PNG and refuse compressed text that unpacks to a flood."""
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind in (b"zTXt", b"iTXt", b"iCCP"):
                _check_unpacks(file.read(length))
                file.seek(4, 1)
            else:
                file.seek(length + 4, 1)


def _check_unpacks(data: bytes) -> None:
    # The compressed part follows names of no fixed length; a zlib stream starts with 0x78.
    start = data.find(b"\x78")
    while 0 <= start < 300:
        with suppress(zlib.error):
            stream = zlib.decompressobj()
            stream.decompress(data[start:], _MOST_CHUNK)
            if stream.unconsumed_tail:
                raise refuse("file.unpack-limit", limit=_MOST_CHUNK)
            return
        start = data.find(b"\x78", start + 1)

"""Pictures of an OFD as PDF holds them. JPEG keeps its bytes, JBIG2 is unwrapped, everything else is decoded here."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

from pikepdf import Dictionary, Name, Pdf
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile as Bmp
from PIL.GifImagePlugin import GifImageFile as Gif
from PIL.JpegImagePlugin import JpegImageFile as Jpeg
from PIL.PngImagePlugin import PngImageFile as Png
from PIL.TiffImagePlugin import TiffImageFile as Tiff

from archive_service.errors import Damaged
from ingest.errors import refuse
from ingest.formats.limits import Limits
from ingest.formats.ofd import jbig2
from ingest.renditions.picture import picture_of

# Pillow knows those of `formats` only once their modules are loaded.
_FORMATS = tuple(module.format for module in (Bmp, Gif, Jpeg, Png, Tiff))
_SPACES = {1: Name.DeviceGray, 3: Name.DeviceRGB}


class Undrawable(Exception):
    """The bytes are no picture that can be shown."""


def embed(pdf: Pdf, data: bytes, limits: Limits, *, mask: bytes | None = None) -> Any:
    """Put a picture into `pdf`. Raises Undrawable; FileRefused for one with too many pixels."""
    try:
        found = _embedded(pdf, data, limits)
    except (
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        IndexError,
        KeyError,
        EOFError,
        Damaged,
        jbig2.Broken,
    ) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise Undrawable from error
    if mask is not None:
        with suppress(Undrawable):
            found.SMask = _soft(pdf, _opened(mask, limits).convert("L"))
    return found


def _embedded(pdf: Pdf, data: bytes, limits: Limits) -> Any:
    if jbig2.is_one(data):
        return _bilevel(pdf, data, limits)
    image = _opened(data, limits)
    if image.format in ("JPEG", "MPO"):
        taken = picture_of(data)
        if taken.filter and taken.matrix == (1, 0, 0, 1, 0, 0):
            return _stream(pdf, taken.data, taken.width_px, taken.height_px, taken.channels, filter=taken.filter)
    shown, solid = _plain(image)
    found = _stream(pdf, shown.tobytes(), shown.width, shown.height, len(shown.getbands()))
    if solid is not None:
        found.SMask = _soft(pdf, solid)
    return found


def _opened(data: bytes, limits: Limits) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (OSError, SyntaxError, ValueError) as error:
        raise Undrawable from error
    _check_size(image.width, image.height, limits)
    return image


def _check_size(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.max_image_pixels or not width * height:
        raise refuse("file.pixel-limit", limit=limits.max_image_pixels)


def _plain(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the picture as grey or RGB, and how solid each pixel is where some are not."""
    image.load()
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    return (image.convert("L") if image.mode in ("1", "L", "I;16", "I") else image.convert("RGB")), None


def _bilevel(pdf: Pdf, data: bytes, limits: Limits) -> Any:
    page = jbig2.unwrap(data)
    _check_size(page.width, page.height, limits)
    found = _stream(pdf, page.segments, page.width, page.height, 1, filter="JBIG2Decode")
    found.BitsPerComponent = 1
    return found


def _soft(pdf: Pdf, solid: Image.Image) -> Any:
    return _stream(pdf, solid.tobytes(), solid.width, solid.height, 1)


def _stream(pdf: Pdf, data: bytes, width: int, height: int, channels: int, *, filter: str = "") -> Any:
    described = Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=width,
        Height=height,
        ColorSpace=_SPACES[channels],
        BitsPerComponent=8,
    )
    found = pdf.make_stream(data, described)
    if filter:
        found.Filter = Name(f"/{filter}")
    return found

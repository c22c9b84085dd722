"""Page pictures as they stand in a PDF: a JPEG keeps its bytes wherever PDF can say what they mean.

What PDF/A cannot hold as it is (CMYK without a profile, twelve bits, arithmetic coding, a header that is wrong) is
decoded and packed again; that is the only case in which a picture is encoded anew.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import ExifTags, Image, ImageOps

from archive_service.errors import Damaged
from ingest.renditions.colour import usable_profile

#: Place of the unit square on the page by the EXIF orientation of the picture: a b c d e f of the matrix.
PLACES = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}
_QUALITY = 92
#: Baseline, extended and progressive: what every PDF reader decodes.
_PLAIN_FRAMES = (0xC0, 0xC1, 0xC2)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Markers without a length: fill, start, restarts.
_BARE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
_SCAN = 0xDA


@dataclass(frozen=True)
class Picture:
    """A picture as PDF holds it; `matrix` lays it upright over the unit square."""

    data: bytes
    #: DCTDecode for JPEG; nothing for plain samples.
    filter: str
    width_px: int
    height_px: int
    #: Samples of a pixel: 1 is grey, 3 is colour.
    channels: int
    profile: bytes | None = None
    matrix: tuple[int, ...] = PLACES[1]


@dataclass
class _Header:
    """What a JPEG says of itself before its samples begin."""

    frame: int = 0
    bits: int = 0
    width: int = 0
    height: int = 0
    components: bytes = b""
    adobe: int | None = None
    jfif: bool = False
    exif: bool = False
    profile: list[bytes] = field(default_factory=list)


def picture_of(data: bytes) -> Picture:
    """Return an encoded picture as PDF can hold it. Raises Damaged when it cannot be decoded."""
    if data.startswith(b"\xff\xd8"):
        header = _read_header(data)
        if header is not None and _is_plain(header):
            return _as_it_is(data, header)
    return _packed_again(data)


def _as_it_is(data: bytes, header: _Header) -> Picture:
    channels = len(header.components)
    turn = _orientation(data) if header.exif else 1
    profile = usable_profile(b"".join(header.profile), channels)
    return Picture(data, "DCTDecode", header.width, header.height, channels, profile, PLACES[turn])


def _is_plain(header: _Header) -> bool:
    if header.frame not in _PLAIN_FRAMES or header.bits != 8 or not header.width or not header.height:
        return False
    if len(header.components) == 1:
        return True
    # Three components are luminance and chroma unless the file says otherwise; decoders differ over what it may say.
    return len(header.components) == 3 and (header.jfif or header.adobe == 1 or header.components == b"\x01\x02\x03")


def _read_header(data: bytes) -> _Header | None:
    header = _Header()
    try:
        for marker, body in _segments(data):
            _note(header, marker, body)
    except (struct.error, IndexError):
        return None
    return header


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of the segments before the samples."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise IndexError
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker == _SCAN:
            return
        else:
            (length,) = struct.unpack_from(">H", data, at + 2)
            yield marker, data[at + 4 : at + 2 + length]
            at += 2 + length


def _note(header: _Header, marker: int, body: bytes) -> None:
    if marker in _FRAMES:
        header.frame = marker
        header.bits, header.height, header.width, count = struct.unpack_from(">BHHB", body)
        header.components = bytes(body[6 + 3 * n] for n in range(count))
    elif marker == 0xE0 and body.startswith(b"JFIF\0"):
        header.jfif = True
    elif marker == 0xE1 and body.startswith(b"Exif\0"):
        header.exif = True
    elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
        header.profile.append(body[14:])
    elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
        header.adobe = body[11]


def _orientation(data: bytes) -> int:
    with Image.open(io.BytesIO(data)) as image:
        turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    return turn if turn in PLACES else 1


def _packed_again(data: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            lossless = image.format == "PNG"
            plain = _plain(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Damaged(
            "rendition.page-unreadable", "这份资料有一页图像无法解码，不能生成可检索 PDF。原件未受影响，可照常下载。"
        ) from error
    channels = len(plain.getbands())
    if lossless:
        return Picture(plain.tobytes(), "", plain.width, plain.height, channels)
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=_QUALITY, subsampling=0)
    return Picture(out.getvalue(), "DCTDecode", plain.width, plain.height, channels)


def _plain(image: Image.Image) -> Image.Image:
    """Return `image` as grey or RGB on white paper."""
    if image.mode in ("1", "L", "I;16", "I"):
        return image.convert("L")
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        paper = Image.new("RGB", seen.size, "white")
        paper.paste(seen, mask=seen.getchannel("A"))
        return paper
    return image.convert("RGB")

"""Page images as all kinds of files yield them: upright JPEG, grey where nothing is coloured, blank ones noticed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Grey = npt.NDArray[np.uint8]

_QUALITY = 90
#: JPEG cannot hold more on one side.
LONGEST_SIDE = 32_000
#: Levels between the strongest and the weakest channel that make a pixel coloured; JPEG leaves up to about 20 on grey.
_COLOUR = 40
_COLOURED_PIXELS = 20
#: How much darker than its surroundings a 4 × 4 pixel square must be to be ink.
_INK = 20
#: Share of such squares on a page that is not blank: half the digits of a lonely page number.
_LEAST_INK = 0.00003
_REDUCE = 4
#: Grey of which 95 % of a page are darker when it is no paper, as in `ingest.ocr.cleanup`.
_DARKEST_PAPER = 60.0


def scale_to_fit(width: float, height: float, scale: float, *, max_pixels: int) -> float:
    """Return `scale`, lowered until the picture has at most `max_pixels` and fits a JPEG."""
    pixels = width * height * scale * scale
    if pixels > max_pixels:
        scale *= math.sqrt(max_pixels / pixels)
    return min(scale, LONGEST_SIDE / max(width, height))


def save(image: Image.Image, target: Path) -> Image.Image:
    """Write `image` (L or RGB) as JPEG, as grey if nothing on it is coloured; return what was written."""
    if image.mode == "RGB" and not is_coloured(image):
        image = image.convert("L")
    image.save(target, "JPEG", quality=_QUALITY)
    return image


def is_coloured(image: Image.Image) -> bool:
    """Say whether an RGB image shows any colour: a seal, a red pen, a photo."""
    # Every second pixel both ways: a seal has thousands, and this is done for each page.
    sample = np.asarray(image)[::2, ::2]
    red, green, blue = sample[..., 0], sample[..., 1], sample[..., 2]
    chroma = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return int(np.count_nonzero(chroma > _COLOUR)) > _COLOURED_PIXELS


def ink(image: Image.Image, *, darker_by: int = _INK) -> npt.NDArray[np.bool_]:
    """Return where the page is darker than its surroundings, one cell for each 4 × 4 pixels.

    Compared with the surroundings, so that uneven light and grey paper are no ink. A lighter mark on a dark page
    counts as well: what is unlike its surroundings is content.
    """
    small = image.convert("L").reduce(_REDUCE)
    block = max(1, min(small.size) // 8, 8)
    ground = small.reduce(min(block, *small.size)).resize(small.size, Image.Resampling.BILINEAR)
    difference = np.abs(np.asarray(ground, np.int16) - np.asarray(small, np.int16))
    return np.asarray(difference > darker_by)


def is_blank(image: Image.Image) -> bool:
    """Say from the picture whether a page shows nothing. In doubt it does not: a page wrongly called blank is lost.

    What is dark throughout is no paper: the lid was open, and what lay there nobody knows.
    """
    if float(np.percentile(np.asarray(image.convert("L").reduce(_REDUCE)), 95)) < _DARKEST_PAPER:
        return False
    marks = ink(image)
    return int(np.count_nonzero(marks)) <= _LEAST_INK * marks.size


def record(
    page_no: int, *, file: str = "", size: tuple[int, int] = (0, 0), dpi: int = 0, **more: Any
) -> dict[str, Any]:
    """Return one rendered page as it travels from the child to the host."""
    page = {"page_no": page_no, "file": file, "width_px": size[0], "height_px": size[1], "dpi": dpi}
    return page | {"layer": None, "error_code": None, "flags": [], "scanned_dpi": None} | more


def file_name(page_no: int) -> str:
    """Return the name of a page's image file."""
    return f"page-{page_no:05}.jpg"

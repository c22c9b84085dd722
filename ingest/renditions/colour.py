"""What the colours of a rendition mean: sRGB for the file, a picture's own profile where it brings a sound one."""

from __future__ import annotations

from functools import lru_cache

from PIL import ImageCms

#: Samples of a pixel by the colour space that a profile is for.
_SPACES = {b"GRAY": 1, b"RGB ": 3}
#: Scanner, monitor, printer and colour space: the kinds of profile that PDF/A allows for pictures.
_CLASSES = frozenset({b"scnr", b"mntr", b"prtr", b"spac"})
_HEADER_BYTES = 128
_MADE = bytes((0x07, 0xEA, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))


@lru_cache(maxsize=1)
def srgb() -> bytes:
    """Return an ICC profile of sRGB, the same bytes each time; Little CMS, which makes it, claims no rights in it."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # The library writes the moment of making; a fixed one keeps the bytes of a rendition the same.
    made[24:36] = _MADE
    # The profile's checksum may be left out.
    made[84:100] = bytes(16)
    return bytes(made)


def usable_profile(profile: bytes, channels: int) -> bytes | None:
    """Return the ICC profile of a picture with so many channels, none when PDF/A would not have it."""
    if len(profile) <= _HEADER_BYTES or int.from_bytes(profile[:4], "big") != len(profile):
        return None
    sound = profile[36:40] == b"acsp" and 2 <= profile[8] <= 4 and profile[12:16] in _CLASSES
    return profile if sound and _SPACES.get(profile[16:20]) == channels else None

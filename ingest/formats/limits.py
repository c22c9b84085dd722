"""How much one received file may ask of us."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # The sandbox child must start without the settings, which read the environment and cost time to load.
    from archive_service.settings import Settings


@dataclass(frozen=True)
class Limits:
    """The limits of one installation; see the settings of the same names."""

    max_upload_bytes: int
    max_pages: int
    max_image_pixels: int
    max_render_pixels: int
    max_zip_members: int
    max_unpacked_bytes: int
    max_zip_ratio: int
    memory_bytes: int
    page_s: float
    file_s: float
    render_dpi: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Take the limits from the settings."""
        return cls(
            max_upload_bytes=settings.max_upload_bytes,
            max_pages=settings.max_pages,
            max_image_pixels=settings.max_image_pixels,
            max_render_pixels=settings.max_render_pixels,
            max_zip_members=settings.max_zip_members,
            max_unpacked_bytes=settings.max_unpacked_bytes,
            max_zip_ratio=settings.max_zip_ratio,
            memory_bytes=settings.sandbox_memory_bytes,
            page_s=settings.sandbox_page_s,
            file_s=settings.sandbox_file_s,
            render_dpi=settings.render_dpi,
        )

    def as_json(self) -> dict[str, Any]:
        """Return what `Limits(**values)` takes."""
        return asdict(self)

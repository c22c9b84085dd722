"""veraPDF, the checker that the makers of the standard agreed on, finds nothing amiss with our renditions."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pikepdf
import pytest
from PIL import Image, ImageCms

from archive_service.samples import raster
from archive_service.samples.papers.registry import PAPERS, one_document
from archive_service.samples.sets import case_for
from archive_service.settings import Settings
from ingest import opening
from ingest.opening import Limits
from ingest.renditions.pdf_a import SourcePage, build
from tests.support import rendition_pages as made
from tests.support.born_digital import supply_reply
from tests.support.rendition_pages import about, jpeg, line, sheet
from tests.support.services import address

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def verapdf() -> list[str]:
    """The command that runs veraPDF."""
    return shlex.split(address("veraPDF", "ARCHIVE_TEST_VERAPDF"))


def verdicts(verapdf: Sequence[str], folder: Path) -> dict[str, str]:
    """What veraPDF says of each file of a folder: PASS, or FAIL with the rules that are broken."""
    files = sorted(folder.glob("*.pdf"))
    assert files
    command = [*verapdf, "--flavour", "2b", "--format", "text", "-v", *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False).stdout
    found: dict[str, str] = {}
    for row in told.splitlines():
        word, _, rest = row.strip().partition(" ")
        if rest.endswith(" 2b"):
            found[Path(rest.removesuffix(" 2b")).name] = word
        elif found:
            found[list(found)[-1]] += f" {rest}"
    assert set(found) == {path.name for path in files}
    return found


def failures(verapdf: Sequence[str], folder: Path) -> dict[str, str]:
    """Those that veraPDF does not pass."""
    return {name: verdict for name, verdict in verdicts(verapdf, folder).items() if verdict != "PASS"}


def put(folder: Path, name: str, pages: Sequence[SourcePage]) -> None:
    """Write the rendition of these pages."""
    (folder / f"{name}.pdf").write_bytes(build(pages, about(title=f"样张 {name}")))


def test_renditions_of_every_kind_of_sample_paper_are_pdf_a(verapdf: list[str], tmp_path: Path) -> None:
    """One page of each of the sample papers, drawings among them, and worn ones of every severity."""
    rng = Random(5)
    for code in sorted(PAPERS):
        drawn = one_document(code, case_for(code, rng), rng).sheets[0]
        image = raster.draw(drawn, dpi=100, seed=1)
        put(tmp_path, code, [sheet(line(code, 10, 10, 60, 30), picture=jpeg(image), size=image.size, dpi=100)])
    for severity in ("clean", "office", "hard"):
        put(tmp_path, f"worn-{severity}", made.sample_pages(6, seed=11, severity=severity))
    assert failures(verapdf, tmp_path) == {}


def test_renditions_of_what_comes_out_of_every_kind_of_file_are_pdf_a(
    verapdf: list[str], tmp_path: Path, settings: Settings
) -> None:
    """A TIFF of several pages, a PNG, a photo, a born-digital PDF with its own text."""
    colour, grey = made.sample_pages(2, seed=3, severity="office"), Image.new("L", (600, 800), 200)
    (tmp_path / "photo").write_bytes(colour[0].picture())
    grey.save(tmp_path / "many", "TIFF", save_all=True, append_images=[grey.convert("1"), grey.convert("RGB")])
    grey.save(tmp_path / "one", "PNG")
    (tmp_path / "text").write_bytes(supply_reply("5101431049", "202603100001"))
    for name in ("photo", "many", "one", "text"):
        put(tmp_path, name, rendered(tmp_path / name, tmp_path, Limits.of(settings)))
    assert failures(verapdf, tmp_path) == {}


def rendered(path: Path, folder: Path, limits: Limits) -> list[SourcePage]:
    """The pages of a received file as the archive keeps them."""
    found = opening.probe(path, file_name=path.name, limits=limits)
    into = folder / f"pages-{path.name}"
    into.mkdir()
    pages = opening.render(path, format=found.format, first=1, last=found.page_count, out_dir=into, limits=limits)
    return [
        sheet(*(page.layer or ()), picture=page.image.read_bytes(), size=(page.width_px, page.height_px), dpi=page.dpi)
        for page in pages
        if page.image is not None
    ]


def test_odd_pages_and_texts_are_pdf_a(verapdf: list[str], tmp_path: Path) -> None:
    """Long drawings, scraps, profiles, printing colours, PNG, nasty text, no text, very many pages."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    colour = Image.new("RGB", (60, 80), "red")
    png = tmp_path / "page.png"
    colour.save(png)
    nasty = "户\x00号\x07\ud800 𠮷👍🏽 שלום\u202e\ufeff" + "长" * 20_000
    put(tmp_path, "long", [sheet(line("图", 1, 1, 30, 30), picture=jpeg(colour), size=(65_500, 900), dpi=72)])
    put(tmp_path, "scrap", [sheet(picture=jpeg(colour), size=(1, 1), dpi=300)])
    put(tmp_path, "profile", [sheet(picture=jpeg(colour, icc_profile=profile), size=(60, 80))])
    put(tmp_path, "no-profile", [sheet(picture=jpeg(colour, icc_profile=b"nonsense" * 30), size=(60, 80))])
    put(tmp_path, "press", [sheet(picture=jpeg(colour.convert("CMYK")), size=(60, 80))])
    put(tmp_path, "png", [sheet(picture=png.read_bytes(), size=(60, 80))])
    put(tmp_path, "nasty", [sheet(line(nasty, 10, 10, 500, 40), line("竖排的字", 600, 100, 640, 400))])
    put(tmp_path, "empty", [sheet()])
    put(tmp_path, "many", [sheet(line(f"第 {n} 页", 10, 10, 200, 40)) for n in range(300)])
    assert failures(verapdf, tmp_path) == {}


def test_a_file_without_its_output_intent_is_not_passed(verapdf: list[str], tmp_path: Path) -> None:
    """So that the other tests mean something."""
    put(tmp_path, "whole", [sheet(line("户号", 10, 10, 90, 40))])
    with pikepdf.open(tmp_path / "whole.pdf") as pdf:
        del pdf.Root.OutputIntents
        pdf.save(tmp_path / "broken.pdf")
    found = verdicts(verapdf, tmp_path)
    assert found["whole.pdf"] == "PASS"
    assert found["broken.pdf"].startswith("FAIL")

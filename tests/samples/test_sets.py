"""A sample set is the same for the same seed, and its files are what their names and truths say."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from random import Random

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageOps

from archive_service.errors import Invalid
from archive_service.samples import SampleSet, make, pages, people, wear
from archive_service.samples import sets as sets_module
from archive_service.samples.plans import Plan

_SMALL = (
    Plan("LR", "NEW", "photos", only="A05 S01 P03L"),
    Plan("LN", "NEW", "batch", only="A02N A06 T01 E02 X01", foreign="V01"),
    Plan("LR", "RENAME", "tiff", only="A02V A29"),
    Plan("LR", "DG", "zip", only="A02D A05"),
    Plan("HV", "NEW", "mixed", only="P03H A06", contradiction="capacity"),
    Plan("LR", "NEW", "digital", only="T01"),
    Plan("LN", "INC", "png", holder="natural", only="A05", stray=True, more="P03L"),
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A set with every kind of file and few pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets_module, "PLANS", _SMALL)
        return make(tmp_path_factory.mktemp("small"), households=7, seed=3, severity="hard")


def _of_kind(small: SampleSet, kind: str) -> list[tuple[Path, dict]]:
    return [(file.path, file.truth) for file in small.files if file.truth["kind"] == kind]


def test_the_same_seed_gives_the_same_files_case_list_and_truth(tmp_path: Path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets_module, "PLANS", _SMALL[4:6])
        first, again = (make(tmp_path / name, households=2, seed=9, severity="hard") for name in ("a", "b"))
    assert first.cases_csv.read_bytes() == again.cases_csv.read_bytes()
    assert first.truth_json.read_bytes() == again.truth_json.read_bytes()
    assert [f.path.read_bytes() for f in first.files] == [f.path.read_bytes() for f in again.files]


def test_another_seed_gives_other_households(tmp_path: Path, small: SampleSet):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets_module, "PLANS", _SMALL[5:6])
        other = make(tmp_path, households=1, seed=4)
    assert other.cases_csv.read_text().splitlines()[1] not in small.cases_csv.read_text()


def test_the_case_list_has_the_columns_that_the_import_takes(small: SampleSet):
    with small.cases_csv.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected = people.words(
        "account_no account_name service_address customer_category business_type application_no centre capacity_kva "
        "voltage conditions accepted_on energised_on"
    )
    assert tuple(list(rows[0])[:12]) == expected
    assert all(name.startswith("stage_") and name.endswith("_on") for name in list(rows[0])[12:])
    assert {row["centre"] for row in rows} <= {code for code, _, _ in small.units}
    assert len({row["application_no"] for row in rows}) == len(rows)


def test_a_scanned_pdf_has_the_pages_of_its_truth_and_no_text_layer(small: SampleSet):
    path, truth = next((p, t) for p, t in _of_kind(small, "scan") if len(t["documents"]) > 3)
    with pypdfium2.PdfDocument(path) as book:
        assert len(book) == truth["pages"] == len(truth["page_truth"])
        assert book[0].get_textpage().get_text_range() == ""


def test_pages_of_a_batch_are_each_of_one_document_or_blank(small: SampleSet):
    for _, truth in _of_kind(small, "scan"):
        told = [page for document in truth["documents"] for page in document["pages"]] + truth["blank_pages"]
        assert sorted(told) == list(range(1, truth["pages"] + 1))


def test_a_digital_pdf_carries_the_account_number_as_text(small: SampleSet):
    (path, truth), *_ = _of_kind(small, "digital")
    with pypdfium2.PdfDocument(path) as book:
        text = book[0].get_textpage().get_text_range()
    assert truth["documents"][0]["fields"]["account_no"] in text


def test_a_mixed_pdf_has_pages_with_and_without_text(small: SampleSet):
    (path, _), *_ = _of_kind(small, "mixed")
    with pypdfium2.PdfDocument(path) as book:
        with_text = [bool(page.get_textpage().get_text_range()) for page in book]
    assert set(with_text) == {True, False}


def test_photos_pictures_and_tiffs_open_with_the_pages_of_their_truth(small: SampleSet):
    for kind, name in (("jpeg", "JPEG"), ("png", "PNG"), ("tiff", "TIFF")):
        path, truth = _of_kind(small, kind)[0]
        with Image.open(path) as image:
            assert image.format == name
            assert getattr(image, "n_frames", 1) == truth["pages"]


def test_a_zip_holds_the_members_of_its_truth(small: SampleSet):
    (path, truth), *_ = _of_kind(small, "zip")
    with zipfile.ZipFile(path) as package:
        assert package.namelist() == [member["file"] for member in truth["members"]]
        assert package.testzip() is None


def test_a_paper_of_another_household_and_an_unknown_paper_are_told_as_such(small: SampleSet):
    told = json.loads(small.truth_json.read_text(encoding="utf-8"))
    documents = [document for file in told["files"] for document in file.get("documents", [])]
    assert any(document["document_type"] is None for document in documents)
    first = told["cases"][0]
    assert "V01" in first["filed"]
    assert any(d["document_type"] == "V01" and d["account_no"] == first["account_no"] for d in documents)


def test_a_case_is_told_complete_only_when_nothing_is_missing(small: SampleSet):
    for case in json.loads(small.truth_json.read_text(encoding="utf-8"))["cases"]:
        assert case["complete"] == (not case["missing"])
        assert not set(case["missing"]) & set(case["filed"])


def test_file_names_do_not_give_the_content_away(small: SampleSet):
    told = json.loads(small.truth_json.read_text(encoding="utf-8"))
    secrets = {case[key] for case in told["cases"] for key in ("account_no", "application_no", "account_name")}
    names = " ".join(file.path.name for file in small.files)
    assert not [secret for secret in secrets if secret in names]
    assert not any(document["title"] in names for file in told["files"] for document in file.get("documents", []))


def test_no_two_files_have_the_same_name(small: SampleSet):
    assert len({file.path for file in small.files}) == len(small.files)
    assert all(file.path.exists() for file in small.files)


@pytest.mark.parametrize("severity", ["clean", "office", "hard"])
def test_single_pages_come_with_their_lines_and_carry_ink(severity: str):
    (image, truth), *_ = pages(1, 11, severity)
    assert np.asarray(image.convert("L")).std() > 5
    assert truth["lines"]
    assert all(0 <= edge <= 1.02 for line in truth["lines"] for edge in line["box"])


def test_a_scanned_page_can_be_turned_back_by_the_rotation_of_the_truth():
    """The seal of a page goes back to the side where it was printed."""
    for seed in range(12):
        worn = wear.scan(_page_with_ink_at_the_top(), dpi=50, severity="hard", rng=Random(seed))
        upright = np.rot90(np.asarray(worn.image.convert("L"), np.float32), worn.rotation // 90)
        assert upright[:200].mean() < upright[-200:].mean()


def test_a_photo_stood_upright_by_exif_shows_its_top_at_the_top():
    turned = set()
    for seed in range(12):
        worn = wear.photo(_page_with_ink_at_the_top(), dpi=50, severity="office", rng=Random(seed))
        shown = ImageOps.exif_transpose(Image.open(io.BytesIO(worn.jpeg)))
        pixels = np.asarray(shown.convert("L"), np.float32)
        by_truth = np.rot90(np.asarray(worn.image.convert("L"), np.float32), worn.rotation // 90)
        assert pixels[40:200].mean() < pixels[-200:-40].mean()
        assert np.array_equal(pixels, by_truth)
        turned.add(worn.rotation)
    assert len(turned) > 1


def _page_with_ink_at_the_top() -> Image.Image:
    page = Image.new("RGB", (413, 585), (250, 250, 250))
    page.paste((0, 0, 0), (20, 10, 390, 180))
    return page


def test_an_unknown_severity_or_no_household_is_refused(tmp_path: Path):
    with pytest.raises(Invalid, match="清晰程度"):
        make(tmp_path, severity="awful")
    with pytest.raises(Invalid, match="至少为1"):
        make(tmp_path, households=0)


def test_progress_is_told_once_a_household(tmp_path: Path):
    told: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets_module, "PLANS", _SMALL[5:6])
        make(tmp_path, households=2, progress=lambda done, whole: told.append((done, whole)))
    assert told == [(1, 2), (2, 2)]


def test_the_bytes_of_a_set_are_pictures_and_not_placeholders(small: SampleSet):
    for file in small.files:
        assert len(file.path.read_bytes()) > 8_000, io.BytesIO(file.path.read_bytes()).read(20)

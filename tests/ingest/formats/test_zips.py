"""Files come out of a ZIP under names of ours, counted byte by byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archive_service.settings import Settings
from ingest import opening
from ingest.errors import FileRefused
from ingest.opening import Limits, Member
from tests.support import hostile


@pytest.fixture
def limits(settings: Settings) -> Limits:
    return Limits.of(settings)


def unpack(tmp_path: Path, data: bytes, limits: Limits) -> list[Member]:
    path = tmp_path / "original"
    path.write_bytes(data)
    out = tmp_path / "out"
    out.mkdir()
    return opening.unpack(path, out_dir=out, limits=limits)


def test_members_come_out_in_order_with_their_bytes(tmp_path: Path, limits: Limits) -> None:
    data = hostile.archive([("二.pdf", hostile.plain_pdf()), ("folder/", b""), ("folder/一.jpg", hostile.jpeg())])
    members = unpack(tmp_path, data, limits)
    assert [m.name for m in members] == ["二.pdf", "一.jpg"]
    assert members[0].path.read_bytes() == hostile.plain_pdf()
    assert members[1].path.read_bytes() == hostile.jpeg()


def test_names_that_lead_elsewhere_lead_nowhere_and_are_flagged(tmp_path: Path, limits: Limits) -> None:
    names = ["../../outside.pdf", "/abs/outside.pdf", "C:\\x\\outside.pdf", "a/./b.pdf"]
    members = unpack(tmp_path, hostile.archive([(name, b"x") for name in names]), limits)
    assert [m.flags for m in members] == [("unsafe-name",)] * 3 + [()]
    assert all(m.path.parent == tmp_path / "out" for m in members)
    assert not list(tmp_path.rglob("*outside*"))


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_of_older_programs_are_read_in_the_code_page_of_their_maker(
    encoding: str, tmp_path: Path, limits: Limits
) -> None:
    data = hostile.archive_with_raw_name("用电申请表.pdf".encode(encoding), hostile.plain_pdf())
    assert [m.name for m in unpack(tmp_path, data, limits)] == ["用电申请表.pdf"]


def test_what_computers_leave_behind_is_no_scan(tmp_path: Path, limits: Limits) -> None:
    junk = ["__MACOSX/._a.pdf", ".DS_Store", "x/Thumbs.db", "desktop.ini", "._b.pdf"]
    data = hostile.archive([*((name, b"x") for name in junk), ("a.pdf", hostile.plain_pdf())])
    assert [m.name for m in unpack(tmp_path, data, limits)] == ["a.pdf"]


def test_links_are_not_unpacked(tmp_path: Path, limits: Limits) -> None:
    assert [m.name for m in unpack(tmp_path, hostile.archive_with_link(), limits)] == ["page.jpg"]


def test_a_small_member_may_shrink_as_much_as_it_likes(tmp_path: Path, limits: Limits) -> None:
    (member,) = unpack(tmp_path, hostile.archive([("blank.tif", bytes(8 << 20))]), limits)
    assert member.path.stat().st_size == 8 << 20


def test_the_sum_over_all_members_counts(tmp_path: Path, limits: Limits) -> None:
    data = hostile.archive([(f"{n}.pdf", bytes([n]) * 3_000_000) for n in range(4)], method=0)
    tight = replace(limits, max_unpacked_bytes=10_000_000)
    with pytest.raises(FileRefused) as refusal:
        unpack(tmp_path, data, tight)
    assert refusal.value.code == "file.unpack-limit"
    assert list((tmp_path / "out").iterdir()) == []


def test_an_office_document_inside_is_a_file_of_its_own_and_no_nested_zip(tmp_path: Path, limits: Limits) -> None:
    members = unpack(tmp_path, hostile.archive([("a.docx", hostile.office_document())]), limits)
    assert [m.name for m in members] == ["a.docx"]


def test_a_nested_zip_is_named(tmp_path: Path, limits: Limits) -> None:
    inner = hostile.archive([("b.pdf", hostile.plain_pdf())])
    with pytest.raises(FileRefused) as refusal:
        unpack(tmp_path, hostile.archive([("a.pdf", b"x"), ("里层.bin", inner)]), limits)
    assert refusal.value.code == "file.zip-nested"
    assert "里层.bin" in refusal.value.message

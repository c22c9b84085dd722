"""EEP packages: signed, fitted against the schema, whole in the other archive; hostile ones are refused by name."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive_service import signing
from archive_service.db.session import Database
from archive_service.exchange import arriving
from archive_service.exchange.bags.check import Limits
from archive_service.exchange.eep import names
from archive_service.exchange.eep.check import EepChecked, check_eep
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from tests.exchange import world
from tests.exchange.test_round_trip import Second, listed
from tests.exchange.world import NOW, packed, taken


@pytest.fixture
def second(settings: Settings, migrated_file: Path) -> Iterator[Second]:
    made = world.second_home(settings, migrated_file)
    yield made
    made[1].close()


@pytest.fixture
def eep(
    settings: Settings, database: Database, store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A package of which some originals stand in the XML and the others beside it."""
    world.fill(database, store)
    monkeypatch.setattr(names, "INLINE_TOTAL", 4000)
    return packed(settings, database, store, tmp_path / "eep", kind="eep")


def checked(settings: Settings, folder: Path, tmp_path: Path, **limits: int) -> EepChecked:
    desk = tmp_path / f"desk{len(list(tmp_path.iterdir()))}"
    desk.mkdir()
    own = signing.certificate_der(settings, now=NOW)
    return check_eep(folder, desk=desk, our_certificate=own, limits=Limits(**limits))


def test_a_package_is_sound_signed_and_whole_in_another_archive(
    eep: Path, settings: Settings, database: Database, store: FileStore, second: Second, tmp_path: Path
) -> None:
    found = checked(settings, eep, tmp_path)
    assert (found.findings, found.signature) == ([], "ours")
    assert found.inline
    assert set(found.files) - set(found.inline)
    theirs = checked(second[0], eep, tmp_path)
    assert (theirs.findings, theirs.signature) == ([], "foreign")
    assert theirs.signer.startswith("CN=archive-service")
    desk = tmp_path / "desk"
    desk.mkdir()
    taken(*second, eep, desk, incoming=arriving.from_eep(eep, theirs))
    first, after = packed(settings, database, store, tmp_path / "one"), packed(*second, tmp_path / "two")
    own = "data/history/0002.jsonl"
    assert {path: digest for path, digest in listed(after).items() if path != own} == listed(first)


def change(pattern: str, by: str, *, count: int = 1) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        text = (folder / names.FILE).read_text()
        made, done = re.subn(pattern, by, text, count=count, flags=re.S)
        assert done
        (folder / names.FILE).write_text(made)

    return spoil


def _beside(folder: Path) -> Path:
    return next(one for one in sorted((folder / "data/renditions").iterdir()))


def _bomb(folder: Path) -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    change(r"\?>", f'?><!DOCTYPE x [<!ENTITY l0 "ha">{levels}]>')(folder)
    change("<封装包格式描述>[^<]*", "<封装包格式描述>&l11;")(folder)


def _utf16(folder: Path) -> None:
    text = (folder / names.FILE).read_text().replace("UTF-8", "UTF-16")
    (folder / names.FILE).write_bytes(text.encode("utf-16"))


def _link(folder: Path) -> None:
    path = _beside(folder)
    path.unlink()
    path.symlink_to("/etc/hostname")


def _link_xml(folder: Path) -> None:
    (folder / names.FILE).rename(folder / "real.xml")
    (folder / names.FILE).symlink_to("real.xml")


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "no XML": (lambda folder: (folder / names.FILE).unlink(), "eep.missing"),
    "XML is a link": (_link_xml, "eep.missing"),
    "broken": (lambda folder: (folder / names.FILE).write_bytes(b"<a>") and None, "eep.damaged"),  # type: ignore[func-returns-value]
    "deep": (lambda folder: (folder / names.FILE).write_text("<a>" * 100_000) and None, "eep.damaged"),  # type: ignore[func-returns-value]
    "entity bomb": (_bomb, "eep.entities"),
    "outside entity": (change(r"\?>", '?><!DOCTYPE x SYSTEM "file:///etc/passwd">'), "eep.entities"),
    "hidden in another encoding": (_utf16, "eep.encoding"),
    "schema": (change("<聚合层次>[^<]*</聚合层次>", ""), "eep.schema"),
    "version": (change("<版本>2009", "<版本>1999"), "eep.version"),
    "modified package": (change("<封装包类型>原始型", "<封装包类型>修改型"), "eep.modified"),
    "title changed": (change("<题名>[^<]*", "<题名>别的"), "eep.signature"),
    "unsigned": (change("<电子签名块>.*</电子签名块>", ""), "eep.unsigned"),
    "MD5 with RSA": (change("<签名算法标识>[^<]*", "<签名算法标识>MD5-RSA"), "eep.signature-algorithm"),
    "SHA-1": (change("<签名算法标识>[^<]*", "<签名算法标识>RSA-SHA1"), "eep.signature-algorithm"),
    "certificate is none": (change("<证书>[^<]*", "<证书>AAAA"), "eep.signature"),
    "MD5 only": (change('算法="SHA-256">[0-9a-f]*', f'算法="MD5">{"0" * 32}', count=0), "eep.weak"),
    "digest": (change('算法="SHA-256">[0-9a-f]{4}', '算法="SHA-256">0000'), "eep.digest"),
    "size": (change("<计算机文件大小>", "<计算机文件大小>9"), "eep.size"),
    "size of a thousand digits": (change("<计算机文件大小>", f"<计算机文件大小>{'9' * 5000}"), "eep.schema"),
    "included from outside": (
        change(
            "<封装包格式描述>",
            '<include xmlns="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/><封装包格式描述>',
        ),
        "eep.schema",
    ),
    "signed twice over": (change("(<被签名对象>.*?</被签名对象>)", r"\1\1"), "eep.schema"),
    "not base64": (change('编码方式="base64">.', '编码方式="base64">*'), "eep.schema"),
    "changed file": (lambda folder: _beside(folder).write_bytes(b"x") and None, "eep.digest"),  # type: ignore[func-returns-value]
    "missing file": (lambda folder: _beside(folder).unlink(), "eep.missing"),
    "file is a link": (_link, "eep.missing"),
    "up and out": (change("<存储位置>[^<]*", "<存储位置>data/../../etc/passwd"), "bag.path"),
    "elsewhere": (change("<存储位置>[^<]*", "<存储位置>data/other"), "eep.reference"),
    "name out of the folder": (change("<文档标识符>[^<]*", "<文档标识符>../x"), "bag.path"),
}  # fmt: skip


def test_a_hostile_package_is_refused_for_what_it_is(eep: Path, settings: Settings, tmp_path: Path) -> None:
    for number, (case, (spoil, code)) in enumerate(HOSTILE.items()):
        folder = tmp_path / f"case{number}"
        shutil.copytree(eep, folder)
        spoil(folder)
        found = checked(settings, folder, tmp_path)
        assert code in {one.code for one in found.findings}, case


def _foreign(folder: Path) -> None:
    """As a public tool of another maker writes it: other names of elements, no digests, MD5 for a signature."""
    text = (folder / names.FILE).read_text()
    text = re.sub("<立档单位>([^<]*)</立档单位>", r"<立档单位名称>\1</立档单位名称>", text)
    text = re.sub("<数字摘要[^<]*</数字摘要>", "<校验码/>", text)
    text = re.sub(
        "<电子签名>.*</电子签名>", "<签名标识符号>MD5</签名标识符号><签名结果>e8d0</签名结果>", text, flags=re.S
    )
    (folder / names.FILE).write_text(text)


def _several(folder: Path) -> None:
    """Faults of every kind in one package, among them some of its structure."""
    _beside(folder).write_bytes(b"x")
    change("<聚合层次>[^<]*</聚合层次>", "")(folder)
    change("<版本>2009", "<版本>1999")(folder)
    change("<封装包类型>原始型", "<封装包类型>修改型")(folder)
    change('编码方式="base64">.', '编码方式="base64">*')(folder)
    change("<签名算法标识>[^<]*", "<签名算法标识>MD5-RSA")(folder)
    (folder / "data/more.pdf").write_bytes(b"x")


#: Packages by what is particular about them, and every code that is told.
WHOLE: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "faults of every kind": (
        _several,
        {"eep.digest", "eep.size", "eep.schema", "eep.version", "eep.modified", "eep.inline",
         "eep.signature-algorithm", "eep.not-listed"},
    ),
    "of another maker": (_foreign, {"eep.schema", "eep.unsigned"}),
    "another namespace": (change("ERM/encapsulation", "ERM/other"), {"eep.schema"}),
    "another root": (lambda folder: (folder / names.FILE).write_text("<a/>") and None, {"eep.schema"}),  # type: ignore[func-returns-value]
    "nothing signed": (change("<被签名对象>.*</被签名对象>", ""), {"eep.schema", "eep.not-listed"}),
    "an element of a stranger": (
        change("<封装内容>", '<x xmlns="urn:x">1</x><封装内容>'), {"eep.schema", "eep.signature"},
    ),
    "no size": (change("<计算机文件大小>[^<]*", "<计算机文件大小>"), {"eep.schema", "eep.signature"}),
    "no place and no content": (
        change("<存储位置>[^<]*</存储位置>", ""), {"eep.schema", "eep.signature", "eep.not-listed"},
    ),
    "signature without a certificate": (change("<证书>[^<]*</证书>", ""), {"eep.schema", "eep.unsigned"}),
}  # fmt: skip


def test_all_that_is_wrong_is_told_at_once_also_where_the_structure_is(
    eep: Path, settings: Settings, tmp_path: Path
) -> None:
    for number, (case, (spoil, codes)) in enumerate(WHOLE.items()):
        folder = tmp_path / f"whole{number}"
        shutil.copytree(eep, folder)
        spoil(folder)
        found = checked(settings, folder, tmp_path).findings
        assert {one.code for one in found} == codes, case
        assert all(one.message.endswith("。") for one in found), case


def test_what_does_not_fit_is_named_with_what_should_stand_there(eep: Path, settings: Settings, tmp_path: Path) -> None:
    change("<聚合层次>[^<]*</聚合层次>", "")(eep)
    (said,) = [one.message for one in checked(settings, eep, tmp_path).findings if one.code == "eep.schema"]
    assert "“来源”" in said
    assert said.endswith("此处应为：聚合层次。")


def test_comments_change_nothing_that_is_read_or_signed(eep: Path, settings: Settings, tmp_path: Path) -> None:
    """Otherwise one could cut a value in two, and what is read would not be what was signed."""
    change('算法="SHA-256">', '算法="SHA-256"><!-- a --><?b c?>', count=0)(eep)
    change("<计算机文件大小>", "<计算机文件大小><!-- a -->", count=0)(eep)
    found = checked(settings, eep, tmp_path)
    assert (found.findings, found.signature) == ([], "ours")


def test_a_file_that_no_list_names_is_found(eep: Path, settings: Settings, tmp_path: Path) -> None:
    """Beside the others, and where one stands in the XML already."""
    inline = next(iter(checked(settings, eep, tmp_path).inline))
    for path in ("data/more.pdf", inline):
        (eep / path).parent.mkdir(parents=True, exist_ok=True)
        (eep / path).write_bytes(b"x")
    (eep / "data/out").symlink_to("/etc")
    found = {(one.code, one.path) for one in checked(settings, eep, tmp_path).findings}
    assert found == {("eep.not-listed", "data/more.pdf"), ("eep.not-listed", inline), ("bag.link", "data/out")}


def test_what_is_too_large_to_stand_in_the_xml_is_refused_unread(settings: Settings, tmp_path: Path) -> None:
    """Two thousand million bytes, as a file with a hole: nobody reads them."""
    folder = tmp_path / "large"
    folder.mkdir()
    with (folder / names.FILE).open("wb") as out:
        out.write(b"<?xml version='1.0'?><a>")
        out.truncate(2 * 1024**3)
    assert [one.code for one in checked(settings, folder, tmp_path).findings] == ["eep.too-large"]


def test_too_many_files_are_not_looked_at(eep: Path, settings: Settings, tmp_path: Path) -> None:
    assert "eep.too-many" in {one.code for one in checked(settings, eep, tmp_path, files=3).findings}


def test_a_signature_is_that_of_the_bytes_and_the_key_and_of_no_others(settings: Settings) -> None:
    made = signing.sign_bytes(settings, b"one", now=NOW)
    assert signing.check_bytes(b"one", made.signature, made.certificate) == made.name
    assert signing.check_bytes(b"two", made.signature, made.certificate) is None
    assert signing.check_bytes(b"one", base64.b64decode("AAAA"), made.certificate) is None

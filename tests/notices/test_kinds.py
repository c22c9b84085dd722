"""The texts of notices: both languages, every place filled, nothing personal."""

from __future__ import annotations

import re

import pytest

from archive_service.errors import Invalid, NotPermitted
from archive_service.notices import rules
from archive_service.notices.kinds import FRAMES, KINDS, Kind, filled
from tests.support.naughty import HALVES, NAUGHTY

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACE = re.compile(r"%\((\w+)\)s")
#: What borrowing tells of, and what the program tells of today.
LOANS = {
    "loan-asked", "loan-decide-late", "loan-approved", "loan-refused", "loan-due", "loan-overdue",
    "loan-overdue-superior", "loan-recalled", "loan-turn", "grant-ended",
}  # fmt: skip
WORK = {
    "batch-returned",
    "case-returned", "finding-raised", "finding-answered", "finding-refused", "ruling-asked", "ruling-approved",
    "ruling-refused", "work-due", "object-lost", "disk-low", "lock-unproven", "lock-refused", "hold-review",
    "subject-due", "subject-late",
}  # fmt: skip


def test_everything_that_happens_has_its_kind() -> None:
    assert set(KINDS) == LOANS | WORK


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_a_kind_is_said_in_both_languages(kind: Kind) -> None:
    """Every value is said in each language, and nothing else has a place."""
    values = {name: f"<{name}>" for name in kind.values}
    for language, text in (("zh", kind.zh), ("en", kind.en)):
        assert kind.text(language) is text
        assert set(PLACE.findall(text.subject + text.body)) == kind.values
        said = filled(text.subject + text.body, values)
        assert "%" not in said
        assert all(value in said for value in values.values())
        assert bool(CHINESE.search(said)) == (language == "zh")
        assert bool(CHINESE.search(text.name)) == (language == "zh")


def test_the_frame_around_notices_has_the_same_places_in_both_languages() -> None:
    for part in ("greeting", "see", "sign_in", "digest_subject", "digest_head", "foot"):
        zh, en = (PLACE.findall(getattr(FRAMES[language], part)) for language in ("zh", "en"))
        assert sorted(zh) == sorted(en), part


def test_an_unknown_language_is_chinese() -> None:
    assert KINDS["work-due"].text("fr") is KINDS["work-due"].zh


def test_values_hide_what_is_personal_and_keep_the_numbers_of_the_archive() -> None:
    """An application number may look like a phone; an identity number is hidden wherever it stands."""
    kept = rules.values(
        {"application_no": "13812340092", "by": "11010519491231002X 张三 13812340092", "number": "110105194912310021"}
    )
    assert kept["application_no"] == "13812340092"
    assert "1949" not in kept["by"]
    assert "1234" not in kept["by"]
    assert "张三" in kept["by"]
    assert "1949" not in kept["number"]


@pytest.mark.parametrize("text", [*NAUGHTY.values(), *HALVES])
def test_a_value_stays_on_one_line_and_can_be_written(text: str) -> None:
    clean = rules.clean(text)
    assert clean.isprintable()
    assert len(clean) <= 120
    clean.encode()


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "a@", "@b.test", "a b@c.test", "a@b.test, c@d.test", "a@b.test\r\nBcc: x@y.test", "a@b..test",
        "张三@b.test", '"a b"@c.test', "<a@b.test>", f"{'a' * 250}@b.test", "a@b.test\0",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_address(address, "")
    assert refused.value.code == "mail.address"


def test_addresses_may_be_kept_to_domains() -> None:
    assert rules.check_address(" zhang.san@Grid.test ", "other.test, grid.TEST") == "zhang.san@Grid.test"
    with pytest.raises(NotPermitted) as refused:
        rules.check_address("zhang.san@evil.test", "grid.test")
    assert refused.value.code == "mail.domain"

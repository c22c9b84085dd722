"""Traditional characters folded to simplified ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archive_service import hanzi


def test_labels_of_forms_become_simplified() -> None:
    written = "用電申請書 戶名 統一社會信用代碼 供電電壓 經辦人簽字 臺灣 衞生 簽章後 為爲 內"
    assert hanzi.simplified(written) == "用电申请书 户名 统一社会信用代码 供电电压 经办人签字 台湾 卫生 签章后 为为 内"


def test_names_keep_the_characters_that_simplified_writing_keeps_apart() -> None:
    assert hanzi.simplified("李昇 乾坤 於菟 锺书 甯") == "李昇 乾坤 於菟 锺书 甯"
    assert hanzi.alike("李昇 乾坤") == "李升 干坤"


def test_nothing_that_is_simplified_already_is_changed() -> None:
    """But for two characters that nobody writes in simplified papers."""
    everyday = [chr(code) for code in range(0x4E00, 0xA000) if chr(code).encode("gb2312", "ignore")]
    assert {sign for sign in everyday if hanzi.simplified(sign) != sign} == {"後", "麽"}


@given(st.text(st.characters(min_codepoint=0x3400, max_codepoint=0xFAFF)))
def test_every_character_keeps_its_place_and_is_done_once(text: str) -> None:
    for fold in (hanzi.simplified, hanzi.alike):
        assert len(fold(text)) == len(text)
        assert fold(fold(text)) == fold(text)

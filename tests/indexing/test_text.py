"""How text is folded, cut and mapped back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexing import text

ANY = st.text(
    st.sampled_from("供电合同〇𠮷 \n\u3000，。-()ＡＢab１２12①㎡²éＩİ\u0301\x00|") | st.characters(), max_size=60
)


@given(ANY)
def test_a_mapped_stream_is_the_stream_and_every_letter_comes_from_its_place(given_text: str) -> None:
    known = text.mapped(given_text)
    assert known.stream == text.stream(given_text)
    for place, letter in zip(known.places, known.stream, strict=True):
        assert letter == " " or letter in text.fold(given_text[place])


@given(ANY, st.data())
def test_the_stream_of_a_part_is_part_of_the_stream(given_text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(given_text)))
    end = data.draw(st.integers(start, len(given_text)))
    assert text.stream(given_text[start:end]) in text.stream(given_text)


@given(ANY)
def test_a_stream_stays_as_it_is(given_text: str) -> None:
    assert text.stream(text.stream(given_text).replace(" ", "，")) == text.stream(given_text)


def test_gaps_close_between_characters_and_digits_but_columns_and_words_stay_apart() -> None:
    assert text.stream("供 用\n电 12 34 kVA 5\n6") == "供用电1234 kva 56"
    assert text.stream("左栏   右栏 power supply") == "左栏 右栏 power supply"


def test_tokens_are_bigrams_with_the_end_of_every_run() -> None:
    assert text.tokens("供用电 a") == "供用 用电 电 | a |"


def test_numbers_are_kept_apart_and_joined() -> None:
    assert text.codes("户号 3401 234 567，HT-8") == {"3401", "234", "567", "3401234", "234567", "3401234567", "ht", "8"}
    assert text.codes("１２kVA") == {"12kva"}


def test_both_writings_of_a_character_are_one_stream() -> None:
    assert text.stream("用電戶號 後乾") == text.stream("用电户号 后干") == "用电户号后干"
    assert text.mapped("臺灣，陳").stream == "台湾 陈"

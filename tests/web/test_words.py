"""Both languages, the vendored files, and what a person chose for their pages."""

from __future__ import annotations

import ast
import hashlib
import pkgutil
import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from archive_service.borrowing import matrix
from archive_service.inspection.indicators import INDICATORS
from archive_service.web import assets, i18n, nav, words
from archive_service.web.labels import Labels
from ingest.errors import SENTENCES
from tests.docs.words import raised
from tests.web.conftest import Browser, World

WEB = Path(i18n.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
#: First words of codes that only the command line answers with.
COMMAND_LINE = (
    "archive.", "audit.", "backup.", "cases.", "catalogue.", "fonts.", "internal.",
    "naming.nothing-before", "ocr.", "people.tie",
    "package.out",
    "reread.filter", "restore.", "row.", "samples.", "settings.", "store.lock",
)  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def messages() -> set[str]:
    """Every message that the pages say."""
    found = extract_from_dir(WEB, method_map=METHODS, keywords={"_": None, "N_": None, "say": None})
    said = {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}
    return said | {text for one in INDICATORS for text in (one.name, one.definition)}


def test_every_message_has_its_english() -> None:
    said = messages()
    assert len(said) > 400
    assert sorted(said - set(i18n.english())) == []


def test_no_english_is_kept_for_a_message_that_is_said_no_more() -> None:
    by_code = {message for message in i18n.english() if re.fullmatch(r"[a-z-]+\.[a-z/-]+", message)}
    assert sorted(set(i18n.english()) - messages() - by_code) == []


def test_every_refusal_that_a_page_can_show_has_its_english() -> None:
    """What only the command line says stays Chinese; everything else a page may have to tell somebody."""
    on_pages = {code for code in {*raised(), *SENTENCES} if not code.startswith(COMMAND_LINE)}
    assert len(on_pages) > 150
    assert sorted(on_pages - set(i18n.english())) == []


def test_the_english_fills_the_same_places() -> None:
    for chinese, english in i18n.english().items():
        assert set(re.findall(r"%\(\w+\)s", chinese)) == set(re.findall(r"%\(\w+\)s", english)), chinese
        assert chinese == "中文" or not CHINESE.search(english), english


def test_no_template_says_chinese_outside_the_catalogue() -> None:
    for path in (WEB / "templates").rglob("*.html"):
        plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", path.read_text("utf-8"), flags=re.S)
        assert not CHINESE.search(plain), path


def test_a_name_of_words_belongs_to_one_subject() -> None:
    """The face of the package takes them all over: of two equal names one would be lost in silence."""
    names: Counter[str] = Counter()
    for subject in pkgutil.iter_modules(words.__path__):
        tree = ast.parse((Path(words.__path__[0]) / f"{subject.name}.py").read_text("utf-8"))
        names.update(
            name.id for part in tree.body if isinstance(part, ast.Assign) for name in part.targets
            if isinstance(name, ast.Name) and name.id.isupper() and not name.id.startswith("_")
        )  # fmt: skip
    assert [name for name, times in names.items() if times > 1 or not hasattr(words, name)] == []


def test_the_matrix_of_approval_has_its_words() -> None:
    """Each rule, level and purpose of each edition, as the edition says it, and a sentence for each step."""
    for edition in matrix.known():
        assert {one.id: one.says for one in edition.rules}.items() <= words.LOAN_RULE.items()
        assert {one.code: one.title for one in edition.levels}.items() <= words.LOAN_LEVEL.items()
        assert edition.purposes.items() <= words.LOAN_PURPOSE.items()
    assert set(words.LOAN_REASON) == set(matrix.Because)


@pytest.mark.parametrize("code", list(matrix.Because))
def test_each_step_to_who_decides_is_said_in_both_languages(code: matrix.Because) -> None:
    """With the words of its rule and its level; nothing of it stays Chinese on an English page."""
    (edition, *_) = matrix.known()
    rule = edition.rules[0]
    reason = matrix.Reason(code, edition.level(rule.level), rule)
    assert CHINESE.search(Labels("zh").loan_reason(reason))
    english = Labels("en").loan_reason(reason)
    assert not CHINESE.search(english)
    assert Labels("en").loan_reasons([reason, reason]) == f"{english} {english}"


def test_the_language_is_switched_and_kept_with_the_person(world: World, browser: Browser) -> None:
    assert "扫描入库" in browser.get("/").text
    switched = browser.submit("/me/preferences", name="language", value="en", next="/cases?q=a")
    assert switched.headers["location"] == "/cases?q=a"
    for address in ("/", "/intake", "/scans", "/cases", f"/households/{world.near.account_no}", "/review/queue"):
        page = browser.get(address).text
        assert '<html lang="en"' in page
        assert "Scan intake" in page
        assert "扫描入库" not in page
    missing = browser.get("/items/999999")
    assert "There is no such paper" in missing.text


def test_the_sign_in_page_speaks_the_language_of_this_browser(anonymous: Browser) -> None:
    assert "登录名" in anonymous.get("/sign-in").text
    assert "Login" in anonymous.get("/sign-in?language=en").text
    assert "Login" in anonymous.get("/sign-in").text
    wrong = anonymous.post("/sign-in", data={"login": "x", "password": "y"})
    assert "Login or password is wrong" in wrong.text


def test_theme_print_and_density_stand_in_the_page(browser: Browser) -> None:
    for name, value in (("theme", "dark"), ("print", "large"), ("density", "roomy"), ("single_keys", "off")):
        assert browser.submit("/me/preferences", name=name, value=value, next="/").status_code == 303
    page = browser.get("/").text
    for attribute in ('data-bs-theme="dark"', 'data-print="large"', 'data-density="roomy"', 'data-keys="off"'):
        assert attribute in page


def test_a_choice_that_does_not_exist_is_refused(browser: Browser) -> None:
    for name, value in (("theme", "pink"), ("role", "auditor"), ("", "")):
        assert browser.submit("/me/preferences", name=name, value=value).status_code == 422


def test_the_vendored_files_are_as_they_were_taken_over() -> None:
    vendor = assets.STATIC / "vendor"
    listed = dict(reversed(line.split(maxsplit=1)) for line in (vendor / "SHA256SUMS").read_text().splitlines())
    assert set(listed) == {path.name for path in vendor.iterdir()} - {"SHA256SUMS", "README.md"}
    for name, digest in listed.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, name


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (assets.STATIC / "vendor" / "icons.svg").read_text()))
    named = {place.icon for place in nav.PLACES} | {icon for _, icon, _ in words.STEPS}
    for states in (words.PAPER, words.CASE, words.SCAN, words.DOCUMENT, words.CONSISTENCY, words.JOB, words.HEALTH):
        named |= {state.icon for state in states.values()}
    for path in (WEB / "templates").rglob("*.html"):
        text = path.read_text("utf-8")
        named |= set(re.findall(r'\bi\("([a-z0-9-]+)"\)', text))
        named |= set(re.findall(r'(?:empty|note)\((?:"[a-z]*", )?"([a-z0-9-]+)"', text))
    assert sorted(named - sprite) == []


def test_what_the_program_serves_names_no_other_host() -> None:
    for path in assets.STATIC.rglob("*"):
        if path.suffix in (".css", ".js") and path.parent.name != "vendor":
            assert not re.search(r"https?://|//[a-z]+\.[a-z]", path.read_text("utf-8")), path

"""The flow "audit a centre from sample to closed finding", walked in a real browser and looked at on the phone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.support.browser import faults, sideways
from tests.web.conftest import World
from tests.web.seen.conftest import Windows, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SAMPLE, WRONG = "A 所专项抽查", "合同没有归档，缺客户签字"


def picture(page: Page, name: str) -> None:
    """Keep a picture for whoever looks, when a folder is named for it."""
    if folder := os.environ.get("ARCHIVE_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def looks_good(page: Page, name: str) -> None:
    """Nothing that axe finds, nothing that sticks out."""
    assert faults(page) == []
    assert sideways(page) <= 0
    picture(page, name)


def downloaded(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name, exact=True).click()
    there = folder / waiting.value.suggested_filename
    waiting.value.save_as(there)
    return there


def inspect(page: Page, world: World) -> str:
    """Draw a sample of the centre, fill in the sheet of its case and raise a finding; return where that stands."""
    page.goto("/inspection")
    page.get_by_role("link", name="抽样检查").click()
    draw = page.locator("#draw")
    draw.get_by_label("样本名称").fill(SAMPLE)
    draw.get_by_label("检查范围（含下级单位）").select_option("A")
    draw.get_by_label("随机种子").fill("20261120")
    draw.get_by_label("样本量").fill("1")
    draw.get_by_role("button", name="抽取样本").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SAMPLE)
    expect(page.locator("dl.facts")).to_contain_text("20261120")
    page.get_by_role("link", name=world.near.application_no).first.click()
    points = page.get_by_role("group", name="资料件件在档")
    points.get_by_role("radio", name="有问题", exact=True).check()
    verdict = page.get_by_role("group", name="结论")
    verdict.get_by_role("radio", name="检查合格", exact=True).check()
    page.get_by_role("button", name="保存检查结论").click()
    expect(page.get_by_role("alert")).to_contain_text("结论不能是合格")
    expect(points.get_by_role("radio", name="有问题", exact=True)).to_be_checked()
    page.get_by_role("group", name="结论").get_by_role("radio", name="有问题", exact=True).check()
    page.get_by_role("button", name="保存检查结论").click()
    expect(page.locator("#c1")).to_contain_text("有问题")
    page.get_by_role("link", name=world.near.application_no).first.click()
    page.locator("#f-severity").select_option(label="严重")
    page.locator("#f-description").fill(WRONG)
    page.locator("#f-item_no").fill("1")
    page.get_by_role("button", name="登记问题").click()
    expect(page.locator("#findings")).to_contain_text(WRONG)
    looks_good(page, "audit-sheet-1440")
    page.goto("/inspection/findings")
    page.get_by_role("row").filter(has_text=WRONG).get_by_role("link").first.click()
    return page.url


def take(page: Page, finding: str, step: str, words: str, then: str, **fields: str) -> None:
    """Take a step of the finding and see how it stands then."""
    page.goto(finding)
    page.locator("#words").fill(words)
    for label, value in fields.items():
        page.locator(f"#f-{label}").fill(value)
    page.get_by_role("button", name=step, exact=True).click()
    expect(page.locator(".head")).to_contain_text(then)


def test_a_centre_is_audited_from_sample_to_closed_finding(world: World, windows: Windows, tmp_path: Path) -> None:
    """The unit answers twice, the auditor sends it back once; the files in the end carry sample, finding and trail."""
    with windows(1440, 900) as auditor, windows(1440, 900) as unit:
        sign_in(auditor, "auditor")
        sign_in(unit, "archivist")
        finding = inspect(auditor, world)
        expect(auditor.locator(".head")).to_contain_text("整改中")
        unit.goto("/inspection/findings")
        expect(unit.locator("table")).to_contain_text(WRONG)
        take(unit, finding, "答复整改", "已补签归档", "待复核", proof_item_no="2")
        take(auditor, finding, "复核未通过，退回整改", "补的不是合同", "整改中", due_on="2099-01-05")
        take(unit, finding, "答复整改", "合同已补签", "待复核", proof_item_no="1")
        take(auditor, finding, "复核通过，关闭", "看过原件", "已关闭")
        expect(auditor.locator("main")).to_contain_text("补的不是合同")
        expect(auditor.get_by_role("button", name="答复整改")).to_have_count(0)
        looks_good(auditor, "audit-finding-1440")
        auditor.get_by_role("link", name="样本").click()
        auditor.get_by_role("button", name="结束检查").click()
        expect(auditor.locator("dl.facts")).to_contain_text("已结束")
        looks_good(auditor, "audit-sample-1440")
        book = load_workbook(downloaded(auditor, "XLSX", tmp_path))
        cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
        assert {WRONG, world.near.application_no, "20261120"} <= set(cells)
        paper = downloaded(auditor, "签名 PDF", tmp_path)
        assert SAMPLE in "".join(page.extract_text() for page in PdfReader(paper).pages).replace("\n", "")
        certificate = downloaded(auditor, "签名证书", tmp_path)
        check = [sys.executable, "-m", "archive_service", "inspection", "check-signature", str(paper)]
        said = subprocess.run([*check, "--certificate", str(certificate)], capture_output=True, text=True, check=True)
        assert "签名有效" in said.stdout
        auditor.goto("/inspection")
        expect(auditor.locator(".kpis")).to_contain_text("一次通过率")
        looks_good(auditor, "audit-board-1440")
        auditor.goto("/inspection?indicator=rounds")
        looks_good(auditor, "audit-rounds-1440")
    with windows(390, 844) as phone:
        sign_in(phone, "auditor")
        for name, address in (("finding", finding), ("board", "/inspection"), ("samples", "/inspection/samples")):
            phone.goto(address)
            looks_good(phone, f"audit-{name}-390")

"""Print papers: HTML to pictures with Chromium, and the lines of text that stand on them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from PIL import Image

from archive_service import fonts

WIDTH, HEIGHT = 794, 1123
_CSS_DPI = 96
_STYLE = """
* { box-sizing: border-box } body { margin: 0; background: #fff } i { font-style: normal }
.page { width: 794px; height: 1123px; padding: 56px 62px; overflow: hidden; position: relative; background: #fff;
  font: 15.5px/1.55 song; color: #111 }
h1 { font: 27px/1.4 hei; text-align: center; margin: 6px 0 14px; font-weight: normal } h1.kai { font-family: kai }
h1.song { font-family: song; font-weight: bold; letter-spacing: 3px } h1.left { text-align: left; font-size: 23px }
p { margin: 5px 0 } p.line { margin: 9px 0 } p.ind { text-indent: 2em; line-height: 1.9 } .sub { text-align: center }
table { border-collapse: collapse; width: 100%; margin: 7px 0; table-layout: auto }
.grid td, .grid th { border: 1px solid #222; padding: 6px 7px; font-weight: normal; text-align: left } .grid th { text-align: center }
.thick { border: 3px solid #111 } .grid .mid, .mid { text-align: center } .bar { background: #ddd; font-family: hei }
.grid .bar { text-align: center } .lab { background: #f4f4f4 } .small { font-size: 13px } .tall td { height: 42px }
.bare td { padding: 7px 4px; vertical-align: top } .leaders .right { text-align: right; width: 34%; padding-right: 26px }
.fill { margin-right: 22px; white-space: nowrap; line-height: 2.25 } .fill u { text-underline-offset: 4px }
.flow { line-height: 2.2 } .boxes { display: flex; flex-wrap: wrap; border: 1px solid #333; margin: 7px 0 }
.box { width: 50%; border: 1px solid #999; padding: 2px 7px 7px; min-height: 54px } .box.full { width: 100% }
.box small { font-size: 11px; color: #555; display: block } .box div { font-size: 16.5px; padding-top: 3px } .down { width: 34px }
.apart { margin-right: 46px } .r { text-align: right } .foot { position: absolute; bottom: 26px; left: 0; right: 0; text-align: center; font-size: 13px }
.sign { display: flex; justify-content: space-between; margin-top: 30px; line-height: 2.1 } .sign > div { width: 47%; position: relative }
.seal { position: absolute; width: 150px; height: 150px; mix-blend-mode: multiply; pointer-events: none }
.card { width: 324px; height: 204px; border: 1px solid #8aa; border-radius: 12px; margin: 46px auto; padding: 20px; position: relative;
  font: 13px/1.7 hei; background: #eef4f6 } .card .face { position: absolute; right: 20px; top: 26px; width: 84px; height: 104px; background: linear-gradient(#bbb,#777) }
.card .no { position: absolute; bottom: 16px; left: 20px; font-size: 14px } .frame { border: 6px double #b33; padding: 34px; height: 760px; margin-top: 34px }
.land { border: 3px solid #a55; padding: 24px } .note { font-size: 12px; color: #333 } .slip { border: 1px dashed #444; padding: 18px 22px; margin-top: 24px }
.mark { position: absolute; top: 46%; left: 10%; font-size: 30px; color: #ccc; transform: rotate(-24deg) }
"""
#: Collects the lines of a page: signs of one block whose boxes stand in one row.
_LINES = """
() => {
  const lines = new Map(); let blocks = new Map();
  const walk = document.createTreeWalker(document.querySelector('.page'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (node.parentElement.closest('.seal,.mark,.hand')) continue;
    let block = node.parentElement;
    while (getComputedStyle(block).display.startsWith('inline')) block = block.parentElement;
    if (!blocks.has(block)) blocks.set(block, blocks.size);
    const range = document.createRange();
    for (let i = 0; i < node.length; i++) {
      range.setStart(node, i); range.setEnd(node, i + 1);
      const box = range.getClientRects()[0];
      if (!box || !node.data[i].trim()) continue;
      let key = blocks.get(block) + '/' + Math.round((box.top + box.bottom) / 16);
      // What stands far apart in one row is two lines to any reader.
      while (lines.has(key) && box.left - lines.get(key)[3] > 1.3 * (box.bottom - box.top)) key += '+';
      const line = lines.get(key) || ['', 1e9, 1e9, 0, 0];
      lines.set(key, [line[0] + node.data[i], Math.min(line[1], box.left), Math.min(line[2], box.top),
        Math.max(line[3], box.right), Math.max(line[4], box.bottom)]);
    }
  }
  const page = document.querySelector('.page');
  return [[...lines.values()], page.scrollHeight];
}
"""


class PrintedLine(NamedTuple):
    """A line of text without its spaces, and its box in pixels of a sheet of `WIDTH` x `HEIGHT`."""

    text: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Printed:
    """A page as it leaves the printer: its picture, the resolution, its lines of text."""

    image: Image.Image
    dpi: int
    lines: tuple[PrintedLine, ...]


class Press:
    """Prints pages of HTML; one window for each resolution stays open."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._windows: dict[int, Any] = {}

    def page(self, body: str, dpi: int) -> Printed:
        """Return one page, set smaller where it would not fit on its sheet."""
        lines = self.lines(body, dpi)
        window = self._windows[dpi]
        picture = Image.open(io.BytesIO(window.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT})))
        return Printed(picture.convert("RGB"), dpi, lines)

    def lines(self, body: str, dpi: int = _CSS_DPI) -> tuple[PrintedLine, ...]:
        """Return only the lines of a page, as a reader without errors would."""
        window = self._windows.get(dpi) or self._open(dpi)
        show = "body => { document.body.innerHTML = body }"
        window.evaluate(show, f"<div class=page>{body}</div>")
        lines, height = window.evaluate(_LINES)
        if height > HEIGHT + 2:
            window.evaluate(show, f"<div class=page><div style='zoom:{0.97 * HEIGHT / height:.3f}'>{body}</div></div>")
            lines, _ = window.evaluate(_LINES)
        return tuple(PrintedLine(text, (x0, y0, x1, y1)) for text, x0, y0, x1, y1 in lines)

    def _open(self, dpi: int) -> Any:
        window = self._browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=dpi / _CSS_DPI
        ).new_page()
        window.set_content(f"<style>{_faces()}{_STYLE}</style><body></body>")
        window.evaluate("Promise.all(['song','kai','hei'].map(face => document.fonts.load('16px ' + face, '电')))")
        self._windows[dpi] = window
        return window


@contextmanager
def opened(program: str) -> Iterator[Press]:
    """Open Chromium for printing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield Press(browser)
        finally:
            browser.close()


def _faces() -> str:
    return "".join(
        f"@font-face {{ font-family: {face}; src: url(data:font/ttf;base64,{_encoded(face)}) }}"
        for face in ("song", "kai", "hei")
    )


def _encoded(face: str) -> str:
    return base64.b64encode(fonts.path(face).read_bytes()).decode()

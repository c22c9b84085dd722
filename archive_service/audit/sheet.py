"""A checkpoint on paper: what was signed in print, and as a QR code that gives the very file: pure."""

from __future__ import annotations

from archive_service.audit.deposits import CheckpointView
from archive_service.audit.note import file_of
from archive_service.printing import codes
from archive_service.printing.book import Book
from archive_service.zone import local

_CODE_MM = 110.0


def pdf(one: CheckpointView) -> bytes:
    """Return a page with the checkpoint, to be put into a safe."""
    book = Book(f"审计检查点 {one.size}", made_at=one.made_at)
    book.add_page()
    book.say(f"审计检查点：第 1 至 {one.size} 条", 16, 10)
    book.say(f"建立时间：{local(one.made_at):%Y-%m-%d %H:%M:%S}", 10, 7)
    book.say(f"Merkle 根：{one.root}", 9, 6)
    book.say("请扫描二维码，将文字原样存为文件，再运行：audit verify 审计包 --checkpoint 文件", 9, 6)
    codes.draw(book, file_of(one.note, one.signature).decode(), (210 - _CODE_MM) / 2, 65, _CODE_MM, correction="M")
    book.set_y(65 + _CODE_MM + 8)
    book.say(one.note, 7, 4)
    book.say(one.signature, 7, 4)
    return book.finished()

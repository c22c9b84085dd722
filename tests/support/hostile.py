"""Builders of files as they come from scanners, careless hands and attackers: real bytes, made on the spot."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence

import pikepdf
from PIL import Image, ImageDraw, PngImagePlugin

A4 = (595, 842)


def pdf(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF of `objects`, the first of which is the catalogue, with a right cross-reference table."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(data), entries) + data + b"\nendstream"


def one_page(
    content: bytes, *, page: bytes = b"", resources: bytes = b"", more: Sequence[bytes] = (), root: bytes = b""
) -> bytes:
    """A PDF of one page with `content` (a whole stream object); objects in `more` are numbered from 6."""
    box = b"" if b"/MediaBox" in page else b"/MediaBox [0 0 595 842]"
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % root,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R %s %s /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> %s >> >>"
            % (box, page, resources),
            content,
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            *more,
        ]
    )


def text_stream(*lines: str, size: int = 18) -> bytes:
    shown = b" T* ".join(b"(%s) Tj" % line.encode("latin-1") for line in lines)
    return stream(b"BT /F1 %d Tf %d TL 72 760 Td %s ET" % (size, size * 2, shown))


def plain_pdf(pages: int = 1) -> bytes:
    """A harmless PDF whose pages say which they are."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n in range(pages):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * n)
        )
        objects.append(text_stream(f"Application form page {n + 1}", "Account 0501234567"))
    return pdf(objects)


def encrypted_pdf(*, user: str, owner: str = "owner") -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_pdf())) as document:
        document.save(out, encryption=pikepdf.Encryption(user=user, owner=owner))
    return out.getvalue()


def pdf_with_broken_xref() -> bytes:
    data = plain_pdf(2)
    at = data.rindex(b"xref\n0 ", 0, data.rindex(b"startxref"))
    return data[:at] + b"xref\n0 9\n" + b"9999999999 00000 n \n" * 9 + data[data.index(b"trailer") :]


def truncated_pdf() -> bytes:
    """The catalogue stands at the end, as scanners write it, and is cut off."""
    page = b"<< /Type /Page /MediaBox [0 0 595 842] /Contents 1 0 R >>"
    data = b"%PDF-1.4\n1 0 obj\n" + stream(b"\x00" * 4000) + b"\nendobj\n2 0 obj\n" + page + b"\nendobj\n"
    return data[:3000]


def pdf_without_pages() -> bytes:
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"])


def pdf_blank_after_repair() -> bytes:
    """The table of objects is gone and so is everything that was on the page."""
    return one_page(stream(b"", b"")).replace(b"startxref", b"startxxxx").replace(b"xref\n0", b"xxxx\n0")


def pdf_with_page_box(points: float) -> bytes:
    return one_page(text_stream("large"), page=b"/MediaBox [0 0 %d %d]" % (points, points))


def pdf_with_page_tree_loop() -> bytes:
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 /Parent 2 0 R >>"])


def repeated_deflate(block: bytes, times: int) -> bytes:
    """A zlib stream that inflates to `block` `times` over, made without compressing more than one block."""
    packer = zlib.compressobj(9)
    first = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    again = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = again.compress(block) + again.flush(zlib.Z_FULL_FLUSH)
    return first + body * (times - 1) + b"\x03\x00" + b"\0\0\0\0"


def pdf_deflate_bomb(gib: int = 1) -> bytes:
    data = repeated_deflate(b"0 0 m 9 9 l S\n" * 75_000, 1024 * gib)
    return one_page(stream(data, b"/Filter /FlateDecode"))


def pdf_with_one_bad_page(order: str = ".x.") -> bytes:
    """Pages of which each `x` inflates to 1 GiB."""
    bomb = stream(repeated_deflate(b"0 0 m 9 9 l S\n" * 75_000, 1024), b"/Filter /FlateDecode")
    kids = b" ".join(b"%d 0 R" % (6 + n) for n in range(len(order)))
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
        b"/Resources << /Font << /F1 3 0 R >> >> >>"
    )
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(order)),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            text_stream("a good page"),
            bomb,
            *(page % (5 if kind == "x" else 4) for kind in order),
        ]
    )


def pdf_deflate_bomb_in_two_layers() -> bytes:
    data = zlib.compress(repeated_deflate(b" " * 1_048_576, 4096), 9)
    return one_page(stream(data, b"/Filter [/FlateDecode /FlateDecode]"))


def pdf_billion_laughs(depth: int = 12, width: int = 10) -> bytes:
    """Forms that draw ten forms that draw ten forms."""
    forms = []
    for level in range(depth):
        inner = b"/X%d Do " % (level + 1) * width if level < depth - 1 else b"0 0 1 1 re f "
        uses = b"/Resources << /XObject << /X%d %d 0 R >> >>" % (level + 1, 7 + level)
        forms.append(stream(inner, b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] " + uses))
    return one_page(stream(b"/X0 Do"), resources=b"/XObject << /X0 6 0 R >>", more=forms)


def pdf_with_slow_shading(count: int = 50) -> bytes:
    """Little memory, no end: shadings with a long PostScript function."""
    calculator = b"{" + b" dup mul dup add sin exch cos exch" * 4000 + b" pop pop 0 0 0 }"
    function = stream(calculator, b"/FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1]")
    shading = b"<< /ShadingType 1 /ColorSpace /DeviceRGB /Domain [0 1 0 1] /Matrix [595 0 0 842 0 0] /Function 7 0 R >>"
    return one_page(stream(b"/S0 sh " * count), resources=b"/Shading << /S0 6 0 R >>", more=[shading, function])


def pdf_many_operators(millions: int = 20) -> bytes:
    return one_page(stream(repeated_deflate(b"1 1 2 2 re f\n" * 50_000, 20 * millions), b"/Filter /FlateDecode"))


def pdf_in_a_font_it_does_not_carry(text: str) -> bytes:
    """A page that names a Chinese font of the reader's machine, as many office programs write it."""
    name = b"STSong-Light"
    more = [
        b"<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /UniGB-UCS2-H /DescendantFonts [7 0 R] >>" % name,
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /%s /FontDescriptor 8 0 R "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>" % name,
        b"<< /Type /FontDescriptor /FontName /%s /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 "
        b"/Descent -120 /CapHeight 880 /StemV 93 >>" % name,
    ]
    shown = text.encode("utf-16-be").hex().encode()
    data = one_page(stream(b"BT /F2 24 Tf 72 700 Td <%s> Tj ET" % shown), more=more)
    return data.replace(b"/F1 5 0 R", b"/F2 6 0 R")


def pdf_with_filled_form(value: str) -> bytes:
    """A form whose field shows what was typed into it."""
    look = b"/Type /XObject /Subtype /Form /BBox [0 0 300 30] /Resources << /Font << /F1 5 0 R >> >>"
    more = [
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (account) /V (%s) /Rect [72 600 372 630] /F 4 "
        b"/AP << /N 7 0 R >> /P 3 0 R >>" % value.encode(),
        stream(b"BT /F1 18 Tf 4 8 Td (%s) Tj ET" % value.encode(), look),
    ]
    root = b"/AcroForm << /Fields [6 0 R] >>"
    return one_page(text_stream("Application form"), page=b"/Annots [6 0 R]", more=more, root=root)


def pdf_with_scripts() -> bytes:
    more = [
        b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 10 10] /A << /S /Launch /F (cmd.exe) >> >>",
    ]
    return one_page(text_stream("Active page"), page=b"/Annots [7 0 R]", more=more, root=b"/OpenAction 6 0 R")


def pdf_with_attachment() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_pdf())) as document:
        document.attachments["readings.csv"] = b"1,2,3"
        document.save(out)
    return out.getvalue()


def pdf_that_is_also_zip() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as package:
        package.writestr("evil.exe", b"MZ")
    return plain_pdf() + inner.getvalue()


def picture(size: tuple[int, int] = (600, 800), mode: str = "RGB") -> Image.Image:
    """A page with a black bar near the top left."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((size[0] // 10, size[1] // 10, size[0] // 2, size[1] // 6), fill="black")
    draw.text((size[0] // 10, size[1] // 3), "Account 0501234567", fill="black", font_size=24)
    return image.convert(mode)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def jpeg(size: tuple[int, int] = (600, 800), **options: object) -> bytes:
    return encoded(picture(size), "JPEG", **options)


def truncated_jpeg() -> bytes:
    data = jpeg((1200, 1600))
    return data[: len(data) // 2]


def photo_turned_by_exif(orientation: int) -> bytes:
    """A phone photo: the pixels lie, the tag says how they were held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return jpeg((800, 600), exif=exif)


def jpeg_claiming(width: int, height: int) -> bytes:
    data = jpeg((16, 16))
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(b"\0" * 99)) + _chunk(b"IEND", b"")
    )


def png_really_large(width: int = 50_000, height: int = 50_000) -> bytes:
    """One bit a pixel, all white, and every row is really there."""
    packer = zlib.compressobj(1)
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    data = b"".join(packer.compress(row * 100) for _ in range(height // 100)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def png_with_text_bomb(mib: int = 256) -> bytes:
    data = encoded(picture(), "PNG")
    bomb = b"Comment\0\0" + repeated_deflate(b"A" * 1_048_576, mib)
    return data[:33] + _chunk(b"zTXt", bomb) + data[33:]


def png_with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "scanned on the ground floor " * 40, zip=True)
    return encoded(picture(), "PNG", pnginfo=info)


def tiff(images: Iterable[Image.Image], **options: object) -> bytes:
    first, *rest = images
    return encoded(first, "TIFF", save_all=True, append_images=rest, **options)


def tiff_with_loop() -> bytes:
    """The directory of the last page points to that of the first."""
    data = bytearray(tiff([picture()]))
    (first,) = struct.unpack_from("<I", data, 4)
    (tags,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * tags, first)
    return bytes(data)


def tiff_claiming(width: int, height: int) -> bytes:
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
            (278, 4, 1, height), (279, 4, 1, 100)]  # fmt: skip
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8) + body


def tiff_with_absurd_tags() -> bytes:
    """A directory of 60,000 entries, each pointing to four billion values."""
    entries = b"".join(struct.pack("<HHII", 300 + n % 60_000, 4, 0xFFFFFFFF, 8) for n in range(60_000))
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 60_000) + entries + struct.pack("<I", 0)


def archive(members: Iterable[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, data in members:
            package.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


def archive_with_raw_name(name: bytes, data: bytes) -> bytes:
    """A ZIP as older programs make it: the name in the maker's code page, no flag that says which."""
    stand_in = b"n" * len(name)
    return archive([(stand_in.decode(), data)]).replace(stand_in, name)


def archive_bomb(mib: int = 64) -> bytes:
    return archive([("scan.pdf", b"\0" * (mib * 1_048_576))])


def archive_lying_about_size(mib: int = 64) -> bytes:
    """The directory says one hundred bytes, the member holds many millions."""
    data = bytearray(archive_bomb(mib))
    true = struct.pack("<I", mib * 1_048_576)
    at = data.rindex(true)
    data[at : at + 4] = struct.pack("<I", 100)
    return bytes(data)


def archive_overlapping(times: int = 40, mib: int = 2) -> bytes:
    """Many entries of the directory share the bytes of one member."""
    data = archive([("scan.pdf", b"\0" * (mib * 1_048_576))])
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, tail = data[start:end], bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, times, times, len(entry) * times)
    return data[:start] + entry * times + bytes(tail)


def archive_with_link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        link = zipfile.ZipInfo("scan.pdf")
        link.external_attr = 0o120777 << 16
        package.writestr(link, "/etc/passwd")
        package.writestr("page.jpg", jpeg())
    return out.getvalue()


def archive_with_password() -> bytes:
    """The flag of encryption is set on the only member, in both places."""
    data = bytearray(archive([("scan.pdf", plain_pdf())]))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + at] |= 1
    return bytes(data)


def office_document() -> bytes:
    return archive([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w:document/>")])


HTML = b"<!DOCTYPE html><html><script>alert(1)</script>%PDF-1.7</html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64
EXECUTABLE = b"MZ\x90\0" + b"\0" * 200

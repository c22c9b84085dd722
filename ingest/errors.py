"""Refusals of received files: stable codes and the sentences people read.

A refusal is about the file, so it is final: the same bytes are refused again. Trouble on our side (no space left, no
child process to be had) is `Unavailable` and tried again. Sentences carry no library's text, no path, no traceback.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archive_service.errors import Refused, Unavailable
from ingest.names import display_name


class FileRefused(Refused):
    """A received file is no good; `code` says the class, the message what to do next."""


_OTHERS_GO_ON = "处理已停止，其他文件不受影响。"
_SCAN_AGAIN = "原件已原样保留；请重新扫描，或另存为普通 PDF 后再上传。"

#: code -> sentence. A code with a slash is a variant: the part before the slash is what the outside sees.
SENTENCES: Mapping[str, str] = {
    "file.empty": "文件是空的（0 字节），没有内容可以归档。请检查扫描仪或导出设置，重新生成后再上传。",
    "file.empty/zip": "压缩包里没有可以归档的文件。请检查打包内容后再上传。",
    "file.type-not-accepted": (
        "内容看起来是{looks_like}，不是可以归档的类型。请转换为 PDF、OFD、JPEG、PNG 或 TIFF"
        "（或由它们打成的 ZIP）后再上传。"
    ),
    "file.type-not-accepted/package": "内容看起来是{looks_like}，不是信息包。请交来 ZIP 或未压缩的 TAR 文件。",
    "file.type-not-accepted/method": "压缩包用了不支持的压缩方式。请用普通 ZIP 方式重新打包后再上传。",
    "file.password": "文件设有打开密码，系统无法读取。请由提供者去掉密码后重新上传。",
    "file.password/ofd": "OFD 文件已加密，系统无法读取。请由提供者解密后另存，再重新上传。",
    "file.password/zip": "压缩包设有密码，系统无法解开。请去掉密码重新打包后再上传。",
    "file.damaged": "文件已损坏，尝试修复后仍读不出页面。原件已原样保留；请重新扫描或向提供者索取完好的文件。",
    "file.damaged/truncated": "图片数据不完整，可能只传了一部分。原件已原样保留；请重新复制或重新扫描后再上传。",
    "file.damaged/blank": "文件已损坏，修复后的页面全是空白。原件已原样保留；请重新扫描或向提供者索取完好的文件。",
    "file.damaged/zip": "压缩包已损坏，里面的文件没有收下。请重新打包后再上传。",
    "file.damaged/ofd": "OFD 文件已损坏或不完整，读不出页面。原件已原样保留；请索取完好的文件，或另存为 PDF 再上传。",
    "file.damaged/loop": "OFD 里的内容互相引用、没有尽头，无法显示。原件已原样保留；请由提供者重新导出后再上传。",
    "file.damaged/page": "这一页的数据已损坏，无法显示。原件已原样保留；请重新扫描这一页。",
    "file.too-large": "文件超过单个文件 {limit_mib} MB 的上限。请拆分后分别上传。",
    "file.too-many-pages": "文件的页数超过上限 {limit} 页。请按户或按业务拆分后分别上传。",
    "file.not-one-page": "重扫件要正好是一页的 PDF、JPEG、PNG 或 TIFF。请只扫这一页后重新交件。",
    "file.pixel-limit": "图像尺寸过大，超过 {limit_mpx} 百万像素的上限。请降低扫描分辨率（建议 200–300 dpi）后再上传。",
    "file.unpack-limit": "解开后的内容超过上限，没有收下。请拆成几个压缩包，或直接上传里面的文件。",
    "file.zip-nested": "压缩包里还有压缩包（{member}）。请先解开里层压缩包，再把文件一起上传。",
    "file.memory-limit": "打开文件所需的内存超过上限，" + _OTHERS_GO_ON + _SCAN_AGAIN,
    "file.time-limit": "打开文件所需的时间超过上限，" + _OTHERS_GO_ON + _SCAN_AGAIN,
    "file.crash": "文件内容异常，" + _OTHERS_GO_ON + _SCAN_AGAIN,
    "file.unreadable": "系统读不了这个文件的内容。" + _SCAN_AGAIN,
    "file.unreadable/doctype": "OFD 里带有不允许的实体定义，没有打开。原件已原样保留；请由提供者重新导出后再上传。",
    "file.unreadable/outside": "OFD 里的路径指向文件之外，没有打开。原件已原样保留；请由提供者重新导出后再上传。",
    "file.virus": (
        "文件中查出病毒或恶意代码（{find}），没有打开，也不能下载。原件已隔离保存；请在干净的电脑上重新扫描或另存后再上传，"
        "并告诉信息安全人员。"
    ),
    "file.duplicate": "内容完全相同的文件已经收过{first}，这次没有重复保存。请在扫描列表中查看先前那一份。",
}

#: What a file looks like -> how to call it. Keys are what `formats.kinds` answers.
LOOKS_LIKE: Mapping[str, str] = {
    "html": "网页（HTML）",
    "svg": "SVG 矢量图",
    "xml": "XML 文档",
    "office": "Office 文档",
    "old-office": "旧版 Office 文档",
    "executable": "可执行程序",
    "script": "脚本程序",
    "gif": "GIF 图片",
    "bmp": "BMP 图片",
    "webp": "WebP 图片",
    "heic": "HEIC/AVIF 图片",
    "jpeg2000": "JPEG 2000 图片",
    "psd": "Photoshop 图片",
    "rar": "RAR 压缩包",
    "7z": "7-Zip 压缩包",
    "gzip": "GZIP 压缩包",
    "tar": "TAR 归档包",
    "postscript": "PostScript 文件",
    "rtf": "RTF 文档",
    "media": "音频或视频",
    "mail": "电子邮件",
    "text": "纯文本",
    "zip-other": "其他软件的打包文件",
    "unknown": "无法识别的内容",
}


def refuse(code: str, **facts: Any) -> FileRefused:
    """Return the refusal for `code`, a key of SENTENCES; to be raised by the caller.

    Facts may come from the child that opened hostile bytes, so each is made harmless before it enters a sentence.
    """
    if code not in SENTENCES:
        code = "file.unreadable"
    words = {
        "looks_like": LOOKS_LIKE.get(str(facts.get("looks_like")), LOOKS_LIKE["unknown"]),
        "member": display_name(str(facts.get("member", ""))),
        "find": display_name(str(facts.get("find", "")))[:120],
        "first": f"（{display_name(str(facts['first']))}）" if facts.get("first") else "",
        "limit": _number(facts.get("limit")),
        "limit_mib": _number(facts.get("limit")) // (1024 * 1024),
        "limit_mpx": _number(facts.get("limit")) // 1_000_000,
    }
    if "/" in code:
        facts["variant"] = code
    return FileRefused(code.partition("/")[0], SENTENCES[code].format(**words), **facts)


def no_space() -> Unavailable:
    """Return the fault for a full disk while a file was being opened; nothing is wrong with the file."""
    return Unavailable(
        "ingest.no-space", "磁盘空间不足，文件暂时无法处理，原件未受影响。请清理磁盘空间，系统会自动重试。"
    )


def no_sandbox() -> Unavailable:
    """Return the fault for a sandbox that cannot be started or was lost; nothing is wrong with the file."""
    return Unavailable(
        "ingest.sandbox-unavailable",
        "文件读取程序暂时不可用，原件未受影响，系统会自动重试；若持续出现请联系管理员运行系统诊断。",
    )


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0

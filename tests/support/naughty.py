"""Texts that somebody might be called or might write, and that programs have choked on. Our own list."""

from __future__ import annotations

#: By what is wrong with it. None is empty, and none is only white space.
NAUGHTY = {
    "zero width": "汪\u200b雪\u200d梅\ufeff",
    "right to left override": "合同\u202egpj.exe\u202c",
    "isolates": "\u2067شركة\u2069望江",
    "combining": "Z\u0351\u036b\u0343a\u0300\u0301\u0302l\u0334g\u0321o\u0489",
    "composed and not": "Ame\u0301lie Am\u00e9lie",
    "emoji joined": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽",
    "flags": "🇨🇳🇩🇪",
    "rare Han": "𠀀𠮷𪚥龘𬀩",
    "compatibility Han": "豈更車",
    "full width": "ＡＢＣ１２３＜ｓｃｒｉｐｔ＞",
    "quotes": "O'Brien \"双\" “引” `号` «»",
    "html": "<b>户</b><img src=x onerror=alert(1)>",
    "script end": "</script><script>alert(2)</script>",
    "attribute": "\" autofocus onfocus=alert(3) x=\"",
    "javascript address": "javascript:alert(4)",
    "jinja": "{{ 7*7 }}{% raw %}${7*7}#{7*7}",
    "entity": "&lt;ok&gt;&amp;&#39;&nbsp",
    "comment": "<!-- --!><![CDATA[ ]]>",
    "sql": "Robert'); DROP TABLE items;--",
    "like": "100%_\\%",
    "path": "../../../etc/passwd",
    "windows path": "C:\\CON\\NUL.pdf::$DATA",
    "header lines": "a\r\nSet-Cookie: x=1\r\n\r\nb",
    "formula": "=HYPERLINK(\"http://example.test\",\"x\")",
    "formula plus": "+1+1",
    "formula minus": "-2+3+cmd|' /C calc'!A0",
    "formula at": "@SUM(1+1)",
    "formula full width": "＝1＋1",
    "shell": "$(touch x);`id`|&",
    "query language": "户名:(a OR b) AND \"未闭合 -[x TO y]",
    "number words": "NaN Infinity null undefined 1e309 0x10",
    "percent": "%00%0d%0a%s%n%(n)s",
    "private use": "\ue000国网\uf8ff",
    "control": "a\x01\x07\x1b[31mb\x7f\x85c",
    "line separators": "一\u2028二\u2029三",
    "noncharacters": "x\ufffe\uffffy\U0001fffe",
    "long": "长" * 180,
}  # fmt: skip
#: Half of a pair: no text at all, and no database takes it.
HALVES = ("\ud800", "a\udfffb")

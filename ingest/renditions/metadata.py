"""What a rendition says of itself, in XMP and in the old information dictionary, word for word the same."""

from __future__ import annotations

import uuid
from datetime import UTC
from xml.sax.saxutils import escape

from pikepdf import Dictionary

from ingest.renditions.about import BUILDER, About

_PRODUCER = f"archive-service PDF/A {BUILDER}"
_NAMESPACE = uuid.UUID("0c1f3c1e-5b0e-5e0a-9a53-1f6f2b8a7d10")


def information(about: About) -> Dictionary:
    """Return the information dictionary."""
    moment = f"D:{about.filed_at.astimezone(UTC):%Y%m%d%H%M%S}Z"
    return Dictionary(
        Title=clean(about.title),
        Subject=clean(about.subject),
        Keywords=clean(", ".join(about.keywords)),
        Creator="archive-service",
        Producer=_PRODUCER,
        CreationDate=moment,
        ModDate=moment,
    )


def xmp(about: About) -> bytes:
    """Return the XMP packet."""
    moment = f"{about.filed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    keywords = "".join(f"<rdf:li>{_xml(word)}</rdf:li>" for word in about.keywords)
    return _PACKET.format(
        title=_xml(about.title),
        subject=_xml(about.subject),
        bag=keywords,
        keywords=_xml(", ".join(about.keywords)),
        identifier=_xml(about.identifier),
        producer=_PRODUCER,
        moment=moment,
        document=uuid.uuid5(_NAMESPACE, about.fingerprint),
    ).encode()


def _xml(text: str) -> str:
    return escape(clean(text))


def clean(text: str) -> str:
    """Return `text` without characters that XML cannot hold."""
    return "".join(
        sign for sign in text if sign >= " " and not 0xD800 <= ord(sign) < 0xE000 and sign not in "\ufffe\uffff"
    )


_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
<dc:format>application/pdf</dc:format>
<dc:identifier>{identifier}</dc:identifier>
<dc:language><rdf:Bag><rdf:li>zh-CN</rdf:li></rdf:Bag></dc:language>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag>{bag}</rdf:Bag></dc:subject>
<pdf:Keywords>{keywords}</pdf:Keywords>
<pdf:Producer>{producer}</pdf:Producer>
<xmp:CreatorTool>archive-service</xmp:CreatorTool>
<xmp:CreateDate>{moment}</xmp:CreateDate>
<xmp:ModifyDate>{moment}</xmp:ModifyDate>
<xmp:MetadataDate>{moment}</xmp:MetadataDate>
<xmpMM:DocumentID>uuid:{document}</xmpMM:DocumentID>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""

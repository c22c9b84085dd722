"""OFD (GB/T 33190): read from its ZIP, laid out as a PDF page of our own, which PDFium shows and reads like any other.

`package` counts every byte that comes out, `xml` refuses what is no plain XML, `document` finds pages, templates,
annotations and resources, `painter` draws, `signatures` lists who signed. Runs in the sandbox only.
"""

"""Cover and separator sheets: paper that tells the archive what lies behind it.

`codes` is what stands in the QR code, `case_sheets` which sheets a case calls for, `draw` prints them, `look` finds
them among scanned pages, `meaning` says what the sheets of a scan may say by the rights of who handed it in.
"""

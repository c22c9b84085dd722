"""Scan quality: what is wrong with the picture of a page, which pages are missing or lie there twice, and rescans."""

"""Marks of people on a page: seals and signatures, where they are, and whether those asked for are there.

`find` looks at the picture of a page when it is read; `judge` says for a document what the catalogue asks for and
whether it was seen. Neither knows a database. Only a person makes a verdict final.
"""

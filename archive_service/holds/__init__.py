"""Holds (冻结): what must not be disposed of, by whose word and until when somebody looks at it again."""

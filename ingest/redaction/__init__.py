"""Pictures of pages in which personal numbers are blacked out; the picture itself is never changed."""

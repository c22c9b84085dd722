"""Sign-on through an OpenID provider: what it says is checked, and whose it is decides the archive."""

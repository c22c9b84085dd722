"""Certified copies: chosen pages under the archive's stamp, with a code by which strangers check them."""

"""Packages in and out: whole household files as BagIt bags and EEP packages, and what is checked of them."""

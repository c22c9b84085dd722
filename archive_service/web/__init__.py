"""The web door: pages and the JSON interface."""

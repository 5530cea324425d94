"""Attacks of minutes on a real server; each prints one JSON object and exits 1 when something gave way."""

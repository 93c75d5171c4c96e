"""Mergeable counts and the numbers computed from them. No torch here."""

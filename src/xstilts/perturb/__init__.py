"""Noise and code-switching: rewritten texts of examples, whose gold stays with them."""

"""Scaling: score against the size of the training data, as curves with fits. Numbers in, numbers out; no torch."""

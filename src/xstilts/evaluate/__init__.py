"""Predict (torch) and score (torch-free), kept apart."""

"""Scaling in the report: score against the size of the training data, and exchange rates."""
